/** Reports: what each origin brought, who has what part in what was won, how far links led, and what messages cost. */

import { bytes, get } from './api.js';
import { funnel, shares, trend } from './charts.js';
import { say } from './dialog.js';
import { el } from './dom.js';
import { label, length, number, t } from './i18n.js';
import { badge, look, name } from './origin.js';
import { amounts, card, failed, figure, head, rate, table } from './page.js';
import * as paths from './paths.js';
import * as session from './session.js';

const DAY_MS = 86_400_000;
/** The day after one. */
const after = (text) => new Date(Date.parse(text) + DAY_MS).toISOString().slice(0, 10);

const GROUPS = ['kind,platform', 'campaign', 'ad', 'link', 'hashtag', 'channel', 'team', 'agent'];
const MODELS = ['first', 'last', 'last_non_organic', 'linear', 'position', 'time_decay', 'markov', 'shapley'];

/** What a line is of, in words. */
function words(line) {
  if (line.unattributed) return t('report.unattributed');
  if (line.kind) return line.kind === 'organic' && line.platform ? `${label(line)} · ${name(line.platform)}` : label(line);
  const called = line.campaign ?? line.ad ?? line.link ?? line.team ?? line.agent;
  if (called) return called.name ?? called.id;
  if (line.channel) return `${name(line.channel.kind)} ${line.channel.id}`;
  return line.hashtag ? `#${line.hashtag}` : '–';
}

const shown = (line) => (line.kind ? [badge(line), line.kind === 'organic' && line.platform && el('span', { class: 'dim small' }, ` ${name(line.platform)}`)] : el('span', { dir: 'auto' }, words(line)));

/** All days of a period, ascending: also those on which nothing happened. */
const daysOf = (from, to) => Array.from({ length: Math.max(0, (Date.parse(to) - Date.parse(from)) / DAY_MS) }, (_, index) => new Date(Date.parse(from) + index * DAY_MS).toISOString().slice(0, 10));

/** What each origin brought. */
function origins({ items, totals }, days) {
  const byDay = new Map(days.items.map((line) => [line.day, line]));
  const all = daysOf(days.from, days.to);
  const values = (key) => all.map((one) => byDay.get(one)?.[key] ?? 0);
  return card(t('report.origins'),
    el('dl', { class: 'figures' },
      figure(t('report.opened'), number(totals.opened)), figure(t('report.answered'), number(totals.answered)),
      figure(t('report.first_response'), totals.first_response_s ? length(totals.first_response_s.median) : '–'),
      figure(t('report.won'), number(totals.won), totals.won > 0 ? 'good' : undefined), figure(t('report.conversion'), rate(totals.conversion_rate)), figure(t('report.revenue'), amounts(totals.revenue))),
    items.length > 0 && el('div', { class: 'charts' },
      trend(t('report.by_day'), all, [{ label: t('report.opened'), look: 'link', values: values('opened') }, { label: t('report.won'), look: 'whatsapp_campaign', values: values('won') }]),
      shares(t('report.share'), [...items].sort((one, other) => other.opened - one.opened).slice(0, 10).map((line) => ({ label: words(line), value: line.opened, look: line.kind ? look(line) : 'link' })))),
    table(t('report.origins'), [
      [t('origin'), shown], [t('report.opened'), (line) => number(line.opened), 'number'], [t('report.answered'), (line) => number(line.answered), 'number'],
      [t('report.finished'), (line) => number(line.finished), 'number'], [t('report.won'), (line) => number(line.won), 'number'], [t('report.conversion'), (line) => rate(line.conversion_rate), 'number'],
      [t('report.revenue'), (line) => amounts(line.revenue), 'number'], [t('report.cost'), (line) => amounts(line.cost), 'number'],
    ], items));
}

/** One part of what was won, with a bar of how much of the most it is. */
function credit(line, model, most) {
  const won = Number(line.models?.[model]?.won ?? 0);
  const cell = el('span', { class: 'credit', title: amounts(line.models?.[model]?.revenue) }, el('i'), el('span', {}, number(Math.round(won * 100) / 100)));
  cell.firstChild.style.inlineSize = `${most > 0 ? (won / most) * 100 : 0}%`;
  return cell;
}

/** Models side by side: each column adds up to what was won. */
function models({ items, totals }) {
  const most = Math.max(0, ...items.flatMap((line) => MODELS.map((model) => Number(line.models?.[model]?.won ?? 0))));
  return card(t('report.models'), el('p', { class: 'dim' }, t('report.models_hint')),
    totals.won > 0
      ? table(t('report.models'), [[t('origin'), shown], ...MODELS.map((model) => /** @type {[string, (line: any) => Element]} */ ([t(`model.${model}`), (line) => credit(line, model, most)]))], items)
      : el('p', { class: 'dim' }, t('report.nothing_won')));
}

