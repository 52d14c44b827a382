/** New conversation: to whom and from where; then all that may be sent, the cheapest first. What is chosen is recorded; sending it is the channel's. */

import { get, send } from './api.js';
import { copier, dialog, say } from './dialog.js';
import { list, loaded } from './directory.js';
import { el } from './dom.js';
import { moment, number, t } from './i18n.js';
import { name } from './origin.js';
import { card, empty, failed, head } from './page.js';
import { phone, who } from './people.js';
import { address, at, go } from './route.js';
import * as session from './session.js';
import { price, session as sessionCard } from './windows.js';

const CATEGORIES = ['utility', 'marketing', 'authentication'];

/** Channels of the directory, and those that conversations were seen on. */
async function channels() {
  await loaded();
  const told = list('channels').map((one) => [one.id, one.name ?? one.id]);
  const page = await get('conversations', { limit: 200 }).catch(() => ({ items: [] }));
  const seen = page.items.map(({ channel }) => [`${channel.kind}:${channel.id}`, `${name(channel.kind)} ${channel.id}`]);
  return [...new Map([...seen, ...told])].sort(([, one], [, other]) => one.localeCompare(other));
}

/** The names of the places of variables in a text, each once. */
const places = (body) => [...new Set([...(body ?? '').matchAll(/\{\{\s*([^}]+?)\s*\}\}/g)].map(([, name]) => name))];

/** A text with what is told of its variables; what is not yet, stays a place. */
const filled = (body, variables) => body.replace(/\{\{\s*([^}]+?)\s*\}\}/g, (place, name) => variables[name] || place);

/** Asks for what fills it in, and records that it is to be sent. */
function choose(option, { contact, channel, team }) {
  const { template, until, way } = option;
  const names = places(template?.body);
  const preview = template?.body && el('p', { class: 'template', dir: 'auto' }, template.body);
  const refused = el('p', { class: 'warning', role: 'alert', hidden: true });
  /** @param {HTMLFormElement} form */
  const variables = (form) => Object.fromEntries(names.map((name) => [name, form.elements[`v ${name}`].value]));
  const request = async (event, close) => {
    event.preventDefault();
    const form = event.currentTarget;
    const button = form.querySelector('button.primary');
    const what = template ? { template: template.id, variables: variables(form) } : { text: form.elements.text.value };
    button.disabled = true;
    try {
      const card = await send('POST', 'outreach', session.as({ contact, channel, ...(team && { team }), ...what }));
      say(t('done.outreach'));
      close();
      go({ page: 'inbox', id: card.id });
    } catch (error) {
      refused.textContent = error.message;
      refused.hidden = false;
      button.disabled = false;
    }
  };
  const field = (words, make) => el('label', {}, el('span', {}, words), make);
  dialog(template?.name ?? t(`way.${way}`), (close) => el('form', {
    onsubmit: (event) => request(event, close),
    oninput: ({ currentTarget: form }) => preview && (preview.textContent = filled(template.body, variables(form))),
  },
  preview,
  template ? names.map((name) => field(t('new.variable', name), el('input', { name: `v ${name}`, required: true, autocomplete: 'off' }))) : field(t('text'), el('textarea', { name: 'text', rows: '4', required: true })),
  el('p', { class: 'offered' }, el('span', { class: 'chip' }, t(`way.${way}`)), el('span', { class: 'push' }), price(option), until && el('span', { class: 'dim small' }, t('until', moment(until)))),
  el('p', { class: 'dim small' }, t('new.not_sent')),
  refused,
  el('div', { class: 'actions' }, el('button', { class: 'primary' }, t('new.request')))));
}

