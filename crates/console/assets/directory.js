/** What the business maintains: names of agents, teams, classifications, campaigns. Asked once, and again when it is asked for. */

import { get } from './api.js';

const KINDS = ['accounts', 'agents', 'teams', 'departments', 'classifications', 'channels', 'campaigns', 'ads', 'links'];

/** @type {Map<string, Map<string, any>>} */
const lists = new Map(KINDS.map((kind) => [kind, new Map()]));

const id = (entry) => String(entry.id ?? entry.code ?? entry.content?.id ?? '');

/** An entry as `{id, name, ...}`, whether its content stands beside its id or below it. */
const flat = (entry) => ({ ...entry, ...entry.content, id: id(entry) });

/** Asks for all lists; one that cannot be had stays as it is. */
async function ask() {
  await Promise.all(KINDS.map(async (kind) => {
    try {
      const items = (await get(kind)).items.map(flat);
      lists.set(kind, new Map(items.map((item) => [item.id, item])));
    } catch {
      // Names are a kindness: without them ids are shown.
    }
  }));
}

let asked;
export const load = () => (asked = ask());
/** Once the lists were asked for: for whoever begins with them. */
export const loaded = () => asked ?? load();

/** All entries of a kind, by name; agents that left are not among them. */
export const list = (kind) =>
  [...(lists.get(kind)?.values() ?? [])].filter((entry) => !entry.inactive).sort((one, other) => (one.name ?? one.id).localeCompare(other.name ?? other.id));

export const entry = (kind, key) => lists.get(kind)?.get(String(key));

export const nameOf = (kind, key) => entry(kind, key)?.name ?? key;

/** The stages every account begins with; it may have its own. */
const STAGES = ['to_contact', 'in_progress', 'won', 'lost'].map((id) => ({ id }));

/** The sales stages of an account, in order. */
export const stages = (account) => (entry('accounts', account)?.stages ?? STAGES);
