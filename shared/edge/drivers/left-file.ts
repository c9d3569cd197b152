import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { codeDigest } from '#shared/media/enrolment-code.ts';
import { openCardSchema } from '#shared/media/wipe-receipt.ts';
import { count, jws, sha256Hex, terminalId } from '#shared/protocol/primitives.ts';
import { lanePlace } from '#shared/protocol/terminal-api.ts';
import { writeDurably } from './durable-file.ts';

/** In the terminal's home, and all that stays there. Holds no secret and nothing of a person. */
export const LEFT_FILE = 'left-the-fleet.json';

const leftSchema = z.object({
  version: z.literal(1),
  terminalId,
  role: z.enum(['kiosk', 'return-terminal']),
  facts: z.object({
    orderId: z.string().max(64),
    lanes: z.array(lanePlace).length(2),
    elsewhere: z.object({ held: count, torn: count }),
    openCards: z.array(openCardSchema).max(50),
  }),
  /** What there was to wipe, counted before the first file went; null: not counted yet. */
  counted: z.object({ files: count, bytes: count }).nullable(),
  /** SHA-256 of the code of the former enrolment: that one does not bring this terminal back. */
  codeDigest: sha256Hex.nullable(),
  /** Signed once, after the wiping; handed in until it is answered. */
  receipt: jws.nullable(),
  /** The hub has answered, or will have nothing to do with this terminal any more: the key may go. */
  over: z.boolean(),
});
/** How far a terminal is on its way out (FLT-3). Written before every step that cannot be taken back. */
export type Left = z.infer<typeof leftSchema>;

/** Null: this terminal has not left. One that cannot be read counts as left for good: a terminal is never started on half a wipe. */
export function readLeft(home: string): Left | 'unreadable' | null {
  let text: string;
  try {
    text = readFileSync(join(home, LEFT_FILE), 'utf8');
  } catch (error) {
    return error instanceof Error && Reflect.get(error, 'code') === 'ENOENT' ? null : 'unreadable';
  }
  try {
    return leftSchema.parse(JSON.parse(text));
  } catch {
    return 'unreadable';
  }
}

export const writeLeft = (home: string, left: Left): void =>
  writeDurably(join(home, LEFT_FILE), JSON.stringify(left));

/** A new enrolment begins: nothing of the former life is left but this file. */
export const removeLeft = (home: string): void => rmSync(join(home, LEFT_FILE), { force: true });

/** Whether this code brings a terminal back: another one than that of its former life, once that is over (SEC-1). */
export const comesBack = (left: Left, code: string | null): boolean =>
  left.over && code !== null && codeDigest(code) !== left.codeDigest;
