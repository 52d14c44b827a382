/** What people do to a conversation: claim, assign, transfer, finish, reopen, note, stage, edit. Each is one request and one answer. */

import { send } from './api.js';
import { el } from './dom.js';
import { dialog, say } from './dialog.js';
import { entry, list, nameOf, stages } from './directory.js';
import { t } from './i18n.js';
import { lead } from './lead.js';
import * as session from './session.js';

/** @import { Conversation } from './types' */

/** @type {(card?: Conversation) => void} */
let done = () => {};

/** Calls `then` with the card after each command, and without one when it must be asked for. */
export const onDone = (then) => (done = then);

/** @type {() => Conversation | undefined} */
let shown = () => undefined;

/** Tells how to get at the card that is open, as it is when a button is pressed. */
export const onCurrent = (card) => (shown = card);
export const current = () => shown();

/** @param {Conversation} card */
export const isOpen = ({ ticket }) => Boolean(ticket) && ticket.status !== 'finished';
/** @param {Conversation} card */
export const isMine = ({ ticket }) => Boolean(ticket?.assignee) && ticket.assignee === session.actor();

/** What can be done now, the most likely first. @param {Conversation} card */
export function possible(card) {
  if (card.group || !session.has('queue')) return [];
  if (!isOpen(card)) return card.ticket ? ['reopen', 'takeover'] : ['takeover'];
  if (!card.ticket.assignee) return ['claim', 'assign', 'transfer', 'finish'];
  return ['finish', 'transfer', 'assign', ...(isMine(card) ? [] : ['takeover'])];
}

/** Says why a command was refused, and who was faster. */
function tell({ code, detail, message }) {
  const name = detail?.owner && nameOf('agents', detail.owner.id);
  const words = { already_claimed: 'refused.already_claimed', stale_revision: 'refused.stale' }[code];
  say(words && (name || code !== 'already_claimed') ? t(words, name) : message, 'bad');
}

/**
 * Sends a command, decided on the revision that is shown; `refused` is told why not.
 * @param {Conversation} card
 */
export async function run(card, action, body = {}, refused = tell) {
  const revision = ['notes', 'contact', 'stage'].includes(action) ? {} : { revision: card.ticket?.revision };
  try {
    const answer = await send('POST', `conversations/${encodeURIComponent(card.id)}/${action}`, session.as({ ...revision, ...body }));
    say(t(`done.${action}`));
    done(answer.id ? answer : answer.conversation);
    return true;
  } catch (error) {
    refused(error);
    done();
    return false;
  }
}

const form = (submit, ...children) =>
  el('form', {
    onsubmit: async (event) => {
      event.preventDefault();
      const button = event.target.querySelector('button.primary');
      button.disabled = true;
      await submit(Object.fromEntries([...new FormData(event.target)].filter(([, value]) => value !== '')), event.target);
      button.disabled = false;
    },
  }, ...children);

const actions = (words) => el('div', { class: 'actions' }, el('button', { class: 'primary' }, words));

/** A list to pick from by typing, arrows and Enter. */
function picker(title, options, pick) {
  dialog(title, (close) => {
    const choose = async (id) => (await pick(id)) && close();
    const items = el('ul', { class: 'choices' });
    const search = el('input', { type: 'search', placeholder: t('type_to_find'), 'aria-label': t('type_to_find'), autocomplete: 'off' });
    const fill = () => {
      const words = search.value.toLocaleLowerCase();
      const fitting = options.filter(({ name }) => name.toLocaleLowerCase().includes(words));
      items.replaceChildren(...fitting.map(({ id, name, about }) => el('li', {}, el('button', { type: 'button', onclick: () => choose(id) }, el('span', {}, name), about && el('span', { class: 'dim' }, about)))));
      // What is nowhere in the directory can still be named.
      if (!fitting.length && search.value.trim()) items.append(el('li', {}, el('button', { type: 'button', onclick: () => choose(search.value.trim()) }, t('use_id', search.value.trim()))));
    };
    search.addEventListener('input', fill);
    search.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') { event.preventDefault(); items.querySelector('button')?.click(); }
      if (event.key === 'ArrowDown') { event.preventDefault(); items.querySelector('button')?.focus(); }
    });
    items.addEventListener('keydown', (event) => {
      const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
      if (!step) return;
      event.preventDefault();
      (document.activeElement.parentElement[step]?.firstElementChild ?? search).focus();
    });
    fill();
    return [search, items];
  });
}

const teamsOf = (agent) => (agent.teams ?? []).map((id) => nameOf('teams', id)).join(', ');
const agentOptions = () => list('agents').map((agent) => ({ id: agent.id, name: agent.name ?? agent.id, about: teamsOf(agent) }));
const teamOptions = () => list('teams').map((team) => ({ id: team.id, name: team.name ?? team.id }));

