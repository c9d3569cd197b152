import type { Milliseconds } from '#shared/kernel/time.ts';
import type { OpenCard } from '#shared/media/wipe-receipt.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import type { DecommissionOrder } from '#shared/protocol/commands.ts';
import type { Owes } from '#shared/protocol/envelope.ts';
import type { HubClient } from './hub-client.ts';
import type { EdgeStore } from './store.ts';

/** What an app has open when its terminal leaves the fleet (FLT-3). */
export interface OpenBusiness {
  /** Somebody is at the terminal. */
  readonly customer: boolean;
  /** Rentals or returns under way. */
  readonly unfinished: number;
  /** What the card reader, or the hub about a card, has not confirmed. */
  readonly cards: readonly OpenCard[];
  /** What other terminals go on with: nothing here waits for it. */
  readonly elsewhere: { readonly held: number; readonly torn: number };
}

/** The app's part in leaving. */
export interface Business {
  open(): OpenBusiness;
  /** Tries once more whatever the card reader owes; only called while nobody is at the terminal. */
  settle(): Promise<void>;
}

/** What goes into the wipe receipt, fixed at the moment when the hub said yes. */
export interface LeaveFacts extends Pick<OpenBusiness, 'elsewhere'> {
  readonly orderId: string;
  readonly lanes: readonly { readonly lane: 0 | 1; readonly epoch: string; readonly last: number }[];
  readonly openCards: readonly OpenCard[];
}

/** Pure: what is still owed, counted. */
export const owesOf = (open: OpenBusiness, queued: number): Owes => ({
  customer: open.customer,
  unfinished: open.unfinished,
  cards: open.cards.length,
  events: queued,
});

/** Pure: the outbox is always emptied first; only what the card reader never answers may be left by staff's word (FLT-3). */
export const mayAskToWipe = (owes: Owes, nevertheless: boolean): boolean =>
  !owes.customer && owes.unfinished === 0 && owes.events === 0 && (owes.cards === 0 || nevertheless);

export interface LeavingDeps {
  readonly store: EdgeStore;
  /** How often the order is looked at. */
  readonly lookEvery: Milliseconds;
  readonly clock: Clock;
  readonly log: Log;
  readonly hub: Pick<HubClient, 'readyToWipe'>;
  readonly business: Business;
  /** The order in force; null: nobody takes this terminal out of the fleet. */
  order(): DecommissionOrder | null;
  online(): boolean;
  /** Makes the decision durable; the program ends right after it, and the next one wipes. */
  leave(facts: LeaveFacts): void;
  /** Ends the program so that it is started again. */
  restart(): void;
}

export interface Leaving {
  /** For the heartbeat; null while nobody asked. */
  owes(): Owes | null;
  start(): void;
  stop(): Promise<void>;
}

/** The card reader is not asked more often. */
const SETTLE_EVERY_MS = 30_000;
/** A receipt names so many open cards; with more, somebody has to mend the reader first. */
const MOST_OPEN_CARDS = 50;

/** The way out of the fleet (FLT-3): settle, empty the outbox, ask the hub, and only then decide to be wiped. */
export function createLeaving(deps: LeavingDeps): Leaving {
  const { store, clock, log, business } = deps;
  let cancel = (): void => {};
  let looking: Promise<void> | null = null;
  let settledAt: number | null = null;
  let stopped = false;

  const lanes = (): LeaveFacts['lanes'] =>
    ([0, 1] as const).map((lane) => ({ lane, epoch: store.epoch(), last: store.position(lane).last }));
  const queued = (): number => store.position(0).queued + store.position(1).queued;
  const owes = (): Owes => owesOf(business.open(), queued());

  const look = async (): Promise<void> => {
    const order = deps.order();
    if (order === null || business.open().customer) return;
    if (settledAt === null || clock.monotonic() - settledAt >= SETTLE_EVERY_MS) {
      settledAt = clock.monotonic();
      await business.settle();
    }
    if (stopped || !deps.online() || !mayAskToWipe(owes(), order.nevertheless)) return;
    const asked = lanes();
    const answered = await deps.hub.readyToWipe({ lanes: [...asked] });
    if (stopped) return;
    if (!answered.ok) {
      log.info({ code: answered.error.code }, 'the hub does not let this terminal wipe itself yet');
      return;
    }
    // Meanwhile somebody may have come, or something happened: then it is asked again.
    const open = business.open();
    const same = JSON.stringify(asked) === JSON.stringify(lanes());
    if (deps.order() === null || !same || !mayAskToWipe(owesOf(open, queued()), order.nevertheless)) return;
    if (open.cards.length > MOST_OPEN_CARDS) return;
    stopped = true;
    const { elsewhere, cards } = open;
    deps.leave({ orderId: answered.value.orderId, lanes: asked, elsewhere, openCards: cards });
    log.warn({ order: answered.value.orderId }, 'this terminal leaves the fleet and wipes itself');
    deps.restart();
  };
  const again = (): void => {
    cancel = clock.after(deps.lookEvery, () => {
      looking ??= look()
        .catch((error: unknown) => log.error({ error: String(error) }, 'leaving the fleet did not go on'))
        .finally(() => {
          looking = null;
          if (!stopped) again();
        });
    });
  };
  return {
    owes: () => (deps.order() === null ? null : owes()),
    start: again,
    stop: async () => {
      stopped = true;
      cancel();
      await looking;
    },
  };
}
