import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SimulatedClock, simulatedClock } from '#firmware-sim/sim/clock.ts';
import { openAdoption } from '#hub/app/enrolment/adoption.ts';
import { certificateRow } from '#hub/app/enrolment/enrolment.ts';
import { openTerminalGate, type TerminalGate } from '#hub/app/enrolment/gate.ts';
import { noteRestored } from '#hub/app/enrolment/restored.ts';
import { readAndEnsure } from '#hub/app/ingest/certificate.ts';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import { acceptDeadLetter } from '#hub/app/ingest/dead-letters.ts';
import { openSecurityAlarm } from '#hub/app/security/alarm.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { HubDatabase } from '#hub/ports/database.ts';
import type { CertificateRow } from '#hub/ports/rows/index.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { parseCertificate, validity } from '#shared/media/certificate.ts';
import { silentLog } from '#shared/ports/log.ts';
import { openQuickDatabase } from '#test/support/database-image.ts';
import { enrol, enrolDevice, foundFleet, foundFleetToCopy } from '#test/support/test-fleet.ts';
import {
  addTerminal,
  furnish,
  HOUR,
  lane,
  makeDevices,
  openHub,
  returned,
  rulesFor,
  START,
  started,
  writtenCopy,
} from './hub-world.ts';

const DAY = 24 * HOUR;
const KIOSK = 'kiosk-1' as TerminalId;
type Given = Awaited<ReturnType<typeof enrolDevice>>;

