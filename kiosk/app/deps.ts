import type { TerminalRuntime } from '#shared/edge/runtime.ts';
import type { MediumId } from '#shared/kernel/ids.ts';
import type { Fault, Result } from '#shared/kernel/result.ts';
import type {
  MediumReport,
  MediumTrouble,
  SettleInput,
  SettleOutcome,
  WriteCopyInput,
  WriteOutcome,
} from '#shared/media/orders.ts';
import type { MediaDrive } from '#shared/ports/media-drive.ts';
import type { CardPayment } from '#shared/ports/payment.ts';
import type { ReceiptPrinter } from '#shared/ports/printer.ts';
import type { SlotDoor } from '#shared/ports/slot-door.ts';
import type { Recommendation } from '#shared/protocol/terminal-api.ts';

/** What the kiosk does with a medium; made of `shared/media` in `kiosk.ts`, of a few lines in tests of the use cases. */
export interface MediaWork {
  inspect(): Promise<Result<MediumReport, MediumTrouble>>;
  write(input: WriteCopyInput): Promise<WriteOutcome>;
  settle(input: SettleInput): Promise<SettleOutcome>;
  /** Leaves the list of players that the medium's member removed on it (MS-30). */
  leaveRevokedPlayers(mediumId: MediumId, players: readonly string[]): Promise<Result<void, MediumTrouble>>;
  /** Leaves the hub's list of revoked certificates on the medium (MS-32). */
  leaveRevocations(list: string): Promise<Result<void, Fault>>;
  /**
   * Opens what a return terminal wrote for the fleet's kiosks (RET-6), with one of the fleet's reading keys. `forged`: it is not what a terminal of this
   * fleet wrote; `sealed_for_others`: under a key that is none of these. Neither is an error.
   */
  openRecommendations(
    sealed: Uint8Array,
    readKeys: readonly string[],
  ): Promise<readonly Recommendation[] | 'forged' | 'sealed_for_others'>;
}

/** What the kiosk's use cases are made of: the edge runtime and this machine's hardware. */
export type KioskRuntime = Pick<
  TerminalRuntime,
  | 'identity'
  | 'store'
  | 'hub'
  | 'cache'
  | 'assets'
  | 'clock'
  | 'random'
  | 'log'
  | 'bundle'
  | 'online'
  | 'hubTime'
  | 'record'
  | 'config'
  | 'locked'
  | 'closing'
  | 'certificateExpired'
  | 'storageLevel'
  | 'watch'
>;

/** Parameters of scrypt (RFC 7914). */
export interface PinCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

export interface KioskDeps {
  readonly runtime: KioskRuntime;
  readonly media: MediaWork;
  readonly drive: MediaDrive;
  readonly card: CardPayment;
  readonly printer: ReceiptPrinter;
  readonly door: SlotDoor;
  /** Below this rate a medium is refused as too slow; 0: never. */
  readonly minimumBytesPerSecond: number;
  /** What a PIN is made slow with before this kiosk remembers anything of it: `PIN_COST`; tests take less. */
  readonly pinCost: PinCost;
}
