/** Reports: what messages cost, by day and by category. */

import { get } from './api.js';
import { shares, trend } from './charts.js';
import { el } from './dom.js';
import { money, number, t } from './i18n.js';
import { card, failed, figure, head, table } from './page.js';

const day = (at) => new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
const DAY_MS = 86_400_000;

/** Amounts by currency, in words. */
const amounts = (of) => Object.entries(of).map(([currency, amount]) => money(amount, currency)).join(' + ') || '–';

/** What was spent. */
function spent({ items, totals }) {
  const days = [...new Set(items.map((line) => line.day))].sort();
  const by = (key, wanted) => items.filter((line) => line[key] === wanted);
  const sum = (lines, key) => lines.reduce((all, line) => all + line[key], 0);
  const categories = [...new Set(items.map((line) => line.category))].filter(Boolean);
  return card(t('report.spend'),
    el('dl', { class: 'figures' }, figure(t('report.messages'), number(totals.messages)), figure(t('report.charged'), number(totals.charged)), figure(t('report.free'), number(totals.free.total)), figure(t('report.amount'), amounts(totals.amounts))),
    el('div', { class: 'charts' },
      trend(t('report.by_day'), days, [{ label: t('report.charged'), look: 'ad-instagram', values: days.map((one) => sum(by('day', one), 'charged')) }, { label: t('report.free'), look: 'whatsapp_campaign', values: days.map((one) => by('day', one).reduce((all, line) => all + line.free.total, 0)) }]),
      shares(t('report.by_category'), categories.map((category) => ({ label: t(`category.${category}`), value: sum(by('category', category), 'messages'), look: 'link' })).sort((one, other) => other.value - one.value))),
    table(t('report.spend'), [
      [t('report.day'), (line) => line.day], [t('report.category'), (line) => line.category && t(`category.${line.category}`)], [t('report.messages'), (line) => number(line.messages), 'number'],
      [t('report.charged'), (line) => number(line.charged), 'number'], [t('report.free'), (line) => number(line.free.total), 'number'], [t('report.amount'), (line) => amounts(line.amounts), 'number'],
    ], items));
}

/** @param {HTMLElement} main */
export async function open(main) {
  const box = el('div', { class: 'stack', 'aria-live': 'polite' });
  const from = el('input', { type: 'date', name: 'from', value: day(Date.now() - 29 * DAY_MS), 'aria-label': t('filter.from') });
  const to = el('input', { type: 'date', name: 'to', value: day(Date.now()), 'aria-label': t('filter.to') });
  const draw = async () => {
    const period = { from: from.value, to: to.value && day(Date.parse(to.value) + DAY_MS) };
    try {
      box.replaceChildren(spent(await get('reports/spend', { ...period, group_by: 'day,category' })));
    } catch (error) {
      box.replaceChildren(card('', failed(error)));
    }
  };
  for (const field of [from, to]) field.addEventListener('change', draw);
  main.append(head(t('page.reports'), t('report.about'), from, to), box);
  await draw();
}