/** One thing that may be sent. */
function offer(option, told) {
  const { template, way } = option;
  return el('li', { class: 'offer' },
    el('p', {}, el('b', {}, template ? template.name : t(`way.${way}`)), template && [el('span', { class: 'dim' }, template.language), el('span', { class: 'chip' }, t(`way.${way}`))], el('span', { class: 'push' }), price(option)),
    template?.body && el('p', { class: 'template', dir: 'auto' }, template.body),
    el('p', { class: 'actions' }, template?.body && copier(template.body, t('new.copy_text')), el('button', { type: 'button', onclick: () => session.somebody() && choose(option, told) }, t('new.choose'))));
}

/** What may be sent: of all ways to write freely only the best, for that is the one that is recorded. */
const offers = (items) => items.filter((one) => one.template || one === items.find(({ template }) => !template));

/** How long it is waited whether more is typed. */
const TYPING_MS = 250;

/** Who is known by what is typed: those with a number can be picked, with the channel they wrote on. */
function suggestions(field, channel) {
  const known = el('datalist', { id: 'new-known' });
  const channels = new Map();
  let timer;
  const find = async () => {
    const words = field.value.trim();
    const { items } = words.length < 2 ? { items: [] } : await get('conversations', { q: words, limit: 8 }).catch(() => ({ items: [] }));
    const people = items.filter(({ contact }) => contact.phone);
    for (const one of people) channels.set(phone(one.contact.phone), `${one.channel.kind}:${one.channel.id}`);
    known.replaceChildren(...people.map((one) => el('option', { value: phone(one.contact.phone) }, who(one))));
  };
  field.addEventListener('input', () => {
    const picked = channels.get(field.value);
    if (picked) channel.value = picked;
    clearTimeout(timer);
    if (!picked) timer = setTimeout(find, TYPING_MS);
  });
  return known;
}

/** @param {HTMLElement} main */
export async function open(main) {
  const answer = el('div', { class: 'stack', 'aria-live': 'polite' }, empty(t('new.title'), t('new.hint')));
  const select = (key, options, first) => el('select', { name: key }, first && el('option', { value: '' }, first), options.map(([value, words]) => el('option', { value }, words)));
  const labelled = (key, field) => el('label', {}, el('span', {}, t(key)), field);
  const ask = async (event) => {
    event.preventDefault();
    const told = Object.fromEntries(new FormData(event.target));
    const contact = told.contact.trim().replace(/(?!^\+)[^\p{L}\d._@-]/gu, '');
    try {
      const options = await get('send-options', { contact, channel: told.channel, team: told.team, category: told.category });
      const items = offers(options.items.filter((one) => one.allowed !== false));
      answer.replaceChildren(
        card(t('session'), options.conversation && el('p', {}, el('a', { href: address({ page: 'inbox', id: options.conversation, query: {} }) }, t('new.known'))), sessionCard(options.windows)),
        card(t('new.options', number(items.length)), items.length ? el('ol', { class: 'offers' }, items.map((one) => offer(one, { ...told, contact }))) : el('p', { class: 'dim' }, t('new.no_options'))),
      );
    } catch (error) {
      answer.replaceChildren(card('', failed(error)));
    }
  };
  const contact = el('input', { name: 'contact', required: true, placeholder: '+55 11 95555-0101', autocomplete: 'off', list: 'new-known' });
  const channel = select('channel', await channels());
  const form = el('form', { class: 'form', onsubmit: ask },
    labelled('new.contact', contact), suggestions(contact, channel),
    labelled('channel', channel),
    labelled('team', select('team', list('teams').map((team) => [team.id, team.name ?? team.id]), t('any'))),
    labelled('category', select('category', CATEGORIES.map((way) => [way, t(`way.${way}`)]), t('any'))),
    el('button', { class: 'primary' }, t('new.show')));
  main.append(head(t('page.new'), t('new.about')), el('div', { class: 'split' }, card('', form), answer));
  // Whoever comes from a conversation has said to whom.
  const { contact: to, channel: from } = at().query;
  if (!to) return;
  contact.value = /^\d+$/.test(to) ? phone(to) : to;
  channel.value = from;
  form.requestSubmit();
}
