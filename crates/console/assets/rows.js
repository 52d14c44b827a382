/**
 * The list of conversations on the screen: however many there are, only the rows that can be seen exist. Rows have one height,
 * so a row's place is its number.
 */

import { byId, el, reconcile } from './dom.js';
import { number, recent, t } from './i18n.js';
import { badge, gist, name } from './origin.js';
import { avatar, owner, phone, status, time, who } from './people.js';
import * as queue from './queue.js';
import { address, at } from './route.js';
import { soonest } from './windows.js';

/** @import { Conversation } from './types' */

/** Pixels; the style sheet says the same. */
export const HEIGHT = 88;
/** Rows that exist above and below what is seen, so that scrolling finds them drawn. */
const BEYOND = 6;

/** The row that the tab key reaches. */
let roving = '';
/** The row at the top and how far it is scrolled, so that it stays where it is when rows come in above. */
let anchor;

const scroll = byId('scroll');

/** What a row says of the latest message. @param {Conversation} row */
const preview = (row) => row.last_message?.text ?? (row.last_message?.revoked && t('revoked')) ?? (row.last_message?.type && t(`type.${row.last_message.type}`)) ?? (gist(row.origin) || phone(row.contact.phone) || name(row.channel.kind));

/** @param {Conversation} row */
function content(row) {
  const { origin, unread, ticket, last_message: last } = row;
  return [
    avatar(row),
    el('strong', { dir: 'auto' }, who(row)),
    row.last_activity_at && time(row.last_activity_at, recent),
    el('span', { class: 'preview', dir: 'auto' }, last?.direction === 'out' && el('span', { class: 'dim' }, `${t('us')}: `), preview(row)),
    unread > 0 && el('span', { class: 'unread', title: t('unread') }, number(unread), el('span', { class: 'hush' }, ` ${t('unread')}`)),
    el('span', { class: 'foot' },
      badge(origin),
      row.origins_count > 1 && el('span', { class: 'more', title: t('origins_n', row.origins_count) }, `+${row.origins_count - 1}`),
      el('span', { class: 'push' }),
      status(ticket),
      owner(ticket),
      soonest(row.windows, true)),
  ];
}

/** @param {{row: Conversation, href: string, index: number, size: number, selected: boolean, reached: boolean}} item */
function line({ row, href, index, size, selected, reached }) {
  const link = el('a', { href, tabindex: reached ? '0' : '-1', 'aria-current': selected ? 'true' : undefined, 'data-id': row.id }, content(row));
  const node = el('li', { 'aria-posinset': index + 1, 'aria-setsize': size }, link);
  node.style.transform = `translateY(${index * HEIGHT}px)`;
  return node;
}

/** Which rows can be seen, as a half-open range. */
function range(count) {
  const first = Math.floor(scroll.scrollTop / HEIGHT) - BEYOND;
  const last = Math.ceil((scroll.scrollTop + scroll.clientHeight) / HEIGHT) + BEYOND;
  return [Math.max(0, first), Math.min(count, last)];
}

function paint() {
  const { rows, more } = queue.state();
  const selected = at().id;
  const here = rows.some((row) => row.id === roving) ? roving : (rows.find((row) => row.id === selected) ?? rows[0])?.id;
  const [first, last] = range(rows.length);
  const size = more ? -1 : rows.length;
  const item = (index) => ({ row: rows[index], href: address({ page: 'inbox', id: rows[index].id }), index, size, selected: rows[index].id === selected, reached: rows[index].id === here });
  const items = Array.from({ length: Math.max(0, last - first) }, (_, offset) => item(first + offset));
  // The row with the focus lives on out of sight, or the keyboard would lose its place.
  const focused = document.activeElement?.closest?.('#list a')?.dataset.id;
  const away = focused && !items.some(({ row }) => row.id === focused) ? rows.findIndex((row) => row.id === focused) : -1;
  if (away >= 0) items[away < first ? 'unshift' : 'push'](item(away));
  reconcile(byId('list'), items, ({ row }) => row.id, line);
  const top = rows[Math.floor(scroll.scrollTop / HEIGHT)];
  anchor = top && scroll.scrollTop > HEIGHT / 2 ? { id: top.id, rest: scroll.scrollTop % HEIGHT } : undefined;
  if (more && last > rows.length - 60) queue.more();
}

let frame;
scroll.addEventListener('scroll', () => (frame ??= requestAnimationFrame(() => {
  frame = undefined;
  paint();
})), { passive: true });
new ResizeObserver(() => paint()).observe(scroll);

/** Draws what the queue knows; the row at the top stays at the top. */
export function draw() {
  const { rows, filter, loaded, failure, more } = queue.state();
  byId('list').style.blockSize = `${(rows.length + (more ? 2 : 0)) * HEIGHT}px`;
  const kept = anchor && rows.findIndex((row) => row.id === anchor.id);
  if (kept >= 0) scroll.scrollTop = kept * HEIGHT + anchor.rest;
  else if (!rows.length) scroll.scrollTop = 0;
  paint();
  byId('loading').hidden = loaded || Boolean(failure);
  const narrowed = Object.keys(filter).length > 0;
  byId('notice').hidden = !failure && (!loaded || rows.length > 0);
  byId('notice-title').textContent = failure ? t('failed') : t(narrowed ? 'no_match' : 'none');
  byId('notice-text').textContent = failure ? failure.message : t(narrowed ? 'no_match_hint' : 'none_hint');
  byId('notice-clear').hidden = !narrowed || Boolean(failure);
}

/** From the top, for another filter. */
export function top() {
  anchor = undefined;
  scroll.scrollTop = 0;
}

/** Brings a row into sight; gives its id. */
function reveal(index) {
  const { rows } = queue.state();
  const from = index * HEIGHT;
  if (from < scroll.scrollTop) scroll.scrollTop = from;
  else if (from + HEIGHT > scroll.scrollTop + scroll.clientHeight) scroll.scrollTop = from + HEIGHT - scroll.clientHeight;
  roving = rows[index].id;
  paint();
  return roving;
}

/** The id of the conversation `step` rows from the one that is open, brought into sight. */
export function neighbour(step) {
  const { rows } = queue.state();
  const index = rows.findIndex((row) => row.id === at().id);
  const to = Math.min(rows.length - 1, Math.max(0, index + step));
  return rows.length ? reveal(to) : undefined;
}

export function focus() {
  byId('list').querySelector('a[tabindex="0"]')?.focus();
}

byId('inbox').addEventListener('keydown', (event) => {
  const { rows } = queue.state();
  const here = rows.findIndex((row) => row.id === document.activeElement?.dataset?.id);
  const page = Math.max(1, Math.floor(scroll.clientHeight / HEIGHT) - 1);
  const to = { ArrowDown: here + 1, ArrowUp: here - 1, PageDown: here + page, PageUp: here - page, Home: 0, End: rows.length - 1 }[event.key];
  if (to === undefined || !rows.length) return;
  if (here < 0 && !(event.target === byId('q') && event.key === 'ArrowDown')) return;
  event.preventDefault();
  reveal(Math.min(rows.length - 1, Math.max(0, to)));
  focus();
});
