/** The list: filters, pages, and rows that move when something happens. */

import { get } from './api.js';
import { byId, el, reconcile } from './dom.js';
import { number, recent, t } from './i18n.js';
import { avatar, badge, gist, name, status, time, who } from './origin.js';

/** @import { Conversation, Page } from './types' */

const STATUSES = ['', 'new', 'unanswered', 'awaiting_customer', 'finished'];
const ORIGINS = [
  '', 'ad', 'ad.facebook', 'ad.instagram', 'ad.unknown', 'whatsapp_campaign', 'new_message', 'bulk_message', 'crm', 'link',
  'hashtag', 'comment', 'takeover', 'organic', 'unknown',
];

/** @type {Conversation[]} */
let rows = [];
let next;
let counts = {};
let filter = { q: '', status: '', origin: '', platform: '' };
let selected = '';
let roving = '';
let loaded = false;
let failure;
let turn = 0;

/** Asks for a page and takes it in, unless the filter changed meanwhile; false if there was none. */
async function ask(cursor, take) {
  const asked = turn;
  try {
    const page = await get('conversations', { ...filter, cursor });
    if (asked !== turn) return true;
    take(page);
    ({ counts } = page);
    [loaded, failure] = [true, undefined];
  } catch (error) {
    failure = error;
  }
  draw();
  return !failure;
}

/** The list anew, from the top. */
export function start() {
  turn += 1;
  return ask('', (page) => {
    rows = page.items;
    next = page.next;
    byId('scroll').scrollTop = 0;
  });
}

export const refresh = () =>
  ask('', (page) => {
    rows = merge(rows, page);
    if (rows === page.items) next = page.next;
  });

const more = () =>
  ask(next, (page) => {
    const known = new Set(rows.map((row) => row.id));
    rows = [...rows, ...page.items.filter((row) => !known.has(row.id))];
    next = page.next;
  });

const activity = (row) => Date.parse(row?.last_activity_at) || 0;

/**
 * The first page, then what was known below it: what it lacks of its own stretch fits the filter no more. If all of it is newer
 * than what was known, something may lie between: what was known is let go.
 * @param {Conversation[]} known
 * @param {Page} page
 */
function merge(known, page) {
  const last = activity(page.items.at(-1));
  const fresh = new Set(page.items.map((row) => row.id));
  const below = known.filter((row) => !fresh.has(row.id) && activity(row) <= last);
  return page.next && below.length && activity(known[0]) >= last ? [...page.items, ...below] : page.items;
}

export function select(id) {
  selected = id;
  roving = id || roving;
  mark();
}

export const first = () => rows[0]?.id;

export const focus = () => byId('list').querySelector('a[tabindex="0"]')?.focus();

/** Marks the row that is selected and the one that the tab key reaches. */
function mark() {
  const here = rows.some((row) => row.id === roving) ? roving : first();
  for (const link of byId('list').querySelectorAll('a')) {
    const id = link.hash.slice(1);
    link.tabIndex = id === here ? 0 : -1;
    link.ariaCurrent = id === selected ? 'true' : null;
  }
}

/** @param {Conversation} row */
function line(row) {
  const { origin, unread } = row;
  const link = el(
    'a',
    { href: `#${row.id}` },
    avatar(row),
    el('strong', { dir: 'auto' }, who(row)),
    row.last_activity_at && time(row.last_activity_at, recent),
    el('span', { class: 'from' }, badge(origin), row.origins_count > 1 && el('b', { class: 'dim' }, `+${row.origins_count - 1}`),
      el('span', { class: 'dim', dir: 'auto' }, gist(origin))),
    el('span', { class: 'state' }, status(row.ticket), el('span', { class: 'dim' }, ` · ${name(row.channel.kind)}`)),
    unread > 0 && el('span', { class: 'unread', title: t('unread') }, number(unread)),
  );
  return el('li', {}, link);
}

export function draw() {
  reconcile(byId('list'), rows, (row) => row.id, line);
  mark();
  byId('more').hidden = !next;
  const filtered = Object.values(filter).some(Boolean);
  const words = failure ? `${t('failed')}: ${failure.message}` : loaded && !rows.length && !next && t(filtered ? 'no_match' : 'none');
  byId('notice').textContent = words || '';
  const tabs = STATUSES.map((status) => ({ status, count: counts[status], on: filter.status === status }));
  reconcile(byId('tabs'), tabs, (tab) => tab.status, ({ status, count, on }) =>
    el('button', { type: 'button', value: status, 'aria-pressed': String(on) }, t(`status.${status}`), count >= 0 && el('b', {}, number(count))));
  reconcile(byId('origin'), ORIGINS, (value) => value, (value) => el('option', { value }, t(`origin.${value}`)));
  byId('origin').value = filter.origin + (filter.platform && `.${filter.platform}`);
}

function set(change) {
  filter = { ...filter, ...change };
  draw();
  start();
}

let typing;
byId('q').addEventListener('input', ({ target }) => {
  clearTimeout(typing);
  typing = setTimeout(() => set({ q: target.value.trim() }), 200);
});
byId('origin').addEventListener('change', ({ target }) => {
  const [origin, platform = ''] = target.value.split('.');
  set({ origin, platform });
});
byId('tabs').addEventListener('click', ({ target }) => {
  const button = target.closest('button');
  if (button) set({ status: button.value });
});
byId('more').addEventListener('click', more);
byId('inbox').addEventListener('keydown', (event) => {
  const links = [...byId('list').querySelectorAll('a')];
  const at = links.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
  const link = links[Math.max(0, to)];
  if (!link || (at < 0 && !(event.target === byId('q') && event.key === 'ArrowDown'))) return;
  event.preventDefault();
  roving = link.hash.slice(1);
  mark();
  link.focus();
});
