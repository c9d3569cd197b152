import type { Attack, Target } from '#test/attack/contract.ts';
import { connectPacket, rawBroker, stolenTerminal, within } from '#test/attack/support/wire.ts';

const PATIENCE_MS = 15_000;

/** Sends bytes on connections of a stolen terminal; answers how many of them the broker left open. */
async function thrown(
  target: Target,
  name: string,
  attacks: readonly { readonly connect: boolean; readonly bytes: Buffer; readonly times?: number }[],
) {
  const thief = await stolenTerminal(target, name);
  let open = 0;
  for (const { connect, bytes, times } of attacks) {
    const { socket, closed } = await rawBroker(target, thief.tls);
    if (connect) {
      const answered = new Promise<void>((resolve) => socket.once('data', () => resolve()));
      socket.write(connectPacket(thief.terminalId));
      if (!(await within(PATIENCE_MS, answered))) throw new Error('the broker did not take the connection');
    }
    for (let sent = 0; sent < (times ?? 1) && !socket.destroyed; sent += 1) {
      if (!socket.write(bytes))
        await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
    }
    if (!(await within(PATIENCE_MS, closed))) open += 1;
    socket.destroy();
  }
  return {
    outcome: open === 0 ? ('refused' as const) : ('got-through' as const),
    evidence: `${attacks.length} connections, ${open} of them left open`,
    trace: { alert: 'security_packet_refused', subject: thief.terminalId },
  };
}

/** A PUBLISH that announces so many bytes; the topic is right. */
const announced = (length: readonly number[]): Buffer => Buffer.from([0x30, ...length]);

export const oversizedPackets: Attack = {
  id: 'packets-oversized',
  threat: 'packet-oversized',
  rule: 'SEC-2',
  on: 'every-broker',
  expect: 'refused',
  run: (target) =>
    thrown(target, 'thief-sends-huge', [
      // 300 KB, and all of it; 256 MB, and 4 MB of it.
      { connect: true, bytes: Buffer.concat([announced([0xe0, 0xa7, 0x12]), Buffer.alloc(300_000, 65)]) },
      {
        connect: true,
        bytes: Buffer.concat([announced([0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(4_000_000, 65)]),
      },
    ]),
};

export const malformedPackets: Attack = {
  id: 'packets-malformed',
  threat: 'packet-malformed',
  rule: 'SEC-2',
  on: 'every-broker',
  expect: 'refused',
  run: (target) =>
    thrown(target, 'thief-sends-nonsense', [
      // QoS 3; a length without end; a topic that is longer than its packet.
      { connect: true, bytes: Buffer.from([0x36, 0x05, 0x00, 0x01, 0x61, 0x00, 0x01]) },
      { connect: true, bytes: Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]) },
      { connect: true, bytes: Buffer.from([0x32, 0x04, 0xff, 0xff, 0x61, 0x61]) },
      { connect: false, bytes: Buffer.from([0x36, 0x05, 0x00, 0x01, 0x61, 0x00, 0x01]) },
    ]),
};

export const endlessPackets: Attack = {
  id: 'packets-endless',
  threat: 'packet-endless',
  rule: 'SEC-2',
  on: 'every-broker',
  expect: 'refused',
  run: (target) =>
    thrown(target, 'thief-never-ends', [
      // A CONNECT that never ends, then a PUBLISH that never ends.
      {
        connect: false,
        bytes: Buffer.concat([Buffer.from([0x10, 0xff, 0xff, 0x7f]), Buffer.alloc(16_384, 65)]),
        times: 64,
      },
      {
        connect: true,
        bytes: Buffer.concat([announced([0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(65_536, 65)]),
        times: 64,
      },
    ]),
};
