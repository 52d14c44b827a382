/** Brazilian Portuguese and English: words, and numbers and times as people there write them, in the time zone of the browser. */

import { attempt } from './api.js';
import { TABLE } from './words.js';

const WORDS = new Map(TABLE.split('\n').map((line) => line.split('|')).map(([key, ...words]) => [key, words]));

let pt = /^pt/i.test(attempt(() => localStorage.getItem('language')) ?? navigator.language);

export const language = () => (pt ? 'pt' : 'en');

export function setLanguage(to) {
  pt = to === 'pt';
  attempt(() => localStorage.setItem('language', to));
}

const locale = () => (pt ? 'pt-BR' : /^en/i.test(navigator.language) ? navigator.language : 'en');

/** The words for `key`, with `{0}`, `{1}` filled in; a name nobody translated shows as itself. */
export const t = (key, ...values) => {
  const words = WORDS.get(key)?.[pt ? 0 : 1] ?? key.slice(key.indexOf('.') + 1).replaceAll('_', ' ');
  return values.length ? words.replace(/\{(\d)\}/g, (_, at) => values[at] ?? '') : words;
};

export const known = (key) => WORDS.has(key);

/** Why an origin is said to be one. */
export const because = (origin) => (pt && WORDS.get(`rule.${origin.rule?.split('@')[0]}`)?.[0]) || origin.because;

/** What people call an origin; the API says it in Portuguese. @param {import('./types').Origin} origin */
export function label({ kind, platform, label }) {
  const exact = `origin.${kind}.${platform}`;
  return (pt && label) || t(known(exact) ? exact : `origin.${kind}`);
}

export const number = (count) => count.toLocaleString(locale());
export const compact = (count) => count.toLocaleString(locale(), { notation: 'compact', maximumFractionDigits: 1 });
export const percent = (part) => part.toLocaleString(locale(), { style: 'percent', maximumFractionDigits: part > 0 && part < 0.1 ? 1 : 0 });

/** An amount of money; prices of messages have more digits than prices of goods. */
export function money(amount, currency) {
  const value = Number(amount);
  if (!Number.isFinite(value)) return `${amount} ${currency ?? ''}`;
  if (!/^[A-Z]{3}$/.test(currency ?? '')) return number(value);
  return value.toLocaleString(locale(), { style: 'currency', currency, maximumFractionDigits: Math.abs(value) < 1 ? 4 : 2 });
}

const format = (at, how) => new Date(at).toLocaleString(locale(), how);
export const day = (at) => format(at, { dateStyle: 'full' });
export const date = (at) => format(at, { day: '2-digit', month: 'short', year: 'numeric' });
export const dayMonth = (at) => format(at, { day: '2-digit', month: 'short' });
export const clock = (at) => format(at, { hour: '2-digit', minute: '2-digit' });
export const moment = (at) => format(at, { dateStyle: 'short', timeStyle: 'short' });
export const exactly = (at) => format(at, { dateStyle: 'full', timeStyle: 'long' });
export const recent = (at) => (day(at) === day(Date.now()) ? clock(at) : dayMonth(at));

/** An amount as change logs tell it, such as `489.9 BRL`. */
export function sum(text) {
  const [, amount, currency] = /^(-?[\d.]+)(?: ([A-Z]{3}))?$/.exec(text ?? '') ?? [];
  return amount ? money(amount, currency) : text;
}

/** A length of time in its two largest units: `1d 4h`, `3h 20min`, `45s`. */
export function length(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [days, hours, minutes] = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  if (days) return hours ? `${days}d ${hours}h` : `${days}d`;
  if (hours) return minutes ? `${hours}h ${minutes}min` : `${hours}h`;
  return whole >= 600 ? `${minutes}min` : whole >= 60 ? `${minutes}min ${whole % 60}s` : `${whole}s`;
}

/** Puts the words into what stands in the page itself. */
export function translate() {
  document.documentElement.lang = pt ? 'pt-BR' : 'en';
  for (const [data, property] of [['text', 'textContent'], ['label', 'ariaLabel'], ['title', 'title'], ['placeholder', 'placeholder']]) {
    for (const node of document.querySelectorAll(`[data-${data}]`)) node[property] = t(node.dataset[data]);
  }
}
