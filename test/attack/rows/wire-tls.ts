import { mqttLink } from '#shared/edge/drivers/mqtt-link.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import type { TlsIdentity } from '#shared/tls/peer.ts';
import type { Attack, AttackResult, Target } from '#test/attack/contract.ts';
import {
  aName,
  anotherTerminal,
  connectPacket,
  oldHandshake,
  pause,
  plainServer,
  plainTalk,
  rogueServer,
  runningTerminal,
  stolenTerminal,
} from '#test/attack/support/wire.ts';
import { foundFleet } from '#test/support/test-fleet.ts';

/** Certificates with which somebody may answer in another's place: of a fleet that he founded, and of a terminal that he stole. */
async function rogueIdentities(target: Target, door: 'hub' | 'broker'): Promise<readonly TlsIdentity[]> {
  const foreign = await foundFleet(systemClock.now());
  const stolen = await stolenTerminal(target, `stolen-${door}-key`);
  return [await foreign.serverIdentity(door), stolen.tls];
}

async function answersInPlaceOf(target: Target, door: 'hub' | 'broker'): Promise<AttackResult> {
  const name = aName(`meets-rogue-${door}`);
  const rogues = await Promise.all((await rogueIdentities(target, door)).map(rogueServer));
  const first = await anotherTerminal(target, name);
  const { identity } = first;
  first.store.close();
  for (const rogue of rogues) {
    const where =
      door === 'hub'
        ? { hubUrl: `https://127.0.0.1:${rogue.port}` }
        : { mqttUrl: `mqtts://127.0.0.1:${rogue.port}` };
    const runtime = runningTerminal(await anotherTerminal(target, name, { ...where, again: true }));
    await runtime.start();
    for (let tries = 0; tries < 400 && rogue.handshakes() === 0; tries += 1) await pause(50);
    await pause(500);
    await runtime.stop();
  }
  // The network is sound again: what the terminal noticed reaches the hub.
  const sound = runningTerminal(await anotherTerminal(target, name, { again: true }));
  await sound.start();
  const allSaid = () =>
    sound.offlineSince() === null &&
    ([0, 1] as const).every((lane) => {
      const { last, acked } = sound.store.position(lane);
      return last === acked;
    });
  for (let tries = 0; tries < 400 && !allSaid(); tries += 1) await pause(50);
  await sound.stop();
  const met = rogues.map((rogue) => rogue.handshakes());
  const told = rogues.reduce((sum, rogue) => sum + rogue.told(), 0);
  for (const rogue of rogues) rogue.stop();
  return {
    outcome: told === 0 && met.every((count) => count > 0) ? 'refused' : 'got-through',
    evidence: `another fleet's certificate and a stolen terminal's: ${met.join(' and ')} handshakes, ${told} bytes were said to them`,
    trace: { alert: `security_${door}_untrusted`, subject: identity.terminalId },
  };
}

export const rogueBroker: Attack = {
  id: 'rogue-broker',
  threat: 'rogue-broker',
  rule: 'SEC-2',
  on: 'every-broker',
  expect: 'refused',
  run: (target) => answersInPlaceOf(target, 'broker'),
};

export const rogueHub: Attack = {
  id: 'rogue-hub',
  threat: 'rogue-hub',
  rule: 'SEC-2',
  on: 'once',
  expect: 'refused',
  run: (target) => answersInPlaceOf(target, 'hub'),
};

async function downgrade(url: string, target: Target, door: 'hub' | 'broker'): Promise<AttackResult> {
  const came = await oldHandshake(url, target.identities.kiosk.tls);
  return {
    outcome: came ? 'got-through' : 'refused',
    evidence: `a handshake with TLS 1.2 at most, with a true certificate: ${came ? 'came about' : 'refused'}`,
    trace: { alert: 'security_downgrade', subject: door },
  };
}

export const downgradeAtBroker: Attack = {
  id: 'downgrade-broker',
  threat: 'downgrade',
  rule: 'SEC-2',
  on: 'every-broker',
  expect: 'refused',
  run: (target) => downgrade(target.mqttUrl, target, 'broker'),
};

export const downgradeAtHub: Attack = {
  id: 'downgrade-hub',
  threat: 'downgrade',
  rule: 'SEC-2',
  on: 'once',
  expect: 'refused',
  run: (target) => downgrade(target.terminalsUrl, target, 'hub'),
};

export const plainTextAtBroker: Attack = {
  id: 'plain-text-broker',
  threat: 'plain-text',
  rule: 'SEC-2',
  on: 'every-broker',
  expect: 'refused',
  async run(target) {
    const answered = await plainTalk(target.mqttUrl, connectPacket('story-kiosk'));
    // And the terminal itself: an address without TLS gets not one byte of it.
    const eavesdropper = await plainServer();
    const { tls, trust } = target.identities.kiosk;
    const link = mqttLink({
      url: `mqtt://127.0.0.1:${eavesdropper.port}`,
      trust,
      identity: () => tls,
      clock: target.fleet.own.clock,
    });
    const connected = await link.connect({ clientId: 'story-kiosk', subscriptions: [] });
    eavesdropper.stop();
    const connack = answered.length >= 4 && answered[0] === 0x20;
    const open = connack || connected.ok || eavesdropper.told() > 0;
    return {
      outcome: open ? 'got-through' : 'refused',
      evidence: `CONNECT without TLS: ${connack ? 'answered' : 'no CONNACK'}; a terminal sent to mqtt:// said ${eavesdropper.told()} bytes`,
      trace: { alert: 'security_plain_text', subject: 'broker' },
    };
  },
};

export const plainTextAtHub: Attack = {
  id: 'plain-text-hub',
  threat: 'plain-text',
  rule: 'SEC-2',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const asked = Buffer.from('GET /terminal/v1/bundle HTTP/1.1\r\nHost: hub\r\n\r\n');
    const answered = await plainTalk(target.terminalsUrl, asked);
    // The door of staff and customers does not know the questions of terminals.
    const elsewhere = await fetch(`${target.hubUrl}/terminal/v1/health`);
    const open = answered.includes('HTTP/1.1 2') || elsewhere.status !== 404;
    return {
      outcome: open ? 'got-through' : 'refused',
      evidence: `HTTP at the terminals' door: ${answered.includes('HTTP/1.1') ? 'answered' : 'no answer'}; at staff's door: ${elsewhere.status}`,
      trace: { alert: 'security_plain_text', subject: 'hub' },
    };
  },
};
