import type { CopyId, RentalId, ReturnId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { type Licence, licenceSchema } from '#shared/media/licence.ts';
import { signJws } from '#shared/media/signing.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Stamp } from '#shared/protocol/envelope.ts';
import { type ChainLink, hashOf, NO_RECEIPT, signReturn } from '#test/support/forged-return.ts';
import type { StolenTerminal } from '../world/stolen-terminal.ts';
import type { HeardLicence, Hearsay } from './hearsay.ts';

const DAY = 86_400_000;
/** How far a clock may be off, in days. */
const FAR = 365;

/** A copy that the thief says he wrote: its key never was on a medium, so he knows it. */
export interface OwnCopy extends HeardLicence {
  readonly proofKey: string;
}

/** One thing that a thief with a terminal's keys may try. */
export interface Deed {
  /** As the chronicle calls it. */
  readonly name: string;
  /** False: he knew too little for it. */
  commit(means: Means): Promise<boolean>;
}

/** Whatever he needs for his deeds: the stolen terminal, what he heard, chance, and what he wrote himself. */
export class Means {
  readonly stolen: StolenTerminal;
  readonly heard: Hearsay;
  readonly random: Random;
  readonly own: OwnCopy[] = [];
  /** How many wrong PINs he told of. */
  wrongPins = 0;
  #link: ChainLink = { counter: 0, previous: NO_RECEIPT };

  constructor(stolen: StolenTerminal, heard: Hearsay, random: Random) {
    this.stolen = stolen;
    this.heard = heard;
    this.random = random;
  }

  /** Now, or up to ten days before or after it. */
  at(): EpochMs {
    const now = this.stolen.now();
    const by = this.random.below(10 * DAY);
    return [now, now, epochMs(now - by), epochMs(now + by)][this.random.below(4)] as EpochMs;
  }

  /** A true stamp, or a clock that is years off, or one that says by how much and lies. */
  stamp(): Partial<Stamp> {
    const now = this.stolen.now();
    const by = this.random.below(FAR) * DAY + this.random.below(DAY);
    const stamps: Partial<Stamp>[] = [
      {},
      {},
      {},
      { deviceTime: epochMs(now - by), clockOffset: null, clockError: null },
      { deviceTime: epochMs(now + by), clockOffset: -by },
      { clockOffset: by - (FAR / 5) * DAY, clockError: 0 },
      { monotonic: 2 ** 50, bootId: 'another-boot' },
      { deviceTime: epochMs(0), monotonic: 0 },
    ];
    return stamps[this.random.below(stamps.length)] as Partial<Stamp>;
  }

  write(kind: string, data: unknown): true {
    this.stolen.write(kind, data, this.stamp());
    return true;
  }

  /** The same copy in a licence of his own making. */
  async signed(licence: Licence, change: Partial<Licence['keyturn']>): Promise<HeardLicence> {
    const { signer } = this.stolen.device;
    const at = this.stolen.now();
    const forged = licenceSchema.parse({
      ...licence,
      id: this.stolen.id7<string>(),
      issued: at,
      rights: { ...licence.rights, start: at },
      keyturn: { ...licence.keyturn, terminal: signer.id, ...change },
    });
    return { licence: forged, jws: await signJws('keyturn-licence', forged, signer, at) };
  }

  /** A rental that nobody permitted and nobody wrote, of a member whose token he knows. */
  async invent(licence: Licence): Promise<OwnCopy> {
    const ids = { rentalId: this.stolen.id7<RentalId>(), copyId: this.stolen.id7<CopyId>() };
    const made = { ...(await this.signed(licence, ids)), proofKey: 'dGhpZWY' };
    this.own.push(made);
    return made;
  }

  /** A return of a copy with a proof of his making; it stands in his chain of receipts unless `change` says another place. */
  async returned(
    { licence, jws }: HeardLicence,
    proofKey: string,
    change: Parameters<typeof signReturn>[1] = {},
  ) {
    const { device } = this.stolen;
    const forged = await signReturn(
      {
        signer: device.signer,
        ...{ licence, licenceJws: jws, proofKey, link: this.#link, t0: this.at() },
        returnId: this.stolen.id7<ReturnId>(),
        challenge: 1 + this.random.below(2 ** 32),
      },
      change,
    );
    if (change.counter === undefined)
      this.#link = { counter: this.#link.counter + 1, previous: hashOf(forged.receipt) };
    return forged;
  }
}
