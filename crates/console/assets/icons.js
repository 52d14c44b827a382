/** Drawings of the page: lines on a field of 24, in the colour of the text. */

import { draw } from './dom.js';

const LINES = {
  inbox: 'M3 13h5l2 3h4l2-3h5M5 5h14l2 8v6H3v-6z',
  compose: 'M12 20h9M16.5 3.5l4 4L8 20l-5 1 1-5z',
  links: 'M10 14a5 5 0 0 0 7 0l3-3a5 5 0 0 0-7-7l-1 1M14 10a5 5 0 0 0-7 0l-3 3a5 5 0 0 0 7 7l1-1',
  reports: 'M4 20V10M10 20V4M16 20v-7M21 20H3',
  operations: 'M3 12h4l3 8 4-16 3 8h4',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5',
  filter: 'M4 6h16M7 12h10M10 18h4',
  close: 'M6 6l12 12M18 6L6 18',
  back: 'M15 5l-7 7 7 7',
  down: 'M6 9l6 6 6-6',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3 2',
  user: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21c0-4 3.5-6 8-6s8 2 8 6',
  team: 'M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM2.5 20c0-3.5 3-5.5 6.5-5.5s6.5 2 6.5 5.5M16 5.5a3.5 3.5 0 0 1 0 6.5M18.5 15c2 .8 3 2.5 3 5',
  check: 'M5 12l4 4L19 6',
  claim: 'M8 13V5.5a1.5 1.5 0 0 1 3 0V11V4a1.5 1.5 0 0 1 3 0v7V5.5a1.5 1.5 0 0 1 3 0V14c0 4-2 7-6 7-3 0-4.5-1.5-6-4l-2.3-4c-.9-1.7 1.3-2.9 2.3-1.5z',
  transfer: 'M4 8h14l-4-4M20 16H6l4 4',
  finish: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 12l3 3 5-6',
  reopen: 'M4 4v6h6M4.5 10a8 8 0 1 1-.5 4',
  note: 'M5 3h14v12l-6 6H5zM13 21v-6h6',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  outside: 'M14 4h6v6M20 4l-9 9M18 14v6H4V6h6',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5M12 8h.01',
  edit: 'M4 20l1-5L16 4l4 4L9 19zM14 6l4 4',
  tag: 'M3 4v8l9 9 8-8-9-9zM7.5 8.5h.01',
  phone: 'M5 3h4l2 5-2.5 1.5a11 11 0 0 0 6 6L16 13l5 2v4c0 1-1 2-2 2A16 16 0 0 1 3 5c0-1 1-2 2-2z',
  mail: 'M3 5h18v14H3zM3 6l9 7 9-7',
  keyboard: 'M2 6h20v12H2zM6 10h.01M10 10h.01M14 10h.01M18 10h.01M7 14h10',
  globe: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18',
  moon: 'M20 14A8 8 0 0 1 10 4a8 8 0 1 0 10 10z',
  warning: 'M12 3l10 18H2zM12 10v5M12 18h.01',
  megaphone: 'M4 10v4l12 5V5zM16 9a3 3 0 0 1 0 6M7 15l1 5h3l-1-4',
  leaf: 'M5 19C5 9 10 5 20 4c0 10-4 15-12 15M5 21c0-4 3-8 8-10',
  hashtag: 'M9 4L7 20M17 4l-2 16M4 9h16M3 15h16',
  comment: 'M3 5h18v12H10l-5 4v-4H3z',
  send: 'M4 12L21 4l-6 17-3-7z',
  bulk: 'M3 6h13v9H8l-3 3v-3H3zM19 9h2v9h-2v3l-3-3H9',
  people: 'M12 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM5 20c0-4 3-6 7-6s7 2 7 6',
  unknown: 'M9 9a3 3 0 1 1 4 3c-1 .5-1 1-1 2M12 18h.01',
  whatsapp: 'M12 3a9 9 0 0 0-7.8 13.5L3 21l4.5-1.200A9 9 0 1 0 12 3zM9 8.5c-1 2.5 4 7.5 6.5 6.5',
  instagram: 'M8 3h8a5 5 0 0 1 5 5v8a5 5 0 0 1-5 5H8a5 5 0 0 1-5-5V8a5 5 0 0 1 5-5zM12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM17 7h.01',
  messenger: 'M12 3c-5 0-9 3.7-9 8.3 0 2.6 1.3 4.9 3.3 6.400V21l3-1.700c.9.2 1.8.3 2.7.3 5 0 9-3.7 9-8.300S17 3 12 3zM7 13l3.5-3.5 3 2.5L17 9.5',
  webchat: 'M3 4h18v12h-9l-5 4v-4H3z',
};

const ORIGINS = {
  ad: 'megaphone', whatsapp_campaign: 'whatsapp', new_message: 'send', bulk_message: 'bulk', crm: 'team', link: 'links',
  hashtag: 'hashtag', comment: 'comment', takeover: 'claim', organic: 'leaf',
};

/** A drawing; a name that has none gets a bubble. It says nothing to those who do not see it. */
export const icon = (name) =>
  draw('svg', { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true' }, draw('path', { d: LINES[name] ?? LINES.webchat }));

export const originIcon = (kind) => icon(ORIGINS[kind] ?? 'unknown');
