/** The thread: messages, what else happened, and the markers of origins where they happened. */

import { byId, el, outside, reconcile, safe } from './dom.js';
import { nameOf } from './directory.js';
import { clock, day, known, number, sum, t } from './i18n.js';
import { icon } from './icons.js';
import { door, gist } from './origin.js';
import { onSee, openOrigin } from './origin-window.js';
import { time } from './people.js';

/** @import { History, Row } from './types' */

const thread = byId('thread');

let shown = '';
let searched = '';
/** Which of the messages found is the one looked at. */
let at = -1;

const near = () => thread.scrollHeight - thread.scrollTop - thread.clientHeight < 80;

/** `more`: there is more before the first row. @param {string} conversation @param {Row[]} rows @param {History[]} [history] */
export function draw(conversation, rows, history, more) {
  const fresh = conversation !== shown;
  const atEnd = fresh || near();
  const top = fresh ? undefined : thread.firstElementChild;
  const before = top?.offsetTop;
  thread.ariaBusy = String(more);
  if (fresh) search('');
  shown = conversation;
  // Rows of one instant can be alike: they are counted.
  const seen = new Map();
  let side = '';
  const changed = Map.groupBy(history ?? [], ({ at, event }) => `${at} ${event}`);
  const items = rows.map((row, index) => {
    const like = [conversation, row.at, row.kind, row.type, row.message_id].join();
    seen.set(like, (seen.get(like) ?? 0) + 1);
    const date = day(row.at) !== (index && day(rows[index - 1].at));
    const writer = row.kind === 'message' ? `${row.direction} ${row.agent ?? ''}` : '';
    const follows = Boolean(writer) && writer === side && !date;
    side = writer;
    return { row, key: like + seen.get(like), date, follows, agent: row.agent_name ?? (row.agent && nameOf('agents', row.agent)), conversation, changes: changed.get(`${row.at} ${row.type}`) };
  });
  reconcile(thread, items, (item) => item.key, line);
  if (searched) find();
  if (atEnd) thread.scrollTop = thread.scrollHeight;
  // What came in above moves nothing that is looked at.
  else if (top?.isConnected) thread.scrollTop += top.offsetTop - before;
}

export const words = () => searched;

/** Shows the message that is the evidence of an origin. */
export function jump(message) {
  const found = [...thread.children].find((row) => row.dataset.message === message && !row.classList.contains('marker'));
  if (found) light(found);
}

onSee(jump);

function light(node) {
  node.scrollIntoView({ block: 'center' });
  node.classList.remove('found');
  void node.offsetWidth; // so that the same one lights up again
  node.classList.add('found');
}

/** What somebody did, for a person. @param {Row} row @param {string} [agent] @param {History[]} [changes] what it changed */
function deed(row, agent, changes) {
  const key = `did.${row.type}`;
  if (!known(key)) return [t(`type.${row.type}`), row.text].filter(Boolean).join(': ');
  return [t(key, agent ?? t('somebody')), effect(row.type, changes), row.text && `“${row.text}”`].filter(Boolean).join(' · ');
}

/** What of a change says more than the deed does. */
const TELLING = {
  ticket_assigned: ['assignee', 'team'], ticket_transferred: ['assignee', 'team'], ticket_finished: ['classification', 'value'], stage_set: ['stage'],
  contact_edited: ['name', 'phone', 'email'], lead_linked: ['lead'],
};

/** @param {string} type @param {History[]} [changes] */
const effect = (type, changes = []) => changes.filter(({ what, new: to }) => to && TELLING[type]?.includes(what)).map((change) => change.new_name ?? stageName(change) ?? (change.what === 'value' ? sum(change.new) : change.new)).join(', ');

const stageName = ({ what, new: to }) => (what === 'stage' && known(`stage.${to}`) ? t(`stage.${to}`) : undefined);

/** @param {{row: Row, date: boolean, follows: boolean, agent?: string, conversation: string, changes?: History[]}} item */
function line({ row, date, follows, agent, conversation, changes }) {
  const when = time(row.at, clock);
  const note = row.type === 'note_added';
  const kind = row.touch ? 'marker' : note ? 'note' : `${row.kind} ${row.direction ?? ''}`;
  const item = el('li', { class: `${kind}${follows ? ' follows' : ''}`, 'data-message': row.message_id }, date && el('p', { class: 'day' }, el('span', {}, day(row.at))));
  const text = row.text && el('span', { class: 'text', dir: 'auto' }, row.text);
  if (row.touch) {
    item.append(el('div', {}, el('span', { class: 'hush' }, `${t('origin')}: `), door(row.touch, () => openOrigin(conversation, row.touch)), gist(row.touch) && el('span', { class: 'gist', dir: 'auto' }, gist(row.touch)), when));
  } else if (note) {
    item.append(el('div', {}, el('small', {}, icon('note'), t('note_of', agent ?? t('somebody')), ' · ', when), text));
  } else if (row.kind === 'event') {
    item.append(el('div', {}, el('span', { dir: 'auto', class: row.voided ? 'void' : '' }, deed(row, agent, changes)), row.voided && el('em', {}, t('voided')), when));
  } else if (row.revoked) {
    item.append(el('div', {}, el('em', { class: 'dim' }, t('revoked')), el('small', {}, when)));
  } else {
    const type = row.type !== 'text' && el('span', { class: 'type' }, t(`type.${row.type}`));
    item.append(el('div', {}, agent && row.direction === 'out' && !follows && el('b', { class: 'agent' }, agent), type, attached(row.attachment), text, row.withheld && el('em', { class: 'dim' }, t('withheld')), el('small', {}, row.edited && `${t('edited')} · `, when)));
  }
  return item;
}

/** What is attached: its name, and where it can be fetched if that is a safe address. @param {Row['attachment']} [attachment] */
const attached = (attachment) => {
  const name = attachment?.filename ?? attachment?.mime_type;
  return name && el('span', { class: 'attached', dir: 'auto' }, safe(attachment.url) ? outside(attachment.url, name) : name);
};

/** Looks for words in the thread. */
export function search(wanted) {
  searched = wanted.trim();
  at = -1;
  find();
  if (searched) step(-1);
}

const folded = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** Marks what is found; gives the messages, oldest first. */
function find() {
  const wanted = folded(searched);
  const hits = [...thread.children].filter((row) => {
    const text = row.querySelector('.text');
    const hit = Boolean(wanted) && Boolean(text) && folded(text.textContent).includes(wanted);
    row.classList.toggle('hit', hit);
    return hit;
  });
  byId('found').textContent = searched ? t('found', number(hits.length)) : '';
  return hits;
}

/** Goes to the next message that was found, -1 to the one before; the latest comes first. */
export function step(by) {
  const hits = find();
  if (!hits.length) return;
  at = at < 0 ? hits.length - 1 : (at + by + hits.length) % hits.length;
  light(hits[at]);
  byId('found').textContent = t('found_at', number(at + 1), number(hits.length));
}
