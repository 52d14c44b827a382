/** Making elements. Whatever others wrote gets in as text, never as markup. */

export const byId = (id) => document.getElementById(id);

/** The name of a language, not an address. */
const SVG = 'http://www.w3.org/2000/svg';

const given = (child) => child !== undefined && child !== null && child !== false && child !== '';

/**
 * An element. Functions are listeners (`onclick`), `true` is an attribute without value; what is undefined, null or false is
 * left out, and so are such children and empty ones. Lists of children are taken apart.
 */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, '');
    else if (given(value) || value === '') made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter(given));
  return made;
}

/** An element of a drawing; numbers become text. */
export function draw(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (given(value)) made.setAttribute(name, value);
  made.append(...children.flat(Infinity).filter(given));
  return made;
}

/** The address if it leads outside by https, else nothing: `javascript:` and its kin never become links. */
export function safe(address) {
  const url = URL.canParse(address ?? '') && new URL(address);
  return url && url.protocol === 'https:' ? url : undefined;
}

/** A link to elsewhere, or the address as text where it must not be one. */
export function outside(address, words) {
  const url = safe(address);
  if (!url) return el('span', { class: 'wrap' }, address);
  const to = { href: url.href, target: '_blank', rel: 'noopener noreferrer', title: url.href, class: 'wrap' };
  return el('a', to, words ?? (url.host + url.pathname).replace(/\/$/, ''));
}

/** What tells the parts of a node that unfold apart. */
const fold = (part) => `${part.className} ${part.dataset.fold ?? ''}`;

/** Unfolds in `node` what is unfolded in `old`, where both have it. */
function unfoldAs(old, node) {
  const unfolded = new Set([...old.querySelectorAll('details[open]')].map(fold));
  for (const part of node.querySelectorAll('details')) if (unfolded.has(fold(part))) part.open = true;
}

/** By parent and key: the node, and what it was made from. */
const shown = new WeakMap();

/**
 * Makes the children of `parent` those of `items`. Nodes of items that did not change stay: so do scroll, focus and what was
 * unfolded.
 * @type {<T>(parent: Element, items: T[], key: (item: T) => string, make: (item: T) => Element) => void}
 */
export function reconcile(parent, items, key, make) {
  const before = shown.get(parent) ?? new Map();
  const after = new Map();
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  let again = focused;
  for (const item of items) {
    const id = key(item);
    const version = document.documentElement.lang + JSON.stringify(item);
    const old = before.get(id);
    let node = old?.node;
    if (old?.version !== version) {
      node = make(item);
      if (old) {
        unfoldAs(old.node, node);
        if (old.node.contains(focused)) again = node.matches('button, a') ? node : node.querySelector('a, button, summary');
        old.node.replaceWith(node);
      }
    }
    after.set(id, { node, version });
    before.delete(id);
  }
  for (const { node } of before.values()) node.remove();
  let place = parent.firstElementChild;
  for (const { node } of after.values()) {
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  shown.set(parent, after);
  if (again && again !== document.activeElement) again.focus({ preventScroll: true });
}

/** Makes `parent` show one thing; made anew only if `data` or the language changed. Of another `key`, it keeps nothing of the one before. */
export const show = (parent, data, make, key = 'one') => reconcile(parent, [data], () => key, make);
