import * as schema from '#hub/db/schema/index.ts';
import type { FigureAsk, FigurePlace, FigureStore } from '#hub/ports/figure-store.ts';
import { compare } from '#hub/ports/match.ts';
import type * as rows from '#hub/ports/rows/index.ts';
import type { RentalId, SiteId } from '#shared/kernel/ids.ts';
import type { Heaps } from './heaps.ts';

/** Figures in memory. */
export function memoryFigures(heaps: Heaps): FigureStore {
  const all = <Row>(table: Parameters<Heaps>[0], match = {}): readonly Row[] =>
    heaps(table).select(match) as unknown as Row[];
  const rentals = () => all<rows.RentalRow>(schema.rentals);
  const rentalOf = (rentalId: RentalId | null): rows.RentalRow | null =>
    rentalId === null ? null : (heaps(schema.rentals).find({ rentalId }) as unknown as rows.RentalRow | null);
  const returnedAt = (rentalId: RentalId): string | null =>
    all<rows.ReturnRow>(schema.returns, { rentalId, state: 'destroyed' }).toSorted(
      (a, b) => (a.destroyedAt ?? 0) - (b.destroyedAt ?? 0) || compare(a.returnId, b.returnId),
    )[0]?.terminalId ?? null;
  const subjectOf = (ask: FigureAsk, rental: rows.RentalRow | null, terminal: string | null) =>
    ask.subject === 'title' ? (rental?.titleId ?? null) : ask.subject === 'terminal' ? terminal : null;
  const fits = (ask: FigureAsk, rental: rows.RentalRow | null) =>
    ask.titleId === null || rental?.titleId === ask.titleId;
  const asked = (ask: FigureAsk, siteId: SiteId | null) => siteId !== null && ask.siteIds.includes(siteId);
  /** Booked entries of these kinds, each with its transfer, account and rental. */
  function* booked(ask: FigureAsk, kinds: readonly string[]) {
    for (const transfer of all<rows.TransferRow>(schema.transfers)) {
      const stretch = stretchOf(transfer.at, ask.edges);
      if (stretch === null || transfer.phase === 'pending') continue;
      const rental = rentalOf(transfer.rentalId);
      if (!fits(ask, rental)) continue;
      for (const entry of all<rows.EntryRow>(schema.entries, { transferId: transfer.transferId })) {
        const account = heaps(schema.accounts).find({ accountId: entry.accountId });
        if (account !== null && kinds.includes(String(account.kind)))
          yield { transfer, rental, entry, stretch, kind: String(account.kind), owner: account.ownerId };
      }
    }
  }

  return {
    async rentals(ask) {
      const sums = summing({ rentals: 0 });
      for (const rental of rentals()) {
        const stretch = stretchOf(rental.startedAt, ask.edges);
        if (stretch === null || !asked(ask, rental.siteId) || !fits(ask, rental)) continue;
        const subjectId = subjectOf(ask, rental, rental.kioskId);
        sums.at({ siteId: rental.siteId, stretch, subjectId }).rentals += 1;
      }
      return sums.all();
    },
    async returns(ask) {
      const sums = summing({ returns: 0, late: 0 });
      for (const rental of rentals()) {
        const { closedAt, dueAt, siteId, status } = rental;
        const stretch = stretchOf(closedAt, ask.edges);
        if (stretch === null || status !== 'closed' || !asked(ask, siteId) || !fits(ask, rental)) continue;
        const subjectId = subjectOf(ask, rental, returnedAt(rental.rentalId));
        const sum = sums.at({ siteId, stretch, subjectId });
        sum.returns += 1;
        if (closedAt !== null && dueAt !== null && closedAt > dueAt) sum.late += 1;
      }
      return sums.all();
    },
    async money(ask) {
      const sums = summing({ net: 0, tax: 0 });
      for (const { entry, rental, stretch, kind, owner } of booked(ask, ['site_revenue', 'site_tax'])) {
        const siteId = owner as SiteId;
        if (!asked(ask, siteId)) continue;
        const subjectId = subjectOf(ask, rental, rental?.kioskId ?? null);
        const sum = sums.at({ siteId, stretch, subjectId, unit: entry.unit });
        sum[kind === 'site_tax' ? 'tax' : 'net'] -= entry.amount;
      }
      return sums.all();
    },
    async points(ask) {
      const sums = summing({ given: 0, used: 0 });
      for (const { transfer, entry, rental, stretch } of booked(ask, ['member_points'])) {
        const siteId = transfer.siteId ?? rental?.siteId ?? null;
        if (!(asked(ask, siteId) || (siteId === null && ask.withoutShop))) continue;
        const subjectId = subjectOf(ask, rental, rental?.kioskId ?? null);
        const sum = sums.at({ siteId, stretch, subjectId });
        if (entry.amount < 0) sum.given -= entry.amount;
        else sum.used += entry.amount;
      }
      return sums.all();
    },
    async atTerminal(terminalId, edges) {
      const sums = summing({ rentals: 0, returns: 0 });
      const place = (stretch: number) => ({ siteId: null, stretch, subjectId: null });
      for (const { kioskId, startedAt } of rentals()) {
        const stretch = stretchOf(startedAt, edges);
        if (stretch !== null && kioskId === terminalId) sums.at(place(stretch)).rentals += 1;
      }
      for (const { destroyedAt } of all<rows.ReturnRow>(schema.returns, { terminalId, state: 'destroyed' })) {
        const stretch = stretchOf(destroyedAt, edges);
        if (stretch !== null) sums.at(place(stretch)).returns += 1;
      }
      return sums.all().map(({ stretch, rentals: began, returns }) => ({ stretch, rentals: began, returns }));
    },
    async troubledTerminals() {
      const alarmed = new Set(
        all<rows.AlertRow>(schema.alerts, { clearedAt: null }).map(({ terminalId }) => terminalId),
      );
      return all<rows.TerminalRow>(schema.terminals, { state: 'active' }).filter(
        ({ terminalId, heartbeat }) =>
          alarmed.has(terminalId) || heartbeat?.drives.some(({ state }) => state === 'fault') === true,
      ).length;
    },
  };
}

function stretchOf(at: number | null, edges: readonly number[]): number | null {
  if (at === null || at >= (edges.at(-1) ?? 0)) return null;
  const found = edges.findLastIndex((edge) => edge <= at);
  return found === -1 ? null : found;
}

/** One sum for each place, answered in the order in which the database groups. */
function summing<Sum extends object, Place extends FigurePlace & { unit?: string }>(none: Sum) {
  const sums = new Map<string, Place & Sum>();
  return {
    at(place: Place): Sum {
      const key = JSON.stringify(place);
      const made = sums.get(key) ?? { ...place, ...none };
      sums.set(key, made);
      return made;
    },
    all: () =>
      [...sums.values()].toSorted(
        (a, b) =>
          ordered(a.siteId, b.siteId) ||
          a.stretch - b.stretch ||
          ordered(a.subjectId, b.subjectId) ||
          ordered(a.unit ?? null, b.unit ?? null),
      ) as (Place & Sum & { unit: string })[],
  };
}

/** Absent values last, as the database sorts them. */
const ordered = (a: string | null, b: string | null): number => {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return compare(a, b);
};
