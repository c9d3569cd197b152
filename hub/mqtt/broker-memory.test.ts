import { expect, it } from 'vitest';
import { brokerMemory } from './broker-memory.ts';

const packet = (topic: string, text: string) =>
  ({ cmd: 'publish', qos: 1, dup: false, retain: true, topic, payload: Buffer.from(text) }) as const;

it('SEC-2, FLT-2: what the broker keeps is found by its name alone: the last of a topic, nothing that was cleared, nothing for a wildcard', async () => {
  const memory = brokerMemory();
  for (const [topic, text] of [
    ['kt1/01/a/dn/cfg', 'first'],
    ['kt1/01/a/dn/cfg', 'second'],
    ['kt1/01/b/dn/cfg', 'of another'],
    ['kt1/01/hub', 'record'],
  ] as const)
    await memory.storeRetained(packet(topic, text));
  const kept = async (...topics: string[]) => {
    const found: { payload: Buffer }[] = await memory.createRetainedStreamCombi(topics).toArray();
    return found.map(({ payload }) => String(payload));
  };
  expect(await kept('kt1/01/a/dn/cfg', 'kt1/01/a/dn/cmd', 'kt1/01/hub')).toEqual(['second', 'record']);
  expect(await kept('#', 'kt1/01/+/dn/cfg')).toEqual([]);

  await memory.storeRetained(packet('kt1/01/a/dn/cfg', ''));
  expect(await kept('kt1/01/a/dn/cfg')).toEqual([]);
  expect(await memory.createRetainedStream('kt1/01/b/dn/cfg').toArray()).toHaveLength(1);
});

it('FLT-2: what is kept stays as it was said, whatever becomes of the packet it came in', async () => {
  const memory = brokerMemory();
  const said: { topic: string; retain: boolean } & Parameters<typeof memory.storeRetained>[0] = {
    ...packet('kt1/01/a/dn/cfg', 'said'),
    retain: true,
  };
  await memory.storeRetained(said);
  said.topic = 'kt1/01/b/dn/cfg';
  said.retain = false;
  const [kept] = await memory.createRetainedStream('kt1/01/a/dn/cfg').toArray();
  expect(kept).toMatchObject({ topic: 'kt1/01/a/dn/cfg', retain: true });
});
