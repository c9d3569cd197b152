import type { EventId, MediumId } from '#shared/kernel/ids.ts';
import type { Fault, Result } from '#shared/kernel/result.ts';
import type { EpochMs, Milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import type { MessageLink } from '#shared/ports/message-link.ts';
import type { Random } from '#shared/ports/random.ts';
import type { CommandOrder, TerminalConfig } from '#shared/protocol/commands.ts';
import type { Heartbeat, Stamp } from '#shared/protocol/envelope.ts';
import type { DomainEvent } from '#shared/protocol/events.ts';
import type { Bundle } from '#shared/protocol/terminal-api.ts';
import type { AssetCache, AssetFiles } from './assets.ts';
import type { ContentCache } from './content/cache.ts';
import type { ContentFiles } from './content/files.ts';
import type { LeasePace } from './content/lease.ts';
import type { LeaseFile } from './content/lease-file.ts';
import type { HubClient } from './hub-client.ts';
import type { IdentityKeeper, TerminalIdentity } from './identity.ts';
import type { Business, LeaveFacts } from './leaving.ts';
import type { EdgeStore, EdgeTransaction } from './store.ts';

/** A transaction whose events are stamped (SYN-4) and put into their lane by kind. */
export interface RecordTransaction extends Omit<EdgeTransaction, 'append'> {
  /** Reports a business fact in the same transaction as its rows. A malformed event is a bug of the caller (assertion). */
  emit(event: DomainEvent): EventId;
}

/** What a terminal says of the hub's clock: null before the first contact of this boot. */
export interface HubTime {
  readonly now: EpochMs;
  /** The truth lies within ± so many milliseconds. */
  readonly error: number;
}

export type StorageLevel = 'normal' | 'short' | 'full';

/** The runtime that kiosk and return terminal are made of. `start` and `stop` do the work; the rest may be asked at any time. */
export interface TerminalRuntime {
  readonly identity: TerminalIdentity;
  readonly store: EdgeStore;
  readonly hub: HubClient;
  /** Calls the listener whenever somebody answered in the hub's place (SEC-2). */
  readonly onHubUntrusted?: (listener: () => void) => void;
  readonly cache: ContentCache;
  readonly assets: AssetCache;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The last bundle, also when the hub is away; null before the very first. */
  bundle(): Bundle | null;
  /** True when this terminal's certificate has ended: a kiosk rents no more, a return terminal still returns (SEC-1). */
  certificateExpired(): boolean;
  /** True while the hub has answered within the last three heartbeats. */
  online(): boolean;
  /** Device time of the last contact with the hub, null while online (RET-2). */
  offlineSince(): EpochMs | null;
  stamp(): Stamp;
  hubTime(): HubTime | null;
  /** Business rows and events in one durable transaction: call it before the customer sees anything confirmed (SYN-1). */
  record<T>(work: (tx: RecordTransaction) => T): T;
  /** The configuration in force. */
  config(): TerminalConfig;
  /** True while staff or configuration locked the terminal: no new customer's transaction begins. */
  locked(): boolean;
  /** True once the program ends (OPS-1): nothing is begun for a customer any more. */
  closing(): boolean;
  /** Says that the program ends. */
  close(): void;
  /** `full` from 95 % on: a kiosk rents no more, a return terminal still returns (SYN-5). */
  storageLevel(): StorageLevel;
  /** Calls back when online, bundle, configuration, lock or storage level changed; returns how to stop. */
  watch(listener: () => void): () => void;
  /** Fetches the bundle now instead of at the next heartbeat; answers whether the hub answered. */
  refreshBundle(): Promise<boolean>;
  start(): Promise<void>;
  /** Says good-bye to the hub, lets running work end, closes the store. */
  stop(): Promise<void>;
}

export type MakeSecureMedium = (order: {
  readonly commandId: EventId;
  readonly mediumId: MediumId;
}) => Promise<Result<void, Fault>>;

/** What an app says to an order of the hub: now, later (asked again until the order expires), or never, with the reason. */
export type Admission = 'now' | 'later' | Fault;

/** How often a terminal looks by itself. The simulation jumps over idle time, so its terminals look less often. */
export interface TerminalPace {
  readonly bundle: Milliseconds;
  readonly housekeeping: Milliseconds;
  /** Whether it has been ordered to leave the fleet. */
  readonly leaving: Milliseconds;
  readonly lease: LeasePace;
  /** Whether the certificate is to be renewed. */
  readonly renewal: Milliseconds;
  /** The longest wait between two attempts to reach the broker. */
  readonly reconnect: Milliseconds;
}

export interface TerminalDeps {
  readonly identity: TerminalIdentity;
  /** The same identity on the disk, with its renewal. */
  readonly keeper: IdentityKeeper;
  readonly store: EdgeStore;
  readonly hub: HubClient;
  /** Calls the listener whenever somebody answered in the hub's place (SEC-2). */
  readonly onHubUntrusted?: (listener: () => void) => void;
  readonly link: MessageLink;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Version of the program, as staff see it. */
  readonly software: string;
  readonly contentFiles: ContentFiles;
  readonly leaseFile: LeaseFile;
  readonly assetFiles: AssetFiles;
  /** Default `PACE` of the runtime. */
  readonly pace?: TerminalPace;
  /** What the cache may fill, in bytes. */
  readonly cacheBytes: number;
  /** The disk that holds the store. */
  diskSpace(): { readonly totalBytes: number; readonly freeBytes: number };
  /** For the heartbeat: what is in each drive. */
  drives(): Heartbeat['drives'];
  temperatureCelsius(): number | null;
  /** The last lines of the program's log, newest last, for `collect_logs`. */
  recentLog(lines: number): readonly string[];
  /** Carries out `make_secure_medium` (SEC-5); absent where a terminal has no drive for it. */
  readonly makeSecureMedium?: MakeSecureMedium;
  /** Asked before an order or a new configuration is carried out: `later` during a customer's transaction. */
  onCommand(order: CommandOrder | { readonly kind: 'configure' }): Admission;
  /** Ends the process so that it is started again: the order `restart`, and the way out of the fleet. */
  restart(): void;
  /** What the app has open, for a terminal that leaves the fleet (FLT-3). */
  readonly business: Business;
  /** Makes it durable that the next start wipes this terminal. */
  leave(facts: LeaveFacts): void;
}
