import type { RentalId, ReservationId, ReturnId, TerminalId } from '#shared/kernel/ids.ts';
import { COPIES_FOLDER, licenceFile, STATE_BYTES, slotFile, stateFile } from '#shared/media/layout.ts';
import { type Licence, licenceSchema } from '#shared/media/licence.ts';
import { markOf } from '#shared/media/slot.ts';
import type { Random } from '#shared/ports/random.ts';
import type { EventData } from '#shared/protocol/events.ts';
import { copyIdsOn } from '../judge/media.ts';
import type { World } from '../world/world.ts';
import type { Town } from './town.ts';

const ALL = { events: 100_000, bytes: Number.MAX_SAFE_INTEGER };
const LICENCE = /\/licence\.jws$/;
const WRITTEN = new Set(['rental.started', 'rental.held']);

export interface HeardLicence {
  readonly jws: string;
  readonly licence: Licence;
}

/** A return that was torn: the pattern over the slot tells its id to everybody who has the stick in hand. */
export interface TornReturn extends HeardLicence {
  readonly returnId: ReturnId;
  /** The medium forgets who began it and when; nothing that is the member's is lost by it. */
  loseRecord(): void;
}

export interface HeardPlace {
  readonly reservationId: ReservationId;
  readonly memberToken: string;
}

/**
 * What a thief knows of copies that were never in his hands: the licences that stand on everybody's sticks, receipts that people left lying in the shop, and
 * whose places in queues somebody read from a screen. Of no copy its slot or its content; of a return that is under way its id only where it was torn and the stick lies about.
 */
export class Hearsay {
  readonly #world: World;
  readonly #town: Town;
  readonly #random: Random;

  constructor(world: World, town: Town, random: Random) {
    this.#world = world;
    this.#town = town;
    this.#random = random;
  }

  one<T>(list: readonly T[]): T | null {
    return list.length === 0 ? null : (list[this.#random.below(list.length)] as T);
  }

  /**
   * A licence from any stick, of a copy that the hub has heard of; null: there is none yet that can be read. Of others whoever tells first opens the rental, and a receipt is believed until the
   * write is known and tells staff otherwise (RET-1, RNT-3): nobody can know better by then.
   */
  licence(): HeardLicence | null {
    const medium = this.one(this.#town.media);
    if (medium === null) return null;
    const paths = [...medium.files.keys()]
      .filter((path) => path.startsWith(COPIES_FOLDER) && LICENCE.test(path))
      .sort();
    const path = this.one(paths);
    const read = path === null ? null : readLicence(medium.files.get(path) ?? new Uint8Array());
    return read !== null && this.#atHub(read.licence.keyturn.rentalId) ? read : null;
  }

  /** A torn return whose stick is in nobody's drive, and of which nobody has a receipt; `but`: not these. */
  torn(but: ReadonlySet<string>): TornReturn | null {
    const inDrives = new Set(this.#world.terminals.map((terminal) => terminal.inSlot()?.label));
    const over = new Set(
      this.#allTold('return.destroyed').map((data) => Reflect.get(Object(data), 'returnId')),
    );
    const found = this.#town.media
      .filter(({ label, chip }) => chip === undefined && !inDrives.has(label))
      .flatMap((medium) => copyIdsOn(medium).map((copyId) => ({ files: medium.files, copyId })))
      .flatMap(({ files, copyId }) => {
        const seen = markOf(files.get(slotFile(copyId)) ?? new Uint8Array());
        const heard = readLicence(files.get(licenceFile(copyId)) ?? new Uint8Array());
        if (seen?.mark !== 'DESTROYED' || heard === null || over.has(seen.id) || but.has(seen.id)) return [];
        const loseRecord = (): unknown => files.set(stateFile(copyId), new Uint8Array(STATE_BYTES));
        return [{ ...heard, returnId: seen.id as ReturnId, loseRecord }];
      });
    return this.one(found.filter(({ licence }) => this.#atHub(licence.keyturn.rentalId)));
  }

  /** What another terminal told of a return that is over: its receipt, its ids, its payments. */
  return(): EventData<'return.destroyed'> | null {
    return this.#told('return.destroyed') as EventData<'return.destroyed'> | null;
  }

  place(): HeardPlace | null {
    return this.#told('reservation.requested') as HeardPlace | null;
  }

  /** The kiosk that wrote it knows that the hub has it. */
  #atHub(rentalId: RentalId): boolean {
    return this.#world.kiosks.some(({ store, lostStores }) => {
      const { acked } = store.position(0);
      const told = [
        ...lostStores.flatMap((lost) => lost.read(0, 0, ALL)),
        ...store.read(0, 0, ALL).filter(({ sequence }) => sequence <= acked),
      ];
      return told.some(
        ({ kind, data }) => WRITTEN.has(kind) && Reflect.get(Object(data), 'rentalId') === rentalId,
      );
    });
  }

  #told(kind: string): unknown {
    return this.one(this.#allTold(kind)) ?? null;
  }

  #allTold(kind: string): readonly unknown[] {
    return this.#world.terminals
      .flatMap(({ store, lostStores }) => [...lostStores, store].flatMap((each) => each.read(0, 0, ALL)))
      .filter((event) => event.kind === kind)
      .map(({ data }) => data);
  }

  other(): TerminalId {
    return (this.one(this.#world.terminals) as World['terminals'][number]).id;
  }
}

function readLicence(bytes: Uint8Array): HeardLicence | null {
  const jws = Buffer.from(bytes).toString('utf8');
  try {
    const payload: unknown = JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const licence = licenceSchema.safeParse(payload);
    return licence.success ? { jws, licence: licence.data } : null;
  } catch {
    // Torn while it was written.
    return null;
  }
}
