import type { Hole } from '../hole.ts';

const SESSIONS = 'hub/app/staff/sessions.ts';
const GUARD = 'hub/http/staff/guard.ts';

/** Members, staff, whoever stands before a screen. */
export const PEOPLE_HOLES: readonly Hole[] = [
  {
    id: 'wrong-pins-not-counted',
    rows: ['pin-guessed-online'],
    cuts: [{ file: 'hub/app/members/sign-in.ts', guard: 'row.pinTries >= PIN_TRIES', open: 'false' }],
    says: 'GOT THROUGH',
    evidence: ', in',
    sample: true,
  },
  {
    id: 'wrong-pins-not-counted-offline',
    rows: ['pin-guessed-offline'],
    cuts: [{ file: 'kiosk/app/members/verifier.ts', guard: 'before >= PIN_TRIES', open: 'false' }],
    says: 'GOT THROUGH',
    evidence: ', in',
  },
  {
    id: 'member-session-good-anywhere',
    rows: ['session-elsewhere'],
    cuts: [
      {
        file: 'hub/app/members/sessions.ts',
        guard: 'row === null || row.endedAt !== null || row.terminalId !== terminalId',
        open: 'row === null || row.endedAt !== null',
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'elsewhere heard',
    sample: true,
  },
  {
    id: 'staff-attempts-not-counted',
    rows: ['staff-guess-passwords', 'staff-guess-second-factor'],
    cuts: [
      {
        file: 'hub/app/staff/limits.ts',
        guard: '!(await deps.db.stores.staffAttempts.take(keyOf(bucket), limit, windowMs, deps.clock.now()))',
        open: 'false',
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'of 30',
  },
  {
    id: 'former-token-lives-on',
    rows: ['staff-plant-session'],
    cuts: [
      { file: SESSIONS, guard: 'await endSessions(deps, stores, { tokenHash: old.tokenHash })', open: '0' },
    ],
    says: 'GOT THROUGH',
    evidence: '1 of 2 tokens still open',
    sample: true,
  },
  {
    id: 'closed-account-signs-in',
    rows: ['staff-session-after-disable'],
    cuts: [
      {
        file: 'hub/app/staff/sign-in.ts',
        guard: 'row === null || !right || row.disabledAt !== null',
        open: 'row === null || !right',
      },
    ],
    says: 'GOT THROUGH',
    evidence: '401, 401, 200',
  },
  {
    id: 'any-page-may-ask',
    rows: ['staff-foreign-page'],
    cuts: [{ file: GUARD, guard: '!reads(c) && foreign', open: 'false' }],
    says: 'GOT THROUGH',
    evidence: 'POST /staff from https://evil.example',
    sample: true,
  },
  {
    id: 'auditor-may-read-all',
    rows: ['staff-climb-roles'],
    cuts: [
      {
        file: GUARD,
        guard: 'right === null || !may',
        open: "right === null || (!may && identity.role !== 'auditor')",
      },
    ],
    says: 'GOT THROUGH',
    evidence: 'auditor ',
  },
  {
    id: 'second-person-may-be-the-first',
    rows: ['staff-alone-for-two'],
    cuts: [{ file: 'hub/app/staff/second-person.ts', guard: '!allowed.ok', open: 'false' }],
    says: 'GOT THROUGH',
    evidence: 'role admin',
  },
  {
    id: 'audit-chain-not-walked',
    rows: ['staff-edit-audit'],
    cuts: [{ file: 'hub/app/staff/audit-check.ts', guard: 'await audit.firstBroken()', open: 'null' }],
    says: 'GOT THROUGH',
    evidence: 'with triggers off: whole',
  },
  {
    id: 'screen-answers-any-name',
    rows: ['dns-rebinding-kiosk', 'dns-rebinding-return-terminal', 'dns-rebinding-player'],
    cuts: [{ file: 'shared/edge/local-guard.ts', guard: '!known.has(nameOf(host))', open: 'false' }],
    says: 'GOT THROUGH',
    evidence: 'answered: 200',
    sample: true,
  },
];
