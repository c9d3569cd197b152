import type { TerminalRuntime } from '#shared/edge/runtime.ts';
import type { Milliseconds } from '#shared/kernel/time.ts';
import type { MediaDeps } from '#shared/media/orders.ts';
import type { MediaDrive } from '#shared/ports/media-drive.ts';
import type { CardPayment } from '#shared/ports/payment.ts';
import type { ReceiptPrinter } from '#shared/ports/printer.ts';
import type { SlotDoor } from '#shared/ports/slot-door.ts';

/** What the return terminal's use cases ask of the edge runtime; tests make it of a few lines. */
export type ReturnRuntime = Pick<
  TerminalRuntime,
  | 'identity'
  | 'store'
  | 'hub'
  | 'clock'
  | 'random'
  | 'log'
  | 'bundle'
  | 'online'
  | 'offlineSince'
  | 'hubTime'
  | 'stamp'
  | 'record'
  | 'config'
  | 'locked'
  | 'closing'
  | 'watch'
>;

/** What the return terminal's use cases are made of: the edge runtime and this machine's hardware. */
export interface ReturnDeps {
  readonly runtime: ReturnRuntime;
  readonly drive: MediaDrive;
  readonly card: CardPayment;
  readonly printer: ReceiptPrinter;
  readonly door: SlotDoor;
  /** How often captures and voids that the reader did not confirm are tried again; default a minute. */
  readonly settleEvery?: Milliseconds;
}

/** What the orders of `shared/media` need, from the same parts. */
export const mediaOf = ({ runtime, drive }: Pick<ReturnDeps, 'runtime' | 'drive'>): MediaDeps => ({
  drive,
  clock: runtime.clock,
  random: runtime.random,
  signer: runtime.identity.signer,
  trust: runtime.identity.trust,
});
