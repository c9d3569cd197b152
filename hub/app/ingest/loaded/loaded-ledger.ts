import type { LedgerStore, PostResult, TransferDraft } from '#hub/ports/ledger.ts';
import type { EntryRow, TransferRow } from '#hub/ports/rows/index.ts';
import { together } from '#hub/ports/together.ts';
import type { RentalId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { Surprise } from './loaded-table.ts';

interface Reservation {
  readonly transfer: TransferRow | null;
  readonly entries: readonly EntryRow[];
  readonly resolution: TransferRow | null;
}

/**
 * A ledger of which the transfers of some rentals are known by id: what is posted for them first is collected and posted together with `flush`. Whatever
 * cannot be foretold (corrections, a transfer that is there already) is posted at once, after what was collected.
 */
export class LoadedLedger implements LedgerStore {
  readonly #ledger: LedgerStore;
  readonly #passed: (call: string) => void;
  readonly #complete = new Set<RentalId>();
  readonly #taken = new Set<string>();
  readonly #reservations = new Map<string, Reservation>();
  #collected: TransferDraft[] = [];
  #bookedAt: EpochMs | null = null;

  constructor(ledger: LedgerStore, passed: (call: string) => void) {
    this.#ledger = ledger;
    this.#passed = passed;
  }

  async loadRentals(rentalIds: readonly RentalId[]): Promise<void> {
    if (rentalIds.length === 0) return;
    for (const transferId of await this.#ledger.transfersOf(rentalIds)) this.#taken.add(transferId);
    for (const rentalId of rentalIds) this.#complete.add(rentalId);
  }

  /** Reservations that events of the group may take. */
  async loadReservations(transferIds: readonly string[]): Promise<void> {
    if (transferIds.length === 0) return;
    const [contents, resolutions] = await together([
      this.#ledger.contents(transferIds),
      this.#ledger.resolutionsOf(transferIds),
    ]);
    const found = new Map(contents.map((each) => [each.transfer.transferId, each]));
    const resolved = new Map(resolutions.map((each) => [each.pendingId, each]));
    for (const transferId of transferIds)
      this.#reservations.set(transferId, {
        transfer: found.get(transferId)?.transfer ?? null,
        entries: found.get(transferId)?.entries ?? [],
        resolution: resolved.get(transferId) ?? null,
      });
  }

  /** Posts what was collected. Throws a `Surprise` where one of them was not new. */
  async flush(): Promise<void> {
    if (this.#collected.length === 0 || this.#bookedAt === null) return;
    const drafts = this.#collected;
    this.#collected = [];
    const results = await this.#ledger.post(drafts, this.#bookedAt);
    const other = results.findIndex((result) => result !== 'created');
    if (other !== -1) throw new Surprise(`posting ${drafts[other]?.transferId} answered ${results[other]}`);
  }

  async post(drafts: readonly TransferDraft[], bookedAt: EpochMs): Promise<readonly PostResult[]> {
    const ids = new Set(drafts.map((draft) => draft.transferId));
    const sameTime = this.#bookedAt === null || this.#bookedAt === bookedAt;
    if (sameTime && ids.size === drafts.length && drafts.every((draft) => this.#isForetold(draft))) {
      this.#bookedAt = bookedAt;
      this.#collected.push(...drafts);
      for (const id of ids) this.#taken.add(id);
      this.#resolve(drafts);
      return drafts.map(() => 'created');
    }
    const ledger = await this.#itself('post');
    for (const id of ids) this.#taken.add(id);
    this.#resolve(drafts);
    return ledger.post(drafts, bookedAt);
  }

  /** A first booking of a rental whose transfers are known, or one that takes a reservation which is open. */
  #isForetold(draft: TransferDraft): boolean {
    const { rentalId, transferId } = draft;
    if (rentalId === null || !this.#complete.has(rentalId) || this.#taken.has(transferId)) return false;
    if (draft.phase === 'single') return draft.correctsId === null;
    if (draft.phase !== 'posted') return false;
    const reserved = this.#reservations.get(draft.pendingId);
    return reserved?.transfer?.phase === 'pending' && reserved.resolution === null;
  }
  /** What these drafts do to reservations is the ledger's own to tell. */
  #resolve(drafts: readonly TransferDraft[]): void {
    for (const draft of drafts) {
      this.#reservations.delete(draft.transferId);
      if ('pendingId' in draft) this.#reservations.delete(draft.pendingId);
    }
  }

  async transfer(transferId: string): Promise<TransferRow | null> {
    const known = this.#reservations.get(transferId);
    return known !== undefined ? known.transfer : (await this.#itself('transfer')).transfer(transferId);
  }
  async entriesOf(transferId: string): Promise<readonly EntryRow[]> {
    const known = this.#reservations.get(transferId);
    return known !== undefined ? known.entries : (await this.#itself('entriesOf')).entriesOf(transferId);
  }
  async resolutionOf(pendingId: string): Promise<TransferRow | null> {
    const known = this.#reservations.get(pendingId);
    return known !== undefined
      ? known.resolution
      : (await this.#itself('resolutionOf')).resolutionOf(pendingId);
  }

  lockAccount: LedgerStore['lockAccount'] = async (account) => {
    this.#passed('lockAccount');
    await this.#ledger.lockAccount(account);
  };
  balances: LedgerStore['balances'] = async (ids) => (await this.#itself('balances')).balances(ids);
  contents: LedgerStore['contents'] = async (ids) => (await this.#itself('contents')).contents(ids);
  countTransfers: LedgerStore['countTransfers'] = async () =>
    (await this.#itself('countTransfers')).countTransfers();
  openPending: LedgerStore['openPending'] = async (match) =>
    (await this.#itself('openPending')).openPending(match);
  lines: LedgerStore['lines'] = async (match, page) => (await this.#itself('lines')).lines(match, page);
  accounts: LedgerStore['accounts'] = async (match) => (await this.#itself('accounts')).accounts(match);
  transfersOf: LedgerStore['transfersOf'] = async (ids) =>
    (await this.#itself('transfersOf')).transfersOf(ids);
  resolutionsOf: LedgerStore['resolutionsOf'] = async (ids) =>
    (await this.#itself('resolutionsOf')).resolutionsOf(ids);
  countLines: LedgerStore['countLines'] = async (match, most) =>
    (await this.#itself('countLines')).countLines(match, most);
  expiredPending: LedgerStore['expiredPending'] = async (now, limit) =>
    (await this.#itself('expiredPending')).expiredPending(now, limit);
  journal: LedgerStore['journal'] = async (from, until, page) =>
    (await this.#itself('journal')).journal(from, until, page);
  trialBalance: LedgerStore['trialBalance'] = async (before) =>
    (await this.#itself('trialBalance')).trialBalance(before);

  /** The ledger itself, with everything in it. */
  async #itself(call: string): Promise<LedgerStore> {
    this.#passed(call);
    await this.flush();
    return this.#ledger;
  }
}
