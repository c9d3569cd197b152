import { beforeAll, describe, expect, it } from 'vitest';
import type { ControllerChip } from '#firmware-sim/media/controller/secure-controller.ts';
import { assert } from '#shared/kernel/assert.ts';
import { readFrame, unpackFields } from '#shared/media/controller/channel.ts';
import { askController } from '#shared/media/controller/host.ts';
import {
  decodeAnswer,
  decodeCaller,
  decodeCommand,
  type encodeMessage,
} from '#shared/media/controller/messages.ts';
import type { SecureController } from '#shared/ports/media-drive.ts';
import { NOON, value } from '#test/support/media-story.ts';
import { aPlayerKey, chipOf, mediumIdOf } from '#test/support/secure-medium.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { fuzz } from './campaign.ts';
import { chanceOf } from './chance.ts';
import { mutateBytes, mutateDocument } from './mutate.ts';
import { expectSaid, expectSameAgain } from './oracle.ts';

const copyId = mediumIdOf(2);
const returnId = mediumIdOf(3);
const x = 'A'.repeat(43);
const slot = Buffer.alloc(4096, 7).toString('base64url');
const write = { command: 'write', copyId, rentalId: mediumIdOf(4), slot } as const;
const digest = 'ab'.repeat(32);

const COMMANDS = [
  { command: 'state' },
  { command: 'read', copyId },
  { command: 'prove', copyId, nonce: 'bm9uY2U', returnId },
  { command: 'proof-key', copyId },
  { command: 'delete', copyId, returnId, nonce: 'bm9uY2U', at: NOON },
  { command: 'wipe', copyId },
  { command: 'delete', copyId, returnId, nonce: 'YW5vdGhlcg', at: 0 },
  { ...write, readers: 'any' },
  { ...write, readers: [x, x] },
];
const CALLERS = [
  { as: 'nobody' },
  { as: 'player', key: x },
  { as: 'terminal', at: NOON, chain: ['MIIB', 'MIIC'] },
];
const ANSWERS = [
  { answer: 'state', slots: [{ copyId, state: 'destroyed', digest, returnId }], counter: 4 },
  { answer: 'state', slots: [], counter: 0 },
  { answer: 'done' },
  { answer: 'proof', mac: x },
  { answer: 'proof-key', key: x },
  { answer: 'purged', statement: 'a.b.c' },
  { answer: 'refused', reason: 'not_allowed' },
];

/** A message of any bytes: null, or exactly what was said, and the same when it is written and read again. */
async function fuzzMessages(
  name: string,
  runs: number,
  samples: readonly unknown[],
  decode: (bytes: Uint8Array) => Parameters<typeof encodeMessage>[0] | null,
): Promise<void> {
  const { executions } = await fuzz({
    name,
    runs,
    accepted: runs / 100,
    refused: runs / 10,
    input: (chance) => mutateDocument(chance, samples),
    judge: (bytes) => {
      const read = decode(bytes);
      if (read === null) return 'refused';
      expectSaid(read, JSON.parse(Buffer.from(bytes).toString()));
      expectSameAgain(read, (text) => {
        const again = decode(Buffer.from(text));
        assert(again !== null, 'what was accepted is accepted again');
        return again;
      });
      return 'accepted';
    },
  });
  expect(executions).toBe(runs);
}

describe('messages of a controller', () => {
  it('SEC-5 SEC-8 MS-22: commands', () => fuzzMessages('commands', 200_000, COMMANDS, decodeCommand));
  it('SEC-5 SEC-8 MS-22: answers', () => fuzzMessages('answers', 50_000, ANSWERS, decodeAnswer));
  it('SEC-5 SEC-8 MS-21: callers', () => fuzzMessages('callers', 50_000, CALLERS, decodeCaller));

  it('SEC-5 SEC-8 MS-20: frames and fields of any bytes', async () => {
    const frames = [
      Uint8Array.of(1, 1, ...new Uint8Array(32)),
      Uint8Array.of(3, 9, 9),
      Uint8Array.of(127, 0),
    ];
    const { executions } = await fuzz({
      name: 'frames',
      runs: 200_000,
      accepted: 2000,
      refused: 2000,
      input: (chance) => mutateBytes(chance, chance.pick(frames)),
      judge: (bytes) => {
        const fields = unpackFields(bytes, 1 + (bytes.length % 4));
        const told = fields?.reduce((sum, field) => sum + 2 + field.length, 0);
        assert(told === undefined || told === bytes.length, 'fields that are not the whole');
        const read = readFrame(bytes);
        if (read === null) return 'refused';
        assert(read.body.length === bytes.length - 1, 'a body of another length');
        return 'accepted';
      },
    });
    expect(executions).toBe(200_000);
  });
});

describe('a powered controller', () => {
  let chip: ControllerChip;
  const said: Uint8Array[] = [];
  beforeAll(async () => {
    const fleet = await foundFleet();
    chip = await chipOf(fleet);
    const inner = chip.powerOn();
    const tapped: SecureController = {
      transceive: async (message) => {
        said.push(Uint8Array.from(message));
        return inner.transceive(message);
      },
    };
    const kiosk = { as: 'terminal', signer: await enrol(fleet, 'kiosk-one', 'kiosk'), at: NOON } as const;
    const put = { ...write, readers: [aPlayerKey().x] } as never;
    value(await askController(tapped, fleet.trust, kiosk, put));
  });

  it('SEC-5 SEC-8: changed and shuffled messages of a genuine conversation are answered, and change nothing', async () => {
    const before = await chip.inside();
    expect(before).toHaveLength(1);
    const controller = chip.powerOn();
    for (let run = 0; run < 3000; run += 1) {
      const chance = chanceOf('conversation', run);
      const message = chance.once(4) ? chance.pick(said) : mutateBytes(chance, chance.pick(said));
      const answer = value(await controller.transceive(message));
      // A greeting is answered with a new key, whoever sends it; everything behind it needs that key.
      expect([0x01, 0x7f], `run ${run}`).toContain(answer[0]);
    }
    expect(await chip.inside()).toEqual(before);
  });
});
