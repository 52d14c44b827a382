/** The thread: messages, what else happened, and the markers of origins where they happened. */

import { byId, el, reconcile } from './dom.js';
import { clock, day, t } from './i18n.js';
import { badge, time } from './origin.js';

/** @import { Row } from './types' */

let shown = '';

/** @param {string} conversation @param {Row[]} rows */
export function draw(conversation, rows) {
  const list = byId('thread');
  const atEnd = conversation !== shown || list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  shown = conversation;
  // Rows of one instant can be alike: they are counted.
  const seen = new Map();
  const items = rows.map((row, index) => {
    const like = [conversation, row.at, row.kind, row.type, row.message_id].join();
    seen.set(like, (seen.get(like) ?? 0) + 1);
    return { row, key: like + seen.get(like), date: day(row.at) !== (index && day(rows[index - 1].at)) };
  });
  reconcile(list, items, (item) => item.key, line);
  if (atEnd) list.scrollTop = list.scrollHeight;
}

/** Shows the message that is the evidence of an origin. */
export function jump(message) {
  const found = [...byId('thread').children].find((row) => row.dataset.message === message);
  if (!found) return;
  found.scrollIntoView({ block: 'center' });
  found.classList.remove('found');
  void found.offsetWidth; // so that the same one lights up again
  found.classList.add('found');
}

/** @param {{row: Row, date: boolean}} item */
function line({ row, date }) {
  const at = time(row.at, clock);
  const kind = row.touch ? 'marker' : `${row.kind} ${row.direction}`;
  const item = el('li', { class: kind, 'data-message': row.message_id }, date && el('p', { class: 'day' }, day(row.at)));
  const text = row.text && el('span', { class: 'text', dir: 'auto' }, row.text);
  const type = row.type !== 'text' && el('i', { class: 'dim' }, t(`type.${row.type}`));
  if (row.touch) item.append(el('div', {}, badge(row.touch), at));
  else if (row.revoked) item.append(el('div', {}, el('i', {}, t('revoked')), at));
  else item.append(el('div', {}, type, text, el('small', {}, row.agent && `${row.agent} · `, row.edited && `${t('edited')} · `, at)));
  return item;
}
