/** Who sits here: the caller that a key or token stands for, or, where everybody may do everything, whoever they say they are. */

import { attempt, get, hasKey, onLocked, signIn } from './api.js';
import { byId, el } from './dom.js';
import { list, nameOf } from './directory.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { initials } from './people.js';
import { dialog } from './dialog.js';

/** @type {{role?: string, agent?: string, name?: string, teams?: string[], open?: boolean}} */
let me = {};
/** Before it is asked again who we are. */
const RETRY_MS = 2000;
let changed = () => {};

/** Asks who we are, again and again until there is an answer, and calls `then`. Until then we are who we were: nobody, at first. */
export async function load(then) {
  try {
    me = await get('me');
  } catch (error) {
    if (error.status !== 401) {
      setTimeout(() => load(then), RETRY_MS);
      return;
    }
    me = {};
  }
  then();
}

/** Calls `then` when somebody else sits here. */
export const onChange = (then) => (changed = then);

export const open = () => Boolean(me.open);

/** The agent that acts: the caller, or who was picked. */
export const actor = () => (me.open ? attempt(() => localStorage.getItem('actor')) || undefined : me.agent);

export const isManager = () => me.open || me.role !== 'agent';

/** Names the actor in a command where the API does not know it. */
export const as = (body) => (me.open && actor() ? { agent: actor(), ...body } : body);

const myName = () => me.name ?? (actor() ? nameOf('agents', actor()) : undefined);

export function draw() {
  const name = myName();
  byId('me').replaceChildren(name ? el('span', { class: 'face', 'aria-hidden': 'true' }, initials(name)) : icon('user'), el('span', { class: 'hush' }, name ?? t('who_are_you')));
  byId('me').title = name ? `${name}${me.role ? ` · ${t(`role.${me.role}`)}` : ''}` : t('who_are_you');
}

function act(id) {
  attempt(() => (id ? localStorage.setItem('actor', id) : localStorage.removeItem('actor')));
  draw();
  changed();
}

/** Whom to act as, or how to leave. */
export function menu() {
  if (!me.open) {
    dialog(myName() ?? t('signed_in'), (close) => [
      el('p', { class: 'dim' }, me.role ? t(`role.${me.role}`) : '', me.teams?.length ? ` · ${me.teams.map((id) => nameOf('teams', id)).join(', ')}` : ''),
      el('div', { class: 'actions' }, el('button', { type: 'button', onclick: () => { close(); signIn(''); location.reload(); } }, t('sign_out'))),
    ]);
    return;
  }
  dialog(t('act_as'), (close) => {
    const agents = list('agents');
    const pick = (id) => () => { act(id); close(); };
    const typed = el('input', { name: 'agent', value: actor() ?? '', autocomplete: 'off', 'aria-label': t('agent') });
    return [
      el('p', { class: 'dim' }, t('act_as_hint')),
      agents.length
        ? el('ul', { class: 'choices' }, agents.map((agent) => el('li', {}, el('button', { type: 'button', 'aria-pressed': String(agent.id === actor()), onclick: pick(agent.id) },
          el('span', { class: 'face', 'aria-hidden': 'true' }, initials(agent.name)), el('span', {}, agent.name), el('span', { class: 'dim' }, t(`role.${agent.role ?? 'agent'}`))))))
        : el('form', { class: 'line', onsubmit: (event) => { event.preventDefault(); pick(typed.value.trim())(); } }, typed, el('button', { class: 'primary' }, t('ok'))),
      actor() && el('div', { class: 'actions' }, el('button', { type: 'button', class: 'quiet', onclick: pick('') }, t('nobody'))),
    ];
  });
}

let asking = false;
onLocked(() => {
  if (asking) return;
  asking = true;
  const known = hasKey();
  dialog(t('sign_in'), () => {
    const field = el('input', { type: 'password', name: 'key', required: true, autocomplete: 'current-password', 'aria-label': t('key') });
    return el('form', { onsubmit: (event) => { event.preventDefault(); signIn(field.value.trim()); location.reload(); } },
      el('p', {}, t('sign_in_hint')), known && el('p', { class: 'warning', role: 'alert' }, t('key_refused')), el('label', {}, el('span', {}, t('key')), field),
      el('div', { class: 'actions' }, el('button', { class: 'primary' }, t('sign_in'))));
  }, { firm: true });
});
