/** The side column: who the customer is, what may be sent, what was before. */

import { byId, el, outside, show } from './dom.js';
import { begin } from './commands.js';
import { copier } from './dialog.js';
import { entry, nameOf, stages } from './directory.js';
import { known, money, number, sum, t } from './i18n.js';
import { icon } from './icons.js';
import { door, name } from './origin.js';
import { openOrigin } from './origin-window.js';
import { code, owner, phone, status, terms, time } from './people.js';
import { address } from './route.js';
import * as session from './session.js';
import { session as sessionCard } from './windows.js';

/** @import { Conversation, History, Row, Ticket, Touch } from './types' */

const PARTS = ['contact', 'session', 'origins', 'tickets', 'notes', 'history'];

/** Parts that fold, and whether they are open at first. */
const OPEN = { contact: true, session: true, origins: true, tickets: true, notes: true, history: false };
const unfolded = new Map(Object.entries(OPEN));

const part = (key, count, ...children) =>
  el('details', { class: 'part', open: unfolded.get(key), ontoggle: ({ target }) => unfolded.set(key, target.open) },
    el('summary', {}, el('h3', {}, t(key), count > 0 && el('b', {}, number(count))), icon('down')), el('div', {}, children));

const edit = (card, action, words) => el('button', { type: 'button', class: 'plain', 'aria-label': words, title: words, onclick: () => begin(card, action) }, icon('edit'));

/** What a stage is called. @param {Conversation} card */
function stageOf(card) {
  const one = stages(card.account).find(({ id }) => id === card.stage);
  return card.stage && (one?.name ?? t(`stage.${card.stage}`));
}

/** @param {Conversation} card */
function contact(card) {
  const { contact, channel, lead, temperature } = card;
  const others = (contact.aliases ?? []).filter((alias) => alias.kind !== 'phone' || alias.value !== contact.phone);
  const { location, page_url: page, site } = contact;
  return part('contact', 0,
    el('div', { class: 'corner' }, edit(card, 'edit', t('edit_contact'))),
    terms(
      [t('name'), contact.name],
      [t('phone'), contact.phone && el('span', { class: 'copyable' }, contact.wa_url ? outside(contact.wa_url, phone(contact.phone)) : phone(contact.phone), copier(`+${contact.phone}`))],
      [t('email'), contact.email],
      ['@', contact.username],
      [t('channel'), nameOf('channels', `${channel.kind}:${channel.id}`).replace(/^\w+:/, `${name(channel.kind)} `)],
      [t('assignee'), owner(card.ticket) || t('nobody')],
      [t('stage'), el('button', { type: 'button', class: 'chip', onclick: () => begin(card, 'stage') }, stageOf(card) || t('choose'))],
      [t('temperature'), temperature && el('span', { class: 'temperature', 'data-level': temperature.name }, t(`temperature.${temperature.name}`), el('span', { class: 'dim' }, ` ${number(temperature.degrees)}°`))],
      [t('lead'), (lead || session.has('queue')) && el('button', { type: 'button', class: 'chip', value: 'lead', onclick: () => begin(card, 'lead') }, lead || t('lead_link'))],
      [t('first_contact'), time(contact.first_contact_at)],
      [t('last_contact'), time(contact.last_contact_at)],
      [t('location'), location && (location.name ?? location.point)],
      [t('site'), page && outside(page, site)],
    ),
    others.length > 0 && el('details', { class: 'aliases' }, el('summary', {}, t('aliases')), terms(...others.map((alias) => [alias.kind, code(alias.value)]))));
}

/** The way to what may be sent to this contact. @param {Conversation} card */
const outreach = ({ id, contact, channel }) =>
  el('p', { class: 'actions' }, el('a', { class: 'button', href: address({ page: 'new', query: { contact: contact.phone ?? id, channel: `${channel.kind}:${channel.id}` } }) }, icon('compose'), t('new.see')));

