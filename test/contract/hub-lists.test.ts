import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MediumId, TerminalId, TitleId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { type ConsoleHub, openConsoleHub } from '#test/screens/console-hub.ts';
import { NOW } from '#test/screens/demo-titles.ts';

/** The lists of the staff API over HTTP, all by one table: sorted, walked page by page, sought, filtered, and asked wrongly. */
let hub: ConsoleHub;
beforeAll(async () => {
  hub = await openConsoleHub();
  for (let n = 1; n <= 4; n += 1)
    await hub.stores.controllers.insert({
      fingerprint: String(n).repeat(64),
      mediumId: `019b76da-a800-7102-8d62-00000000000${n}` as MediumId,
      serial: String(n),
      chain: [],
      certificateRequest: '',
      issuedAt: epochMs(NOW - n * 1000),
      validTo: epochMs(NOW + n * 1_000_000),
      issuedBy: 'admin',
      terminalId: 'kiosk-window' as TerminalId,
      commandId: null,
      revokedAt: n === 2 ? epochMs(NOW) : null,
      revokedBy: null,
      revocationReason: null,
    });
});
afterAll(() => hub?.stop());

type Item = Readonly<Record<string, unknown>>;
interface Page {
  readonly items: readonly Item[];
  readonly next: string | null;
  readonly total: { readonly count: number; readonly more: boolean } | number | null;
}
const ask = (
  path: string,
  query: Readonly<Record<string, string>> = {},
  language = 'en',
): Promise<Response> =>
  fetch(`${hub.address}/api/v1${path}?${new URLSearchParams(query)}`, {
    headers: { cookie: `${hub.cookie.name}=${hub.cookie.value}`, 'accept-language': language },
  });
async function page(path: string, query: Readonly<Record<string, string>> = {}): Promise<Page> {
  const answer = await ask(path, query);
  const body: unknown = await answer.json();
  expect([answer.status, body], `${path} ${JSON.stringify(query)}`).toEqual([200, expect.anything()]);
  return body as Page;
}

interface List {
  readonly path: string;
  readonly key: (item: Item) => string;
  /** What each order goes by, as it stands in the answer; the first is the one where nothing is asked. */
  readonly sorts: Readonly<Record<string, (item: Item) => unknown>>;
  readonly first: 'asc' | 'desc';
  /** Words that find some and not all, and where they are found. */
  readonly find?: { readonly q: (item: Item) => string; readonly holds: (item: Item, q: string) => boolean };
  /** A filter, and what is true of every row then. */
  readonly filters: readonly {
    readonly query: (item: Item) => Readonly<Record<string, string>>;
    readonly holds: (item: Item, query: Readonly<Record<string, string>>) => boolean;
  }[];
  readonly wrong: readonly Readonly<Record<string, string>>[];
}
const field = (name: string) => (item: Item) => item[name];
const text = (name: string) => (item: Item) => String(item[name]);
const by = (name: string, param = name): List['filters'][number] => ({
  query: (item) => ({ [param]: String(item[name]) }),
  holds: (item, query) => String(item[name]) === query[param],
});
const within = (...names: readonly string[]) => ({
  q: (item: Item) => String(item[names[0] ?? '']),
  holds: (item: Item, q: string) =>
    names.some((name) => String(item[name]).toLowerCase().includes(q.toLowerCase())),
});

