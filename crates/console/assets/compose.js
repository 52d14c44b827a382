/** New conversation: to whom and from where; then all that may be sent, the cheapest first. Sending itself is the channel's. */

import { get, send } from './api.js';
import { copier, say } from './dialog.js';
import { list } from './directory.js';
import { el } from './dom.js';
import { number, t } from './i18n.js';
import { name } from './origin.js';
import { card, empty, failed, head } from './page.js';
import { address } from './route.js';
import * as session from './session.js';
import { price, session as sessionCard } from './windows.js';

const CATEGORIES = ['utility', 'marketing', 'authentication'];

/** Channels of the directory, and those that conversations were seen on. */
async function channels() {
  const told = list('channels').map((one) => [one.id, one.name ?? one.id]);
  const page = await get('conversations', { limit: 200 }).catch(() => ({ items: [] }));
  const seen = page.items.map(({ channel }) => [`${channel.kind}:${channel.id}`, `${name(channel.kind)} ${channel.id}`]);
  return [...new Map([...seen, ...told])].sort(([, one], [, other]) => one.localeCompare(other));
}

/** Records the choice, where the API keeps choices. */
async function choose(options, option, told) {
  if (!options.conversation) return say(t('new.begins_with_sending'), 'bad');
  const words = [t(`way.${option.way}`), option.template?.name].filter(Boolean).join(' · ');
  try {
    await send('POST', `conversations/${encodeURIComponent(options.conversation)}/notes`, session.as({ note: `${t('new.chosen')}: ${words}` }));
    say(t('done.notes'));
    if (told.team) await send('POST', `conversations/${encodeURIComponent(options.conversation)}/transfer`, session.as({ team: told.team }));
  } catch (error) {
    say(error.message, 'bad');
  }
  return undefined;
}

/** One thing that may be sent. */
function offer(options, option, told) {
  const { template, way } = option;
  return el('li', { class: 'offer' },
    el('p', {}, el('b', {}, template ? template.name : t('way.free_form')), template && el('span', { class: 'dim' }, template.language), el('span', { class: 'chip' }, t(`way.${way}`)), el('span', { class: 'push' }), price(option)),
    template?.body && el('p', { class: 'template' }, template.body),
    el('p', { class: 'actions' }, template?.body && copier(template.body, t('new.copy_text')), el('button', { type: 'button', onclick: () => choose(options, option, told) }, t('new.choose'))));
}

/** @param {HTMLElement} main */
export async function open(main) {
  const answer = el('div', { class: 'stack', 'aria-live': 'polite' }, empty(t('new.title'), t('new.hint')));
  const select = (key, options, first) => el('label', {}, el('span', {}, t(key)), el('select', { name: key }, first && el('option', { value: '' }, first), options.map(([value, words]) => el('option', { value }, words))));
  const ask = async (event) => {
    event.preventDefault();
    const told = Object.fromEntries(new FormData(event.target));
    const contact = told.contact.replace(/[^\p{L}\d._@-]/gu, '').replace(/^\+/, '');
    try {
      const options = await get('send-options', { contact, channel: told.channel, team: told.team, category: told.category });
      const items = options.items.filter((one) => one.allowed !== false);
      answer.replaceChildren(
        card(t('session'), options.conversation && el('p', {}, el('a', { href: address({ page: 'inbox', id: options.conversation, query: {} }) }, t('new.known'))), sessionCard(options.windows)),
        card(t('new.options', number(items.length)), items.length ? el('ol', { class: 'offers' }, items.map((one) => offer(options, one, told))) : el('p', { class: 'dim' }, t('new.no_options'))),
      );
    } catch (error) {
      answer.replaceChildren(card('', failed(error)));
    }
  };
  const known = await channels();
  main.append(head(t('page.new'), t('new.about')), el('div', { class: 'split' },
    card('', el('form', { class: 'form', onsubmit: ask },
      el('label', {}, el('span', {}, t('new.contact')), el('input', { name: 'contact', required: true, placeholder: '+55 11 95555-0101', autocomplete: 'off', inputmode: 'tel' })),
      select('channel', known),
      select('team', list('teams').map((team) => [team.id, team.name ?? team.id]), t('any')),
      select('category', CATEGORIES.map((way) => [way, t(`way.${way}`)]), t('any')),
      el('button', { class: 'primary' }, t('new.show')))),
    answer));
}
