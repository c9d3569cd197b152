import type { CopyId, MediumId, RentalId, ReturnId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { MountedMedium, SecureController } from '#shared/ports/media-drive.ts';
import { askController, type Caller, type ControllerFault, controllerId } from './controller/host.ts';
import {
  type Answer,
  CONTROLLER_SLOTS,
  type Command,
  type SlotState as ControllerSlot,
} from './controller/messages.ts';
import { SLOT_BYTES, slotFile } from './layout.ts';
import type { MediaDeps, MediumTrouble } from './orders.ts';
import type { PlayerSigningKey } from './player-key.ts';
import type { FleetTrust } from './signing.ts';
import { markOf, type SlotFault, type SlotMark, slotCheck, slotPattern } from './slot.ts';
import { slotMac, slotProofKey } from './slot-proof.ts';

/**
 * What stands in a slot, wherever the slot is. `whole`: the key that the licence speaks of. `absent` on a secure medium: its controller knows no
 * such copy, or has long used the place of a spent one again.
 */
export type SlotSeen =
  | { readonly kind: 'absent'; readonly secure: boolean }
  | { readonly kind: 'mark'; readonly mark: SlotMark; readonly id: string }
  | { readonly kind: 'whole' }
  | { readonly kind: 'other' };

export interface SlotLook {
  readonly seen: SlotSeen;
  /** The slot's bytes where it is a file; a controller shows them to nobody here. */
  readonly bytes: Uint8Array | null;
}

/** Looks at a slot as anybody may. `check` is the licence's `slotCheck`, null without a valid licence. */
export async function seeSlot(
  medium: MountedMedium,
  copyId: CopyId,
  check: string | null,
  trust: FleetTrust,
): Promise<Result<SlotLook, MediumTrouble>> {
  if (medium.controller !== null) {
    const states = await controllerSlots(medium.controller, trust);
    if (!states.ok) return states;
    const state = states.value.find((each) => each.copyId === copyId) ?? null;
    return ok({ seen: seenIn(state, check), bytes: null });
  }
  const stat = await medium.stat(slotFile(copyId));
  if (!stat.ok) return stat;
  if (stat.value === null || stat.value.bytes > SLOT_BYTES)
    return ok({ seen: seenOf(null, check), bytes: null });
  const bytes = await medium.readSmall(slotFile(copyId), SLOT_BYTES);
  return bytes.ok ? ok({ seen: seenOf(bytes.value, check), bytes: bytes.value }) : bytes;
}

/** What the bytes of a slot's file say. */
export function seenOf(bytes: Uint8Array | null, check: string | null): SlotSeen {
  if (bytes === null) return { kind: 'absent', secure: false };
  const mark = markOf(bytes);
  if (mark !== null) return { kind: 'mark', ...mark };
  return check !== null && slotCheck(bytes) === check ? { kind: 'whole' } : { kind: 'other' };
}

function seenIn(slot: ControllerSlot | null, check: string | null): SlotSeen {
  if (slot === null) return { kind: 'absent', secure: true };
  if (slot.state === 'wiped') return { kind: 'mark', mark: 'WIPED', id: slot.copyId };
  if (slot.state === 'destroyed')
    return { kind: 'mark', mark: 'DESTROYED', id: slot.returnId ?? slot.copyId };
  return check === slot.digest ? { kind: 'whole' } : { kind: 'other' };
}

async function controllerSlots(
  controller: SecureController,
  trust: FleetTrust,
): Promise<Result<readonly ControllerSlot[], ControllerFault>> {
  const asked = await askController(controller, trust, { as: 'nobody' }, { command: 'state' });
  if (!asked.ok) return asked;
  const { answer } = asked.value;
  return answer.answer === 'state' ? ok(answer.slots) : fault('controller_failed', 'no state');
}

/** The id that the medium's controller proves (MS-21); null: a plain medium. */
export const provenId = async (
  medium: MountedMedium,
  trust: FleetTrust,
): Promise<Result<MediumId | null, MediumTrouble>> =>
  medium.controller === null ? ok(null) : controllerId(medium.controller, trust);

/**
 * The slot of a copy for a player: from its file, or from the controller, which gives it to the players it was told of (MS-22) and over a channel
 * that no drive can read. Kept in memory only.
 */
export async function readSlot(
  medium: MountedMedium,
  copyId: CopyId,
  player: { readonly trust: FleetTrust; readonly key: PlayerSigningKey },
): Promise<Result<Uint8Array, Fault<SlotFault['code'] | 'medium_unreadable'>>> {
  const unreadable = (message: string) => fault('medium_unreadable', message);
  if (medium.controller === null) {
    const bytes = await medium.readSmall(slotFile(copyId), SLOT_BYTES);
    if (!bytes.ok) return unreadable(bytes.error.message);
    return bytes.value === null ? unreadable('the slot is gone') : ok(bytes.value);
  }
  const caller: Caller = { as: 'player', key: player.key };
  const asked = await askController(medium.controller, player.trust, caller, { command: 'read', copyId });
  if (!asked.ok) return unreadable(asked.error.message);
  const { answer } = asked.value;
  if (answer.answer === 'slot') return ok(Buffer.from(answer.slot, 'base64url'));
  const why = answer.answer === 'refused' ? answer.reason : 'malformed';
  if (why === 'slot_destroyed') return fault('slot_destroyed', 'the key of this copy was destroyed');
  if (why === 'not_allowed') return fault('slot_not_for_this_player', 'this copy is bound to other players');
  return unreadable(`read: ${why}`);
}

export interface NewKey {
  readonly copyId: CopyId;
  readonly rentalId: RentalId;
  readonly slot: Uint8Array;
  /** Ed25519 keys of the players that a controller gives the key to; `any`: binding none. A file asks nobody. */
  readonly readers: 'any' | readonly string[];
}

/** What a terminal does with the slots of one medium. */
export interface SlotPlace {
  /** Before anything is written: room for one more key. */
  room(): Promise<Result<void, MediumTrouble>>;
  /** The place for a key that will come; nothing can be read from it. */
  lay(copyId: CopyId): Promise<Result<void, MediumTrouble>>;
  put(key: NewKey): Promise<Result<void, MediumTrouble>>;
  /** The answer to a challenge (RET-7). `bytes` as looked at. */
  prove(
    copy: { readonly copyId: CopyId; readonly bytes: Uint8Array | null },
    rentalId: RentalId,
    nonce: string,
    returnId: ReturnId,
  ): Promise<Result<string, MediumTrouble>>;
  /** K for the hub (RNT-6). */
  proofKey(
    copy: { readonly copyId: CopyId; readonly bytes: Uint8Array | null },
    rentalId: RentalId,
  ): Promise<Result<string, MediumTrouble>>;
  /** Destroys the key of a return; on a secure medium answers the controller's statement (MS-23). */
  destroy(copyId: CopyId, returnId: ReturnId, nonce: string): Promise<Result<string | null, MediumTrouble>>;
  /** The statement for a key that is destroyed already; null on a plain medium. */
  attest(copyId: CopyId, returnId: ReturnId, nonce: string): Promise<Result<string | null, MediumTrouble>>;
  /** Destroys the key of a write that failed. */
  wipe(copyId: CopyId): Promise<Result<void, MediumTrouble>>;
}

export const slotPlaceOf = (
  deps: Pick<MediaDeps, 'random' | 'clock' | 'signer' | 'trust'>,
  medium: MountedMedium,
): SlotPlace => (medium.controller === null ? inFiles(deps, medium) : inController(deps, medium.controller));

function inFiles(deps: Pick<MediaDeps, 'random'>, medium: MountedMedium): SlotPlace {
  /** Random bytes first, then the pattern; both are synced by the drive. */
  const overwrite = async (copyId: CopyId, pattern: Uint8Array): Promise<Result<void, MediumTrouble>> => {
    const noise = await medium.overwrite(slotFile(copyId), 0, deps.random.bytes(SLOT_BYTES));
    return noise.ok ? medium.overwrite(slotFile(copyId), 0, pattern) : noise;
  };
  const gone = () => fault('medium_damaged', 'the slot is gone');
  return {
    room: async () => ok(undefined),
    lay: (copyId) => medium.replaceSmall(slotFile(copyId), slotPattern('EMPTY', copyId)),
    put: ({ copyId, slot }) => medium.overwrite(slotFile(copyId), 0, slot),
    prove: async ({ bytes }, rentalId, nonce, returnId) =>
      bytes === null ? gone() : ok(slotMac(slotProofKey(bytes, rentalId), nonce, returnId)),
    proofKey: async ({ bytes }, rentalId) => (bytes === null ? gone() : ok(slotProofKey(bytes, rentalId))),
    destroy: async (copyId, returnId) => {
      const done = await overwrite(copyId, slotPattern('DESTROYED', returnId));
      return done.ok ? ok(null) : done;
    },
    attest: async () => ok(null),
    wipe: (copyId) => overwrite(copyId, slotPattern('WIPED', copyId)),
  };
}

function inController(
  deps: Pick<MediaDeps, 'clock' | 'signer' | 'trust'>,
  controller: SecureController,
): SlotPlace {
  const ask = async <K extends Answer['answer']>(
    command: Command,
    wanted: K,
  ): Promise<Result<Extract<Answer, { answer: K }>, MediumTrouble>> => {
    const caller: Caller = { as: 'terminal', signer: deps.signer, at: deps.clock.now() };
    const asked = await askController(controller, deps.trust, caller, command);
    if (!asked.ok) return asked;
    const { answer } = asked.value;
    if (answer.answer === wanted) return ok(answer as Extract<Answer, { answer: K }>);
    const why = answer.answer === 'refused' ? answer.reason : answer.answer;
    if (why === 'slots_full') return fault('medium_too_many_copies', 'the controller holds no more keys');
    return fault('controller_failed', `${command.command}: ${why}`);
  };
  const purge: SlotPlace['destroy'] = async (copyId, returnId, nonce) => {
    const asked = await ask({ command: 'delete', copyId, returnId, nonce, at: deps.clock.now() }, 'purged');
    return asked.ok ? ok(asked.value.statement) : asked;
  };
  return {
    room: async () => {
      const slots = await controllerSlots(controller, deps.trust);
      if (!slots.ok) return slots;
      return slots.value.filter(({ state }) => state === 'key').length >= CONTROLLER_SLOTS
        ? fault('medium_too_many_copies', `a controller holds at most ${CONTROLLER_SLOTS} keys`)
        : ok(undefined);
    },
    lay: async () => ok(undefined),
    put: async ({ copyId, rentalId, slot, readers }) => {
      const text = Buffer.from(slot).toString('base64url');
      const put = await ask({ command: 'write', copyId, rentalId, slot: text, readers }, 'done');
      return put.ok ? ok(undefined) : put;
    },
    prove: async ({ copyId }, _rentalId, nonce, returnId) => {
      const proof = await ask({ command: 'prove', copyId, nonce, returnId }, 'proof');
      return proof.ok ? ok(proof.value.mac) : proof;
    },
    proofKey: async ({ copyId }) => {
      const key = await ask({ command: 'proof-key', copyId }, 'proof-key');
      return key.ok ? ok(key.value.key) : key;
    },
    destroy: purge,
    attest: purge,
    wipe: async (copyId) => {
      const wiped = await ask({ command: 'wipe', copyId }, 'done');
      return wiped.ok ? ok(undefined) : wiped;
    },
  };
}
