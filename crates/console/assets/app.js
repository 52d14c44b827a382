/** Puts the page together: language, address (`#id` is the conversation), changes. */

import { follow } from './api.js';
import * as detail from './detail.js';
import { byId } from './dom.js';
import { language, setLanguage, t, translate } from './i18n.js';
import * as list from './list.js';

const wide = matchMedia('(min-width: 800px)');
/** How long changes are gathered; longer while the reader points at the list, so that no row jumps from under a click. */
const GATHER_MS = 700;
const POINTING_MS = 900;

const touched = new Set();
let timer;
let pointed = 0;

const selected = () => location.hash.slice(1);

function live(state) {
  byId('live').dataset.state = state;
  byId('live-text').textContent = t(`live.${state}`);
}

function draw() {
  translate();
  for (const button of byId('languages').children) button.setAttribute('aria-pressed', button.value === language());
  live(byId('live').dataset.state);
  list.draw();
  detail.draw();
}

async function show() {
  const id = selected();
  const view = id ? 'detail' : 'list';
  const turned = document.body.dataset.view !== view;
  document.body.dataset.view = view;
  list.select(id);
  const merged = await detail.open(id);
  if (merged && merged !== id && selected() === id) location.replace(`#${merged}`);
  if (turned && !wide.matches) id ? byId('who').focus() : list.focus();
}

function soon() {
  timer ??= setTimeout(async () => {
    timer = undefined;
    if (Date.now() - pointed < POINTING_MS) return soon();
    if (touched.has(selected())) detail.refresh();
    touched.clear();
    if (!(await list.refresh())) soon();
  }, GATHER_MS);
}

byId('list').addEventListener('pointermove', () => (pointed = Date.now()));
byId('languages').addEventListener('click', ({ target }) => {
  if (!target.value) return;
  setLanguage(target.value);
  draw();
});
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || !selected()) return;
  if (wide.matches) list.focus();
  else location.hash = '';
});
addEventListener('hashchange', show);

draw();
show();
list.start().then(() => {
  if (wide.matches && !selected() && list.first()) location.replace(`#${list.first()}`);
});
follow(
  (change) => {
    byId('position').textContent = change.position;
    touched.add(change.conversation);
    soon();
  },
  (state) => {
    live(state);
    // What happened between the first page and the stream, or while it was lost.
    touched.add(selected());
    soon();
  },
);
