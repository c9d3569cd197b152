import type { Context } from 'hono';
import type { ObjectStore } from '#hub/app/content/object-store.ts';
import type { EnrolmentAuthority } from '#hub/app/enrolment/enrolment.ts';
import type { TerminalGate } from '#hub/app/enrolment/gate.ts';
import type { FleetFacts } from '#hub/app/fleet/bundle.ts';
import type { SignInDeps } from '#hub/app/members/sign-in.ts';
import type { QuoteDeps } from '#hub/app/quotes/open-return.ts';
import type { Recommender } from '#hub/app/recommendations/recommender.ts';
import type { SecurityAlarm } from '#hub/app/security/alarm.ts';
import type { KeyEncryption } from '#hub/ports/key-encryption.ts';
import type { SecretKeys } from '#hub/ports/secret-keys.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import type { Peer } from '#shared/tls/peer.ts';

/** Everything that the routes of terminals are made of. */
export type TerminalDeps = QuoteDeps &
  SignInDeps & {
    readonly gate: TerminalGate;
    readonly alarm: SecurityAlarm;
    readonly trust: FleetTrust;
    readonly authority: EnrolmentAuthority;
    /** Who stands at the other end of a connection; null: nobody has shown a certificate. */
    readonly peerOf: (c: Context) => Peer | null;
    readonly recommender: Recommender;
    readonly fleet: FleetFacts;
    readonly objects: ObjectStore;
    readonly keys: KeyEncryption;
    readonly secretKeys: SecretKeys;
    /** Where terminals reach the broker: told at enrolment. */
    readonly mqttUrl: string;
  };
