/** How an origin, a person and a time look wherever they stand. */

import { el, icon, outside } from './dom.js';
import { because, exactly, label, moment, t } from './i18n.js';

/** @import { Conversation, Origin } from './types' */

/** Names of providers are the same in every language. */
const NAMES = { whatsapp: 'WhatsApp', instagram: 'Instagram', messenger: 'Messenger', facebook: 'Facebook', webchat: 'WebChat' };

export const name = (kind) => NAMES[kind] ?? kind;

/** What the colour of an origin goes by. @param {Origin} origin */
export const look = ({ kind, platform }) => (kind === 'ad' ? `ad-${platform}` : kind);

/** @param {Origin} [origin] */
export const badge = (origin) =>
  el('span', { class: 'badge', 'data-look': origin && look(origin) }, origin ? label(origin) : t('no_origin'));

/** Short; exactly when it is pointed at. */
export const time = (at, short = moment) => el('time', { datetime: at, title: exactly(at) }, short(at));

export const code = (text) => text && el('code', {}, text);

export const status = (ticket) =>
  el('span', { class: 'status', 'data-status': ticket?.status }, ticket ? t(`status.${ticket.status}`) : t('no_ticket'));

/** Digits as people write them. */
export const phone = (digits) => digits && `+${digits.replace(/^55(\d\d)(\d{4,5})(\d{4})$/, '55 $1 $2-$3')}`;

/** What to call somebody. @param {Conversation} conversation */
export function who({ contact, channel }) {
  if (contact.name) return contact.name;
  if (contact.username) return `@${contact.username}`;
  return phone(contact.phone) ?? `${name(channel.kind)} …${contact.aliases[0]?.value.slice(-6) ?? ''}`;
}

/** @param {Conversation} conversation */
export function avatar({ contact, channel }) {
  const words = (contact.name ?? contact.username ?? '').match(/\p{L}[\p{L}\p{M}'’]*/gu) ?? [];
  const initials = [words[0], words.slice(1).at(-1)].map((word = '') => [...word][0]).join('');
  const mark = el('span', { class: 'mark', title: name(channel.kind) }, icon(channel.kind));
  return el('span', { class: 'avatar' }, el('span', { 'aria-hidden': 'true' }, initials.toUpperCase() || '?'), mark);
}

/** What names the origin closest: a headline, a hashtag, a code. @param {Origin} [origin] */
export function gist(origin) {
  const { ad, campaign, entry } = origin ?? {};
  const value = entry?.type === 'hashtag' ? `#${entry.value}` : entry?.value;
  const text = ad?.headline ?? campaign?.id ?? value ?? '';
  return /^\d+$/.test(text) ? '' : text;
}

export const terms = (...pairs) =>
  el('dl', {}, ...pairs.map(([term, value]) => value && el('div', {}, el('dt', {}, term), el('dd', { dir: 'auto' }, value))));

/** What an origin is made of, how sure it is and why. @param {Origin} origin */
export function parts(origin) {
  const { ad, entry, campaign, click, via } = origin;
  const sure = [el('span', { 'data-sure': origin.confidence }, t(`sure.${origin.confidence}`))];
  if (origin.kind === 'ad') {
    const level = origin.platform === 'unknown' ? 'none' : (origin.platform_confidence ?? origin.confidence);
    const text = level === 'none' ? t('platform_unknown') : `${name(origin.platform)}: ${t(`sure.${level}`).toLowerCase()}`;
    sure.push(el('span', { 'data-sure': level }, text));
  }
  const entered = entry?.type !== 'ad' && entry?.value;
  return [
    el('p', { class: 'sure' }, ...sure),
    terms(
      [t('ad'), ad?.headline],
      ['', ad?.source_url && outside(ad.source_url)],
      ['id', code(ad?.id)],
      [t('campaign'), code(campaign?.id)],
      [t(entry?.type ?? ''), entered && (entry.type === 'hashtag' ? `#${entered}` : code(entered))],
      ['via', via && name(via)],
      [t('clicked'), click && time(click.at)],
      ...Object.entries(click?.utm ?? {}).map(([key, value]) => [`utm_${key}`, value]),
    ),
    el('p', { class: 'dim' }, `“${because(origin)}”`),
  ];
}
