import { LIMITS } from '#shared/protocol/limits.ts';

/** By so many bytes at most a number is longer when it is written again: `1e20` becomes 21 digits. Everything else in JSON becomes shorter, if anything. */
const LONGER_NUMBER = 20;

/**
 * The bytes of an event's data where they are more than one event may have (PR-3); null: they are not. Nothing in a packet is larger than the packet, `packetBytes` long: only what came in a
 * larger one, or in one that nobody knows, is written out to be measured.
 */
export function tooManyBytes(data: unknown, packetBytes: number | null): number | null {
  if (packetBytes !== null && fitsByItsPacket(data, packetBytes)) return null;
  const bytes = Buffer.byteLength(JSON.stringify(data));
  return bytes > LIMITS.eventBytes ? bytes : null;
}

function fitsByItsPacket(data: unknown, packetBytes: number): boolean {
  const room = Math.floor((LIMITS.eventBytes - packetBytes) / LONGER_NUMBER);
  return room >= 0 && numbersIn(data, room) <= room;
}

/** How many numbers stand in a message, counted no further than to the first beyond `most`. A message is no deeper than its batch was let in. */
function numbersIn(value: unknown, most: number): number {
  if (typeof value === 'number') return 1;
  if (typeof value !== 'object' || value === null) return 0;
  let found = 0;
  for (const part of Object.values(value)) {
    found += numbersIn(part, most - found);
    if (found > most) break;
  }
  return found;
}
