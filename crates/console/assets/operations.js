/** Operations: how far the views are, what is rebuilt and what that changes, odd events with their bytes, and what takes up disk. */

import { get, metrics as told, send } from './api.js';
import { dialog, say } from './dialog.js';
import { el, show } from './dom.js';
import { compact, length, moment, number, percent, t } from './i18n.js';
import { code, time } from './people.js';
import { card, every, failed, figure, head, table } from './page.js';
import { address } from './route.js';

const SECONDS = 2;

/** Values of metrics by name, added up over their labels. Source: the text format of Prometheus. */
async function metrics() {
  const text = await told();
  const values = {};
  for (const line of text.split('\n')) {
    const [, name, value] = /^(\w+)(?:\{.*\})? ([\d.eE+-]+)$/.exec(line) ?? [];
    if (name) values[name] = (values[name] ?? 0) + Number(value);
  }
  return values;
}

const size = (bytes) => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes ?? 0, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${number(Math.round(value * 10) / 10)} ${units[unit]}`;
};

let last;

/** Events projected in a second, since we looked last. */
function rate(values) {
  const now = { at: performance.now(), count: values.origem_events_projected_total ?? 0 };
  const seconds = last && (now.at - last.at) / 1000;
  const result = seconds > 0 && now.count >= last.count ? (now.count - last.count) / seconds : undefined;
  last = now;
  return result;
}

function health(status, values) {
  const perSecond = rate(values);
  return card(t('ops.now'), el('dl', { class: 'figures' },
    figure(t('ops.state'), t(status.ready ? 'ops.ready' : 'ops.not_ready'), status.ready ? 'good' : 'bad'),
    figure(t('ops.lag'), number(status.lag), status.lag > 10_000 ? 'bad' : undefined),
    figure(t('ops.lag_seconds'), length(status.lag_seconds ?? 0)),
    figure(t('ops.rate'), perSecond === undefined ? '…' : `${compact(perSecond)}/s`),
    figure(t('conversations'), compact(status.conversations)),
    figure(t('ops.log'), size(values.origem_log_bytes)),
    figure(t('ops.views'), size(values.origem_views_store_bytes)),
    figure(t('ops.memory'), size(values.process_resident_memory_bytes))),
  table(t('ops.partitions'), [
    [t('ops.partition'), (one) => number(one.partition), 'number'], [t('ops.tail'), (one) => number(one.tail), 'number'], [t('ops.checkpoint'), (one) => number(one.checkpoint), 'number'],
    [t('ops.lag'), (one) => number(one.lag), 'number'],
    [t('ops.state'), (one) => t(one.failed ? 'ops.failed' : one.stalled ? 'ops.stalled' : one.log_away ? 'ops.log_away' : one.loading ? 'ops.loading' : 'ops.following')],
  ], status.partitions));
}

const ENDED = ['compared', 'switched', 'cancelled', 'failed', 'refused'];

/** How far a rebuild is, between 0 and 1. */
const share = (one) => (one.finished ? 1 : one.phase === 'comparing' ? one.compared / Math.max(1, one.to_compare) : one.events_done / Math.max(1, one.events_total));

function difference(diff) {
  return [
    el('p', { class: diff.equal ? 'good' : '' }, t(diff.equal ? 'ops.equal' : 'ops.differs')),
    table(t('ops.diff'), [
      [t('ops.view'), ([name]) => t(`view.${name}`)], [t('ops.compared'), ([, one]) => number(one.compared), 'number'], [t('ops.changed'), ([, one]) => number(one.changed), 'number'],
      [t('ops.only_old'), ([, one]) => number(one.only_old), 'number'], [t('ops.only_new'), ([, one]) => number(one.only_new), 'number'],
    ], [['conversations', diff.conversations], ...Object.entries(diff.views)]),
    diff.examples.length > 0 && el('ul', { class: 'examples' }, diff.examples.map((one) => el('li', {}, el('a', { href: address({ page: 'inbox', id: one.conversation }) }, code(one.conversation)), ' ',
      el('span', { class: 'dim' }, (one.differences ?? []).map((change) => [change.what ?? change.view, change.old, change.new].filter(Boolean).map((part) => (typeof part === 'object' ? JSON.stringify(part) : part)).join(' · ')).join('; '))))),
  ];
}

/** A rebuild on one line, its difference below. */
function rebuild(one) {
  const bar = el('div', { class: 'bar', 'data-level': one.finished ? 'gone' : 'calm', role: 'progressbar', 'aria-label': t('ops.rebuild'), 'aria-valuenow': Math.round(share(one) * 100), 'aria-valuemin': '0', 'aria-valuemax': '100' }, el('i'));
  bar.firstChild.style.inlineSize = percentCss(share(one));
  const stop = async () => {
    await send('DELETE', `admin/rebuilds/${one.id}`).catch((error) => say(error.message, 'bad'));
  };
  return el('li', {},
    el('p', {}, el('b', {}, `#${one.id}`), el('span', { class: 'chip' }, t(`phase.${one.phase}`)), one.dry_run && el('span', { class: 'dim' }, t('ops.dry_run')), one.renormalise && el('span', { class: 'dim' }, t('ops.renormalise')),
      el('span', { class: 'push' }), time(one.started_at), !one.finished && el('button', { type: 'button', onclick: stop }, t('cancel'))),
    !ENDED.includes(one.phase) && [bar, el('p', { class: 'dim small' }, `${percent(share(one))} · ${number(one.events_done)} / ${number(one.events_total)} · ${compact(one.rate_per_s)}/s${one.eta_s ? ` · ${t('ops.eta', length(one.eta_s))}` : ''}`)],
    one.error && el('p', { class: 'warning' }, one.error),
    one.diff && el('details', { 'data-fold': one.id }, el('summary', {}, t('ops.diff')), difference(one.diff)));
}

