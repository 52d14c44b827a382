/** Puts the page together: language, address, who sits here, changes. */

import { follow } from './api.js';
import * as commands from './commands.js';
import * as conversation from './conversation.js';
import * as directory from './directory.js';
import { byId, el } from './dom.js';
import * as filters from './filters.js';
import { icon } from './icons.js';
import { language, setLanguage, t, translate } from './i18n.js';
import { help, side } from './keys.js';
import * as queue from './queue.js';
import { address, at, go, swap } from './route.js';
import * as rows from './rows.js';
import * as session from './session.js';

const wide = matchMedia('(min-width: 800px)');
/** How long changes are gathered; longer while the reader points at the list, so that no row jumps from under a click. */
const GATHER_MS = 600;
const POINTING_MS = 900;

/** Pages that are fetched when somebody goes there. */
const PAGES = {
  new: () => import('./compose.js'),
  links: () => import('./links.js'),
  reports: () => import('./reports.js'),
  operations: () => import('./operations.js'),
};

let touched = new Set();
let timer;
let pointed = 0;
/** The filter that the queue was asked with. */
let asked;
/** Of the page at hand: how to leave it. */
let leave = () => {};
let page;
/** Which page it is that is at hand, counted. */
let turn = 0;
/** Changes were missed: what is known of them is to be asked for again. */
let missed = false;

function live(state) {
  byId('live').dataset.state = state;
  byId('live').title = t(`live.${state}`);
  byId('live-text').textContent = t(`live.${state}`);
}

function drawQueue() {
  rows.draw();
  filters.draw();
}

/** Everything, in the language at hand. */
function draw() {
  translate();
  byId('language').textContent = language() === 'pt' ? 'EN' : 'PT';
  byId('language').lang = language() === 'pt' ? 'en' : 'pt-BR';
  live(byId('live').dataset.state);
  session.draw();
  rail();
  drawQueue();
  conversation.draw();
}

async function showInbox(id) {
  const view = id ? 'detail' : 'list';
  const turned = document.body.dataset.view !== view;
  document.body.dataset.view = view;
  rows.draw();
  const wanted = JSON.stringify(filters.wanted());
  if (wanted !== asked) {
    asked = wanted;
    rows.top();
    queue.start(filters.wanted());
  } else filters.draw();
  const merged = await conversation.open(id);
  if (merged && merged !== id && at().id === id) swap({ page: 'inbox', id: merged });
  title();
  if (turned && !wide.matches && id) byId('who').focus();
}

function title() {
  const name = byId('who').textContent;
  const words = at().page === 'inbox' ? (at().id && !byId('detail').hidden ? name : t('page.inbox')) : t(`page.${at().page}`);
  document.title = `${words} · Origem`;
}

/** Each time in a room of its own: what a page that was left still puts in, nobody sees. */
async function showPage(name) {
  const asked = turn;
  const room = el('div');
  byId('page').replaceChildren(room);
  try {
    await session.ready;
    if (!session.may(name)) {
      const { empty } = await import('./page.js');
      if (asked === turn) room.append(empty(t(`page.${name}`), t('page.not_for_you')));
      return;
    }
    const { open } = await PAGES[name]();
    if (asked !== turn) return;
    const end = (await open(room)) ?? (() => {});
    if (asked === turn) leave = end;
    else end();
  } catch (error) {
    room.textContent = `${t('failed')}: ${error.message}`;
  }
}

/** The pages there are for whoever sits here, and which one is at hand. */
function rail() {
  for (const link of byId('rail').querySelectorAll('a')) {
    const { page: to } = link.dataset;
    link.hidden = !session.may(to);
    link.ariaCurrent = to === at().page ? 'page' : null;
    link.href = address({ page: to, query: to === 'inbox' ? filters.wanted() : {} });
  }
}

async function show() {
  const here = at();
  document.body.dataset.page = here.page;
  rail();
  if (page !== here.page) {
    turn += 1;
    leave();
    leave = () => {};
    page = here.page;
    if (page !== 'inbox') await showPage(page);
    // What was heard of meanwhile is taken in.
    else soon();
  }
  if (page === 'inbox') await showInbox(here.id);
  else title();
}

function soon() {
  timer ??= setTimeout(async () => {
    timer = undefined;
    if (Date.now() - pointed < POINTING_MS) return soon();
    if (at().page !== 'inbox') return;
    const [now, all] = [touched, missed];
    [touched, missed] = [new Set(), false];
    if (now.has(at().id)) conversation.refresh();
    if (await queue.refresh(now, all)) return;
    missed ||= all;
    soon();
  }, GATHER_MS);
}

for (const link of byId('rail').querySelectorAll('a')) link.prepend(icon({ new: 'compose' }[link.dataset.page] ?? link.dataset.page));
for (const node of document.querySelectorAll('[data-icon]')) node.prepend(icon(node.dataset.icon));

queue.onChange(() => {
  drawQueue();
  const [row] = queue.state().rows;
  // On a wide page something is open from the start.
  if (row && wide.matches && at().page === 'inbox' && !at().id) swap({ page: 'inbox', id: row.id });
});
commands.onDone((card) => {
  if (card) queue.replace(card);
  conversation.take(card);
});
session.onChange(() => {
  draw();
  conversation.refresh();
});
byId('list').addEventListener('pointermove', () => (pointed = Date.now()));
byId('language').addEventListener('click', () => {
  setLanguage(language() === 'pt' ? 'en' : 'pt');
  draw();
  page = page === 'inbox' ? page : undefined;
  show();
});
byId('me').addEventListener('click', session.menu);
byId('help').addEventListener('click', help);
byId('side-toggle').addEventListener('click', side);
byId('side-close').addEventListener('click', side);
byId('notice-clear').addEventListener('click', filters.clear);
byId('back').addEventListener('click', () => go({ page: 'inbox' }));
addEventListener('hashchange', show);

draw();
show();
session.load(draw);
directory.load().then(draw);

follow(
  (change) => {
    if (change.conversation) touched.add(change.conversation);
    soon();
  },
  (state, gap) => {
    live(state);
    missed ||= gap;
    // What happened between the first page and the stream, or while it was lost.
    if (at().id) touched.add(at().id);
    soon();
  },
);
