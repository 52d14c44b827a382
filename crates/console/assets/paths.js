/** Paths: which origins follow each other on the way to tickets, as bars, with the table that says the same. */

import { el } from './dom.js';
import { label, number, t } from './i18n.js';
import { badge, name } from './origin.js';
import { amounts, card, rate, table } from './page.js';

/** What origins are told apart by, of what the page groups by: agents and channels are of tickets, not of origins. */
const DIMENSIONS = ['campaign', 'ad', 'link', 'hashtag'];
export const by = (group) => (DIMENSIONS.includes(group) ? group : 'kind,platform');

const called = (step) => step.campaign?.name ?? step.campaign?.id ?? step.ad?.name ?? step.ad?.id ?? step.link?.name ?? step.link?.id ?? (step.hashtag && `#${step.hashtag}`);

/** What a step is, in words. */
const words = (step) => (step.kind ? [label(step), step.kind === 'organic' && step.platform && name(step.platform)].filter(Boolean).join(' · ') : called(step) ?? t('paths.other'));

/** A step as it looks everywhere. */
const shown = (step) => (step.kind ? [badge(step), step.kind === 'organic' && step.platform && el('span', { class: 'dim small' }, name(step.platform))] : el('span', { class: 'chip', dir: 'auto' }, words(step)));

const arrow = () => el('span', { class: 'arrow', 'aria-hidden': 'true' }, '→');

/** The steps of a path, one after the other. */
function path(line) {
  const steps = line.steps.length ? line.steps.map(shown) : [el('span', { class: 'dim' }, t('report.unattributed'))];
  return el('span', { class: 'steps' }, line.longer && [el('span', { class: 'dim', title: t('paths.longer') }, '…'), arrow()], steps.map((step, index) => [index > 0 && arrow(), step]));
}

/** The same in words. */
const told = (line) => [line.longer && '…', ...(line.steps.length ? line.steps.map(words) : [t('report.unattributed')])].filter(Boolean).join(' → ');

/** A bar of all tickets of a path, and in it those that were won. */
function bar(line, most) {
  const [all, won] = [el('i', { class: 'all' }), el('i', { class: 'won' })];
  all.style.inlineSize = `${(line.tickets / most) * 100}%`;
  won.style.inlineSize = `${(line.won / most) * 100}%`;
  return el('span', { class: 'track' }, all, won);
}

/** @param {{items: any[], others?: any, others_number: number, totals: any}} report */
export function draw({ items, others, others_number: more, totals }) {
  if (!items.length) return card(t('paths'), el('p', { class: 'dim' }, t('paths.none')));
  const most = Math.max(1, ...items.map((line) => line.tickets));
  const rows = [...items.map((line) => ({ ...line, words: told(line) })), ...(others ? [{ ...others, words: t('paths.others', number(more)) }] : []), { ...totals, words: t('paths.all') }];
  return card(t('paths'), el('p', { class: 'dim' }, t('paths.hint')),
    el('figure', { class: 'paths' }, el('figcaption', {}, t('paths.caption')), el('ol', {}, items.map((line) => el('li', {}, path(line), bar(line, most),
      el('span', { class: 'counts' }, el('b', {}, number(line.won)), el('span', { class: 'dim' }, ` / ${number(line.tickets)}`)), el('span', { class: 'dim' }, rate(line.conversion_rate)))))),
    el('details', { class: 'plain' }, el('summary', {}, t('paths.table')), table(t('paths'), [
      [t('paths.path'), (line) => el('span', { dir: 'auto' }, line.words)], [t('report.opened'), (line) => number(line.tickets), 'number'], [t('report.won'), (line) => number(line.won), 'number'],
      [t('report.conversion'), (line) => rate(line.conversion_rate), 'number'], [t('report.revenue'), (line) => amounts(line.revenue), 'number'],
    ], rows)));
}