const LISTS: readonly List[] = [
  {
    path: '/rentals',
    key: text('rentalId'),
    sorts: {
      made: field('preparedAt'),
      started: field('startedAt'),
      due: field('dueAt'),
      closed: field('closedAt'),
    },
    first: 'desc',
    find: within('rentalId'),
    filters: [
      by('status'),
      by('siteId'),
      by('titleId'),
      by('memberId'),
      by('kioskId'),
      {
        query: () => ({ open: 'true' }),
        holds: ({ status }) => ['active', 'returning', 'held'].includes(String(status)),
      },
      { query: () => ({ needsStaff: 'true' }), holds: ({ needsStaff }) => needsStaff === true },
    ],
    wrong: [{ status: 'gone' }, { open: 'perhaps' }, { siteId: 'no-shop' }],
  },
  {
    path: '/reservations',
    key: text('reservationId'),
    sorts: { requested: field('requestedAt') },
    first: 'asc',
    filters: [by('state'), by('titleId')],
    wrong: [{ state: 'expired' }],
  },
  {
    path: '/ratings',
    key: text('rentalId'),
    sorts: { at: field('at'), stars: field('stars') },
    first: 'desc',
    filters: [by('stars'), by('titleId')],
    wrong: [{ stars: '6' }, { stars: 'many' }],
  },
  {
    path: '/terminals',
    key: text('terminalId'),
    sorts: { name: field('name'), number: field('terminalId'), contact: field('lastContactAt') },
    first: 'asc',
    find: within('terminalId', 'name', 'siteName'),
    filters: [
      by('role'),
      by('siteId'),
      by('state'),
      by('online'),
      { query: () => ({ alerts: 'true' }), holds: ({ openAlerts }) => Number(openAlerts) > 0 },
    ],
    wrong: [{ role: 'till' }, { online: 'yes' }, { alerts: 'false' }],
  },
  {
    path: '/alerts',
    key: text('alertId'),
    sorts: { raised: field('raisedAt'), last: field('lastAt'), times: field('count') },
    first: 'desc',
    find: within('message', 'code', 'subject'),
    filters: [
      by('severity'),
      { query: () => ({ state: 'open' }), holds: ({ clearedAt }) => clearedAt === null },
    ],
    wrong: [{ severity: 'loud' }, { state: 'closed' }],
  },
  {
    path: '/dead-letters',
    key: text('deadLetterId'),
    sorts: { came: field('createdAt') },
    first: 'desc',
    find: within('terminalId', 'message', 'cause'),
    filters: [by('terminalId'), { query: () => ({ state: 'open' }), holds: () => true }],
    wrong: [{ state: 'lost' }],
  },
  {
    path: '/controllers',
    key: text('fingerprint'),
    sorts: { issued: field('issuedAt') },
    first: 'desc',
    find: within('mediumId', 'terminalId'),
    filters: [{ query: () => ({ state: 'good' }), holds: ({ revokedAt }) => revokedAt === null }],
    wrong: [{ state: 'bad' }],
  },
  {
    path: '/members',
    key: text('memberId'),
    sorts: { since: field('memberId'), name: field('displayName'), number: field('number') },
    first: 'desc',
    find: { ...within('displayName', 'number'), q: text('number') },
    filters: [by('state'), by('siteId')],
    wrong: [{ state: 'asleep' }],
  },
  {
    path: '/players',
    key: text('playerId'),
    sorts: { seen: field('seenAt') },
    first: 'desc',
    find: within('memberName', 'playerId'),
    filters: [{ query: () => ({ state: 'good' }), holds: ({ revokedAt }) => revokedAt === null }],
    wrong: [{ state: 'bad' }],
  },
  {
    path: '/audit',
    key: text('sequence'),
    sorts: { number: field('sequence') },
    first: 'desc',
    find: within('subject', 'action', 'actor'),
    filters: [by('actor')],
    wrong: [{ limit: '0' }],
  },
  {
    path: '/ledger/entries',
    key: (item) => `${item.transferId} ${item.accountId} ${item.amount}`,
    sorts: { booked: field('bookedAt'), at: field('at') },
    first: 'desc',
    find: within('rentalId'),
    filters: [by('accountId', 'account'), by('memberId'), by('rentalId')],
    wrong: [{ rentalId: 'no-rental' }],
  },
  {
    path: '/titles',
    key: text('titleId'),
    sorts: {
      release: field('releaseAt'),
      year: field('year'),
      rented: field('rentals30d'),
      queue: field('queue'),
    },
    first: 'desc',
    find: { q: (item) => (item.name as { en: string }).en, holds: () => true },
    filters: [
      by('kind'),
      { query: () => ({ withdrawn: 'false' }), holds: ({ withdrawn }) => withdrawn === false },
    ],
    wrong: [{ kind: 'smell' }, { withdrawn: 'maybe' }, { language: 'fr' }],
  },
];

