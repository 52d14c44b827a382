/** What narrows the queue: tabs with counts, search, the panel of filters, and the chips of those in force. */

import { byId, el, reconcile, show } from './dom.js';
import { list, nameOf } from './directory.js';
import { date, number, t } from './i18n.js';
import { icon } from './icons.js';
import { KINDS, name } from './origin.js';
import * as queue from './queue.js';
import { at, swap } from './route.js';
import * as session from './session.js';

const STATUSES = ['', 'new', 'unanswered', 'awaiting_customer', 'finished'];
const EXPIRING = ['30m', '1h', '2h', '6h', '12h', '24h'];
const DAYS = ['today', '7', '30'];
/** Those that are in view anyhow, as tabs and as the search. */
const PLAIN = ['status', 'q', 'platform', 'to'];

/** The filter that the address tells; nothing else is ever in force. */
export const wanted = () => Object.fromEntries(Object.entries(at().query).filter(([key, value]) => queue.FILTERS.includes(key) && value));

/** Puts `change` into the address; what is empty goes. The conversation that is open stays. */
export function set(change) {
  const query = Object.fromEntries(Object.entries({ ...wanted(), ...change }).filter(([, value]) => value));
  swap({ page: 'inbox', id: at().id, query });
}

export const clear = () => swap({ page: 'inbox', id: at().id, query: {} });

/** Only conversations of one origin. @param {Record<string, string>} filter */
export function only(filter) {
  const query = Object.fromEntries(Object.entries(filter).filter(([, value]) => value));
  swap({ page: 'inbox', id: at().id, query });
}

/** How a filter in force reads. */
function words(key, filter) {
  const value = filter[key];
  switch (key) {
    case 'origin': return t(`origin.${value}${filter.platform && value === 'ad' ? `.${filter.platform}` : ''}`);
    case 'team': return nameOf('teams', value);
    case 'agent': return nameOf('agents', value);
    case 'channel': return nameOf('channels', value).replace(/^(\w+):/, (_, kind) => `${name(kind)} `);
    case 'campaign': return nameOf('campaigns', value);
    case 'classification': return nameOf('classifications', value);
    case 'from': return filter.to ? `${date(value)} – ${date(Date.parse(filter.to) - 1)}` : t('since', date(value));
    case 'expiring_within': return t('closes_within', value);
    case 'order': return t(`order.${value}`);
    default: return value;
  }
}

const selectOf = (key, options, value, none = t('any')) =>
  el('label', {}, el('span', {}, t(`filter.${key}`)), el('select', { name: key }, el('option', { value: '' }, none),
    options.map(([id, text]) => el('option', { value: id, selected: id === value }, text))));

const named = (kind) => list(kind).map((entry) => [entry.id, entry.name ?? entry.id]);

const local = (at) => at && new Date(Date.parse(at) - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
const midnight = (day, more = 0) => {
  const [year, month, date] = day.split('-').map(Number);
  return new Date(year, month - 1, date + more).toISOString();
};

/** Agents have "mine" first: what is looked for most. */
function agents() {
  const mine = session.actor();
  return [...(mine ? [[mine, t('mine')]] : []), ...named('agents').filter(([id]) => id !== mine)];
}

function panel() {
  const filter = wanted();
  const origin = filter.origin && (filter.platform && filter.origin === 'ad' ? `${filter.origin}.${filter.platform}` : filter.origin);
  const campaigns = list('campaigns');
  return el('form', { class: 'panel', onsubmit: (event) => event.preventDefault() },
    selectOf('origin', KINDS.map((kind) => [kind, t(`origin.${kind}`)]), origin),
    el('label', {}, el('span', {}, t('filter.campaign')), el('input', { name: 'campaign', value: filter.campaign ?? '', list: 'campaigns', autocomplete: 'off', spellcheck: 'false' }),
      el('datalist', { id: 'campaigns' }, campaigns.map((one) => el('option', { value: one.id }, one.name)))),
    selectOf('channel', named('channels'), filter.channel),
    selectOf('team', named('teams'), filter.team),
    selectOf('agent', agents(), filter.agent),
    selectOf('classification', named('classifications'), filter.classification),
    selectOf('expiring_within', EXPIRING.map((length) => [length, t('closes_within', length)]), filter.expiring_within),
    selectOf('order', [['oldest', t('order.oldest')]], filter.order, t('order.latest')),
    el('label', {}, el('span', {}, t('filter.from')), el('input', { type: 'date', name: 'from', value: local(filter.from) ?? '' })),
    el('label', {}, el('span', {}, t('filter.to')), el('input', { type: 'date', name: 'to', value: filter.to ? local(new Date(Date.parse(filter.to) - 1).toISOString()) : '' })),
    el('p', { class: 'presets' }, DAYS.map((length) => el('button', { type: 'button', value: length, class: 'chip', onclick: () => since(length) }, t(`days.${length}`))),
      el('span', { class: 'push' }), el('button', { type: 'button', class: 'quiet', onclick: clear }, t('clear'))));
}

function since(length) {
  const begin = new Date();
  begin.setHours(0, 0, 0, 0);
  if (length !== 'today') begin.setDate(begin.getDate() - Number(length));
  set({ from: begin.toISOString(), to: '' });
}

byId('filter-panel').addEventListener('change', ({ target }) => {
  const { name: key, value } = target;
  if (key === 'origin') {
    const [origin, platform = ''] = value.split('.');
    set({ origin, platform });
  } else if (key === 'from') set({ from: value && midnight(value) });
  else if (key === 'to') set({ to: value && midnight(value, 1) });
  else set({ [key]: value.trim() });
});

let typing;
byId('q').addEventListener('input', ({ target }) => {
  clearTimeout(typing);
  typing = setTimeout(() => set({ q: target.value.trim() }), 180);
});
byId('tabs').addEventListener('click', ({ target }) => {
  const button = target.closest('button');
  if (button) set({ status: button.value });
});

/** The tab of a number key. */
export const tab = (index) => STATUSES[index] !== undefined && set({ status: STATUSES[index] });

export function draw() {
  const { counts, loaded } = queue.state();
  const filter = wanted();
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const tabs = STATUSES.map((status) => ({ status, count: status ? counts[status] : loaded ? total : undefined, on: (filter.status ?? '') === status }));
  reconcile(byId('tabs'), tabs, (one) => one.status, ({ status, count, on }) =>
    el('button', { type: 'button', value: status, 'aria-pressed': String(on), title: t(`status.${status}`) }, el('span', {}, t(`tab.${status}`)), count >= 0 && el('b', {}, number(count))));
  const chips = Object.keys(filter).filter((key) => !PLAIN.includes(key) || (key === 'to' && !filter.from)).map((key) => ({ key, words: words(key, filter) }));
  reconcile(byId('chips'), chips, (chip) => chip.key, (chip) => el('li', {}, el('button', {
    type: 'button', class: 'chip on', title: t('remove_filter'),
    onclick: () => set(chip.key === 'origin' ? { origin: '', platform: '' } : chip.key === 'from' ? { from: '', to: '' } : { [chip.key]: '' }),
  }, el('span', { class: 'dim' }, `${t(`filter.${chip.key}`)}: `), chip.words, icon('close'))));
  byId('filter').dataset.count = String(chips.length || '');
  if (document.activeElement !== byId('q')) byId('q').value = filter.q ?? '';
  // Whoever is typing into the panel keeps it.
  if (!byId('filter-panel').contains(document.activeElement) || !byId('filter-panel').firstChild)
    show(byId('filter-panel'), { filter, names: ['channels', 'teams', 'agents', 'classifications', 'campaigns'].map(named) }, panel);
}
