/** Session windows: countdowns, and the card that says what may be sent now and what it costs. */

import { el } from './dom.js';
import { language, length, money, moment, number, t } from './i18n.js';
import { icon } from './icons.js';
import { time } from './people.js';

/** @import { Windows } from './types' */

const left = (until) => (Date.parse(until) - Date.now()) / 1000;

/** The time that is left until an instant; it goes on by itself. `brief`: in its largest unit only. */
export const countdown = (until, brief = false) =>
  el('span', { class: 'countdown', 'data-until': until, 'data-brief': brief, 'data-level': level(left(until)), title: t('until', moment(until)) }, icon('clock'), el('span', {}, words(left(until), brief)));

const words = (seconds, brief) => (seconds <= 0 ? t('window_closed') : brief ? length(seconds).split(' ')[0] : length(seconds));

const level = (seconds) => (seconds <= 0 ? 'gone' : seconds < 3600 ? 'hot' : seconds < 4 * 3600 ? 'warm' : 'calm');

setInterval(() => {
  for (const node of document.querySelectorAll('[data-until]')) {
    const seconds = left(node.dataset.until);
    const now = words(seconds, 'brief' in node.dataset);
    if (node.lastChild.textContent !== now) node.lastChild.textContent = now;
    if (node.dataset.level !== level(seconds)) node.dataset.level = level(seconds);
  }
}, 1000);

/** What closes first, for a row of the queue. @param {Windows} [windows] */
export const soonest = (windows, brief) => windows?.closes_next && countdown(windows.closes_next.at, brief);

const HOURS = 3600;

/** One clock: how much is left of `size` seconds. */
function clockRow(label, state, until, size, note) {
  const open = Boolean(until) && left(until) > 0;
  const share = open ? Math.min(1, left(until) / size) : 0;
  const bar = el('div', { class: 'bar', 'data-level': open ? level(left(until)) : 'gone' }, el('i'));
  bar.firstChild.style.inlineSize = `${(share * 100).toFixed(1)}%`;
  return el('div', { class: 'clock', 'data-open': String(open) },
    el('p', {}, el('span', {}, label), open ? countdown(until) : el('span', { class: 'dim' }, state)),
    bar,
    el('p', { class: 'dim small' }, open ? t('until', moment(until)) : '', note));
}

/** The clocks, what each category costs and until when, and the advice. @param {Windows} [windows] */
export function session(windows) {
  if (!windows) return el('p', { class: 'dim' }, t('no_windows'));
  const { customer_care: care, free_entry_point: free, human_agent: human, private_reply: reply, service_messages: service } = windows;
  if (!care && !free) return el('p', { class: 'dim' }, t(`windows.${windows.reason ?? 'none'}`));
  const rows = [];
  if (care) rows.push(clockRow(t('customer_care'), t('window_closed'), care.state === 'open' && care.closes_at, 24 * HOURS, care.source === 'reported' && t('reported')));
  if (free) {
    const state = t(`free.${free.state}`);
    if (free.state === 'candidate') rows.push(clockRow(t('free_entry_point'), state, free.reply_by, 24 * HOURS, ` · ${t('free_candidate')}`));
    else rows.push(clockRow(t('free_entry_point'), state, free.closes_at, 72 * HOURS, ['estimated', 'confirmed'].includes(free.state) && ` · ${state}`));
  }
  if (human) rows.push(clockRow(t('way.human_agent'), t('window_closed'), human.closes_at, 7 * 24 * HOURS));
  if (reply) rows.push(clockRow(t('way.private_reply'), t('window_closed'), reply.closes_at, 7 * 24 * HOURS));
  const advice = windows.advice?.[language() === 'pt' ? 'pt-BR' : 'en'];
  const known = Object.entries(windows.send ?? {}).sort(([one], [other]) => WAYS.indexOf(one) - WAYS.indexOf(other));
  return el('div', { class: 'session' },
    advice && el('p', { class: 'advice' }, icon('info'), el('span', {}, advice)),
    rows,
    el('table', { class: 'ways' },
      el('caption', { class: 'hush' }, t('session')),
      el('tbody', {}, known.map(([way, send]) => el('tr', { title: send.explanation },
        el('th', { scope: 'row' }, t(`way.${way}`)), el('td', {}, price(send)), el('td', { class: 'dim' }, send.until && time(send.until)))))),
    windows.marketing_stopped_at && el('p', { class: 'warning small' }, t('marketing_stopped', moment(windows.marketing_stopped_at))),
    service?.delivered >= 0 && el('p', { class: 'dim small' }, t('service_messages', number(service.delivered), number(service.free_per_month))),
  );
}

const WAYS = ['free_form', 'utility', 'marketing', 'authentication', 'human_agent', 'private_reply'];

/** What one way to write costs, in a word. */
export function price(send) {
  if (!send.allowed) return el('span', { class: 'price', 'data-charge': 'no' }, t('not_allowed'));
  if (send.charge === 'free') return el('span', { class: 'price', 'data-charge': 'free' }, t('free'));
  const told = send.price ?? send.price_if_charged;
  if (told) return el('span', { class: 'price', 'data-charge': send.charge ?? 'rate' }, money(told.amount, told.currency));
  return el('span', { class: 'price', 'data-charge': send.charge ?? 'none' }, send.charge ? t(`charge.${send.charge}`) : '–');
}
