import { Readable } from 'node:stream';
import type { PublishPacket } from 'aedes';
import memory from 'aedes-persistence';

type Kept = Pick<PublishPacket, 'topic' | 'payload'>;

/**
 * What the embedded broker keeps, in memory. Terminals name the topics they read (`rights.ts`: no wildcards), so what is kept for a topic is found by its name;
 * aedes' own memory compares each subscription with everything that is kept for anybody, and ten thousand terminals that come back at once would be compared with
 * ten thousand configurations each.
 */
export function brokerMemory() {
  const retained = new Map<string, Kept>();
  const createRetainedStreamCombi = (topics: readonly string[]): Readable =>
    Readable.from(topics.flatMap((topic) => retained.get(topic) ?? []));
  return Object.assign(memory(), {
    /** An empty message clears its topic (MQTT 3.1.1, 3.3.1.3). */
    async storeRetained(packet: Kept): Promise<void> {
      if (packet.payload.length === 0) retained.delete(packet.topic);
      else retained.set(packet.topic, { ...packet });
    },
    createRetainedStreamCombi,
    createRetainedStream: (topic: string) => createRetainedStreamCombi([topic]),
  });
}
