/** The public API, and nothing else: what the console shows, anybody can ask for. */

/** What the API refused, in its own words. */
export class Refused extends Error {
  constructor(status, body) {
    super(body?.error?.message ?? body?.detail ?? `HTTP ${status}`);
    this.status = status;
    this.code = body?.error?.code;
    this.detail = body?.error ?? {};
  }
}

/** Storage can be forbidden; then what is kept lasts as long as the page. */
export const attempt = (storage) => {
  try {
    return storage();
  } catch {
    return null;
  }
};

let key = attempt(() => sessionStorage.getItem('key')) || '';
let locked = () => {};

export const hasKey = () => Boolean(key);

/** What is shown where nobody has to prove anything, to be seen and treated as somebody: no secret, and refused by any other server. */
const AS = 'as:';

/** Whom we are seen as without a proof. */
export const posedAs = () => (key.startsWith(AS) ? key.slice(AS.length) : undefined);
export const pose = (agent) => signIn(agent && `${AS}${agent}`);

/** Signs in with a key or token, or out with none. It is forgotten with the tab. */
export function signIn(given) {
  key = given;
  attempt(() => (given ? sessionStorage.setItem('key', given) : sessionStorage.removeItem('key')));
}

/** Calls `then` when the API wants to know who asks. */
export const onLocked = (then) => (locked = then);

const heads = (more) => ({ ...(key && { authorization: `Bearer ${key}` }), ...more });

async function answer(response) {
  if (response.status === 401) locked();
  const body = response.status === 204 ? {} : await response.json().catch(() => null);
  if (!response.ok || !body) throw new Refused(response.status, body);
  return body;
}

const asked = (query) => {
  const words = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  return words.size ? `?${words}` : '';
};

/** Asks; what is empty is not asked for. */
export const get = async (path, query = {}) => answer(await fetch(`v1/${path}${asked(query)}`, { headers: heads() }));

/** All items of a list, page by page. */
export async function all(path, query = {}) {
  const items = [];
  let cursor;
  do {
    const page = await get(path, { ...query, limit: 500, cursor });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return items;
}

/** What tells two sendings of one wish from two wishes. */
export const once = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Asks for something to be done. */
export async function send(method, path, body, query = {}) {
  const headers = heads({ 'content-type': 'application/json', 'idempotency-key': once() });
  const content = body === undefined ? undefined : JSON.stringify(body);
  return answer(await fetch(`v1/${path}${asked(query)}`, { method, headers, body: content }));
}

/** Bytes that have no place in the page: a drawing, a table. */
export async function bytes(path, query = {}) {
  const response = await fetch(`v1/${path}${asked(query)}`, { headers: heads() });
  if (!response.ok) await answer(response);
  return response.blob();
}

/** What the server tells of itself beside the API, as text. */
export const metrics = async () => (await fetch('metrics', { headers: heads() })).text();

/** Parts of a stream of server-sent events: `id` and `data` of each. Source: HTML, "Event stream interpretation". */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split('\n\n');
    rest = parts.pop();
    for (const part of parts) {
      const field = (name) =>
        part.split('\n').filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trimStart()).join('\n');
      if (field('data')) yield { id: field('id'), data: field('data') };
    }
  }
}

/**
 * Follows the changes. It asks with `fetch`, because an `EventSource` cannot tell who asks. A page nobody looks at lets go of its
 * connection, of which a browser has six, and goes on later from where it was. Where that is no place any more, it goes on from now,
 * and `state` hears of the gap.
 */
export function follow(heard, state) {
  const WAIT_MS = [500, 1000, 3000, 10_000];
  let last, stop, failures = 0, gap = false;
  /** Streams in a row that ended without a word. */
  let silent = 0;
  const giveUp = () => {
    gap ||= last !== undefined;
    last = undefined;
  };
  async function run(signal) {
    while (!signal.aborted) {
      try {
        const response = await fetch(`v1/changes${asked({ after: last })}`, { headers: heads({ accept: 'text/event-stream' }), signal });
        // A place that is refused: perhaps another log stands there now, or it gave up what comes after.
        if ([400, 410].includes(response.status)) giveUp();
        if (!response.ok) throw new Refused(response.status);
        failures = 0;
        state('live', gap);
        gap = false;
        silent += 1;
        for await (const { id, data } of events(response.body)) {
          silent = 0;
          last = id || last;
          heard(JSON.parse(data));
        }
        // A server that was started again ends one stream so; where none goes on, this place leads nowhere.
        if (silent > 1) giveUp();
      } catch (error) {
        if (signal.aborted) return;
        silent = 0;
        if (!(error instanceof Refused) && !(error instanceof TypeError)) console.warn(error);
      }
      if (signal.aborted) return;
      state('lost', false);
      await new Promise((done) => setTimeout(done, WAIT_MS[Math.min(failures, 3)]));
      failures += 1;
    }
  }
  const open = () => {
    stop?.abort();
    stop = new AbortController();
    silent = 0;
    run(stop.signal);
  };
  document.addEventListener('visibilitychange', () => (document.hidden ? stop?.abort() : stop?.signal.aborted !== false && open()));
  open();
  return open;
}