const percentCss = (part) => `${(Math.min(1, part) * 100).toFixed(1)}%`;

function begin() {
  dialog(t('ops.rebuild'), (close) =>
    el('form', {
      onsubmit: async (event) => {
        event.preventDefault();
        const told = new FormData(event.target);
        try {
          await send('POST', 'admin/rebuilds', { dry_run: told.has('dry_run'), renormalise: told.has('renormalise') });
          close();
        } catch (error) {
          say(error.message, 'bad');
        }
      },
    },
    el('p', {}, t('ops.rebuild_hint')),
    el('label', { class: 'check' }, el('input', { type: 'checkbox', name: 'dry_run', checked: true }), ` ${t('ops.dry_run')}`),
    el('label', { class: 'check' }, el('input', { type: 'checkbox', name: 'renormalise' }), ` ${t('ops.renormalise')}`),
    el('div', { class: 'actions' }, el('button', { class: 'primary' }, t('ops.begin')))));
}

const text = (base64) => new TextDecoder().decode(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));

/** JSON as people read it; anything else as it is. */
function pretty(raw) {
  try {
    return JSON.stringify(JSON.parse(raw), null, 2);
  } catch {
    return raw;
  }
}

async function anomaly(position) {
  const box = el('div', {}, '…');
  dialog(`${t('ops.anomaly')} ${position}`, () => box, { wide: true });
  try {
    const one = await get(`anomalies/${position}`);
    const raw = one.raw ?? (one.raw_base64 && text(one.raw_base64));
    box.replaceChildren(
      el('ul', {}, one.anomalies.map((row) => el('li', {}, el('b', {}, t(`reason.${row.reason}`)), row.detail && ` · ${row.detail}`, row.conversation && [' · ', el('a', { href: address({ page: 'inbox', id: row.conversation, query: {} }) }, code(row.conversation))]))),
      ...(one.event ? [el('h3', {}, t('ops.event')), el('pre', { tabindex: '0' }, JSON.stringify(one.event, null, 2))] : []),
      ...(raw ? [el('h3', {}, t('ops.raw')), el('pre', { tabindex: '0' }, pretty(raw))] : []),
    );
  } catch (error) {
    box.replaceChildren(failed(error));
  }
}

function anomalies(page, counts) {
  return card(t('ops.anomalies'),
    el('p', { class: 'reasons' }, Object.entries(counts.reasons).filter(([, count]) => count > 0).map(([reason, count]) => el('span', { class: 'chip' }, `${t(`reason.${reason}`)} `, el('b', {}, number(count))))),
    page.items.length === 0
      ? el('p', { class: 'dim' }, t('ops.no_anomalies'))
      : table(t('ops.anomalies'), [
        [t('position'), (one) => el('button', { type: 'button', class: 'quiet', onclick: () => anomaly(one.position) }, code(one.position))], [t('ops.reason'), (one) => t(`reason.${one.reason}`)],
        [t('ops.kind'), (one) => one.kind && t(`type.${one.kind}`)], [t('ops.at'), (one) => one.at && moment(one.at)], [t('ops.detail'), (one) => el('span', { class: 'dim' }, one.detail)],
      ], page.items));
}

/** @param {HTMLElement} main */
export function open(main) {
  const boxes = ['health', 'rebuilds', 'anomalies'].map(() => el('div'));
  main.append(head(t('page.operations'), t('ops.about'), el('button', { type: 'button', class: 'primary', onclick: begin }, t('ops.rebuild'))), el('div', { class: 'stack' }, boxes));
  const [healthBox, rebuildBox, anomalyBox] = boxes;
  const part = async (box, ask, make) => {
    try {
      const answers = await ask();
      show(box, answers, () => make(...answers));
    } catch (error) {
      show(box, { failed: error.message }, () => card('', failed(error)));
    }
  };
  return every(SECONDS, () => Promise.all([
    part(healthBox, () => Promise.all([get('status'), metrics()]), health),
    part(rebuildBox, () => Promise.all([get('admin/rebuilds')]), ({ items }) => card(t('ops.rebuilds'), items.length ? el('ol', { class: 'rebuilds' }, items.map(rebuild)) : el('p', { class: 'dim' }, t('ops.no_rebuilds')))),
    part(anomalyBox, () => Promise.all([get('anomalies', { limit: 50 }), get('anomalies/counts')]), anomalies),
  ]));
}
