/** How a person, a ticket and a time look wherever they stand. */

import { el } from './dom.js';
import { nameOf } from './directory.js';
import { exactly, moment, t } from './i18n.js';
import { icon } from './icons.js';
import { name } from './origin.js';

/** @import { Conversation, Ticket } from './types' */

/** Short; exactly when it is pointed at. */
export const time = (at, short = moment) => at && el('time', { datetime: at, title: exactly(at) }, short(at));

export const code = (text) => text && el('code', {}, text);

/** Digits as people write them. */
export const phone = (digits) => digits && `+${digits.replace(/^55(\d\d)(\d{4,5})(\d{4})$/, '55 $1 $2-$3')}`;

/** What to call somebody. @param {Pick<Conversation, 'contact' | 'channel'>} conversation */
export function who({ contact, channel }) {
  if (contact.name) return contact.name;
  if (contact.username) return `@${contact.username}`;
  return phone(contact.phone) ?? `${name(channel.kind)} …${contact.aliases?.[0]?.value.slice(-6) ?? ''}`;
}

export function initials(words) {
  const parts = (words ?? '').match(/\p{L}[\p{L}\p{M}'’]*/gu) ?? [];
  return [parts[0], parts.slice(1).at(-1)].map((word = '') => [...word][0] ?? '').join('').toUpperCase() || '?';
}

/** One of twelve hues, always the same for the same words. */
const hue = (words) => [...words].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 997, 7) % 12;

/** @param {Conversation} conversation */
export function avatar({ contact, channel, id }) {
  const mark = el('span', { class: 'mark', title: name(channel.kind), 'data-channel': channel.kind }, icon(channel.kind));
  return el('span', { class: 'avatar', 'data-hue': hue(id) }, el('span', { 'aria-hidden': 'true' }, initials(contact.name ?? contact.username)), mark);
}

/** @param {Ticket} [ticket] */
export const status = (ticket) =>
  el('span', { class: 'status', 'data-status': ticket?.status ?? 'none' }, ticket ? t(`status.${ticket.status}`) : t('no_ticket'));

/** Whose a ticket is. @param {Ticket} [ticket] */
export function owner(ticket) {
  const { assignee, team } = ticket ?? {};
  if (!assignee && !team) return false;
  const words = assignee ? nameOf('agents', assignee) : nameOf('teams', team);
  return el('span', { class: 'owner', title: [assignee && nameOf('agents', assignee), team && nameOf('teams', team)].filter(Boolean).join(' · ') },
    assignee ? el('span', { class: 'face', 'data-hue': hue(assignee), 'aria-hidden': 'true' }, initials(words)) : icon('team'), el('span', {}, words));
}

/** Terms and what they mean; what is not known is left out. */
export const terms = (...pairs) =>
  el('dl', {}, pairs.map(([term, value]) => value && el('div', {}, el('dt', {}, term), el('dd', { dir: 'auto' }, value))));
