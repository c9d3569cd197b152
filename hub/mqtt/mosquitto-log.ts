import { TERMINAL_ID_PATTERN, type TerminalId } from '#shared/kernel/ids.ts';
import { mayPublish, maySubscribe } from './rights.ts';

/** What a Mosquitto (2.0) refused, or granted and will not deliver, or has no room for, as its log tells it. */
export type Refusal =
  | {
      readonly kind: 'publish' | 'subscribe' | 'will';
      readonly terminalId: TerminalId;
      readonly topic: string;
    }
  | { readonly kind: 'frame'; readonly terminalId: TerminalId; readonly why: 'too_large' | 'malformed' }
  | {
      /** More waited for a client than may; told once a connection, whatever is dropped on it after that. */
      readonly kind: 'drops';
      readonly client: string;
      /** Null: the client is a hub. */
      readonly terminalId: TerminalId | null;
    }
  | { readonly kind: 'stranger'; readonly words: string; readonly address: string | undefined }
  | {
      readonly kind: 'handshake';
      readonly why: 'plain_text' | 'old_tls';
      readonly address: string | undefined;
    };

const ID = '([a-z0-9-]{3,32})';
/** Mosquitto cuts every line after 999 bytes: what follows the topic is missing after a long one. */
const DENIED = new RegExp(`^Denied PUBLISH from ${ID} \\(d\\d, q\\d, r\\d, m\\d+, '(.*)$`);
const AFTER_TOPIC = /', \.\.\. \(\d+ bytes\)\)$/;
const SUBSCRIBED = new RegExp(`^${ID} [012] (.+)$`);
const TOO_LARGE = new RegExp(
  `^(?:Dropped too large PUBLISH from ${ID} \\(|Client ${ID} disconnected due to oversize packet)`,
);
const MALFORMED = new RegExp(`^Client ${ID} disconnected due to (?:malformed packet|protocol error)`);
const DROPS = new RegExp(`^Outgoing messages are being dropped for client ${ID}\\.$`);
const CONNECTED = new RegExp(`^New client connected from \\S+ as ${ID} \\(`);
/**
 * The same fault of a handshake is told in two ways: by the first where its bytes came after the connection was accepted, by the second (without a
 * `New connection` before it) where they were there already, as they are on a busy machine.
 */
const HANDSHAKE =
  /^(?:OpenSSL Error\[\d+\]: |Client connection from (\S+) failed: )error:[0-9A-F]+:[^:]*:[^:]*:(.*?)\.?$/;
/** Hubs have names of their own kind (`hub-` and twelve digits) and other rights. */
const HUB = /^hub-[0-9a-f]{12}$/;

/**
 * Reads the log line by line. Names and topics in it come from whoever was refused, but neither a line break nor another control character:
 * Mosquitto refuses those before it logs anything.
 */
export function mosquittoLogReader(): (line: string) => Refusal | null {
  let address: string | undefined;
  let connecting: TerminalId | null = null;
  let willFollows = false;
  return (whole) => {
    const text = /^\S+: (.*)$/.exec(whole)?.[1];
    if (text === undefined) return null;
    const from = /^New connection from (\S+?)(?::\d+)? on port /.exec(text)?.[1];
    if (from !== undefined) address = from;
    if (willFollows && text.startsWith('\t')) {
      willFollows = false;
      const topic = text.slice(1);
      if (connecting === null || mayPublish(connecting, { topic, retain: true, bytes: 0 })) return null;
      return { kind: 'will', terminalId: connecting, topic };
    }
    willFollows = /^Will message specified /.test(text);
    const connected = CONNECTED.exec(text)?.[1];
    if (connected !== undefined) connecting = terminalOf(connected);
    return ofClient(text) ?? ofStranger(text, address);
  };
}

function ofClient(text: string): Refusal | null {
  const [, publisher, topic] = DENIED.exec(text) ?? [];
  const denied = terminalOf(publisher);
  if (denied !== null && topic !== undefined)
    return { kind: 'publish', terminalId: denied, topic: topic.replace(AFTER_TOPIC, '') };
  const [, subscriber, filter] = SUBSCRIBED.exec(text) ?? [];
  const subscribed = terminalOf(subscriber);
  if (subscribed !== null && filter !== undefined)
    return maySubscribe(subscribed, filter)
      ? null
      : { kind: 'subscribe', terminalId: subscribed, topic: filter };
  const large = TOO_LARGE.exec(text);
  const tooLarge = terminalOf(large?.[1] ?? large?.[2]);
  if (tooLarge !== null) return { kind: 'frame', terminalId: tooLarge, why: 'too_large' };
  const malformed = terminalOf(MALFORMED.exec(text)?.[1]);
  if (malformed !== null) return { kind: 'frame', terminalId: malformed, why: 'malformed' };
  const client = DROPS.exec(text)?.[1];
  return client === undefined ? null : { kind: 'drops', client, terminalId: terminalOf(client) };
}

function ofStranger(text: string, latest: string | undefined): Refusal | null {
  const [, own, said] = HANDSHAKE.exec(text) ?? [];
  // An alert is what the other side said: it did not believe the broker, nobody was refused here.
  if (said === undefined || /\balert\b/.test(said)) return null;
  const address = own ?? latest;
  if (/unsupported protocol|version too low/.test(said))
    return { kind: 'handshake', why: 'old_tls', address };
  if (/wrong version number|http request|packet length too long/.test(said))
    return { kind: 'handshake', why: 'plain_text', address };
  return /certificate/.test(said) ? { kind: 'stranger', words: said.slice(0, 100), address } : null;
}

const terminalOf = (name: string | undefined): TerminalId | null =>
  name !== undefined && TERMINAL_ID_PATTERN.test(name) && !HUB.test(name) ? (name as TerminalId) : null;
