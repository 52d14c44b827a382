/** How an origin looks wherever it stands: badge, colour, gist. */

import { el } from './dom.js';
import { label, t } from './i18n.js';
import { originIcon } from './icons.js';

/** @import { Origin } from './types' */

/** Names of providers are the same in every language. */
const NAMES = { whatsapp: 'WhatsApp', instagram: 'Instagram', messenger: 'Messenger', facebook: 'Facebook', webchat: 'WebChat' };

export const name = (kind) => NAMES[kind] ?? kind;

/** The kinds, and the ads by platform, in the order in which people look for them. */
export const KINDS = [
  'ad', 'ad.facebook', 'ad.instagram', 'ad.unknown', 'whatsapp_campaign', 'new_message', 'bulk_message', 'crm', 'link',
  'hashtag', 'comment', 'takeover', 'organic', 'unknown',
];

/** What the colour of an origin goes by. @param {Origin} origin */
export const look = ({ kind, platform }) => (kind === 'ad' ? `ad-${platform}` : kind);

/** @param {Origin} [origin] */
export const badge = (origin) =>
  el('span', { class: 'badge', 'data-look': origin ? look(origin) : 'none' }, origin && originIcon(origin.kind), el('span', {}, origin ? label(origin) : t('no_origin')));

/** A badge that opens the window of its origin. @param {Origin} origin @param {() => void} open */
export const door = (origin, open) => {
  const made = badge(origin);
  const button = el('button', { type: 'button', class: made.className, 'data-look': made.dataset.look, title: t('origin_open'), onclick: open });
  button.append(...made.childNodes);
  return button;
};

const entered = (origin) => (origin?.entry?.type === 'hashtag' ? `#${origin.entry.value}` : origin?.entry?.value);

/** What names an origin: a campaign, a headline, a hashtag, a code. @param {Origin} [origin] */
export const title = (origin) =>
  origin?.campaign?.name ?? origin?.ad?.name ?? origin?.ad?.headline ?? origin?.link?.name ?? entered(origin) ?? origin?.campaign?.id ?? origin?.ad?.id ?? '';

/** As `title`, where a bare number would only be noise. @param {Origin} [origin] */
export const gist = (origin) => (/^\d*$/.test(title(origin)) ? '' : title(origin));

/** The id that people copy, and the filter that finds all conversations it brought. @param {Origin} origin */
export function identity(origin) {
  const { campaign, ad, entry } = origin;
  if (origin.kind === 'ad' && (ad?.id ?? entry?.value)) return { id: ad?.id ?? entry.value, filter: { ad: ad?.id ?? entry.value } };
  if (campaign?.id) return { id: campaign.id, filter: { campaign: campaign.id } };
  if (entry?.type === 'link') return { id: entry.value, filter: { link: entry.value } };
  if (entry?.type === 'hashtag') return { id: `#${entry.value}`, filter: { hashtag: entry.value } };
  return { filter: { origin: origin.kind, platform: origin.platform } };
}
