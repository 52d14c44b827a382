/** The keyboard: one table of what each key does, which is also what the help shows. */

import { el, byId } from './dom.js';
import * as commands from './commands.js';
import * as conversation from './conversation.js';
import { dialog } from './dialog.js';
import * as filters from './filters.js';
import { t } from './i18n.js';
import { openOrigin } from './origin-window.js';
import { at, go } from './route.js';
import * as rows from './rows.js';

const step = (by) => () => {
  const id = rows.neighbour(by);
  if (id) go({ page: 'inbox', id });
};

const command = (action) => () => {
  const card = conversation.card();
  if (!card) return;
  const allowed = ['edit', 'stage', 'lead'].includes(action) || commands.possible(card).includes(action);
  if (allowed) commands.begin(card, action);
};

const origin = () => {
  const card = conversation.card();
  if (card?.origin) openOrigin(card.id, card.origin);
};

export const side = () => document.body.classList.toggle('side-turned');

/** Key, what it does (a word of the page), the doing, and where: everywhere if not told. */
/** @type {[string, string, (() => void)?, string?][]} */
const KEYS = [
  ['j', 'key.next', step(1), 'inbox'],
  ['k', 'key.previous', step(-1), 'inbox'],
  ['/', 'search', () => byId('q').focus(), 'inbox'],
  ['f', 'filters', () => byId('filter').click(), 'inbox'],
  ['1-5', 'key.tabs', undefined, 'inbox'],
  ['c', 'claim', command('claim'), 'inbox'],
  ['a', 'assign', command('assign'), 'inbox'],
  ['t', 'transfer', command('transfer'), 'inbox'],
  ['e', 'finish', command('finish'), 'inbox'],
  ['r', 'reopen', command('reopen'), 'inbox'],
  ['v', 'takeover', command('takeover'), 'inbox'],
  ['n', 'key.note', () => byId('note-text').focus(), 'inbox'],
  ['s', 'stage', command('stage'), 'inbox'],
  ['d', 'edit_contact', command('edit'), 'inbox'],
  ['l', 'lead_link', command('lead'), 'inbox'],
  ['o', 'origin', origin, 'inbox'],
  ['m', 'find', () => byId('find').focus(), 'inbox'],
  ['i', 'key.side', side, 'inbox'],
  ['g i', 'page.inbox', () => go({ page: 'inbox' })],
  ['g n', 'page.new', () => go({ page: 'new' })],
  ['g l', 'page.links', () => go({ page: 'links' })],
  ['g r', 'page.reports', () => go({ page: 'reports' })],
  ['g o', 'page.operations', () => go({ page: 'operations' })],
  ['?', 'key.help', help],
];

export function help() {
  const rowsOf = (wanted) => KEYS.filter(([, , , where]) => where === wanted).map(([keys, words]) =>
    el('div', {}, el('dt', {}, keys.split(' ').map((key) => el('kbd', {}, key.toUpperCase()))), el('dd', {}, t(words))));
  dialog(t('key.help'), () => [el('h3', {}, t('page.inbox')), el('dl', { class: 'keys' }, rowsOf('inbox')), el('h3', {}, t('everywhere')), el('dl', { class: 'keys' }, rowsOf(undefined), el('div', {}, el('dt', {}, el('kbd', {}, 'Esc')), el('dd', {}, t('key.escape'))))], { wide: true });
}

let first = '';

document.addEventListener('keydown', (event) => {
  const { key, target } = event;
  if (document.querySelector('dialog[open]') || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const typing = target.matches('input, textarea, select');
  if (key === 'Escape') {
    if (byId('filter-panel').matches(':popover-open')) return; // the browser closes it
    if (typing) return target.blur();
    if (at().page === 'inbox' && at().id) {
      if (matchMedia('(min-width: 800px)').matches) rows.focus();
      else go({ page: 'inbox' });
    }
    return;
  }
  if (typing) return;
  const pressed = first ? `${first} ${key}` : key;
  first = key === 'g' && !first ? 'g' : '';
  if (/^[1-5]$/.test(pressed) && at().page === 'inbox') return filters.tab(Number(pressed) - 1);
  const found = KEYS.find(([keys, , run, where]) => run && keys === pressed && (!where || where === at().page));
  if (!found) return;
  event.preventDefault();
  found[2]();
});
