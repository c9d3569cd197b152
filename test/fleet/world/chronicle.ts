import { createHash } from 'node:crypto';
import type { WorldTime } from './time.ts';

/** How many of the last lines are kept for whoever has to find out why. */
const KEPT = 400;

/**
 * Everything that happens in a world, as lines `time actor what`, chained into one hash: two runs of a seed are the same run where their hashes are. Nothing
 * of it may hang on true chance (keys, salts, signatures).
 */
export interface Chronicle {
  note(actor: string, what: string): void;
  hash(): string;
  lines(): number;
  last(): readonly string[];
}

export function openChronicle(time: WorldTime, print: ((line: string) => void) | null): Chronicle {
  const hash = createHash('sha256');
  const last: string[] = [];
  let lines = 0;
  return {
    note(actor, what) {
      const line = `${time.now()} ${actor} ${what}`;
      hash.update(`${line}\n`);
      lines += 1;
      last.push(line);
      if (last.length > 2 * KEPT) last.splice(0, KEPT);
      print?.(line);
    },
    hash: () => hash.copy().digest('hex'),
    lines: () => lines,
    last: () => last.slice(-KEPT),
  };
}
