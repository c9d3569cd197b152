import type { TerminalIdentity, TerminalRole } from '#shared/edge/identity.ts';
import type { LiveFleet } from '#test/support/live-fleet.ts';
import type { ThreatId } from './threats.ts';

/** With which parts the attacked fleet runs: the embedded ones, or the distribution's. */
export type BrokerKind = 'aedes' | 'mosquitto';

/** A running fleet: hub, kiosk, return terminal and player of production, a shop, a tariff. */
export interface Target {
  readonly broker: BrokerKind;
  readonly fleet: LiveFleet;
  /** What the two terminals hold: an attacker may have stolen one of them whole. Their folders are `folder/<terminalId>`. */
  readonly identities: Readonly<Record<TerminalRole, TerminalIdentity>>;
  /** Console, staff API and customers. */
  readonly hubUrl: string;
  /** Where the hub serves terminals: HTTPS with their certificates. */
  readonly terminalsUrl: string;
  /** Where terminals reach the broker. */
  readonly mqttUrl: string;
  /** Everything the fleet keeps on disks; a row's own files belong into `scratch`. */
  readonly folder: string;
  readonly scratch: string;
}

/**
 * `refused`: nothing came of it. `detected`: it worked, but was seen. `got-through`: neither. A row says so only after it looked at what
 * the attack was after (the answer, the books, the file), never because no exception came.
 */
export type Outcome = 'refused' | 'detected' | 'got-through';

/**
 * What the attack must have left; all that is named must be found, newly made or counted on since the row began. The harness looks
 * for it itself: in the hub's alerts and audit trail, and for a home player, which has no line to the hub, in its own log.
 */
export interface Trace {
  /** Code of an alert at the hub. */
  readonly alert?: string;
  /** Code of a second alert, about whomever: where the attack went to two places that both tell. */
  readonly alsoAlert?: string;
  /** Action of an audit entry at the hub. */
  readonly audit?: string;
  /** Subject of that alert or entry, where the row knows it. */
  readonly subject?: string;
  /** `code` field of a line in the home player's log. */
  readonly playerLog?: string;
}

export interface AttackResult {
  readonly outcome: Outcome;
  /** One line: what was tried and what was answered; printed, and what one reads first when it got through. */
  readonly evidence: string;
  readonly trace: Trace;
}

export const WEARS = ['time', 'receipts', 'terminal'] as const;
export type Wear = (typeof WEARS)[number];

export interface Attack {
  /** Unique, in kebab case: `publish-on-other-will-topic`. */
  readonly id: string;
  readonly threat: ThreatId;
  /** Rule that the test proves: opens the test's title. */
  readonly rule: `SEC-${number}` | `FLT-${number}` | `MED-${number}` | `RET-${number}` | `CHG-${number}`;
  /** `every-broker`: run against aedes and Mosquitto; `once`: where the broker has no part in it. */
  readonly on: 'every-broker' | 'once';
  /** `detected` only for a threat that the table marks ≈. */
  readonly expect: 'refused' | 'detected';
  /**
   * What the row uses up of its fleet. These rows have one fleet together (embedded parts), after the others and in this order: `time` moves the clock by
   * more than a row that reads it would bear, `receipts` leaves a gap in a terminal's chain for good, `terminal` revokes one.
   */
  readonly wears?: Wear;
  run(target: Target): Promise<AttackResult>;
}