/** The team a ticket is of, as the API sees it: its own, else the only one of its assignee, else the only one of its channel. @param {Conversation} card */
function teamOf({ ticket, channel }) {
  const only = (found) => (found?.teams?.length === 1 ? found.teams[0] : undefined);
  return ticket?.team ?? only(entry('agents', ticket?.assignee)) ?? only(entry('channels', `${channel.kind}:${channel.id}`));
}

/** The classifications that the department of the ticket's team may close with, and whether one must be told. @param {Conversation} card */
function closing(card) {
  const team = teamOf(card);
  const department = entry('departments', entry('teams', team)?.department);
  const allowed = department?.classifications ?? [];
  const all = list('classifications');
  return { all: allowed.length ? all.filter(({ id }) => allowed.includes(id)) : all, full: Boolean(department?.full_closing) };
}

/** @param {Conversation} card */
function finish(card) {
  const { all, full } = closing(card);
  dialog(t('finish'), (close) => {
    const currency = entry('accounts', card.account)?.currency ?? 'BRL';
    const value = el('input', { name: 'value', type: 'number', min: '0', step: '0.01', inputmode: 'decimal' });
    const money = el('input', { name: 'currency', value: currency, pattern: '[A-Z]{3}', maxlength: '3', size: '4', 'aria-label': t('currency') });
    const note = el('textarea', { name: 'note', rows: '3' });
    const chosen = (id) => {
      const one = entry('classifications', id);
      value.required = full && Boolean(one?.requires_value);
      note.required = full && Boolean(one?.requires_note);
    };
    return form(async ({ classification, value: amount, currency: unit, note: words }) => {
      const body = { classification, note: words, ...(amount && { value: Number(amount), currency: unit }) };
      if (await run(card, 'finish', body)) close();
    },
    all.length
      ? el('fieldset', { class: 'radios' }, el('legend', {}, t('classification')), all.map(({ id, name, outcome }) => el('label', {}, el('input', { type: 'radio', name: 'classification', value: id, required: full, onchange: () => chosen(id) }), el('span', {}, name ?? id), outcome && outcome !== 'none' && el('span', { class: 'outcome', 'data-outcome': outcome }, t(`outcome.${outcome}`)))))
      : el('label', {}, el('span', {}, t('classification')), el('input', { name: 'classification', autocomplete: 'off' })),
    el('div', { class: 'line' }, el('label', { class: 'grow' }, el('span', {}, t('value')), value), el('label', {}, el('span', {}, t('currency')), money)),
    el('label', {}, el('span', {}, t('note')), note),
    actions(t('finish')));
  });
}

/** @param {Conversation} card */
function transfer(card) {
  const options = [...teamOptions().map((one) => ({ ...one, id: `team ${one.id}`, about: t('team') })), ...agentOptions().map((one) => ({ ...one, id: `assignee ${one.id}` }))];
  picker(t('transfer'), options, (chosen) => {
    const [, kind = 'assignee', id = chosen] = /^(team|assignee) (.*)$/.exec(chosen) ?? [];
    return run(card, 'transfer', { [kind]: id });
  });
}

/** @param {Conversation} card */
function edit(card) {
  const { name, phone, email } = card.contact;
  const field = (key, value, type = 'text') => el('label', {}, el('span', {}, t(key)), el('input', { name: key, type, value: value ?? '', autocomplete: 'off' }));
  dialog(t('contact'), (close) =>
    form(async (_, fields) => {
      // Only what was changed; what was emptied too, so that a refusal is told.
      const was = { name, phone, email };
      const told = Object.fromEntries([...new FormData(fields)].filter(([key, value]) => value !== (was[key] ?? '')));
      if (!Object.keys(told).length || (await run(card, 'contact', told))) close();
    }, field('name', name), field('phone', phone, 'tel'), field('email', email, 'email'), actions(t('save'))));
}

/** @param {Conversation} card */
const stage = (card) => picker(t('stage'), stages(card.account).map(({ id, name }) => ({ id, name: name ?? t(`stage.${id}`) })), (id) => run(card, 'stage', { stage: id }));

/** Starts a command on a card, asking for what it needs. @param {Conversation} card */
export function begin(card, action) {
  if (!session.somebody()) return undefined;
  switch (action) {
    case 'assign': return picker(t('assign'), agentOptions(), (id) => run(card, 'assign', { assignee: id }));
    case 'transfer': return transfer(card);
    case 'finish': return finish(card);
    case 'edit': return edit(card);
    case 'stage': return stage(card);
    case 'lead': return lead(card);
    default: return run(card, action);
  }
}

export const note = (card, words) => session.somebody() && run(card, 'notes', { note: words });
