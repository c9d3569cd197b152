import type { z } from 'zod';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { isStorable } from '#shared/kernel/storable.ts';
import { type Command, command, configMessage } from './commands.ts';
import {
  type Ack,
  ack,
  type Batch,
  batch,
  type Heartbeat,
  type HubRecord,
  heartbeat,
  hubRecord,
  type Presence,
  presence,
} from './envelope.ts';
import { LIMITS } from './limits.ts';
import { PROTOCOL_MAJOR, PROTOCOL_MINOR, type Rejection, refuseVersion } from './version.ts';

export type DecodeFault = Fault<Rejection>;
export type Decoded<T> = Result<T, DecodeFault>;
export type ConfigMessage = z.infer<typeof configMessage>;

/** The version that this program writes into everything it sends. */
export const OUR_VERSION = { major: PROTOCOL_MAJOR, minor: PROTOCOL_MINOR } as const;

/** Bytes of a message as they go to the broker. */
export const encode = (message: object): Uint8Array => Buffer.from(JSON.stringify(message), 'utf8');

/**
 * Reads one MQTT payload: size before text (PR-3), version before shape (PR-2), then the shape (PR-4). Fields that this version does not
 * know are left out. Never throws.
 */
function decode<T>(
  payload: Uint8Array,
  schema: z.ZodType<T>,
  versionField: 'version' | 'protocol',
): Decoded<T> {
  if (payload.length > LIMITS.packetBytes)
    return fault('too_large', `${payload.length} bytes, at most ${LIMITS.packetBytes}`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    return fault('malformed', 'not JSON in UTF-8');
  }
  // Event data is read later (PR-8): what cannot be stored is refused here, or it would stop the hub's whole group of batches.
  if (!isStorable(value, LIMITS.depth))
    return fault('malformed', 'too deep, or a text that cannot be stored');
  const peer = versionOf(value, versionField);
  if (peer === null) return fault('malformed', 'no version');
  const refused = refuseVersion(peer);
  if (refused !== null)
    return fault(refused, `version ${peer.major}.${peer.minor}, this is ${PROTOCOL_MAJOR}.${PROTOCOL_MINOR}`);
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  return fault('malformed', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

function versionOf(value: unknown, field: string): { major: number; minor: number } | null {
  if (typeof value !== 'object' || value === null) return null;
  const peer: unknown = Reflect.get(value, field);
  if (typeof peer !== 'object' || peer === null) return null;
  const major: unknown = Reflect.get(peer, 'major');
  const minor: unknown = Reflect.get(peer, 'minor');
  return Number.isSafeInteger(major) && Number.isSafeInteger(minor)
    ? { major: Number(major), minor: Number(minor) }
    : null;
}

/** A batch must be one run without holes inside what its sender says it holds (PR-7). */
export function decodeBatch(payload: Uint8Array): Decoded<Batch> {
  const decoded = decode(payload, batch, 'version');
  if (!decoded.ok) return decoded;
  const { events, firstHeld, last } = decoded.value;
  const first = events[0]?.sequence ?? 0;
  if (events.some((event, index) => event.sequence !== first + index))
    return fault('malformed', 'sequences of a batch follow one another');
  if (first < firstHeld || first + events.length - 1 > last)
    return fault('malformed', 'the batch lies outside what its sender holds');
  return decoded;
}

export const decodeAck = (payload: Uint8Array): Decoded<Ack> => decode(payload, ack, 'version');
export const decodePresence = (payload: Uint8Array): Decoded<Presence> =>
  decode(payload, presence, 'version');
export const decodeHeartbeat = (payload: Uint8Array): Decoded<Heartbeat> =>
  decode(payload, heartbeat, 'version');
export const decodeHubRecord = (payload: Uint8Array): Decoded<HubRecord> =>
  decode(payload, hubRecord, 'version');
export const decodeCommand = (payload: Uint8Array): Decoded<Command> => decode(payload, command, 'version');
export const decodeConfig = (payload: Uint8Array): Decoded<ConfigMessage> =>
  decode(payload, configMessage, 'protocol');