/** Values in order, absent ones together at the end that the database gives them. */
function inOrder(values: readonly unknown[], dir: 'asc' | 'desc'): boolean {
  const there = values.filter((value) => value !== null && value !== undefined) as (string | number)[];
  const gap = dir === 'asc' ? values.slice(0, there.length) : values.slice(values.length - there.length);
  const ordered = there.every(
    (value, at) =>
      at === 0 || (dir === 'asc' ? (there[at - 1] ?? value) <= value : (there[at - 1] ?? value) >= value),
  );
  return ordered && gap.every((value) => value !== null && value !== undefined);
}

describe.each(LISTS.map((list) => [list.path, list] as const))('the list %s over HTTP', (path, list) => {
  const all = async () => (await page(path, { limit: '200' })).items;

  it('SCR-4: is in each of its orders, both ways; walked by cursor, each row comes once and none is missing', async () => {
    const [usual] = Object.keys(list.sorts);
    const expected = (await all()).map(list.key);
    expect(expected.length).toBeGreaterThan(0);
    for (const [sort, value] of Object.entries(list.sorts))
      for (const dir of ['asc', 'desc'] as const) {
        const { items, total } = await page(path, { sort, dir, limit: '200' });
        expect(inOrder(items.map(value), dir), `${sort} ${dir}`).toBe(true);
        if (sort === usual && dir === list.first) expect(items.map(list.key)).toEqual(expected);
        expect(total).not.toBeNull();
        const limit = String(Math.max(1, Math.ceil(items.length / 3)));
        const walked: string[] = [];
        let query: Record<string, string> = { sort, dir, limit };
        for (;;) {
          const part = await page(path, query);
          walked.push(...part.items.map(list.key));
          if (part.next === null || walked.length >= items.length) break;
          // The cursor carries its order: nobody has to say it again.
          query = { cursor: part.next, limit };
        }
        expect(walked.slice(0, items.length)).toEqual(items.map(list.key));
      }
  });

  it('SCR-4: finds and filters what is asked for, and nothing else', async () => {
    const items = await all();
    const { find } = list;
    if (find !== undefined) {
      const sample = items.find((item) => !['null', 'undefined', ''].includes(find.q(item)));
      expect(sample).toBeDefined();
      const q = find.q(sample as Item).slice(0, 40);
      const found = (await page(path, { q, limit: '200' })).items;
      expect(found.map(list.key)).toContain(list.key(sample as Item));
      expect(found.filter((item) => !find.holds(item, q))).toEqual([]);
      expect((await page(path, { q: 'nothing is called so' })).items).toEqual([]);
    }
    for (const { query, holds } of list.filters) {
      const sample = items.find((item) => Object.values(query(item)).every((one) => one !== 'null'));
      const asked = query(sample as Item);
      const found = (await page(path, { ...asked, limit: '200' })).items;
      const wrong = found.filter((item) => !holds(item, asked));
      expect(wrong, JSON.stringify(asked)).toEqual([]);
      const keys = found.map(list.key);
      const missing = items.filter((item) => holds(item, asked) && !keys.includes(list.key(item)));
      if (found.length < 200) expect(missing, JSON.stringify(asked)).toEqual([]);
    }
  });

  it('SCR-4: refuses wrong orders, cursors and filters with one stable code', async () => {
    const foreign = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const wrong: readonly Readonly<Record<string, string>>[] = [
      ...list.wrong,
      { sort: 'colour' },
      { sort: 'constructor' },
      { dir: 'sideways' },
      { limit: '0' },
      { limit: '1000000' },
      { q: 'x'.repeat(101) },
      { cursor: 'not a cursor' },
      { cursor: foreign({}) },
      { cursor: foreign(['colour', 'asc', 1, 'x']) },
      { cursor: foreign([Object.keys(list.sorts)[0], 'asc', { $gt: 1 }, 'x']) },
      { cursor: foreign([Object.keys(list.sorts)[0], 'asc', 1, ['x']]) },
    ];
    for (const query of wrong) {
      const answer = await ask(path, query);
      const body = (await answer.json()) as { code?: string };
      expect([answer.status, body.code], JSON.stringify(query)).toEqual([400, 'request_malformed']);
    }
  });
});

