/** The address: `#/inbox/<conversation>?status=new`, `#/links`, ... It is all there is to share a place or to come back to it. */

const PAGES = ['inbox', 'new', 'links', 'reports', 'operations'];

/** Anybody can write an address: what cannot be decoded stays as it is. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Where we are. */
export function at() {
  const hash = location.hash.slice(1);
  // Addresses of the time when a conversation was all there was.
  if (hash.startsWith('cv_')) return { page: 'inbox', id: hash, query: {} };
  const [path, words = ''] = hash.split('?');
  const [, page, id = ''] = path.split('/').map(decoded);
  return { page: PAGES.includes(page) ? page : 'inbox', id, query: Object.fromEntries(new URLSearchParams(words)) };
}

/**
 * The address of a place; the query stays if none is told and the page is the same.
 * @param {{page: string, id?: string, query?: Record<string, string>}} place
 */
export function address({ page, id, query }) {
  const here = at();
  const words = new URLSearchParams(query ?? (page === here.page ? here.query : {}));
  return `#/${page}${id ? `/${encodeURIComponent(id)}` : ''}${words.size ? `?${words}` : ''}`;
}

export const go = (place) => (location.hash = address(place));

/** As `go`, without a step to come back to. */
export function swap(place) {
  location.replace(address(place));
}
