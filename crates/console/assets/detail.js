/** One conversation: who, the timeline of origins with their proof, tickets, thread. */

import { all, get } from './api.js';
import { byId, el, reconcile } from './dom.js';
import { number, t } from './i18n.js';
import { avatar, badge, code, look, name, parts, phone, status, terms, time, who } from './origin.js';
import * as talk from './thread.js';

/** @import { Conversation, Row, Ticket, Touch } from './types' */

let id = '';
/** @type {{conversation: Conversation, tickets: Ticket[], rows: Row[]} | undefined} */
let shown;
let failure;
let turn = 0;

/** Shows a conversation, or none; gives its id: another one if it was merged. */
export async function open(wanted) {
  shown = failure = undefined;
  id = wanted;
  await refresh();
  byId('story').scrollTop = byId('detail').scrollTop = 0;
  return shown?.conversation.id;
}

export async function refresh() {
  turn += 1;
  const asked = turn;
  const path = `conversations/${encodeURIComponent(id)}`;
  try {
    const [conversation, tickets, rows] = id ? await Promise.all([get(path), all(`${path}/tickets`), all(`${path}/thread`)]) : [];
    if (asked !== turn) return;
    shown = conversation && { conversation, tickets, rows };
    failure = undefined;
  } catch (error) {
    if (asked !== turn) return;
    failure = error;
  }
  draw();
}

export function draw() {
  byId('detail').hidden = !shown;
  byId('nothing').hidden = Boolean(shown);
  byId('nothing-text').textContent = failure ? `${t('failed')}: ${failure.message}` : t('nothing');
  document.title = shown ? `${who(shown.conversation)} · Origem` : 'Origem';
  if (!shown) return;
  const { conversation, tickets, rows } = shown;
  head(conversation);
  byId('origins-n').textContent = number(conversation.origins.length);
  byId('tickets-n').textContent = number(tickets.length);
  const touches = conversation.origins.map((touch) => ({ touch, current: touch.id === conversation.origin?.id }));
  reconcile(byId('origins'), touches.reverse(), ({ touch }) => touch.id, origin);
  reconcile(byId('tickets'), [...tickets].reverse(), (one) => one.id, ticket);
  talk.draw(conversation.id, rows);
}

/** @param {Conversation} conversation */
function head(conversation) {
  const { contact, channel, ticket } = conversation;
  byId('who').replaceChildren(avatar(conversation), el('bdi', {}, who(conversation)));
  byId('now').replaceChildren(badge(conversation.origin), status(ticket));
  const others = contact.aliases.filter((alias) => alias.kind !== 'phone' || alias.value !== contact.phone);
  const facts = terms(
    [t('channel'), `${name(channel.kind)} ${channel.id}`],
    [t('phone'), phone(contact.phone)],
    ['@', contact.username],
    ...others.map((alias) => [alias.kind, alias.value]),
  );
  byId('facts').replaceChildren(facts);
}

/** @param {{touch: Touch, current: boolean}} step */
function origin({ touch, current }) {
  const { position, message_id } = touch.evidence;
  return el(
    'li',
    { class: 'touch', 'data-look': look(touch) },
    el('p', { class: 'when' }, time(touch.at), current && el('b', {}, t('current'))),
    badge(touch),
    ...parts(touch),
    el('details', {}, el('summary', {}, `${t('proof')} · `, code(touch.rule), ' · ', code(position)), terms(
      [t('message'), code(message_id)],
      [t('click_id'), code(touch.ctwa_clid)],
    )),
    message_id && el('button', { type: 'button', class: 'jump', value: message_id }, t('see_message')),
    touch.also.length > 0 && el('div', { class: 'also' }, el('p', {}, t('also')), ...touch.also.flatMap((also) => [badge(also), ...parts(also)])),
  );
}

/** @param {Ticket} one */
function ticket(one) {
  const owner = [one.assignee, one.team, one.classification].filter(Boolean).join(' · ');
  return el(
    'li',
    { class: 'ticket' },
    el('p', {}, status(one), owner && el('span', { dir: 'auto' }, ` · ${owner}`)),
    el('p', { class: 'dim' }, `${t('opened')} `, time(one.opened_at), one.closed_at && ` · ${t('closed')} `, one.closed_at && time(one.closed_at)),
    el('p', { class: 'badges' }, ...(one.origins ?? []).map(badge)),
  );
}

byId('origins').addEventListener('click', ({ target }) => target.className === 'jump' && talk.jump(target.value));
