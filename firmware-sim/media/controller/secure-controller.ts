import { constants, createPublicKey, verify } from 'node:crypto';
import { assert, unreachable } from '#shared/kernel/assert.ts';
import type { CopyId, MediumId } from '#shared/kernel/ids.ts';
import { ok } from '#shared/kernel/result.ts';
import {
  CHANNEL_VERSION,
  type Directions,
  directions,
  ephemeral,
  frame,
  packFields,
  readFrame,
  refusal,
  signedText,
  transcript,
  unpackFields,
} from '#shared/media/controller/channel.ts';
import {
  type Answer,
  type Command,
  type CommandRefusal,
  decodeCaller,
  decodeCommand,
  encodeMessage,
  type SlotState,
} from '#shared/media/controller/messages.ts';
import { type PurgeStatement, purgeStatementSchema } from '#shared/media/controller/purge.ts';
import { type FleetTrust, signJws, verifyDevice } from '#shared/media/signing.ts';
import { slotMac, slotProofKey } from '#shared/media/slot-proof.ts';
import type { SecureController } from '#shared/ports/media-drive.ts';
import type { Signer } from '#shared/ports/signer.ts';
import type { ControllerMemory } from './memory.ts';
import { SlotBook } from './slot-book.ts';

/** A controller as it is made: its key and certificate, the root it trusts, and its memory. */
export interface ControllerChip {
  readonly mediumId: MediumId;
  /** Power on: no session, memory as it was left. `through` is what its memory is written through (a drive that loses power). */
  powerOn(through?: (memory: ControllerMemory) => ControllerMemory): SecureController;
  /** What stands in its slots, seen from the workbench: no host and no drive can look like this. */
  inside(): Promise<readonly SlotState[]>;
}

export interface ChipParts {
  readonly signer: Signer;
  readonly trust: FleetTrust;
  readonly memory: ControllerMemory;
}

export function controllerChip(parts: ChipParts): ControllerChip {
  assert(parts.signer.role === 'medium', 'a controller has a certificate for a medium');
  return {
    mediumId: parts.signer.id as MediumId,
    powerOn: (through = (memory) => memory) =>
      new PoweredController({ ...parts, memory: through(parts.memory) }),
    inside: async () => (await SlotBook.read(parts.memory)).states(),
  };
}

type Known =
  | { readonly as: 'nobody' }
  | { readonly as: 'kiosk' | 'return-terminal' }
  | { readonly as: 'player'; readonly key: string };

type Session =
  | {
      readonly phase: 'greeted';
      readonly secret: Uint8Array;
      readonly veiled: Directions;
      readonly introduced: Uint8Array;
    }
  | { readonly phase: 'open'; readonly caller: Known; readonly traffic: Directions };

/** One power-on of a controller: answers one message after the other, holds one session at a time (MS-21, MS-22). */
class PoweredController implements SecureController {
  readonly #parts: ChipParts;
  #book: Promise<SlotBook> | null = null;
  #session: Session | null = null;
  #busy: Promise<unknown> = Promise.resolve();

  constructor(parts: ChipParts) {
    this.#parts = parts;
  }

  transceive(message: Uint8Array): ReturnType<SecureController['transceive']> {
    const turn = this.#busy.then(async () => ok(await this.#answer(message)));
    this.#busy = turn.catch(() => undefined);
    return turn;
  }

