/** The public API, and nothing else: what the console shows, anybody can ask for. */

/** Asks; what is empty is not asked for. Fails with the API's own words. */
export async function get(path, query = {}) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  const response = await fetch(`v1/${path}?${asked}`);
  const body = await response.json().catch(() => null);
  if (!response.ok || !body) throw new Error(body?.error?.message ?? `HTTP ${response.status}`);
  return body;
}

/** All items of a list, page by page. */
export async function all(path) {
  const items = [];
  let cursor;
  do {
    const page = await get(path, { limit: 500, cursor });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return items;
}

/** Follows the changes. A page nobody looks at lets go of its connection, of which a browser has six, and goes on later. */
export function follow(heard, state) {
  let source, last, again;
  const close = () => {
    clearTimeout(again);
    source?.close();
    source = undefined;
  };
  const open = () => {
    close();
    source = new EventSource(`v1/changes${last ? `?after=${last}` : ''}`);
    source.onopen = () => state('live');
    source.addEventListener('change', (event) => {
      const change = JSON.parse(event.data);
      last = change.position;
      heard(change);
    });
    source.onerror = () => {
      state('lost');
      if (source?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      last = undefined; // refused: perhaps another log stands there now
      again = setTimeout(open, 3000);
    };
  };
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : source || open()));
  open();
}
