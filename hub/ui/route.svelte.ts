/** Where one is, written into the address after `#`, so that every page and filter can be shared, bookmarked and gone back to. */
export interface Place {
  /** Path without the first slash, by parts: `['rentals', '0192…']`. */
  readonly parts: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

export function placeOf(hash: string): Place {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split('?');
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(readable);
  return { parts, query: Object.fromEntries(new URLSearchParams(search)) };
}

function readable(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a place. Empty values of the query are left out. */
export function link(
  parts: readonly string[],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const given = Object.entries(query).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
  );
  const search = new URLSearchParams(given).toString();
  return `#/${parts.map(encodeURIComponent).join('/')}${search === '' ? '' : `?${search}`}`;
}

/** `entry`: this step of the browser's history, `returned`: it was gone back (or forward) to, not opened anew. */
export const route = $state<{ place: Place; entry: number; returned: boolean }>({
  place: placeOf(globalThis.location?.hash ?? ''),
  entry: 0,
  returned: false,
});

let entries = 0;
/** A step of the history that has no number is new. */
function enter(): void {
  const known: unknown = (history.state as { entry?: unknown } | null)?.entry;
  route.returned = typeof known === 'number';
  if (typeof known === 'number') {
    route.entry = known;
    entries = Math.max(entries, known);
    return;
  }
  entries += 1;
  route.entry = entries;
  history.replaceState({ entry: entries }, '');
}

export function followAddress(): () => void {
  const read = () => {
    enter();
    route.place = placeOf(location.hash);
  };
  enter();
  addEventListener('hashchange', read);
  return () => removeEventListener('hashchange', read);
}

export function go(parts: readonly string[], query: Readonly<Record<string, string | undefined>> = {}): void {
  location.hash = link(parts, query);
}

/** Changes filters of the present page without a step in the history. A page that is being left, whose timer may still run, changes nothing: the address is another's already. */
export function filter(query: Readonly<Record<string, string | undefined>>): void {
  if (link(placeOf(location.hash).parts) !== link(route.place.parts)) return;
  history.replaceState(history.state, '', link(route.place.parts, { ...route.place.query, ...query }));
  route.place = placeOf(location.hash);
}
