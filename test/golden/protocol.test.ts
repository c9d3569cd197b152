import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  decodeAck,
  decodeBatch,
  decodeCommand,
  decodeConfig,
  decodeHeartbeat,
  decodeHubRecord,
  decodePresence,
  encode,
} from '#shared/protocol/decode.ts';
import { decodeEvent, EVENTS } from '#shared/protocol/events.ts';
import { openReturnRequest, rentalStatesAnswer, rentalStatesRequest } from '#shared/protocol/terminal-api.ts';
import { PROTOCOL_MINOR, REJECTIONS } from '#shared/protocol/version.ts';

/** One file per message and version, written once: a program of today must read what was ever sent. Never edit one; add a version. */
const root = join(import.meta.dirname, 'protocol');
/** Where each file lies: a minor version adds files, none replaces one of an earlier version; one of the same name is read beside it. */
const places = new Map<string, string>();
for (const version of readdirSync(root).sort())
  for (const file of readdirSync(join(root, version))) {
    const name = file.replace(/\.json$/, '');
    places.set(places.has(name) ? `${name} of ${version}` : name, join(root, version, file));
  }
const files = [...places.keys()];
const read = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(places.get(name) ?? '', 'utf8'));

const DECODERS = {
  batch: decodeBatch,
  ack: decodeAck,
  presence: decodePresence,
  heartbeat: decodeHeartbeat,
  'hub-record': decodeHubRecord,
  command: decodeCommand,
  config: decodeConfig,
} as const;
type Kind = keyof typeof DECODERS;
/** Over HTTP; since 1.5, those that came with a minor version. */
const QUESTIONS = {
  'question.rentals-states': rentalStatesRequest,
  'answer.rentals-states': rentalStatesAnswer,
  'question.returns-open': openReturnRequest,
} as const;
const messages = files.filter((name) => !/^(event|question|answer)\./.test(name));
const questions = files.filter((name) => /^(question|answer)\./.test(name));
const events = files.filter((name) => name.startsWith('event.'));
const decoderOf = (name: string) => DECODERS[name.split('.')[0] as Kind];

/** The message as a program with this version would send it, with a field that nobody here knows at every level. */
function asVersion(message: Record<string, unknown>, major: number, minor: number): Record<string, unknown> {
  const field = 'protocol' in message ? 'protocol' : 'version';
  return { ...withUnknown(message), [field]: { major, minor } };
}
function withUnknown(value: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(value).map(([key, inner]) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? [key, withUnknown(inner as Record<string, unknown>)]
      : [key, inner],
  );
  return { ...Object.fromEntries(entries), fieldOfTomorrow: { deep: true } };
}

describe('golden protocol files', () => {
  it('PR-2: there is one for every message, every event kind and every rejection', () => {
    expect(new Set(messages.map((name) => name.split('.')[0]))).toEqual(new Set(Object.keys(DECODERS)));
    const kinds = new Set(events.map((name) => name.replace(/^event\.| of .*$/g, '')));
    expect([...kinds].sort()).toEqual(Object.keys(EVENTS).sort());
    const rejections = messages.filter((name) => name.startsWith('ack.rejection.'));
    expect(rejections.map((name) => name.split('.')[2]).sort()).toEqual([...REJECTIONS].sort());
  });

  it.each(messages)('PR-2: %s of its version is read, nothing changed', (name) => {
    expect(decoderOf(name)(encode(read(name)))).toEqual({ ok: true, value: read(name) });
  });

  it.each(messages)('PR-2: %s of a newer minor is read, its new fields left alone', (name) => {
    const minor = PROTOCOL_MINOR + 1;
    const newer = asVersion(read(name), 1, minor);
    const decoded = decoderOf(name)(encode(newer));
    const field = 'protocol' in newer ? 'protocol' : 'version';
    expect(decoded).toEqual({ ok: true, value: { ...read(name), [field]: { major: 1, minor } } });
  });

  it.each(messages)('PR-2: %s of another major is refused, whatever its shape', (name) => {
    const field = name.split('.')[0] === 'config' ? 'protocol' : 'version';
    const [newer, older] = [2, 0].map((major) => decoderOf(name)(encode({ [field]: { major, minor: 0 } })));
    expect(newer).toMatchObject({ ok: false, error: { code: 'version_too_new' } });
    expect(older).toMatchObject({ ok: false, error: { code: 'version_too_old' } });
  });

  it.each(events)('PR-8: %s of its version is read, nothing changed', (name) => {
    const { kind, data } = read(name);
    expect(decodeEvent(String(kind), data)).toEqual({ ok: true, value: { kind, data } });
    const tomorrow = withUnknown(data as Record<string, unknown>);
    expect(decodeEvent(String(kind), tomorrow)).toEqual({ ok: true, value: { kind, data } });
  });

  it.each(questions)(
    'PR-2, PR-28, PR-30: %s of its version is read, nothing changed, and with fields of a newer one',
    (name) => {
      const schema = QUESTIONS[name as keyof typeof QUESTIONS];
      expect(schema.safeParse(read(name))).toEqual({ success: true, data: read(name) });
      expect(schema.safeParse(withUnknown(read(name)))).toEqual({ success: true, data: read(name) });
    },
  );
});