describe('a hub that forgot what it gave out since its backup', () => {
  let clock: SimulatedClock;
  let db: HubDatabase;
  let fleet: FleetAuthority;
  let copyOfFleet: Awaited<ReturnType<typeof foundFleetToCopy>>['copy'];
  let gate: TerminalGate;

  const core = () => ({ db, clock, random: systemRandom, log: silentLog });
  const open = async (): Promise<void> => {
    const alarm = openSecurityAlarm(core());
    const adoption = await openAdoption({ ...core(), trust: fleet.trust, authority: fleet });
    gate = openTerminalGate({ ...core(), alarm, adoption });
  };
  const restore = async (): Promise<void> => {
    await db.transaction((stores) => noteRestored(core(), stores));
    await open();
  };
  /** Given out by the fleet's authority now; this hub does not know it unless it is put into its registry. */
  const give = (id: string = KIOSK, role: 'kiosk' | 'return-terminal' = 'kiosk'): Promise<Given> =>
    enrolDevice(fleet, id, role);
  const put = async (given: Given, change: Partial<CertificateRow> = {}): Promise<void> => {
    const [own] = given.signer.certificateChain.map(parseCertificate);
    if (!own) throw new Error('a device has its certificate');
    const { from, to } = validity(own);
    const { chain, fingerprint } = given;
    const terminalId = given.signer.id as TerminalId;
    const times = { validFrom: epochMs(from), validTo: epochMs(to) };
    const granted = { ...{ chain, fingerprint, serial: own.serialNumber }, ...times };
    await db.stores.certificates.insert({
      ...certificateRow({ terminalId, role: 'kiosk' }, granted, clock.now()),
      ...change,
    });
  };
  const come = async ({ fingerprint, signer }: Given) => {
    const admitted = await gate.admitCertificate(fingerprint, clock.now(), () => signer.certificateChain);
    return admitted.ok ? 'admitted' : admitted.error.code;
  };
  const stateOf = async ({ fingerprint }: Given) =>
    (await db.stores.certificates.find({ fingerprint }))?.state ?? null;
  const alerts = async () =>
    (await db.stores.alerts.list({ clearedAt: null }, { limit: 50 }))
      .map(({ code, subject }) => `${code} ${subject}`)
      .sort();
  /** What the backup knows: a kiosk whose certificate is in use. A minute later it is made. */
  const backUp = async (): Promise<Given> => {
    const first = await give();
    await put(first);
    await open();
    expect(await come(first)).toBe('admitted');
    await clock.advance(60_000);
    return first;
  };

  beforeEach(async () => {
    clock = simulatedClock(epochMs(Date.parse('2026-03-06T17:00:00Z')));
    const opened = await openQuickDatabase({ clock, log: silentLog });
    if (!opened.ok) throw new Error(opened.error.code);
    db = opened.value;
    ({ fleet, copy: copyOfFleet } = await foundFleetToCopy(clock));
    await addTerminal(db, KIOSK, 'kiosk');
    await db.stores.terminals.patch({ terminalId: KIOSK }, { state: 'enrolling' });
  });
  afterEach(async () => {
    await gate.stop();
    await db.close();
  });

  it('SYN-6, SEC-1: takes it when its terminal comes with it: the former one is worth nothing from then on, staff and the trail are told', async () => {
    const former = await backUp();
    await clock.advance(HOUR);
    const renewed = await give();
    await clock.advance(HOUR);
    await restore();
    // Until the terminal comes the hub cannot know better.
    expect(await come(former)).toBe('admitted');
    expect(await come(renewed)).toBe('admitted');
    expect([await stateOf(former), await stateOf(renewed)]).toEqual(['superseded', 'active']);
    await clock.advance(HOUR);
    expect(await come(former)).toBe('certificate_superseded');
    expect(await come(renewed)).toBe('admitted');
    expect(await alerts()).toEqual([
      `certificate_recorded_again ${KIOSK}`,
      'hub_restored database',
      `security_certificate_superseded ${KIOSK}`,
    ]);
    const trail = await db.stores.audit.list({ limit: 2 });
    expect(trail.map(({ action, subject }) => [action, subject]).reverse()).toEqual([
      ['terminal.certificate_recorded_again', KIOSK],
      ['terminal.first_connected', KIOSK],
    ]);
  });

  it('SEC-1: what the backup knows as ended stays ended, and of a terminal that was revoked or has left nothing is taken', async () => {
    const [replaced, stolen] = [await give(), await give()];
    await put(replaced, { state: 'superseded', supersededAt: clock.now() });
    await put(stolen, { state: 'revoked', revokedAt: clock.now() });
    await backUp();
    const since = await give();
    await clock.advance(HOUR);
    await restore();
    expect(await come(replaced)).toBe('certificate_superseded');
    expect(await come(stolen)).toBe('terminal_revoked');
    for (const state of ['revoked', 'decommissioned'] as const) {
      await db.stores.terminals.patch({ terminalId: KIOSK }, { state });
      expect(await come(since)).toBe('terminal_unknown');
    }
    expect(await stateOf(since)).toBeNull();
  });

  it('SEC-1: takes no other: not of before the backup, nor of a foreign fleet, nor for another role or an unknown terminal, nor without its chain', async () => {
    const before = await give();
    await clock.advance(HOUR);
    await backUp();
    const foreign = await enrolDevice(await foundFleet(clock.now(), clock), KIOSK, 'kiosk');
    const otherRole = await give(KIOSK, 'return-terminal');
    const stranger = await give('kiosk-new');
    const since = await give();
    await clock.advance(HOUR);
    await restore();
    for (const each of [before, foreign, otherRole, stranger]) {
      expect(await come(each)).toBe('terminal_unknown');
      expect(await stateOf(each)).toBeNull();
      await clock.advance(5_000);
    }
    expect(await gate.admitCertificate(since.fingerprint, clock.now())).toMatchObject({
      error: { code: 'terminal_unknown' },
    });
    const told = await db.stores.alerts.first({
      code: 'security_certificate_unknown',
      subject: stranger.fingerprint.slice(0, 32),
    });
    expect(told?.message).toContain('kiosk-new');
    expect(told?.message).toContain('enrol it again');
    expect(await come(since)).toBe('admitted');
  });

  it('SEC-1: takes none at a hub that was never restored, and none any more when a month is over', async () => {
    await backUp();
    const since = await give();
    await open();
    expect(await come(since)).toBe('terminal_unknown');
    await clock.advance(HOUR);
    await restore();
    await clock.advance(30 * DAY);
    expect(await come(since)).toBe('terminal_unknown');
    // A second backup that is put back knows what was done until then; a start in between forgets nothing.
    const done = { actor: 'hub', action: 'something', subject: 'somebody', detail: {} };
    await db.stores.audit.append({ at: clock.now(), ...done });
    await clock.advance(HOUR);
    const later = await give();
    await restore();
    await clock.advance(DAY);
    await open();
    expect(await come(later)).toBe('admitted');
    expect(await come(since)).toBe('terminal_unknown');
  });

  it('SEC-3, SEC-1: takes none that a former issuing key signed after its successor was made', async () => {
    await backUp();
    const honest = await give();
    const stolenKey = await copyOfFleet(clock);
    await clock.advance(HOUR);
    expect((await fleet.rotate('issuing')).ok).toBe(true);
    await clock.advance(HOUR);
    const forged = await enrolDevice(stolenKey, KIOSK, 'kiosk');
    const renewed = await give();
    await clock.advance(HOUR);
    await restore();
    for (const [given, said] of [
      [forged, 'terminal_unknown'],
      [honest, 'admitted'],
      [renewed, 'admitted'],
    ] as const)
      expect(await come(given)).toBe(said);
  });

  it('SEC-1: an older one that comes behind a newer one was replaced by it, and is refused', async () => {
    await backUp();
    const second = await give();
    await clock.advance(HOUR);
    const third = await give();
    await clock.advance(HOUR);
    await restore();
    expect(await come(third)).toBe('admitted');
    expect(await come(second)).toBe('certificate_superseded');
    expect([await stateOf(second), await stateOf(third)]).toEqual(['superseded', 'active']);
    expect(await db.stores.certificates.count({ terminalId: KIOSK, state: 'active' })).toBe(1);
  });
});

