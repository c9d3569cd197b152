import type * as rows from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { together } from '#hub/ports/together.ts';
import type { SiteId, TitleId } from '#shared/kernel/ids.ts';
import { loadedAlerts } from './loaded-alerts.ts';
import { LoadedLedger } from './loaded-ledger.ts';
import { LoadedTable } from './loaded-table.ts';
import { type Coming, needsOf } from './needs.ts';

export interface GroupStores {
  /** The same stores, over the loaded rows. */
  readonly stores: Stores;
  /** Loads what these events will ask for: a statement a table, in two rounds. */
  load(events: readonly Coming[]): Promise<void>;
  /** Writes everything that changed, a statement or two a table. Throws where something was not as foretold. */
  flush(): Promise<void>;
}

const LIVING = ['waiting', 'paused', 'ready'] as const;
const WIDE = ['erasure', 'reports', 'figures', 'inbox', 'terminalHistory'] as const;

/** `stores` with the rows of a group of events loaded at once, for as long as its transaction holds. `passed` hears each call that had to go to the database by itself. */
export function groupStores(stores: Stores, passed: (call: string) => void): GroupStores {
  const heard = (name: string) => (call: string) => passed(`${name}.${call}`);
  const of = <Row extends object, Key extends keyof Row & string>(
    name: keyof Stores & string,
    keys: readonly Key[],
    how: ConstructorParameters<typeof LoadedTable<Row, Key>>[3] = {},
  ) => new LoadedTable<Row, Key>(stores[name] as never, keys, heard(name), how);
  const tables = {
    rentals: of<rows.RentalRow, 'rentalId'>('rentals', ['rentalId']),
    returns: of<rows.ReturnRow, 'returnId'>('returns', ['returnId'], { lookups: [{ by: ['rentalId'] }] }),
    quotes: of<rows.QuoteRow, 'returnId'>('quotes', ['returnId']),
    receipts: of<rows.ReceiptRow, 'receiptId'>('receipts', ['receiptId'], {
      lookups: [{ by: ['nonce'] }, { by: ['terminalId', 'counter'] }],
    }),
    timeline: of<rows.TimelineEntryRow, 'entryId'>('timeline', ['entryId'], { fresh: true }),
    ratings: of<rows.RatingRow, 'rentalId'>('ratings', ['rentalId']),
    reservations: of<rows.ReservationRow, 'reservationId'>('reservations', ['reservationId'], {
      lookups: [{ by: ['titleId'], within: { state: LIVING } }],
    }),
    members: of<rows.MemberRow, 'memberId'>('members', ['memberId'], { lookups: [{ by: ['token'] }] }),
    media: of<rows.MediumRow, 'mediumId'>('media', ['mediumId']),
    sites: of<rows.SiteRow, 'siteId'>('sites', ['siteId']),
    tariffs: of<rows.TariffRow, 'tariffId' | 'version'>('tariffs', ['tariffId', 'version']),
    titles: of<rows.TitleRow, 'titleId'>('titles', ['titleId']),
    certificates: of<rows.CertificateRow, 'fingerprint'>('certificates', ['fingerprint']),
  };
  const terminals = of<rows.TerminalRow, 'terminalId'>('terminals', ['terminalId']);
  const alerts = loadedAlerts(stores.alerts, heard('alerts'));
  const ledger = new LoadedLedger(stores.ledger, heard('ledger'));
  const all = [...Object.values(tables), terminals];

  const flush = async (): Promise<void> => {
    await together([...all, ledger, alerts].map((each) => each.flush()));
  };
  const load = async (events: readonly Coming[]): Promise<void> => {
    const needs = needsOf(events);
    const rentalIds = [...needs.rentals].map((rentalId) => ({ rentalId }));
    const returnIds = [...needs.returns].map((returnId) => ({ returnId }));
    const [rentals, , , kiosks, queued] = await together([
      tables.rentals.loadKeys(rentalIds, 'for update'),
      tables.returns.loadKeys(returnIds, 'for update'),
      tables.returns.loadAll(rentalIds),
      terminals.loadKeys([...needs.terminals].map((terminalId) => ({ terminalId }))),
      tables.reservations.loadKeys(
        [...needs.queued].map((reservationId) => ({ reservationId })),
        'for update',
      ),
      tables.quotes.loadKeys(returnIds),
      tables.members.loadAll([...needs.tokens].map((token) => ({ token }))),
      tables.certificates.loadKeys([...needs.certificates].map((fingerprint) => ({ fingerprint }))),
      tables.tariffs.loadKeys([...needs.tariffs.values()] as rows.TariffRow[]),
      tables.ratings.loadKeys([...needs.ratings].map((rentalId) => ({ rentalId }))),
      tables.receipts.loadKeys([...needs.receipts].map((receiptId) => ({ receiptId }))),
      tables.receipts.loadAll([...needs.nonces].map((nonce) => ({ nonce }))),
      tables.receipts.loadAll(needs.places),
      ledger.loadRentals([...needs.rentals]),
      ledger.loadReservations([...needs.reservations]),
      alerts.load([...needs.unreported].map((subject) => ({ code: 'return_unreported', subject }))),
    ]);
    const titleIds = new Set<TitleId>([
      ...needs.titles,
      ...[...rentals, ...queued].map(({ titleId }) => titleId),
    ]);
    const siteIds = new Set([...rentals, ...kiosks].map(({ siteId }) => siteId));
    const mediumIds = new Set([...needs.media, ...rentals.map((rental) => rental.mediumId)]);
    const wanted = new Set([...needs.wanted, ...queued.map((place) => place.titleId)]);
    // Whoever gives a place up may have asked for it at a return (RET-5).
    const askedAt = new Set(queued.map((place) => place.rentalId).filter((id) => id !== null));
    await together([
      tables.returns.loadAll(
        [...askedAt].filter((id) => !needs.rentals.has(id)).map((rentalId) => ({ rentalId })),
      ),
      tables.titles.loadKeys([...wanted].map((titleId) => ({ titleId }))),
      tables.reservations.loadAll([...titleIds].map((titleId) => ({ titleId }))),
      tables.sites.loadKeys(
        [...siteIds].filter((id): id is SiteId => id !== null).map((siteId) => ({ siteId })),
      ),
      tables.media.loadKeys([...mediumIds].map((mediumId) => ({ mediumId }))),
    ]);
  };
  /** Stores that read many tables see them as they would be. */
  const afterFlush = <Store extends object>(name: string, store: Store): Store =>
    new Proxy(store, {
      get(target, call) {
        const method: unknown = Reflect.get(target, call);
        if (typeof method !== 'function') return method;
        return async (...given: unknown[]) => {
          heard(name)(String(call));
          await flush();
          for (const table of all) await table.forget();
          return method.apply(target, given);
        };
      },
    });
  const wide = Object.fromEntries(WIDE.map((name) => [name, afterFlush(name, stores[name])]));
  const hear: Stores['terminals']['hear'] = async (beats) => {
    await terminals.forget();
    return stores.terminals.hear(beats);
  };
  return {
    stores: {
      ...stores,
      ...wide,
      ...tables,
      terminals: Object.assign(terminals, { hear }),
      alerts: alerts.store,
      ledger,
    },
    load,
    flush,
  };
}

export type { Coming } from './needs.ts';
