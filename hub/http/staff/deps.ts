import type { ObjectStore } from '#hub/app/content/object-store.ts';
import type { EnrolmentDeps } from '#hub/app/enrolment/enrolment.ts';
import type { TerminalGate } from '#hub/app/enrolment/gate.ts';
import type { FleetFacts } from '#hub/app/fleet/bundle.ts';
import type { TerminalNudge } from '#hub/app/fleet/control.ts';
import type { IngestRules } from '#hub/app/ingest/apply-one.ts';
import type { MemberDeps } from '#hub/app/members/members.ts';
import type { Recommender } from '#hub/app/recommendations/recommender.ts';
import type { SecurityAlarm } from '#hub/app/security/alarm.ts';
import type { StaffDesk } from '#hub/app/staff/accounts.ts';
import type { StaffSessions } from '#hub/app/staff/sessions.ts';
import type { KeyEncryption } from '#hub/ports/key-encryption.ts';
import type { PictureMaker } from '#hub/ports/pictures.ts';

/** Everything that the routes of the console are made of. */
export type StaffDeps = EnrolmentDeps &
  MemberDeps & {
    readonly fleet: FleetFacts;
    readonly recommender: Recommender;
    readonly objects: ObjectStore;
    readonly pictures: PictureMaker;
    readonly alarm: SecurityAlarm;
    readonly keys: KeyEncryption;
    readonly nudge: TerminalNudge;
    readonly ingest: IngestRules;
    readonly desk: StaffDesk;
    readonly sessions: StaffSessions;
    readonly gate: TerminalGate;
  };