it('SYN-6, SEC-4: what was signed with forgotten certificates counts, though it arrives before its terminals come with them', async () => {
  const devices = await makeDevices();
  const hub = await openHub();
  await furnish(hub.db);
  await hub.db.transaction((stores) => noteRestored(hub, stores));
  const { trust } = devices.fleet;
  const adoption = await openAdoption({ ...hub, log: silentLog, trust, authority: devices.fleet });
  const rules = rulesFor(devices, hub);
  const [kiosk, returns] = [
    await enrol(devices.fleet, devices.kiosk.id, 'kiosk'),
    await enrol(devices.fleet, devices.returns.id, 'return-terminal'),
  ];
  const rental = await writtenCopy(devices, START, { signer: kiosk });
  const t0 = epochMs(START + HOUR) as EpochMs;
  const back = await returned(rental, returns, t0, { due: 400 });
  const events = lane(returns.id);
  events.add('return.accepted', back.accepted, t0);
  events.add('return.destroyed', back.destroyed, t0);
  await commitGroup(hub.db, { ...rules, read: readAndEnsure(rules.read, adoption) }, [events.batch()]);
  const { deadLetters, rentals, certificates, alerts } = hub.db.stores;
  expect(await deadLetters.count({})).toBe(0);
  expect(await rentals.find({ rentalId: rental.rentalId })).toMatchObject({ status: 'closed' });
  const recorded = await certificates.list({ state: 'issued' }, { orderBy: ['terminalId'], limit: 9 });
  expect(recorded.map(({ terminalId }) => terminalId)).toEqual([kiosk.id, returns.id]);
  expect(await alerts.count({ code: 'certificate_recorded_again', clearedAt: null })).toBe(2);
  const told = lane(kiosk.id);
  told.add('rental.started', started(rental), t0);
  await commitGroup(hub.db, rules, [told.batch()]);
  expect(await deadLetters.count({})).toBe(0);
  await hub.db.close();
});

it('SYN-6, SYN-2: what waited behind a gap, and what two people accept, brings forgotten certificates within the transaction in which it counts: nobody waits for ever', async () => {
  const devices = await makeDevices();
  const hub = await openHub();
  await furnish(hub.db);
  await hub.db.transaction((stores) => noteRestored(hub, stores));
  const plain = rulesFor(devices, hub);
  /** A hub that has just started remembers nothing of the one before. */
  const fresh = async () => {
    const { trust } = devices.fleet;
    const adoption = await openAdoption({ ...hub, log: silentLog, trust, authority: devices.fleet });
    return { ...plain, read: readAndEnsure(plain.read, adoption) };
  };
  const { deadLetters, rentals, certificates, terminals } = hub.db.stores;
  const taken = () => certificates.count({ terminalId: devices.kiosk.id as TerminalId, state: 'issued' });

  const first = await enrol(devices.fleet, devices.kiosk.id, 'kiosk');
  const told = lane(first.id);
  const waits = await writtenCopy(devices, START, { signer: first });
  told.add('session.ended', { kind: 'rent', outcome: 'done', seconds: 60, at: START }, START);
  told.add('rental.started', started(waits), START);
  await commitGroup(hub.db, plain, [told.batch(told.events.slice(1))]);
  expect([await taken(), await rentals.count({})]).toEqual([0, 0]);
  await commitGroup(hub.db, await fresh(), [told.batch(told.events.slice(0, 1))]);
  expect([await taken(), await deadLetters.count({})]).toEqual([1, 0]);
  expect(await rentals.find({ rentalId: waits.rentalId })).toMatchObject({ status: 'active' });

  const second = await enrol(devices.fleet, devices.kiosk.id, 'kiosk');
  const accepted = await writtenCopy(devices, START, { signer: second });
  const t0 = epochMs(START + HOUR);
  const back = await returned(accepted, devices.returns, t0, { due: 400 });
  const revoked = lane(devices.returns.id);
  revoked.add('return.destroyed', back.destroyed, t0);
  const terminalId = devices.returns.id as TerminalId;
  await terminals.patch({ terminalId }, { state: 'revoked', revokedAt: t0 });
  await commitGroup(hub.db, plain, [revoked.batch()]);
  const letter = await deadLetters.first({ terminalId });
  const rules = await fresh();
  const done = await hub.db.transaction((stores) =>
    acceptDeadLetter(stores, rules, letter?.deadLetterId ?? '', 'staff:one+two'),
  );
  expect(done).toEqual({ ok: true, value: { overruled: ['terminal_revoked'] } });
  expect(await taken()).toBe(2);
  expect(await rentals.find({ rentalId: accepted.rentalId })).toMatchObject({ status: 'closed' });
  await hub.db.close();
});
