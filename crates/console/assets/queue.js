/** The queue: which conversations there are under the filter at hand, asked page by page and kept up to date. Draws nothing. */

import { get } from './api.js';

/** @import { Conversation, Page } from './types' */

const PAGE = 200;
/** Before a page that could not be had is asked for again. */
const RETRY_MS = 2000;
/** How many conversations that changed somewhere below are asked for one by one; more of them, and the list is asked anew. */
const SINGLE_MAX = 12;

/** What the queue can be narrowed by; the names are those of the API. */
export const FILTERS = [
  'q', 'status', 'origin', 'platform', 'campaign', 'ad', 'link', 'hashtag', 'team', 'agent', 'channel', 'classification', 'from',
  'to', 'expiring_within', 'order',
];

/** @type {Conversation[]} */
let rows = [];
let next;
let counts = {};
let filter = {};
let loaded = false;
let loading = false;
let failure;
let turn = 0;
let heard = () => {};

export const state = () => ({ rows, counts, filter, loaded, loading, failure, more: Boolean(next) });

/** Calls `then` whenever what is known changed. */
export const onChange = (then) => (heard = then);

/** Asks for a page and takes it in, unless the filter changed meanwhile; false if there was none. */
async function ask(cursor, take) {
  const asked = turn;
  try {
    const page = await get('conversations', { ...filter, limit: PAGE, cursor });
    if (asked !== turn) return true;
    take(page);
    counts = page.counts ?? counts;
    [loaded, failure] = [true, undefined];
  } catch (error) {
    if (asked !== turn) return true;
    failure = error;
  }
  heard();
  return !failure;
}

/** The queue anew, from the top, under another filter. */
export async function start(wanted = filter) {
  turn += 1;
  filter = wanted;
  [rows, next, loaded] = [[], undefined, false];
  heard();
  return ask(undefined, (page) => {
    rows = page.items;
    next = page.next;
  });
}

/** The next page, if there is one and it is not on its way. */
export async function more() {
  if (loading || !next) return;
  loading = true;
  const answered = await ask(next, (page) => {
    const known = new Set(rows.map((row) => row.id));
    rows = [...rows, ...page.items.filter((row) => !known.has(row.id))];
    next = page.next;
  });
  loading = false;
  // Whoever is at the end already wants the page after it; one that could not be had is asked for again.
  if (answered) heard();
  else setTimeout(heard, RETRY_MS);
}

/** What happened meanwhile: the first page again, and those of `touched` that are shown further below; `missed`: who knows which. */
export async function refresh(touched = new Set(), missed = false) {
  const answered = await ask(undefined, (page) => {
    if (missed) {
      [rows, next] = [page.items, page.next];
      return;
    }
    const below = rows.filter((row) => touched.has(row.id) && !page.items.some((item) => item.id === row.id));
    const merged = merge(rows, page);
    if (merged === page.items || below.length > SINGLE_MAX) next = page.next;
    rows = below.length > SINGLE_MAX ? page.items : merged;
    if (below.length <= SINGLE_MAX) for (const row of below) again(row.id);
  });
  return answered;
}

/** One conversation that is in the list already, as it is now. */
async function again(id) {
  const asked = turn;
  const row = await get(`conversations/${encodeURIComponent(id)}`).catch(() => undefined);
  if (row && asked === turn) replace(row);
}

/** Takes in a card that came as an answer, where it is in the list. @param {Conversation} card */
export function replace(card) {
  const fits = !filter.status || card.ticket?.status === filter.status;
  rows = rows.flatMap((row) => (row.id !== card.id ? row : fits ? { ...row, ...card } : []));
  heard();
}

/**
 * The same where another thing than the latest activity orders the list. Below the stretch is what was known after its last row.
 * What left the stretch may be anywhere below; if that is all known, only asking again tells where.
 * @param {Conversation[]} known
 * @param {Page} page
 */
function ranked(known, page) {
  const fresh = new Set(page.items.map((row) => row.id));
  const end = known.findIndex((row) => row.id === page.items.at(-1)?.id) + 1;
  const below = known.slice(end).filter((row) => !fresh.has(row.id));
  const left = known.slice(0, end).some((row) => !fresh.has(row.id));
  return page.next && end > 0 && below.length && (next || !left) ? [...page.items, ...below] : page.items;
}

const activity = (row) => Date.parse(row?.last_activity_at) || 0;

/**
 * The first page, then what was known below it: what it lacks of its own stretch fits the filter no more. If all of it is newer
 * than what was known, something may lie between: what was known is let go.
 * @param {Conversation[]} known
 * @param {Page} page
 */
function merge(known, page) {
  if (filter.expiring_within || filter.order === 'oldest') return ranked(known, page);
  const last = activity(page.items.at(-1));
  const fresh = new Set(page.items.map((row) => row.id));
  const below = known.filter((row) => !fresh.has(row.id) && activity(row) <= last);
  return page.next && below.length && activity(known[0]) >= last ? [...page.items, ...below] : page.items;
}
