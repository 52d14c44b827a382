/** Who sits here: the caller that a key or token stands for, or, where everybody may do everything, whoever they say they are, with what that person sees and may. */

import { attempt, get, hasKey, onLocked, pose, posedAs, signIn } from './api.js';
import { byId, el } from './dom.js';
import { list, nameOf } from './directory.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { initials } from './people.js';
import { dialog, say } from './dialog.js';

/** @type {{role?: string, agent?: string, name?: string, teams?: string[], time_zone?: string, open?: boolean, features?: Record<string, boolean>}} */
let me = {};
/** Before it is asked again who we are. */
const RETRY_MS = 2000;
let changed = () => {};
let settle = () => {};
/** Once it is known for the first time who sits here, or that nobody does. */
export const ready = new Promise((done) => (settle = done));

// An address can say who is to be signed in; whoever has a key of their own keeps it.
const person = new URLSearchParams(location.search).get('person');
if (person !== null) {
  if (!hasKey() || posedAs()) pose(person);
  history.replaceState(null, '', location.pathname + location.hash);
}

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
  settle(undefined);
  then();
}

/** Calls `then` when somebody else sits here. */
export const onChange = (then) => (changed = then);

export const open = () => Boolean(me.open);

/** The agent that acts: the caller, or who was picked. */
export const actor = () => (me.open ? attempt(() => localStorage.getItem('actor')) || undefined : me.agent);

/** The day of an instant where the account is: reports count by its days, wherever somebody looks from. */
export function day(at) {
  const parts = { year: 'numeric', month: '2-digit', day: '2-digit' };
  // A browser that does not know the zone has its own.
  const known = attempt(() => new Intl.DateTimeFormat('sv', { ...parts, timeZone: me.time_zone }));
  return (known ?? new Intl.DateTimeFormat('sv', parts)).format(at);
}

const isOf = (...roles) => Boolean(me.open) || roles.includes(me.role);
export const isManager = () => isOf('manager', 'administrator', 'operator');
export const isAdministrator = () => isOf('administrator', 'operator');

/** Whether the plan of the account includes a feature, as far as that is known. */
export const has = (feature) => me.features?.[feature] !== false;

/** Pages that are not everybody's: what of the plan they need, and who may see them. */
const PAGES = {
  new: () => has('windows') && has('queue'),
  links: () => has('links'),
  reports: () => has('reports') && isManager(),
  operations: () => isOf('operator'),
};

/** Whether there is a page for whoever sits here. */
export const may = (page) => PAGES[page]?.() ?? true;

/** Whoever acts must be somebody: without a name the question comes first. */
export function somebody() {
  if (actor() || !me.open) return true;
  say(t('who_first'), 'bad');
  menu();
  return false;
}

/** Names the actor in a command where the API does not know it. */
export const as = (body) => (me.open && actor() ? { agent: actor(), ...body } : body);

const myName = () => me.name ?? (actor() ? nameOf('agents', actor()) : undefined);

export function draw() {
  const name = myName();
  byId('me').replaceChildren(name ? el('span', { class: 'face', 'aria-hidden': 'true' }, initials(name)) : icon('user'), el('span', { class: 'hush' }, name ?? t('who_are_you')));
  byId('me').title = name ? `${name}${me.role ? ` · ${t(`role.${me.role}`)}` : ''}` : t('who_are_you');
}

/** Without people in the directory there is nobody to be seen as: then commands name whoever is told. */
function act(id) {
  attempt(() => (id ? localStorage.setItem('actor', id) : localStorage.removeItem('actor')));
  draw();
  changed();
}

/** Begins anew as somebody, or as nobody in particular. */
function become(id) {
  attempt(() => localStorage.removeItem('actor'));
  pose(id);
  location.reload();
}

const choice = (id, name, role) => el('li', {}, el('button', { type: 'button', 'aria-pressed': String(id === (posedAs() ?? '')), onclick: () => become(id) },
  id ? el('span', { class: 'face', 'aria-hidden': 'true' }, initials(name)) : icon('user'), el('span', {}, name), el('span', { class: 'dim' }, role)));

/** Whom to sign in as where nobody has to prove anything. */
function people() {
  const agents = list('agents');
  /** Those who see most come first. */
  const rank = ({ role }) => ({ administrator: 0, manager: 1 })[role] ?? 2;
  const about = ({ role = 'agent', teams = [] }) => [t(`role.${role}`), role === 'agent' && teams.map((id) => nameOf('teams', id)).join(', ')].filter(Boolean).join(' · ');
  dialog(t('sign_in_as'), (close) => {
    const typed = el('input', { name: 'agent', value: actor() ?? '', autocomplete: 'off', 'aria-label': t('agent') });
    if (!agents.length) {
      return [el('p', { class: 'dim' }, t('act_as_hint')), el('form', { class: 'line', onsubmit: (event) => { event.preventDefault(); act(typed.value.trim()); close(); } }, typed, el('button', { class: 'primary' }, t('ok')))];
    }
    return [
      el('p', { class: 'dim' }, t('sign_in_as_hint')),
      el('ul', { class: 'choices' }, choice('', t('everything'), t('role.operator')), [...agents].sort((one, other) => rank(one) - rank(other)).map((agent) => choice(agent.id, agent.name ?? agent.id, about(agent)))),
    ];
  });
}

/** Who we are, how to be somebody else, how to leave. */
export function menu() {
  if (me.open || posedAs()) return people();
  dialog(myName() ?? t('signed_in'), (close) => [
    el('p', { class: 'dim' }, me.role ? t(`role.${me.role}`) : '', me.teams?.length ? ` · ${me.teams.map((id) => nameOf('teams', id)).join(', ')}` : ''),
    el('div', { class: 'actions' }, el('button', { type: 'button', onclick: () => { close(); signIn(''); location.reload(); } }, t('sign_out'))),
  ]);
  return undefined;
}

let asking = false;
onLocked(() => {
  if (asking) return;
  asking = true;
  // Nobody is known by that name any more, or names are not enough here.
  if (posedAs()) return become('');
  const known = hasKey();
  dialog(t('sign_in'), () => {
    const field = el('input', { type: 'password', name: 'key', required: true, autocomplete: 'current-password', 'aria-label': t('key') });
    return el('form', { onsubmit: (event) => { event.preventDefault(); signIn(field.value.trim()); location.reload(); } },
      el('p', {}, t('sign_in_hint')), known && el('p', { class: 'warning', role: 'alert' }, t('key_refused')), el('label', {}, el('span', {}, t('key')), field),
      el('div', { class: 'actions' }, el('button', { class: 'primary' }, t('sign_in'))));
  }, { firm: true });
});
