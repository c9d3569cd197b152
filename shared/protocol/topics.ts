import { TERMINAL_ID_PATTERN, type TerminalId } from '#shared/kernel/ids.ts';
import { LIMITS } from './limits.ts';

/** Topics of DESIGN §3. `{dev}` is a whole level, because broker access rules need that. */
const ROOT = 'kt1';

/** The two-digit partition of a terminal: FNV-1a of its id, so that every hub and terminal derives the same. */
export function partitionOf(terminal: TerminalId): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < terminal.length; index += 1) {
    hash = Math.imul(hash ^ terminal.charCodeAt(index), 0x01000193) >>> 0;
  }
  return String(hash % LIMITS.partitions).padStart(2, '0');
}

export const allPartitions = (): readonly string[] =>
  Array.from({ length: LIMITS.partitions }, (_, index) => String(index).padStart(2, '0'));

export type UpChannel = 'up' | 'tm' | 'st';
export type DownChannel = 'ack' | 'cmd' | 'cfg';

export const upTopic = (terminal: TerminalId, channel: UpChannel): string =>
  `${ROOT}/${partitionOf(terminal)}/${terminal}/${channel}`;
export const downTopic = (terminal: TerminalId, channel: DownChannel): string =>
  `${ROOT}/${partitionOf(terminal)}/${terminal}/dn/${channel}`;
export const hubTopic = (partition: string): string => `${ROOT}/${partition}/hub`;

/** What a terminal subscribes to: its own down topics and its partition's hub record. */
export const terminalSubscriptions = (terminal: TerminalId): readonly string[] => [
  downTopic(terminal, 'ack'),
  downTopic(terminal, 'cmd'),
  downTopic(terminal, 'cfg'),
  hubTopic(partitionOf(terminal)),
];
/** What a hub subscribes to for each partition that it leases. */
export const hubSubscriptions = (partition: string): readonly string[] =>
  (['up', 'tm', 'st'] as const).map((channel) => `${ROOT}/${partition}/+/${channel}`);

export type ParsedTopic =
  | {
      readonly kind: 'up';
      readonly partition: string;
      readonly terminal: TerminalId;
      readonly channel: UpChannel;
    }
  | {
      readonly kind: 'down';
      readonly partition: string;
      readonly terminal: TerminalId;
      readonly channel: DownChannel;
    }
  | { readonly kind: 'hub'; readonly partition: string };

/** Reads a topic; null for anything that is not exactly one of ours, also when the partition is not the terminal's. */
export function parseTopic(topic: string): ParsedTopic | null {
  const levels = topic.split('/');
  const [root, partition, third, fourth, fifth] = levels;
  if (
    root !== ROOT ||
    partition === undefined ||
    !/^[0-9]{2}$/.test(partition) ||
    Number(partition) >= LIMITS.partitions
  )
    return null;
  if (levels.length === 3 && third === 'hub') return { kind: 'hub', partition };
  if (third === undefined || !TERMINAL_ID_PATTERN.test(third)) return null;
  const terminal = third as TerminalId;
  if (partitionOf(terminal) !== partition) return null;
  if (levels.length === 4 && (fourth === 'up' || fourth === 'tm' || fourth === 'st')) {
    return { kind: 'up', partition, terminal, channel: fourth };
  }
  if (levels.length === 5 && fourth === 'dn' && (fifth === 'ack' || fifth === 'cmd' || fifth === 'cfg')) {
    return { kind: 'down', partition, terminal, channel: fifth };
  }
  return null;
}