const STEPS = ['clicks', 'conversations', 'answered', 'classified', 'won'];

function funnels({ items }, by) {
  return card(t(`report.funnel.${by}`), items.length
    ? el('div', { class: 'funnels' }, items.slice(0, 12).map((line) => funnel(line.name ?? line.id, STEPS.map((step) => ({ label: t(`step.${step}`), value: line[step] })), STEPS.indexOf('conversations'))))
    : el('p', { class: 'dim' }, t('report.no_funnel')));
}

/** What was spent on messages. */
function spent({ items, totals }) {
  const categories = [...new Set(items.map((line) => line.category))].filter(Boolean);
  const sum = (category) => items.filter((line) => line.category === category).reduce((all, line) => all + line.messages, 0);
  return card(t('report.spend'),
    el('dl', { class: 'figures' }, figure(t('report.messages'), number(totals.messages)), figure(t('report.charged'), number(totals.charged)), figure(t('report.free'), number(totals.free.total)), figure(t('report.amount'), amounts(totals.amounts))),
    categories.length > 0 && shares(t('report.by_category'), categories.map((category) => ({ label: t(`category.${category}`), value: sum(category), look: 'link' })).sort((one, other) => other.value - one.value)),
    table(t('report.spend'), [
      [t('report.category'), (line) => (line.category ? t(`category.${line.category}`) : '–')], [t('report.messages'), (line) => number(line.messages), 'number'],
      [t('report.charged'), (line) => number(line.charged), 'number'], [t('report.free'), (line) => number(line.free.total), 'number'], [t('report.amount'), (line) => amounts(line.amounts), 'number'],
    ], items));
}

/** Saves the tickets of the period with the evidence of their origins. */
async function save(period) {
  try {
    const url = URL.createObjectURL(await bytes('reports/tickets', { ...period, format: 'csv' }));
    el('a', { href: url, download: `tickets-${period.from}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  } catch (error) {
    say(error.message, 'bad');
  }
}

/** @param {HTMLElement} main */
export async function open(main) {
  const boxes = Array.from({ length: 5 }, () => el('div'));
  const from = el('input', { type: 'date', name: 'from', value: session.day(Date.now() - 29 * DAY_MS), 'aria-label': t('filter.from') });
  const to = el('input', { type: 'date', name: 'to', value: session.day(Date.now()), 'aria-label': t('filter.to') });
  const group = el('select', { name: 'group', 'aria-label': t('report.group') }, GROUPS.map((value) => el('option', { value }, t(`group.${value}`))));
  const period = () => ({ from: from.value, to: to.value && after(to.value) });
  let turn = 0;
  /** Each part stands for itself: what one report refuses does not keep back the others. */
  const part = async (places, ask, make) => {
    const asked = turn;
    let made;
    try {
      made = make(...(await Promise.all(ask)));
    } catch (error) {
      made = [card('', failed(error))];
    }
    // What was asked for meanwhile is what counts.
    if (asked === turn) places.forEach((box, index) => box.replaceChildren(...[made[index] ?? []].flat()));
  };
  const draw = () => {
    turn += 1;
    const when = period();
    return Promise.all([
      part([boxes[0], boxes[1]], [get('reports/origins', { ...when, group_by: group.value, model: 'all' }), get('reports/origins', { ...when, group_by: 'day' })], (report, days) => [origins(report, days), models(report)]),
      part([boxes[2]], [get('reports/paths', { ...when, group_by: paths.by(group.value), limit: 12 })], (report) => [paths.draw(report)]),
      part([boxes[3]], ['link', 'campaign'].map((by) => get('reports/funnel', { ...when, by })), (links, campaigns) => [el('div', { class: 'stack' }, funnels(links, 'link'), funnels(campaigns, 'campaign'))]),
      part([boxes[4]], [get('reports/spend', { ...when, group_by: 'category' })], (report) => [spent(report)]),
    ]);
  };
  for (const field of [from, to, group]) field.addEventListener('change', draw);
  main.append(head(t('page.reports'), t('report.about'), group, from, to, el('button', { type: 'button', onclick: () => save(period()) }, t('report.export'))), el('div', { class: 'stack', 'aria-live': 'polite' }, boxes));
  await draw();
}