  async #answer(message: Uint8Array): Promise<Uint8Array> {
    const read = readFrame(message);
    switch (read?.kind) {
      case 'hello':
        return this.#greet(read.body);
      case 'identify':
        return this.#admit(read.body);
      case 'record':
        return this.#serve(read.body);
      case 'blank':
      case 'install':
        return refusal('certified');
      default:
        return refusal('malformed');
    }
  }

  /** A greeting ends whatever session there was. */
  async #greet(hello: Uint8Array): Promise<Uint8Array> {
    this.#session = null;
    const own = ephemeral();
    const secret = own.agree(hello.subarray(1));
    if (secret === null) return refusal('malformed');
    const theirs = Buffer.concat([Uint8Array.of(CHANNEL_VERSION), own.publicKey]);
    const greeting = transcript(hello, theirs);
    const veiled = directions(secret, greeting, 'handshake');
    const { signer } = this.#parts;
    const identity = packFields(signer.certificateChain);
    const signature = await signer.sign(signedText('controller', greeting, identity));
    const sealed = veiled.fromController.seal('hello', packFields([...signer.certificateChain, signature]));
    this.#session = { phase: 'greeted', secret, veiled, introduced: transcript(greeting, sealed) };
    return frame('hello', Buffer.concat([theirs, sealed]));
  }

  async #admit(shown: Uint8Array): Promise<Uint8Array> {
    const session = this.#session;
    if (session?.phase !== 'greeted') return refusal('no_session');
    this.#session = null;
    const text = session.veiled.fromHost.open('identify', shown);
    const caller = text === null ? null : this.#callerIn(text, session.introduced);
    if (caller === null) return refusal('caller_refused');
    const traffic = directions(session.secret, transcript(session.introduced, shown), 'traffic');
    this.#session = { phase: 'open', caller, traffic };
    return frame('identify', traffic.fromController.seal('identify', new Uint8Array(0)));
  }

  /** Who it is, proven by a signature over this handshake; null for everybody else. */
  #callerIn(text: Uint8Array, introduced: Uint8Array): Known | null {
    const fields = unpackFields(text, 2);
    const [identity, signature] = fields ?? [];
    if (identity === undefined || signature === undefined) return null;
    const caller = decodeCaller(identity);
    const signed = signedText('host', introduced, identity);
    switch (caller?.as) {
      case 'nobody':
        return { as: 'nobody' };
      case 'player': {
        const key = edKey(caller.key);
        return key !== null && verify(null, signed, key, signature)
          ? { as: 'player', key: caller.key }
          : null;
      }
      case 'terminal': {
        const chain = caller.chain.map((der) => Buffer.from(der, 'base64url'));
        const device = verifyDevice(chain, this.#parts.trust, caller.at);
        if (!device.ok) return null;
        const { role, publicKey } = device.value;
        if (role !== 'kiosk' && role !== 'return-terminal') return null;
        const pss = { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
        return verify('sha256', signed, pss, signature) ? { as: role } : null;
      }
      default:
        return null;
    }
  }

  async #serve(sealed: Uint8Array): Promise<Uint8Array> {
    const session = this.#session;
    if (session?.phase !== 'open') return refusal('no_session');
    const text = session.traffic.fromHost.open('record', sealed);
    if (text === null) {
      // Changed, repeated, or out of its order: whoever sent it, this session is over.
      this.#session = null;
      return refusal('no_session');
    }
    const command = decodeCommand(text);
    const answer = command === null ? refused('malformed') : await this.#carryOut(session.caller, command);
    return frame('record', session.traffic.fromController.seal('record', encodeMessage(answer)));
  }

  async #carryOut(caller: Known, command: Command): Promise<Answer> {
    const book = await this.#open();
    if (!mayAsk(caller, command.command)) return refused('not_allowed');
    switch (command.command) {
      case 'state':
        return { answer: 'state', slots: book.states(), counter: book.counter() };
      case 'write': {
        const slot = Buffer.from(command.slot, 'base64url');
        const refusedAs = await book.put({ ...command, slot });
        return refusedAs === null ? done : refused(refusedAs);
      }
      case 'read': {
        const key = book.key(command.copyId);
        if (key === null) return gone(book, command.copyId);
        const among = key.readers === 'any' || (caller.as === 'player' && key.readers.includes(caller.key));
        return among
          ? { answer: 'slot', slot: Buffer.from(key.slot).toString('base64url') }
          : refused('not_allowed');
      }
      case 'prove': {
        const key = book.key(command.copyId);
        if (key === null) return gone(book, command.copyId);
        const proofKey = slotProofKey(key.slot, key.rentalId);
        return { answer: 'proof', mac: slotMac(proofKey, command.nonce, command.returnId) };
      }
      case 'proof-key': {
        const key = book.key(command.copyId);
        if (key === null) return gone(book, command.copyId);
        return { answer: 'proof-key', key: slotProofKey(key.slot, key.rentalId) };
      }
      case 'wipe': {
        const state = book.state(command.copyId)?.state;
        if (state === 'destroyed') return refused('slot_destroyed');
        if (state !== undefined) await book.remove(command.copyId, 'wiped', null);
        return done;
      }
      case 'delete':
        return this.#purge(book, command);
      default:
        return unreachable(command);
    }
  }

  #open(): Promise<SlotBook> {
    this.#book ??= SlotBook.open(this.#parts.memory).catch((error: unknown) => {
      this.#book = null;
      throw error;
    });
    return this.#book;
  }

  /** The key is gone from the memory, then the counter goes up, then it is signed: never in another order (MS-23). */
  async #purge(book: SlotBook, command: Extract<Command, { command: 'delete' }>): Promise<Answer> {
    const { copyId, returnId, nonce, at } = command;
    const before = book.state(copyId);
    if (before === null) return refused('slot_missing');
    if (before.state === 'wiped' || (before.state === 'destroyed' && before.returnId !== returnId))
      return refused('slot_destroyed');
    await book.remove(copyId, 'destroyed', returnId);
    const statement: PurgeStatement = purgeStatementSchema.parse({
      version: 1,
      mediumId: this.#parts.signer.id,
      copyId,
      returnId,
      nonce,
      counter: await book.count(),
      slotDigest: before.digest,
    });
    return { answer: 'purged', statement: await signJws('keyturn-purge', statement, this.#parts.signer, at) };
  }
}

const done: Answer = { answer: 'done' };
const refused = (reason: CommandRefusal): Answer => ({ answer: 'refused', reason });
const gone = (book: SlotBook, copyId: CopyId): Answer =>
  refused(book.state(copyId) === null ? 'slot_missing' : 'slot_destroyed');

/** Who may ask for what (MS-22). */
const MAY: Readonly<Record<Command['command'], readonly Known['as'][]>> = {
  state: ['nobody', 'kiosk', 'return-terminal', 'player'],
  write: ['kiosk'],
  read: ['player'],
  prove: ['kiosk', 'return-terminal'],
  'proof-key': ['kiosk'],
  delete: ['kiosk', 'return-terminal'],
  wipe: ['kiosk'],
};
const mayAsk = (caller: Known, command: Command['command']): boolean => MAY[command].includes(caller.as);

function edKey(x: string) {
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  } catch {
    return null;
  }
}
