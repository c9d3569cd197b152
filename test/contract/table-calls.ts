import fc from 'fast-check';
import type { ReservationRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { Condition, Match, PageAsk } from '#hub/ports/table.ts';
import type { ReservationId, SiteId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { id, MEMBER, START, TITLE } from './hub-world.ts';

/** A row with a value in every kind of column that may be absent. */
export const reservation = (change: Partial<ReservationRow> = {}): ReservationRow => ({
  reservationId: id<ReservationId>(),
  titleId: TITLE,
  memberId: MEMBER,
  siteId: null,
  rentalId: null,
  requestedBy: null,
  state: 'waiting',
  requestedAt: START,
  readyAt: null,
  readyUntil: null,
  endedAt: null,
  rewarded: false,
  ...change,
});

/** One call on a table, made of small values so that calls meet the same rows. */
export type TableCall =
  | { readonly call: 'insert' | 'put'; readonly row: ReservationRow }
  | { readonly call: 'patch'; readonly key: ReservationId; readonly change: Partial<ReservationRow> }
  | {
      readonly call: 'patchWhere';
      readonly match: Match<ReservationRow>;
      readonly change: Partial<ReservationRow>;
    }
  | { readonly call: 'removeWhere' | 'count'; readonly match: Match<ReservationRow> }
  | {
      readonly call: 'list';
      readonly match: Match<ReservationRow>;
      readonly by: keyof ReservationRow;
      readonly descending: boolean;
      readonly limit: number;
      readonly offset: number;
    }
  | {
      readonly call: 'page';
      readonly match: Match<ReservationRow>;
      readonly anyOf: readonly Match<ReservationRow>[];
      readonly by: keyof ReservationRow & string;
      readonly descending: boolean;
      readonly limit: number;
    };

const KEYS = ['r-1', 'r-2', 'r-3', 'r-4', 'r-5', 'r-6'] as ReservationId[];
const key = fc.constantFrom(...KEYS);
const time = fc.constantFrom(0, 1, 2, 3).map(epochMs);
const siteId = fc.constantFrom<SiteId | null>(
  ...(['a', 'B', 'b', '-', 'é', '\uffee', '😀', ''] as SiteId[]),
  null,
);
const fields = {
  siteId,
  state: fc.constantFrom<ReservationRow['state']>('waiting', 'ready', 'expired'),
  requestedAt: time,
  readyAt: fc.option(time),
  rewarded: fc.boolean(),
};
const change = fc
  .record(fields, { requiredKeys: [] })
  .filter((made) => Object.keys(made).length > 0) as fc.Arbitrary<Partial<ReservationRow>>;
const conditionOn = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Condition<T>> =>
  fc.oneof(
    value,
    fc.array(value, { maxLength: 3 }).map((some) => some.filter((one) => one !== null)),
    value.map((not) => ({ not })),
  );
const range = fc
  .record({ lt: time, lte: time, gt: time, gte: time }, { requiredKeys: [] })
  .filter((made) => Object.keys(made).length > 0);
const conditions = {
  siteId: conditionOn(siteId),
  state: conditionOn(fields.state),
  requestedAt: fc.oneof(conditionOn(time), range),
  readyAt: fc.oneof(conditionOn(fields.readyAt), range),
  rewarded: fields.rewarded,
};
/** Often everything or one condition: what many conditions leave is mostly nothing. */
const match = fc.oneof(
  fc.constant({}),
  ...Object.entries(conditions).map(([name, condition]) =>
    (condition as fc.Arbitrary<unknown>).map((made) => ({ [name]: made })),
  ),
  fc.record(conditions, { requiredKeys: [] }),
) as fc.Arbitrary<Match<ReservationRow>>;
const sought = fc.constantFrom<Match<ReservationRow>>(
  { siteId: { contains: 'B' } },
  { siteId: { begins: 'b' } },
  { reservationId: { contains: 'R-' } },
  { reservationId: { begins: 'r_' } },
);
const row = fc
  .record({ ...fields, reservationId: key })
  .map((made) => reservation(made as Partial<ReservationRow>));

export const tableCall: fc.Arbitrary<TableCall> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ call: fc.constantFrom('insert' as const, 'put' as const), row }) },
  { weight: 2, arbitrary: fc.record({ call: fc.constant('patch' as const), key, change }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('patchWhere' as const), match, change }) },
  {
    weight: 1,
    arbitrary: fc.record({ call: fc.constantFrom('removeWhere' as const, 'count' as const), match }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      call: fc.constant('list' as const),
      match,
      by: fc.constantFrom('siteId' as const, 'requestedAt' as const, 'readyAt' as const, 'state' as const),
      descending: fc.boolean(),
      limit: fc.integer({ min: 1, max: 7 }),
      offset: fc.integer({ min: 0, max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constant('page' as const),
      match,
      anyOf: fc.array(fc.oneof(match, sought), { maxLength: 2 }),
      by: fc.constantFrom(
        'siteId' as const,
        'requestedAt' as const,
        'readyAt' as const,
        'reservationId' as const,
      ),
      descending: fc.boolean(),
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
);

/** The whole list, read page by page. */
export async function allPages(
  { reservations }: Stores,
  match: Match<ReservationRow>,
  ask: Omit<PageAsk<ReservationRow>, 'after'>,
  between: (page: number) => Promise<unknown> = async () => undefined,
): Promise<readonly ReservationRow[]> {
  const found: ReservationRow[] = [];
  let after: PageAsk<ReservationRow>['after'] = null;
  for (let page = 0; ; page += 1) {
    const rows = await reservations.page(match, { ...ask, after });
    found.push(...rows);
    const last = rows.at(-1);
    if (last === undefined || rows.length < ask.limit) return found;
    after = { value: last[ask.by] as string | number | null, key: last.reservationId };
    await between(page);
  }
}

/** Makes the call; its answer as plain data. */
export async function answerOf(stores: Stores, made: TableCall): Promise<unknown> {
  const { reservations } = stores;
  switch (made.call) {
    case 'insert':
      return reservations.insert(made.row);
    case 'put':
      return reservations.put(made.row);
    case 'patch':
      return reservations.patch({ reservationId: made.key }, made.change);
    case 'patchWhere':
      return reservations.patchWhere(made.match, made.change);
    case 'removeWhere':
      return reservations.removeWhere(made.match);
    case 'count':
      return reservations.count(made.match);
    case 'page': {
      const { match, anyOf, by, descending, limit } = made;
      const counted = await reservations.countUpTo(match, anyOf, limit);
      return [counted, await allPages(stores, match, { by, descending, limit, anyOf })];
    }
    case 'list': {
      const { by, descending, limit, offset } = made;
      return reservations.list(made.match, {
        orderBy: [by, 'reservationId'],
        descending,
        limit,
        offset,
      });
    }
  }
}