/** @param {string} id @param {Touch[]} touches @param {Touch} [current] */
const origins = (id, touches, current) =>
  part('origins', touches.length, touches.length === 0 && el('p', { class: 'dim' }, t('no_origin')), el('ol', { class: 'path' }, [...touches].reverse().map((touch) =>
    el('li', {}, door(touch, () => openOrigin(id, touch)), touch.id === current?.id && el('em', {}, t('current')), time(touch.at)))));

/** @param {string} id @param {Ticket} one */
function ticket(id, one) {
  const sold = one.value !== undefined && money(one.value, one.currency);
  const outcome = entry('classifications', one.classification)?.outcome;
  return el('li', { class: 'ticket' },
    el('p', {}, status(one), el('span', { class: 'push' }), owner(one)),
    el('p', { class: 'dim small' }, time(one.opened_at), one.closed_at && [' – ', time(one.closed_at)]),
    (one.classification || sold) && el('p', {}, one.classification && el('span', { class: 'outcome', 'data-outcome': outcome }, nameOf('classifications', one.classification)), sold && el('b', {}, ` ${sold}`)),
    el('p', { class: 'badges' }, (one.origins ?? []).map((touch) => door(touch, () => openOrigin(id, touch)))));
}

/** @param {Row} row */
const note = (row) => el('li', {}, el('p', { class: 'dim small' }, row.agent ? nameOf('agents', row.agent) : t('somebody'), ' · ', time(row.at)), el('p', { dir: 'auto', class: 'text' }, row.text));

/** What something was or became. */
function told(what, value, name) {
  if (!value) return '–';
  if (what === 'value') return sum(value);
  const key = { status: 'status', stage: 'stage', origin: 'origin', ticket: 'status' }[what];
  return name ?? (key && known(`${key}.${value}`) ? t(`${key}.${value}`) : value);
}

/** @param {History} row */
const change = (row) =>
  el('li', { class: row.voided ? 'void' : '' }, el('p', { class: 'dim small' }, row.who_name ?? row.who ?? t('by_itself'), ' · ', time(row.at), row.voided && ` · ${t('voided')}`),
    el('p', {}, el('b', {}, t(`what.${row.what}`)), ' ', row.old && [el('s', { dir: 'auto' }, told(row.what, row.old, row.old_name)), ' → '], el('span', { dir: 'auto' }, told(row.what, row.new, row.new_name))));

/** Before somebody else is shown: nothing of the one before stays, whatever becomes of the rest. */
export const clear = () => PARTS.forEach((key) => byId(`side-${key}`).replaceChildren());

/** @param {{card: Conversation, tickets: Ticket[], notes: Row[], history?: History[]}} shown */
export function draw({ card, tickets, notes, history }) {
  const { id } = card;
  const put = (key, data, make) => show(byId(`side-${key}`), data, make, id);
  const { windows, ...rest } = card;
  // A new instant alone changes nothing that is seen: countdowns go on by themselves.
  const { as_of: _, ...standing } = windows ?? {};
  const names = [card.ticket?.assignee, card.ticket?.team].map((key) => key && nameOf('agents', key));
  put('contact', { card: { ...rest, position: 0, unread: 0, origins: 0 }, names }, () => contact(card));
  put('session', { standing: stripped(standing), may: session.may('new') }, () => part('session', 0, sessionCard(windows), session.may('new') && !card.group && outreach(card)));
  put('origins', { touches: card.origins, current: card.origin?.id }, () => origins(id, card.origins ?? [], card.origin));
  put('tickets', { tickets, names }, () => part('tickets', tickets.length, el('ol', {}, [...tickets].reverse().map((one) => ticket(id, one)))));
  put('notes', notes, () => part('notes', notes.length, notes.length ? el('ol', {}, [...notes].reverse().map(note)) : el('p', { class: 'dim' }, t('no_notes'))));
  byId('side-history').hidden = !history;
  if (history) put('history', history, () => part('history', history.length, el('ol', {}, [...history].reverse().map(change))));
}

/** Without what only counts down. */
const stripped = (windows) => JSON.parse(JSON.stringify(windows, (key, value) => (key === 'remaining_s' ? undefined : value)));
