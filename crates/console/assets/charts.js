/** Charts: bars of shares, and lines over days. Drawn as SVG with words beside them; the table below a chart says the same. */

import { draw, el } from './dom.js';
import { compact, dayMonth, number, percent } from './i18n.js';

/**
 * Parts of a whole, largest first: one bar each.
 * @param {string} caption
 * @param {{label: string | Node, value: number, look?: string, note?: string}[]} parts
 */
export function shares(caption, parts) {
  const whole = parts.reduce((sum, part) => sum + part.value, 0) || 1;
  const most = Math.max(1, ...parts.map((part) => part.value));
  return el('figure', { class: 'shares' }, el('figcaption', {}, caption), el('ul', {}, parts.map((part) => {
    const bar = el('i', { 'data-look': part.look ?? 'none' });
    bar.style.inlineSize = `${Math.max(0.5, (part.value / most) * 100)}%`;
    return el('li', {}, el('span', { class: 'label' }, part.label), el('span', { class: 'track' }, bar), el('b', {}, part.note ?? compact(part.value)), el('span', { class: 'dim' }, percent(part.value / whole)));
  })));
}

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [720, 200, 44, 24];

/**
 * Values by day, one line for each series.
 * @param {string} caption
 * @param {string[]} days ISO dates, ascending
 * @param {{label: string, look: string, values: number[]}[]} series
 */
export function trend(caption, days, series) {
  const top = Math.max(1, ...series.flatMap((one) => one.values));
  const step = 10 ** Math.floor(Math.log10(top));
  const most = Math.ceil(top / step) * step;
  const x = (index) => LEFT + (days.length > 1 ? (index / (days.length - 1)) * (WIDTH - LEFT - 12) : (WIDTH - LEFT) / 2);
  const y = (value) => 10 + (1 - value / most) * (HEIGHT - BOTTOM - 10);
  const rules = [0, 0.5, 1].map((part) => [draw('line', { x1: LEFT, x2: WIDTH - 12, y1: y(part * most), y2: y(part * most), class: 'rule' }), draw('text', { x: LEFT - 8, y: y(part * most) + 4, class: 'axis', 'text-anchor': 'end' }, compact(part * most))]);
  const every = Math.max(1, Math.ceil(days.length / 7));
  const ticks = days.map((day, index) => index % every === 0 && draw('text', { x: x(index), y: HEIGHT - 5, class: 'axis', 'text-anchor': 'middle' }, dayMonth(`${day}T12:00:00`)));
  const lines = series.map((one) => [
    draw('polyline', { points: one.values.map((value, index) => `${x(index)},${y(value)}`).join(' '), 'data-look': one.look }),
    one.values.map((value, index) => draw('circle', { cx: x(index), cy: y(value), r: 3, 'data-look': one.look }, draw('title', {}, `${one.label} · ${days[index]}: ${number(value)}`))),
  ]);
  return el('figure', { class: 'trend' }, el('figcaption', {}, caption),
    draw('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': `${caption}: ${series.map((one) => one.label).join(', ')}` }, rules, ticks, lines),
    el('ul', { class: 'legend' }, series.map((one) => el('li', { 'data-look': one.look }, one.label))));
}

/**
 * How far those came who began: a bar for each step, and of those after the `whole` how many of it came so far.
 * @param {string} caption
 * @param {{label: string, value: number}[]} steps
 * @param {number} whole which step is the whole
 */
export function funnel(caption, steps, whole) {
  const most = Math.max(1, ...steps.map((step) => step.value));
  return el('figure', { class: 'funnel' }, el('figcaption', { dir: 'auto' }, caption), el('ol', {}, steps.map((step, index) => {
    const bar = el('i', { 'data-look': 'link' });
    bar.style.inlineSize = `${(step.value / most) * 100}%`;
    const of = index > whole && steps[whole].value;
    return el('li', {}, el('span', { class: 'label' }, step.label), el('span', { class: 'track' }, bar), el('b', {}, number(step.value)), el('span', { class: 'dim' }, of ? percent(step.value / of) : ''));
  })));
}
