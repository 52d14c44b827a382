/** Linking a lead: which one, why not where that is refused, and what an administrator can do about it. */

import { get, send } from './api.js';
import { run } from './commands.js';
import { dialog, say } from './dialog.js';
import { entry, list, load, nameOf } from './directory.js';
import { el } from './dom.js';
import { t } from './i18n.js';
import { address } from './route.js';
import * as session from './session.js';

/** @import { Conversation } from './types' */

/** Why a lead was not linked: where it is already, and who could link it all the same. */
function reasons({ code, message, detail }, close) {
  if (code !== 'lead_in_two_teams') return [el('p', {}, message)];
  const { team, conversation } = detail.elsewhere ?? {};
  const able = list('agents').filter(({ role }) => role === 'administrator').map(({ id, name }) => name ?? id);
  return [
    el('p', {}, t('lead.elsewhere', nameOf('teams', team) ?? ''), ' ', conversation && el('a', { href: address({ page: 'inbox', id: conversation, query: {} }), onclick: close }, t('lead.see'))),
    el('p', { class: 'small' }, t('lead.resolve'), able.length > 0 && ` ${able.join(', ')}.`),
  ];
}

/** Whether leads of the account may be in several teams: administrators decide. @param {Conversation} card */
function unifying(card) {
  const account = entry('accounts', card.account);
  if (!session.isAdministrator() || !account) return false;
  const change = async ({ target }) => {
    try {
      // As it is now: what somebody else wrote since the page was loaded stays.
      const { id, updated_at: _, updated_by: __, content: ___, ...kept } = await get(`accounts/${encodeURIComponent(account.id)}`);
      await send('PUT', `accounts/${encodeURIComponent(id)}`, { ...kept, unify_leads: target.checked });
      await load();
      say(t('lead.unified'));
    } catch (error) {
      target.checked = !target.checked;
      say(error.message, 'bad');
    }
  };
  return el('label', { class: 'check' }, el('input', { type: 'checkbox', checked: Boolean(account.unify_leads), onchange: change }), el('span', {}, t('lead.unify')));
}

/** @param {Conversation} card */
export function lead(card) {
  dialog(t('lead_link'), (close) => {
    const refused = el('div', { class: 'refused', role: 'alert', hidden: true });
    const link = async (event) => {
      event.preventDefault();
      const button = event.target.querySelector('button.primary');
      const { lead: id } = Object.fromEntries(new FormData(event.target));
      button.disabled = true;
      refused.hidden = true;
      const linked = await run(card, 'lead', { lead: String(id).trim() }, (error) => {
        refused.replaceChildren(...reasons(error, close).filter(Boolean));
        refused.hidden = false;
      });
      button.disabled = false;
      if (linked) close();
    };
    return el('form', { onsubmit: link },
      el('label', {}, el('span', {}, t('lead.id')), el('input', { name: 'lead', value: card.lead ?? '', required: true, autocomplete: 'off', spellcheck: 'false' })),
      el('p', { class: 'dim small' }, t('lead.hint')),
      refused, unifying(card),
      el('div', { class: 'actions' }, el('button', { class: 'primary' }, t('lead_link'))));
  });
}
