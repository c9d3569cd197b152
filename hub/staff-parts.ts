import { join } from 'node:path';
import type { HubDeps } from '#hub/app/deps.ts';
import type { TerminalNudge } from '#hub/app/fleet/control.ts';
import type { IngestRules } from '#hub/app/ingest/apply-one.ts';
import type { AuthorityRotation } from '#hub/app/keys/rotation.ts';
import type { SecurityAlarm } from '#hub/app/security/alarm.ts';
import { STAFF_ROLES } from '#hub/app/staff/accounts.ts';
import { staffKeys } from '#hub/app/staff/keys.ts';
import { openSecondPerson } from '#hub/app/staff/second-person.ts';
import { secondPersonActions } from '#hub/app/staff/second-person-actions.ts';
import { tellEndedSession } from '#hub/app/staff/sessions.ts';
import { checkpointFile } from '#hub/db/checkpoint-file.ts';
import type { CheckpointKeep } from '#hub/ports/checkpoint-keep.ts';
import type { KeyEncryption } from '#hub/ports/key-encryption.ts';
import type { SecretKeys } from '#hub/ports/secret-keys.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { HubSettings } from './config.ts';

/** What the hub's sign-in, second person and audit are made of (SEC-7). */
export function staffParts(
  core: HubDeps,
  made: {
    readonly settings: HubSettings;
    readonly secretKeys: SecretKeys;
    readonly keys: KeyEncryption;
    readonly rotation: AuthorityRotation;
    readonly alarm: SecurityAlarm;
    readonly checkpoints?: CheckpointKeep;
    readonly authenticatorClock: Pick<Clock, 'now'>;
    /** Of the ingest, which is opened later. */
    readonly ingestRules: () => IngestRules;
    /** Of the wire, which is opened later. */
    readonly nudge: TerminalNudge;
  },
) {
  const { settings, alarm, authenticatorClock } = made;
  const wanted = settings.HUB_SECOND_FACTOR.split(',').map((role) => role.trim());
  const deps = {
    ...core,
    alarm,
    staffKeys: staffKeys(made.secretKeys, core.random),
    secondFactorFor: new Set(STAFF_ROLES.filter((role) => wanted.includes(role))),
    authenticatorClock,
    clientAddressHeader: settings.HUB_CLIENT_ADDRESS_HEADER,
    checkpoints: made.checkpoints ?? checkpointFile(join(settings.KEYTURN_HOME, 'hub', 'audit-checkpoints')),
  };
  return {
    ...deps,
    secondPerson: openSecondPerson(deps, secondPersonActions({ ...deps, ...made })),
    tellEnded: tellEndedSession(deps),
  };
}
