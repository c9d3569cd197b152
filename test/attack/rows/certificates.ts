import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { certificateRow } from '#hub/app/enrolment/registry.ts';
import { openAuthority } from '#hub/open-authority.ts';
import { type FleetAuthority, openFleetAuthority } from '#hub/pki/authority.ts';
import { openSecrets } from '#hub/secrets.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { TerminalIdentity } from '#shared/edge/identity.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { createDeviceKeyAndCsr } from '#shared/media/device-key.ts';
import type { Attack, AttackResult, Target } from '#test/attack/contract.ts';
import { pastQuiet } from '#test/attack/support/clock.ts';
import { rawHttp } from '#test/attack/support/raw-http.ts';
import { asStaff, staffSession } from '#test/attack/support/staff.ts';
import { memoryKeys } from '#test/support/test-fleet.ts';

type Shown = Pick<TerminalIdentity, 'tls'>;
const DAY = 86_400_000;

/** The authority of the attacked fleet, as somebody has it who took the hub's whole folder: to make what only it could make. */
async function stolenAuthority({ folder }: Target): Promise<FleetAuthority> {
  const secrets = await openSecrets('', join(folder, 'hub'), systemRandom);
  // By the machine's clock, which a Mosquitto judges by too; the fleet's own may be ahead of it.
  const deps = { clock: systemClock, random: systemRandom };
  const opened = await openAuthority(deps, secrets, join(folder, 'hub', 'authority'));
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

async function certified(by: FleetAuthority, { terminalId, role }: TerminalIdentity): Promise<Shown> {
  const { privateKeyPem, csrPem } = await createDeviceKeyAndCsr(terminalId);
  const validity = milliseconds(90 * DAY);
  const issued = await by.issueCertificate(csrPem, { id: terminalId, role, validity });
  if (!issued.ok) throw new Error(issued.error.message);
  return { tls: { keyPem: privateKeyPem, chainPem: issued.value.chain.join('') } };
}

/** An MQTT session under the name of `terminalId`; the client of an attacker believes any broker. Null: it did not come about. */
function session(target: Target, terminalId: string, { tls }: Shown): Promise<mqtt.MqttClient | null> {
  const client = mqtt.connect(target.mqttUrl, {
    protocolVersion: 4,
    clean: true,
    clientId: terminalId,
    username: terminalId,
    key: tls.keyPem,
    cert: tls.chainPem,
    servername: 'broker',
    rejectUnauthorized: false,
    reconnectPeriod: 0,
    connectTimeout: 8000,
  });
  return new Promise((resolve) => {
    const refused = (): void => {
      client.end(true);
      resolve(null);
    };
    client.on('error', () => {});
    client.once('close', refused);
    client.once('connect', () => {
      client.off('close', refused);
      resolve(client);
    });
  });
}

/** Goes to both doors with this certificate, under a terminal's name: what it gets of the hub, and whether the broker lets it in. */
async function atBothDoors(
  target: Target,
  terminalId: string,
  shown: Shown,
): Promise<Pick<AttackResult, 'outcome' | 'evidence'>> {
  const answer = await rawHttp(target.fleet.own.terminalsUrl, { path: '/terminal/v1/bundle', as: shown });
  const client = await session(target, terminalId, shown);
  client?.end(true);
  const got = answer.status === 200 || client !== null;
  return {
    outcome: got ? 'got-through' : 'refused',
    evidence: `hub: ${answer.status === 0 ? 'connection closed' : answer.status}, broker: ${client === null ? 'refused' : 'connected'}`,
  };
}

export const foreignCertificate: Attack = {
  id: 'certificate-of-a-foreign-authority',
  threat: 'certificate-foreign',
  rule: 'SEC-1',
  on: 'every-broker',
  expect: 'refused',
  async run(target) {
    // Names and roles are those of the real fleet: only the key that signed is another.
    const deps = { keys: memoryKeys(), clock: systemClock, random: systemRandom };
    const own = await openFleetAuthority(deps, await mkdtemp(join(target.scratch, 'foreign-')));
    const shown = await certified(own, target.identities.kiosk);
    const result = await atBothDoors(target, target.identities.kiosk.terminalId, shown);
    return { ...result, trace: { alert: 'security_certificate_foreign', subject: 'hub' } };
  },
};

export const serverCertificate: Attack = {
  id: 'certificate-of-a-server-as-terminal',
  threat: 'certificate-server-type',
  rule: 'SEC-1',
  on: 'every-broker',
  expect: 'refused',
  async run(target) {
    // The door tells of strangers under one subject: what another row left is still in its quiet time.
    pastQuiet(target);
    const stolen = await (await stolenAuthority(target)).serverIdentity('broker');
    const asBroker = await atBothDoors(target, 'broker', { tls: stolen });
    const asKiosk = await atBothDoors(target, target.identities.kiosk.terminalId, { tls: stolen });
    const worst = [asBroker, asKiosk].find(({ outcome }) => outcome === 'got-through') ?? asKiosk;
    return { ...worst, trace: { alert: 'security_certificate_foreign', subject: 'hub' } };
  },
};

export const secondOfTheName: Attack = {
  id: 'certificate-second-of-the-same-name',
  threat: 'certificate-same-name',
  rule: 'SEC-1',
  // Mosquitto asks the authority's signature and its revocations, not the hub's registry: SECURITY.md, honest limits.
  on: 'once',
  expect: 'refused',
  async run(target) {
    // Right authority, right name, right use: but the hub never gave it to that terminal.
    const { kiosk } = target.identities;
    const result = await atBothDoors(
      target,
      kiosk.terminalId,
      await certified(await stolenAuthority(target), kiosk),
    );
    return { ...result, trace: { alert: 'security_certificate_unknown' } };
  },
};

export const revokedCertificate: Attack = {
  id: 'certificate-revoked',
  threat: 'certificate-revoked',
  rule: 'SEC-1',
  on: 'once',
  expect: 'refused',
  wears: 'terminal',
  async run(target) {
    const kiosk = target.identities.kiosk;
    // The kiosk itself would take its name back.
    target.fleet.cables.kiosk.setCut(true);
    const open = await session(target, kiosk.terminalId, kiosk);
    if (open === null) throw new Error('the certificate is good before it is revoked');
    const closed = new Promise<boolean>((resolve) => {
      open.once('close', () => resolve(true));
      setTimeout(() => resolve(false), 60_000).unref();
    });
    const since = performance.now();
    const reason = { reason: 'stolen in the attack' };
    const said = await rawHttp(target.hubUrl, {
      method: 'POST',
      path: `/api/v1/terminals/${kiosk.terminalId}/revoke`,
      headers: { ...asStaff(target, await staffSession(target)), 'content-type': 'application/json' },
      body: JSON.stringify(reason),
    });
    if (said.status !== 204) throw new Error(`revoke: ${said.status} ${said.body.toString()}`);
    const ended = await closed;
    const took = Math.round(performance.now() - since);
    open.end(true);
    const again = await atBothDoors(target, kiosk.terminalId, kiosk);
    return {
      outcome: ended ? again.outcome : 'got-through',
      evidence: `open connection ${ended ? `ended after ${took} ms` : 'stayed open for a minute'}; then ${again.evidence}`,
      trace: { alert: 'security_terminal_revoked', subject: kiosk.terminalId },
    };
  },
};

export const expiredCertificate: Attack = {
  id: 'certificate-expired',
  threat: 'certificate-expired',
  rule: 'SEC-1',
  on: 'every-broker',
  expect: 'refused',
  async run(target) {
    const { kiosk } = target.identities;
    const { terminalId, role } = kiosk;
    const authority = await stolenAuthority(target);
    const { privateKeyPem, csrPem } = await createDeviceKeyAndCsr(terminalId);
    const issued = await authority.issueCertificate(csrPem, {
      id: terminalId,
      role,
      validity: milliseconds(1),
    });
    if (!issued.ok) throw new Error(issued.error.message);
    // The hub's own register says that this one was given to the kiosk: only its time is over.
    const { db, clock } = target.fleet.own.hub.inside();
    await db.stores.certificates.insert(certificateRow({ terminalId, role }, issued.value, clock.now()));
    const shown: Shown = { tls: { keyPem: privateKeyPem, chainPem: issued.value.chain.join('') } };
    const result = await atBothDoors(target, terminalId, shown);
    return { ...result, trace: { alert: 'security_certificate_expired', subject: terminalId } };
  },
};
