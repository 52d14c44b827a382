/** Windows above the page, and the short messages that say what became of something. */

import { byId, el } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';

/**
 * Opens a window; `fill` gives what is in it, and gets how to close it. Escape and a click beside it close it, unless it is
 * `firm`. The focus goes back to where it was.
 * @param {string | Node} title
 * @param {(close: () => void) => any} fill
 */
export function dialog(title, fill, { firm = false, wide = false, side = false, closed = () => {} } = {}) {
  const node = el('dialog', { class: wide ? 'wide' : side ? 'side' : '', 'aria-labelledby': 'dialog-title' });
  const close = () => node.close();
  const head = el('header', {}, el('h2', { id: 'dialog-title' }, title), !firm && el('button', { type: 'button', class: 'plain', 'aria-label': t('close'), title: t('close'), onclick: close }, icon('close')));
  node.append(head, el('div', { class: 'body', tabindex: '0', role: 'group', 'aria-labelledby': 'dialog-title' }, fill(close)));
  node.addEventListener('close', () => {
    node.remove();
    closed();
  });
  node.addEventListener('cancel', (event) => firm && event.preventDefault());
  node.addEventListener('click', (event) => event.target === node && !firm && close());
  document.body.append(node);
  node.showModal();
  // The first thing to fill in; else what the browser takes.
  node.querySelector('[autofocus], .body input:not([type=hidden]), .body textarea, .body select')?.focus();
  return node;
}

/** Says something for a few seconds. `tone`: `good`, `bad`. */
export function say(words, tone = 'good') {
  const node = el('p', { class: 'toast', 'data-tone': tone }, icon(tone === 'bad' ? 'warning' : 'check'), el('span', {}, words));
  byId('toasts').append(node);
  setTimeout(() => node.remove(), tone === 'bad' ? 8000 : 3500);
}

/** A button that copies `text`. */
export const copier = (text, words = t('copy')) => el('button', { type: 'button', class: 'copy', 'aria-label': words, title: words, onclick: () => copy(text) }, icon('copy'));

/** Copies a text; also where the page is not served over https, which has no clipboard of its own. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = el('textarea', { class: 'hush', readonly: true }, text);
    (document.querySelector('dialog[open]') ?? document.body).append(field);
    field.select();
    document.execCommand('copy');
    field.remove();
  }
  say(t('copied'));
}
