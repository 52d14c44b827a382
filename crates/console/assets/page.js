/** What the pages beside the inbox have in common: a head, cards, tables, and what is asked again and again; and days. */

import { el } from './dom.js';
import { money, percent, t } from './i18n.js';

/** The head of a page. */
export const head = (title, about, ...tools) =>
  el('header', { class: 'page-head' }, el('div', {}, el('h1', {}, title), about && el('p', { class: 'dim' }, about)), el('div', { class: 'actions' }, tools.filter(Boolean)));

export const card = (title, ...children) => el('section', { class: 'card' }, title && el('h2', {}, title), children);

export const empty = (title, words, ...more) => el('div', { class: 'empty' }, el('h2', {}, title), words && el('p', {}, words), more);

/** A number that stands alone. */
export const figure = (label, value, tone) => el('div', { class: 'figure', 'data-tone': tone }, el('dt', {}, label), el('dd', {}, value));

/**
 * A table. Columns are `[title, cell of a row, 'number' if it is one]`.
 * @template T
 * @param {string} caption
 * @param {[string, (row: T) => any, string?][]} columns
 * @param {T[]} rows
 */
export const table = (caption, columns, rows) =>
  el('div', { class: 'table', tabindex: '0', role: 'region', 'aria-label': caption }, el('table', {}, el('caption', { class: 'hush' }, caption),
    el('thead', {}, el('tr', {}, columns.map(([title, , kind]) => el('th', { scope: 'col', class: kind }, title)))),
    el('tbody', {}, rows.map((row) => el('tr', {}, columns.map(([, cell, kind], index) => el(index ? 'td' : 'th', { class: kind, scope: index ? undefined : 'row' }, cell(row))))))));

/** Amounts by currency, in words. */
export const amounts = (of) => Object.entries(of ?? {}).map(([currency, amount]) => money(amount, currency)).join(' + ') || '–';

/** A part of a whole that may be nothing. */
export const rate = (value) => (value === undefined ? '–' : percent(Number(value)));

export const failed = (error) => el('p', { class: 'warning', role: 'alert' }, `${t('failed')}: ${error.message}`);

/** A day as the API writes it, in the time zone of the browser. */
export const localDay = (at) => new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 10);

/** Runs `work` now and every `seconds` while somebody looks; gives how to stop. */
export function every(seconds, work) {
  let stopped = false;
  let timer;
  const run = async () => {
    try {
      if (!document.hidden) await work();
    } finally {
      if (!stopped) timer = setTimeout(run, seconds * 1000);
    }
  };
  run();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