it('SCR-4: find gives a handful of each kind, by name and by number, and refuses nothing and too much', async () => {
  const [member] = (await page('/members', { limit: '1' })).items;
  const [terminal] = (await page('/terminals', { limit: '1' })).items;
  for (const [q, kind, id] of [
    [member?.number, 'member', member?.memberId],
    [terminal?.terminalId, 'terminal', terminal?.terminalId],
    [hub.ids.rental, 'rental', hub.ids.rental],
  ] as const) {
    const { items } = await page('/find', { q: String(q) });
    expect(items).toContainEqual(expect.objectContaining({ kind, id }));
  }
  const { items } = await page('/find', { q: 'e' });
  for (const kind of ['member', 'rental', 'terminal', 'title', 'site'])
    expect(items.filter((item) => item.kind === kind).length).toBeLessThanOrEqual(5);
  for (const q of ['', ' ', 'x'.repeat(61)]) {
    const answer = await ask('/find', { q });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      400,
      'request_malformed',
    ]);
  }
});

it('SCR-5: whoever reads Japanese or German reads the names of titles in it, wherever they stand', async () => {
  const { rental, member, title } = hub.ids;
  const name = (await hub.stores.titles.list({ titleId: title as TitleId }, { limit: 1 }))[0]?.name;
  const names = { en: name?.en ?? '', ja: name?.ja ?? '', de: name?.de ?? name?.en ?? '' };
  expect(names.ja).not.toBe(names.en);
  const places: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    '/rentals': { titleId: title },
    [`/rentals/${rental}`]: {},
    '/reservations': { titleId: title },
    '/ratings': { titleId: title },
    '/find': { q: names.en },
    '/reports': { from: '2026-01-01', to: '2026-06-05', by: 'title' },
  };
  const speaking = async (path: string, language: string) =>
    JSON.stringify(await (await ask(path, places[path], language)).json());
  for (const path of Object.keys(places))
    for (const [language, expected] of Object.entries(names))
      expect(await speaking(path, `${language}-XX,en;q=0.5`), `${path} ${language}`).toContain(
        JSON.stringify(expected),
      );
  const all = await (await ask(`/members/${member}`, {}, 'ja')).json();
  const shown = (all as { rentals: readonly { titleName: string; titleId: string }[] }).rentals[0];
  const theirs = (await hub.stores.titles.list({ titleId: shown?.titleId as TitleId }, { limit: 1 }))[0];
  expect(shown?.titleName).toBe(theirs?.name.ja ?? theirs?.name.en);
});

it('FLT-1, SCR-4: who watches terminals is sent the rows that changed, once; who does not is told the part alone', async () => {
  const cookie = `${hub.cookie.name}=${hub.cookie.value}`;
  const listen = async (path: string) => {
    const gone = new AbortController();
    const answer = await fetch(`${hub.address}/api/v1${path}`, { headers: { cookie }, signal: gone.signal });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let heard = '';
    return {
      until: async (sign: string): Promise<string> => {
        while (!heard.includes(sign)) heard += (await reader?.read())?.value ?? '';
        return heard;
      },
      stop: () => gone.abort(),
    };
  };
  const watcher = await listen('/live?terminals=yes');
  const other = await listen('/live');
  await Promise.all([watcher.until('event: hello'), other.until('event: hello')]);
  const terminalId = 'kiosk-window' as TerminalId;
  await hub.stores.terminals.patch({ terminalId }, { lastContactAt: epochMs(NOW + 500) });
  for (let beat = 0; beat < 3; beat += 1) await hub.goOn(1000);
  const heard = await watcher.until('event: terminals');
  const news = JSON.parse(/event: terminals\ndata: (.*)/.exec(heard)?.[1] ?? '{}') as Page;
  expect(news.items.map(({ terminalId }) => terminalId)).toContain('kiosk-window');
  expect(await other.until('event: changed')).not.toContain('event: terminals');
  expect(/event: changed\ndata: (.*)/.exec(await other.until('"fleet"'))?.[1]).toContain('fleet');
  watcher.stop();
  other.stop();
});
