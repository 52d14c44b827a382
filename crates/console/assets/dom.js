/** Making elements. Whatever others wrote gets in as text, never as markup. */

export const byId = (id) => document.getElementById(id);

/** An element. What is undefined is left out, and so are children that are false or empty. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(name, value);
  made.append(...children.filter((child) => child));
  return made;
}

export const icon = (name) => (byId(`icon-${name}`) ?? byId('icon-webchat')).content.cloneNode(true);

/** A link to elsewhere if it is an https one, else its text: `javascript:` and its kin never become links. */
export function outside(address) {
  const url = URL.canParse(address) && new URL(address);
  if (!url || url.protocol !== 'https:') return el('span', {}, address);
  const to = { href: url.href, target: '_blank', rel: 'noopener noreferrer', title: url.href };
  return el('a', to, (url.host + url.pathname).replace(/\/$/, ''));
}

/** By list and key: the node, and the text it was made from. */
const shown = new WeakMap();

/**
 * Makes the children of `parent` those of `items`. Nodes of items that did not change stay: so do scroll, focus and what was
 * unfolded.
 * @type {<T>(parent: Element, items: T[], key: (item: T) => string, make: (item: T) => Element) => void}
 */
export function reconcile(parent, items, key, make) {
  const before = shown.get(parent) ?? new Map();
  const after = new Map();
  let focused = parent.contains(document.activeElement) ? document.activeElement : null;
  for (const item of items) {
    const id = key(item);
    const version = document.documentElement.lang + JSON.stringify(item);
    const old = before.get(id);
    let node = old?.node;
    if (old?.version !== version) {
      node = make(item);
      if (old) {
        if (old.node.querySelector('details[open]')) node.querySelector('details').open = true;
        if (old.node.contains(focused)) focused = node.matches('button') ? node : node.querySelector('a, summary');
        node.classList.add('changed');
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
  if (focused && focused !== document.activeElement) focused.focus({ preventScroll: true });
}
