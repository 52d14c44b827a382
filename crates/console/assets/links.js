/** Links: short addresses that say where a customer came from. Create, copy, QR code, numbers. */

import { bytes, get, send } from './api.js';
import { copier, dialog, say } from './dialog.js';
import * as directory from './directory.js';
import { el } from './dom.js';
import { number, t } from './i18n.js';
import { icon } from './icons.js';
import { card, empty, failed, head, localDay, table } from './page.js';
import { time } from './people.js';
import { address as place } from './route.js';
import { isManager } from './session.js';

const address = (code) => new URL(`l/${encodeURIComponent(code)}`, location.href.replace(/#.*/, '')).href;

/** Parts of a campaign's name that are asked for. */
const UTM = ['source', 'medium', 'campaign'];

/** What each link brought, by code. */
async function numbers() {
  const { items } = await get('reports/funnel', { by: 'link', from: '2015-01-01' }).catch(() => ({ items: [] }));
  return new Map(items.map((line) => [line.id, line]));
}

/** The QR code of a link: shown, and to be downloaded. */
async function code(link) {
  const box = el('div', { class: 'qr' }, '…');
  dialog(link.name, () => [box, el('p', { class: 'copyable' }, el('code', {}, address(link.id)), copier(address(link.id)))]);
  try {
    const url = URL.createObjectURL(new Blob([await bytes(`links/${encodeURIComponent(link.id)}/qr.svg`)], { type: 'image/svg+xml' }));
    box.replaceChildren(el('img', { src: url, alt: t('links.qr_of', link.name), width: '240', height: '240' }), el('a', { class: 'button', href: url, download: `${link.id}.svg` }, t('download')));
  } catch (error) {
    box.replaceChildren(failed(error));
  }
}

/** The end of a day, where the browser is, as the API writes it. */
const endOf = (day) => new Date(`${day}T23:59:59`).toISOString();

/** A link made or changed. */
function edit(link, done) {
  dialog(t(link ? 'links.edit' : 'links.create'), (close) => {
    const field = (key, value, more = {}) => el('label', {}, el('span', {}, t(`links.${key}`)), el('input', { name: key, value: value ?? '', autocomplete: 'off', ...more }));
    const channels = directory.list('channels').map((one) => [one.id, one.name ?? one.id]);
    const until = link?.expires_at && localDay(Date.parse(link.expires_at));
    return el('form', {
      onsubmit: async (event) => {
        event.preventDefault();
        const { code: id, ...told } = Object.fromEntries([...new FormData(event.target)].filter(([, value]) => value !== ''));
        const { id: _, updated_at: __, updated_by: ___, content: ____, code: _____, ...kept } = link ?? {};
        // What has no field here stays as it is.
        const utm = Object.fromEntries(Object.entries({ ...link?.utm, ...Object.fromEntries(UTM.map((key) => [key, told[`utm_${key}`]])) }).filter(([, value]) => value));
        const expires = told.expires && (told.expires === until ? link.expires_at : endOf(told.expires));
        const entry = { ...kept, name: told.name, channel: told.channel, text: told.text, site: told.site, campaign_id: told.campaign_id, expires_at: expires, utm };
        try {
          await send('PUT', `links/${encodeURIComponent(link?.id ?? id)}`, Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined)));
          say(t('links.saved'));
          close();
          done();
        } catch (error) {
          const faults = (error.detail?.faults ?? []).map((fault) => `${fault.place}: ${fault.reason}`).join('; ');
          say(faults || error.message, 'bad');
        }
      },
    },
    field('name', link?.name, { required: true }),
    !link && field('code', '', { required: true, pattern: '[A-Za-z0-9_\\-]+', placeholder: 'spring' }),
    channels.length ? el('label', {}, el('span', {}, t('channel')), el('select', { name: 'channel', required: true }, channels.map(([id, name]) => el('option', { value: id, selected: id === link?.channel }, name)))) : field('channel', link?.channel, { required: true, placeholder: 'whatsapp:5511955550100' }),
    el('label', {}, el('span', {}, t('links.text')), el('textarea', { name: 'text', rows: '2' }, link?.text ?? '')),
    field('site', link?.site),
    field('campaign_id', link?.campaign_id, { list: 'link-campaigns' }),
    el('datalist', { id: 'link-campaigns' }, directory.list('campaigns').map((one) => el('option', { value: one.id }, one.name))),
    el('div', { class: 'line' }, UTM.map((key) => el('label', {}, el('span', {}, `utm_${key}`), el('input', { name: `utm_${key}`, value: link?.utm?.[key] ?? '', autocomplete: 'off' })))),
    field('expires', until, { type: 'date' }),
    el('div', { class: 'actions' }, el('button', { class: 'primary' }, t('save'))));
  });
}

/** @param {HTMLElement} main */
export async function open(main) {
  const box = el('div', { class: 'stack' });
  const draw = async () => {
    const [page, brought] = await Promise.all([get('links').catch((error) => error), numbers()]);
    if (!page.items) return box.replaceChildren(card('', failed(page)));
    const rows = page.items.map((one) => ({ ...one, ...one.content, id: String(one.id) }));
    if (!rows.length) return box.replaceChildren(empty(t('links.none'), t('links.none_hint')));
    const count = (key) => (link) => { const value = brought.get(link.id)?.[key]; return value === undefined ? '–' : number(value); };
    box.replaceChildren(card('', table(t('page.links'), [
      [t('links.name'), (link) => el('span', {}, el('b', { dir: 'auto' }, link.name), link.site && el('span', { class: 'dim small below' }, link.site))],
      [t('links.address'), (link) => el('span', { class: 'copyable' }, el('code', { title: address(link.id) }, `/l/${link.id}`), copier(address(link.id)))],
      [t('channel'), (link) => directory.nameOf('channels', link.channel)],
      [t('links.clicks'), count('clicks'), 'number'], [t('conversations'), (link) => el('a', { href: place({ page: 'inbox', query: { link: link.id } }) }, count('conversations')(link)), 'number'], [t('links.won'), count('won'), 'number'],
      [t('links.expires'), (link) => (link.expires_at ? time(link.expires_at) : '–')],
      ['', (link) => el('span', { class: 'tools' }, el('button', { type: 'button', onclick: () => code(link) }, t('links.qr')), isManager() && el('button', { type: 'button', class: 'plain', 'aria-label': `${t('links.edit')}: ${link.name}`, onclick: () => edit(link, draw) }, icon('edit')))],
    ], rows)));
    return undefined;
  };
  const again = async () => {
    await directory.load();
    await draw();
  };
  main.append(head(t('page.links'), t('links.about'), isManager() && el('button', { type: 'button', class: 'primary', onclick: () => edit(undefined, again) }, t('links.create'))), box);
  await draw();
}
