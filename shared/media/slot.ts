import { hkdfSync } from 'node:crypto';
import { Decrypter, Encrypter } from 'age-encryption';
import { assert } from '#shared/kernel/assert.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { freshIdentity } from './container/age-header.ts';
import { SLOT_BYTES, SLOT_RECIPIENTS } from './layout.ts';
import type { Binding } from './licence.ts';

const IDENTITY = /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/;

/**
 * The slot's bytes, always `SLOT_BYTES`. Binding `none`: an identity file with comment lines, as `age -i` reads it. Binding
 * `players`: an age file to exactly `SLOT_RECIPIENTS` recipients (fresh dummies fill up, so that nobody counts a member's devices), padded inside.
 */
export async function createSlot(
  identity: string,
  binding: Binding,
  playerRecipients: readonly string[],
): Promise<Uint8Array> {
  if (binding === 'none') return padIdentity(identity, SLOT_BYTES);
  assert(
    playerRecipients.length >= 1 && playerRecipients.length <= SLOT_RECIPIENTS,
    `a slot bound to players has 1 to ${SLOT_RECIPIENTS} of them`,
  );
  const recipients = [...playerRecipients];
  while (recipients.length < SLOT_RECIPIENTS) recipients.push((await freshIdentity()).recipient);
  recipients.sort();
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const overhead = (await encrypter.encrypt(new Uint8Array(0))).length;
  const slot = await encrypter.encrypt(padIdentity(identity, SLOT_BYTES - overhead));
  assert(slot.length === SLOT_BYTES, 'X25519 stanzas have one length');
  return slot;
}

/** Identity text with comment lines before it, exactly `bytes` long. */
function padIdentity(identity: string, bytes: number): Uint8Array {
  const tail = `\n${identity}\n`;
  const head = '# The key of one rented copy (keyturn). Open with: age -d -i slot.age content.age\n';
  let room = bytes - tail.length - head.length;
  assert(room >= 0, 'a slot has room for its identity');
  const lines: string[] = [];
  while (room > 0) {
    const length = Math.min(room, 64);
    lines.push(`#${'.'.repeat(Math.max(0, length - 2))}${length > 1 ? '\n' : ''}`);
    room -= length;
  }
  return Buffer.from(`${head}${lines.join('')}${tail}`, 'ascii');
}

export type SlotFault = Fault<'slot_destroyed' | 'slot_damaged' | 'slot_not_for_this_player'>;

/**
 * The copy's identity from its slot. `playerIdentity`: the player's own age identity, needed where the binding is `players`. A slot that
 * a terminal overwrote is `slot_destroyed`.
 */
export async function openSlot(
  slot: Uint8Array,
  playerIdentity: string | null,
): Promise<Result<string, SlotFault>> {
  if (slot.length !== SLOT_BYTES) return fault('slot_damaged', 'a slot has one size');
  if (markOf(slot) !== null) return fault('slot_destroyed', 'the key of this copy was destroyed');
  if (!Buffer.from(slot.subarray(0, 22)).equals(Buffer.from('age-encryption.org/v1\n')))
    return identityIn(slot);
  if (playerIdentity === null) return fault('slot_not_for_this_player', 'this copy is bound to players');
  try {
    const decrypter = new Decrypter();
    decrypter.addIdentity(playerIdentity);
    return identityIn(await decrypter.decrypt(slot));
  } catch (error) {
    return error instanceof Error && error.message.startsWith('no identity matched')
      ? fault('slot_not_for_this_player', 'this copy is bound to other players')
      : fault('slot_damaged', 'the slot cannot be decrypted');
  }
}

function identityIn(bytes: Uint8Array): Result<string, SlotFault> {
  const lines = Buffer.from(bytes).toString('latin1').split('\n');
  const found = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const [identity] = found;
  return found.length === 1 && identity !== undefined && IDENTITY.test(identity)
    ? ok(identity)
    : fault('slot_damaged', 'the slot holds no identity');
}

/** What stands in a slot that holds no key: before the write, after a failed write, after a return (MS-11). */
export const SLOT_MARKS = ['EMPTY', 'WIPED', 'DESTROYED'] as const;
export type SlotMark = (typeof SLOT_MARKS)[number];

/** The pattern of a mark: a line of text that names what it belongs to (copy or return), repeated over the whole slot. */
export function slotPattern(mark: SlotMark, id: string): Uint8Array {
  const line = Buffer.from(`KEYTURN SLOT ${mark} ${id}\n`, 'ascii');
  const pattern = Buffer.alloc(SLOT_BYTES);
  for (let at = 0; at < SLOT_BYTES; at += line.length) line.copy(pattern, at);
  return pattern;
}

/** Mark and id where the whole slot is one pattern; null for anything else. */
export function markOf(slot: Uint8Array): { readonly mark: SlotMark; readonly id: string } | null {
  const line = Buffer.from(slot.subarray(0, 100)).toString('latin1').split('\n')[0] ?? '';
  const match = /^KEYTURN SLOT (EMPTY|WIPED|DESTROYED) ([0-9a-f-]{36})$/.exec(line);
  const [, mark, id] = match ?? [];
  const known = SLOT_MARKS.find((each) => each === mark);
  if (known === undefined || id === undefined) return null;
  return Buffer.from(slot).equals(slotPattern(known, id)) ? { mark: known, id } : null;
}

/** Stands in the licence: says whether a slot is still whole. One-way, and not on the way to the slot's proof (MS-10). */
export const slotCheck = (slot: Uint8Array): string =>
  Buffer.from(hkdfSync('sha256', slot, '', 'keyturn/slot-check/1', 32)).toString('hex');
