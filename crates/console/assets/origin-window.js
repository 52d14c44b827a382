/** The window of an origin, opened from any badge: what it is, its id, where it leads, and why it is said to be the origin. */

import { get } from './api.js';
import { el, outside, safe } from './dom.js';
import { copier, dialog } from './dialog.js';
import { entry } from './directory.js';
import * as filters from './filters.js';
import { because, label, language, t } from './i18n.js';
import { badge, gist, identity, look, name, title } from './origin.js';
import { code, terms, time } from './people.js';
import * as session from './session.js';

/** @import { Origin, Touch } from './types' */

/** @type {(message: string) => void} */
let see = () => {};

/** Calls `then` with the id of a message that somebody wants to see. */
export const onSee = (then) => (see = then);

/** What an ad was called when it was seen. */
function adNames(ad, at) {
  const names = entry('ads', ad?.id)?.names ?? [];
  return names.findLast((one) => !one.from || Date.parse(one.from) <= Date.parse(at)) ?? names[0];
}

/** A link that opens in another tab, where its address is one. */
const leads = (address, words) => safe(address) && outside(address, words);

/** What an origin is made of. @param {Origin & {at?: string}} origin */
function parts(origin) {
  const { ad, entry: entered, campaign, click, via } = origin;
  const maintained = { ...entry('campaigns', campaign?.id), ...campaign };
  const placed = { ...entry('ads', ad?.id), ...ad };
  const names = adNames(ad, origin.at);
  const link = entered?.type === 'link' ? entry('links', entered.value) : undefined;
  const { id } = identity(origin);
  const image = ad?.image_url ?? placed.image_url ?? maintained.image_url;
  return terms(
    [t('type'), label(origin)],
    [t('name'), names?.ad ?? link?.name ?? gist(origin)],
    ['Id', id && el('span', { class: 'copyable' }, code(id), copier(id, t('copy_id')))],
    [t('campaign'), names?.campaign ?? (ad && maintained.name)],
    [t('ad_set'), names?.ad_set],
    [t('placement'), placed.placement],
    [t('dispatched_at'), maintained.dispatched_at && time(maintained.dispatched_at)],
    [t('seen_at'), origin.at && time(origin.at)],
    [t('clicked'), click && time(click.at)],
    [t('text'), ad?.body],
    ['via', via && name(via)],
    [t('ad_link'), (ad?.source_url ?? placed.url) && outside(ad?.source_url ?? placed.url)],
    [t('image'), image && outside(image, t('image_open'))],
    [t('dashboard'), session.isManager() && leads(maintained.dashboard_url, t('dashboard_open'))],
    [t('click_id'), origin.ctwa_clid && el('span', { class: 'copyable' }, code(origin.ctwa_clid), copier(origin.ctwa_clid))],
    ...Object.entries(click?.utm ?? {}).map(([key, value]) => [`utm_${key}`, value]),
  );
}

/** How sure it is. @param {Origin} origin */
function sure(origin) {
  const known = [el('span', { 'data-sure': origin.confidence }, t(`sure.${origin.confidence}`))];
  if (origin.kind === 'ad') {
    const level = origin.platform === 'unknown' ? 'none' : (origin.platform_confidence ?? origin.confidence);
    known.push(el('span', { 'data-sure': level }, level === 'none' ? t('platform_unknown') : `${name(origin.platform)}: ${t(`sure.${level}`).toLowerCase()}`));
  }
  return el('p', { class: 'sure' }, known);
}

/** Opens the window of a touch. @param {string} conversation @param {Touch} touch */
export function openOrigin(conversation, touch) {
  const { position, message_id: message } = touch.evidence ?? {};
  dialog(el('span', { class: 'titled' }, badge(touch), title(touch) && el('span', { dir: 'auto' }, title(touch))), (close) => {
    const why = el('section', { class: 'why' }, el('h3', {}, t('why')), el('p', { class: 'because' }, `“${because(touch)}”`), sure(touch), el('div', { class: 'considered' }));
    weigh(conversation, touch, why.lastChild);
    return [
      el('div', { class: 'facts', 'data-look': look(touch) }, parts(touch)),
      el('div', { class: 'actions' },
        message && el('button', { type: 'button', onclick: () => { close(); see(message); } }, t('see_message')),
        el('button', { type: 'button', class: 'primary', onclick: () => { close(); filters.only(identity(touch).filter); } }, t('filter_same'))),
      why,
      touch.also?.length > 0 && el('section', {}, el('h3', {}, t('also')), touch.also.map((also) => [badge(also), parts(also)])),
      terms([t('rule'), code(touch.rule)], [t('position'), code(position)], [t('message'), message && el('span', { class: 'copyable' }, code(message), copier(message))]),
    ];
  }, { side: true });
}

/** What was considered for the event that made a touch, as the API explains it. */
async function weigh(conversation, touch, place) {
  try {
    const why = await get(`conversations/${encodeURIComponent(conversation)}/why`, { touch: touch.id, lang: language() === 'pt' ? 'pt-BR' : 'en' });
    const found = why.touches.find((one) => one.touch.id === touch.id);
    if (!found) return;
    const { evidence, considered, replaced } = found;
    place.replaceChildren(
      el('p', {}, t(`type.${evidence.kind}`), ' · ', time(evidence.occurred_at), ' · ', code(evidence.position)),
      el('ol', {}, considered.map((one) => el('li', { 'data-verdict': one.verdict }, el('b', {}, one.verdict === 'won' ? label(touch) : one.origin ? label(one.origin) : one.label), el('span', { class: 'verdict' }, t(`verdict.${one.verdict}`)), el('span', { class: 'dim' }, one.text)))),
      ...(replaced?.text ? [el('p', { class: 'dim' }, replaced.text)] : []),
    );
  } catch (error) {
    place.replaceChildren(el('p', { class: 'dim' }, `${t('failed')}: ${error.message}`));
  }
}
