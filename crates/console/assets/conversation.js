/** The conversation that is open: asked for, kept up to date, and handed to thread and side column. */

import { all, get } from './api.js';
import { byId, el, show as put } from './dom.js';
import * as commands from './commands.js';
import { icon } from './icons.js';
import { t } from './i18n.js';
import { door } from './origin.js';
import { openOrigin } from './origin-window.js';
import { avatar, owner, status, who } from './people.js';
import * as session from './session.js';
import * as side from './side.js';
import * as thread from './thread.js';
import { soonest } from './windows.js';

/** @import { Conversation, History, Row, Ticket } from './types' */

let id = '';
/** @typedef {{all: History[], full: History[], cursor?: string}} Log the change log, its full pages, and where the page after them begins */
/** `earlier`: where the thread goes on before its first row. @type {{card: Conversation, tickets: Ticket[], rows: Row[], earlier?: string, notes: Row[], log?: Log} | undefined} */
let shown;
let failure;
let turn = 0;
/** Notes that are being written, by conversation. */
const drafts = new Map();

/** The card that is shown. */
export const card = () => shown?.card;

/** Shows a conversation, or none; gives its id: another one if it was merged. */
export async function open(wanted) {
  if (wanted === id && shown) return id;
  const field = byId('note-text');
  drafts.set(shown?.card.id ?? id, field.value);
  shown = failure = undefined;
  id = wanted;
  side.clear();
  draw();
  field.value = drafts.get(id) ?? '';
  grow();
  await refresh();
  byId('side').scrollTop = 0;
  return shown?.card.id;
}

/** The change log; full pages of it that are known are not asked for again. @param {Log} [known] */
async function changes(path, known) {
  let { full, cursor } = known ?? { full: [], cursor: undefined };
  for (;;) {
    const page = await get(`${path}/history`, { limit: 500, cursor });
    if (!page.next) return { all: [...full, ...page.items], full, cursor };
    full = [...full, ...page.items];
    cursor = page.next;
  }
}

/** Asks for it again: the card, its tickets, the latest of its thread and notes, and what came to its change log. */
export async function refresh() {
  turn += 1;
  const asked = turn;
  if (!id) return;
  const path = `conversations/${encodeURIComponent(id)}`;
  try {
    // A change log that cannot be had is no reason to show nothing.
    const logged = changes(path, shown?.log).catch(() => undefined);
    const [card, tickets, page, notes] = await Promise.all([get(path), all(`${path}/tickets`), get(`${path}/thread`, LATEST), get(`${path}/thread`, { ...LATEST, types: 'note_added' })]);
    const log = await logged;
    if (asked !== turn) return;
    shown = { card, tickets, ...joined(page), notes: notes.items.toReversed(), log };
    failure = undefined;
  } catch (error) {
    if (asked !== turn) return;
    failure = error;
  }
  draw();
}

const LATEST = { order: 'latest', limit: 200 };

/** @param {Row} row */
const mark = ({ at, kind, type, message_id: message }) => [at, kind, type, message].join();

/** The latest page of the thread, after what was known before it. */
function joined(page) {
  const latest = page.items.toReversed();
  const known = shown?.rows ?? [];
  const since = latest[0] && known.findIndex((row) => mark(row) === mark(latest[0]));
  return since > 0 ? { rows: [...known.slice(0, since), ...latest], earlier: shown.earlier } : { rows: latest, earlier: page.next };
}

/** One page more of the thread, before what is shown; false if there is none. */
async function earlier() {
  if (!shown?.earlier) return false;
  const asked = shown;
  const page = await get(`conversations/${encodeURIComponent(id)}/thread`, { ...LATEST, cursor: asked.earlier }).catch(() => undefined);
  if (!page || shown !== asked) return Boolean(page);
  shown = { ...shown, rows: [...page.items.toReversed(), ...shown.rows], earlier: page.next };
  draw();
  return true;
}

/** The whole thread: whoever searches wants all of it. */
async function whole() {
  while (shown?.earlier && (await earlier()));
}

const ICONS = { claim: 'claim', assign: 'user', transfer: 'transfer', finish: 'finish', reopen: 'reopen', takeover: 'claim' };
const KEYS = { claim: 'C', assign: 'A', transfer: 'T', finish: 'E', reopen: 'R', takeover: 'V' };

export function draw() {
  byId('detail').hidden = !shown;
  byId('nothing').hidden = Boolean(shown) || Boolean(id && !failure);
  byId('waiting').hidden = Boolean(shown) || !id || Boolean(failure);
  byId('nothing-text').textContent = failure?.code === 'not_visible' ? t('not_visible') : failure ? `${t('failed')}: ${failure.message}` : t('nothing');
  if (!shown) return;
  const { card, rows } = shown;
  const { ticket, origin, windows } = card;
  put(byId('face'), { id: card.id, contact: card.contact, channel: card.channel }, () => avatar(card));
  byId('who').textContent = who(card);
  put(byId('now'), { id: card.id, origin, ticket, next: windows?.closes_next, name: ticket?.assignee && owner(ticket)?.textContent }, () =>
    el('p', {}, origin ? door(origin, () => openOrigin(card.id, origin)) : el('span', { class: 'badge' }, t('no_origin')), status(ticket), owner(ticket), soonest(windows)));
  const actions = commands.possible(card);
  put(byId('actions'), { id: card.id, actions, revision: ticket?.revision, actor: session.actor() }, () =>
    el('div', {}, actions.map((action, index) => el('button', {
      type: 'button', class: index === 0 ? 'primary' : '', value: action, title: `${t(action)} (${KEYS[action]})`,
      onclick: () => commands.begin(commands.current(), action),
    }, icon(ICONS[action]), el('span', {}, t(action))))));
  const history = shown.log?.all;
  thread.draw(card.id, rows, history, Boolean(shown.earlier));
  side.draw({ ...shown, history });
}

/** Takes in a card that a command answered, and asks for the rest. @param {Conversation} [answer] */
export function take(answer) {
  if (answer && shown?.card.id === answer.id) {
    shown = { ...shown, card: { ...shown.card, ...answer } };
    draw();
  }
  refresh();
}

function grow() {
  const field = byId('note-text');
  field.style.blockSize = 'auto';
  field.style.blockSize = `${Math.min(160, field.scrollHeight + 2)}px`;
}

commands.onCurrent(card);
byId('note').addEventListener('submit', async (event) => {
  event.preventDefault();
  const field = byId('note-text');
  const words = field.value.trim();
  const written = id;
  if (!words || !shown || !(await commands.note(shown.card, words))) return;
  drafts.delete(written);
  if (written !== id) return;
  field.value = '';
  grow();
});
byId('note-text').addEventListener('input', grow);
byId('note-text').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    byId('note').requestSubmit();
  }
});
byId('find').addEventListener('input', async ({ target }) => {
  await whole();
  thread.search(target.value);
});
byId('thread').addEventListener('scroll', ({ target }) => target.scrollTop < 400 && earlier(), { passive: true });
byId('find').addEventListener('keydown', (event) => {
  if (event.key === 'Enter') thread.step(event.shiftKey ? 1 : -1);
});
