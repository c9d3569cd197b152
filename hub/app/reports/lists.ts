import type { TitleSearch } from '#hub/app/catalogue/title-search.ts';
import type { LineMatch } from '#hub/ports/ledger.ts';
import type { MemberRow, RentalRow, TerminalRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { Match } from '#hub/ports/table.ts';
import type { MemberId, RentalId } from '#shared/kernel/ids.ts';
import type { Order } from './pages.ts';
import { type ReaderLanguage, titleNameIn } from './title-names.ts';

/** How the long lists are sorted: the first order is the one where nothing is asked. */
export const RENTAL_ORDERS = {
  made: { by: 'preparedAt', first: 'desc' },
  started: { by: 'startedAt', first: 'desc' },
  due: { by: 'dueAt', first: 'asc' },
  closed: { by: 'closedAt', first: 'desc' },
} as const satisfies Readonly<Record<string, Order<RentalRow>>>;
export const MEMBER_ORDERS = {
  since: { by: 'memberId', first: 'desc' },
  name: { by: 'displayName', first: 'asc' },
  number: { by: 'number', first: 'asc' },
} as const satisfies Readonly<Record<string, Order<MemberRow>>>;
export const TERMINAL_ORDERS = {
  name: { by: 'name', first: 'asc' },
  number: { by: 'terminalId', first: 'asc' },
  contact: { by: 'lastContactAt', first: 'desc' },
} as const satisfies Readonly<Record<string, Order<TerminalRow>>>;

const FEW_MEMBERS = 50;
const FEW_TITLES = 20;

/** Members by a name or number, newest first: as the list of members finds them (`membersSought`). */
export const findMembers = (
  stores: Pick<Stores, 'members'>,
  q: string,
  limit: number,
): Promise<readonly MemberRow[]> =>
  q === ''
    ? Promise.resolve([])
    : stores.members.page(
        {},
        { by: 'memberId', descending: true, after: null, limit, anyOf: membersSought(q) },
      );

/** Numbers that begin so: `g` comes after every digit of a number, in any order of letters. */
const numbersFrom = (q: string, least: number): { gte: RentalId; lt: RentalId } | null => {
  const number = q.toLowerCase();
  return number.length >= least && /^[0-9a-f-]{1,36}$/.test(number)
    ? { gte: number as RentalId, lt: `${number}g` as RentalId }
    : null;
};

/** Entries by what a person has in hand: a rental's number or its beginning, a member's name or number. */
export async function linesSought(stores: Stores, q: string): Promise<LineMatch['anyOf']> {
  if (q === '') return undefined;
  const members = await findMembers(stores, q, FEW_MEMBERS);
  const numbers = numbersFrom(q, 4);
  return [
    { memberId: members.map(({ memberId }) => memberId) },
    ...(numbers === null ? [] : [{ rentalId: numbers }]),
  ];
}

/** Rentals by what a person at the counter has in hand: a number or its beginning, a member's name or number, a title. */
export async function rentalsSought(
  stores: Stores,
  titleSearch: TitleSearch,
  q: string,
): Promise<readonly Match<RentalRow>[]> {
  if (q === '') return [];
  const members = await findMembers(stores, q, FEW_MEMBERS);
  const titles = await titleSearch.find(q, FEW_TITLES);
  const numbers = numbersFrom(q, 4);
  return [
    { memberId: members.map(({ memberId }) => memberId) },
    { titleId: titles.titleIds },
    ...(numbers === null ? [] : [{ rentalId: numbers }]),
  ];
}

export const membersSought = (q: string): readonly Match<MemberRow>[] =>
  q === '' ? [] : [{ number: { begins: q } }, { displayName: { contains: q } }];

export async function terminalsSought(stores: Stores, q: string): Promise<readonly Match<TerminalRow>[]> {
  if (q === '') return [];
  const sites = await stores.sites.list({ name: { contains: q } }, { limit: 1000 });
  return [
    { terminalId: { contains: q } },
    { name: { contains: q } },
    { siteId: sites.map(({ siteId }) => siteId) },
  ];
}

export interface Found {
  readonly kind: 'rental' | 'terminal' | 'member' | 'title' | 'site';
  readonly id: string;
  readonly name: string;
  readonly note: string;
}
const OF_EACH = 5;

/** A handful of each kind by a few letters of name or number, for the command bar. */
export async function findAnything(
  stores: Stores,
  titleSearch: TitleSearch,
  q: string,
  language: ReaderLanguage,
): Promise<readonly Found[]> {
  const page = { by: 'terminalId', descending: false, after: null, limit: OF_EACH } as const;
  const terminals = await stores.terminals.page({}, { ...page, anyOf: await terminalsSought(stores, q) });
  const members = await findMembers(stores, q, OF_EACH);
  const { titleIds } = await titleSearch.find(q, OF_EACH);
  const named = await stores.titles.list({ titleId: titleIds }, { limit: OF_EACH });
  const titles = titleIds.flatMap((titleId) => named.find((row) => row.titleId === titleId) ?? []);
  const sites = await stores.sites.list({ name: { contains: q } }, { orderBy: ['name'], limit: OF_EACH });
  const rentals = await rentalsOf(stores, q, members);
  const titleName = new Map(
    (await stores.titles.list({ titleId: rentals.map(({ titleId }) => titleId) }, { limit: 100 })).map(
      ({ titleId, name }) => [titleId, titleNameIn(name, language)],
    ),
  );
  return [
    ...members.map((row) => ({
      kind: 'member' as const,
      id: row.memberId,
      name: row.displayName,
      note: row.number,
    })),
    ...rentals.map((row) => ({
      kind: 'rental' as const,
      id: row.rentalId,
      name: titleName.get(row.titleId) ?? row.rentalId,
      note: row.status,
    })),
    ...terminals.map((row) => ({
      kind: 'terminal' as const,
      id: row.terminalId,
      name: row.name,
      note: row.terminalId,
    })),
    ...titles.map((row) => ({
      kind: 'title' as const,
      id: row.titleId,
      name: titleNameIn(row.name, language),
      note: String(row.year),
    })),
    ...sites.map((row) => ({ kind: 'site' as const, id: row.siteId, name: row.name, note: '' })),
  ];
}

/** By number; else what the members found have open, since that is what somebody asks about at the counter. */
async function rentalsOf(
  stores: Stores,
  q: string,
  members: readonly { readonly memberId: MemberId }[],
): Promise<readonly RentalRow[]> {
  const page = { by: 'preparedAt', descending: true, after: null, limit: OF_EACH } as const;
  const numbers = numbersFrom(q, 6);
  if (numbers !== null) return stores.rentals.page({ rentalId: numbers }, page);
  const memberId = members.map((one) => one.memberId);
  if (memberId.length === 0) return [];
  return stores.rentals.page({ memberId, status: ['active', 'returning', 'held'] }, page);
}
