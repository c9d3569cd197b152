import type { TitleSearch } from '#hub/app/catalogue/title-search.ts';
import type { ObjectStore } from '#hub/app/content/object-store.ts';
import type { EnrolmentDeps } from '#hub/app/enrolment/enrolment.ts';
import type { TerminalGate } from '#hub/app/enrolment/gate.ts';
import type { FleetFacts } from '#hub/app/fleet/bundle.ts';
import type { TerminalNudge } from '#hub/app/fleet/control.ts';
import type { IngestRules } from '#hub/app/ingest/apply-one.ts';
import type { AuthorityRotation } from '#hub/app/keys/rotation.ts';
import type { MemberDeps } from '#hub/app/members/members.ts';
import type { Recommender } from '#hub/app/recommendations/recommender.ts';
import type { AuditDeps } from '#hub/app/staff/audit-check.ts';
import type { SecondPersonDesk } from '#hub/app/staff/second-person.ts';
import type { SecondPersonActions } from '#hub/app/staff/second-person-actions.ts';
import type { SignInPlace } from '#hub/app/staff/sessions.ts';
import type { SignInDeps } from '#hub/app/staff/sign-in.ts';
import type { Backups } from '#hub/ports/backups.ts';
import type { KeyEncryption } from '#hub/ports/key-encryption.ts';
import type { PictureMaker } from '#hub/ports/pictures.ts';
import type { SecretKeys } from '#hub/ports/secret-keys.ts';
import type { PlaceDeps } from './place.ts';

/** Everything that the routes of the console are made of. */
export type StaffDeps = EnrolmentDeps &
  MemberDeps &
  SignInDeps &
  AuditDeps &
  PlaceDeps & {
    readonly fleet: FleetFacts;
    readonly recommender: Recommender;
    readonly titleSearch: TitleSearch;
    readonly objects: ObjectStore;
    readonly pictures: PictureMaker;
    readonly keys: KeyEncryption;
    readonly secretKeys: SecretKeys;
    readonly backups: Backups;
    readonly rotation: AuthorityRotation;
    readonly nudge: TerminalNudge;
    readonly ingest: IngestRules;
    readonly gate: TerminalGate;
    readonly secondPerson: SecondPersonDesk<SecondPersonActions>;
    /** Raises an alert where the token is of a session that ended: somebody kept it. */
    tellEnded(token: string, place: SignInPlace): Promise<void>;
  };
