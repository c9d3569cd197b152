import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { assert } from '#shared/kernel/assert.ts';
import { type MediumId, UUID_PATTERN } from '#shared/kernel/ids.ts';
import { ok } from '#shared/kernel/result.ts';
import { frame, readFrame, refusal, unpackFields } from '#shared/media/controller/channel.ts';
import { createCsr, createDeviceKeyAndCsr, signerFromPem } from '#shared/media/device-key.ts';
import { fleetTrust, verifyDevice } from '#shared/media/signing.ts';
import type { SecureController } from '#shared/ports/media-drive.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { Cell, type ControllerMemory } from './memory.ts';
import { type ControllerChip, controllerChip } from './secure-controller.ts';
import { SlotBook } from './slot-book.ts';

/** Behind the slots' pages: the key, and what the fleet made of it. */
const KEY_PAGE = 100;
const CERTIFICATES_PAGE = 102;
const certificates = z.object({ chain: z.array(z.string()).length(2), root: z.string() });

/** How a controller gets its own key and signs with it. */
export interface ChipKeys {
  /** A key of its own, PEM. */
  fresh(): Promise<string>;
  signer(privateKeyPem: string, chain: readonly string[]): Signer;
}

const TRUE_KEYS: ChipKeys = {
  fresh: async () => (await createDeviceKeyAndCsr('')).privateKeyPem,
  signer: signerFromPem,
};

/** What a controller that was blank is by what lies in its memory: null while it is blank; no key: certificates that belong to nothing. */
export async function certifiedIn(
  memory: ControllerMemory,
): Promise<{ readonly chain: readonly string[]; readonly root: string; readonly key: string | null } | null> {
  const cell = new Cell(memory, CERTIFICATES_PAGE);
  await cell.load();
  const kept = cell.value();
  if (kept === null) return null;
  const own = new Cell(memory, KEY_PAGE);
  await own.load();
  const key = own.value();
  return {
    ...certificates.parse(JSON.parse(Buffer.from(kept).toString('utf8'))),
    key: key === null ? null : Buffer.from(key).toString('utf8'),
  };
}

/**
 * A controller as it comes from its maker: no certificate, and no key before it is asked for a request. A terminal of whatever fleet makes it that fleet's,
 * once and for good (MS-33): from then on it is as `controllerChip`. All of it lies in `memory`, so that a stop at any moment leaves it blank or certified.
 */
export function blankChip(memory: ControllerMemory, keys = TRUE_KEYS): ControllerChip {
  return {
    get mediumId(): MediumId {
      throw new Error('a blank controller is no medium yet');
    },
    powerOn: (through = (one) => one) => new BlankController(memory, through, keys),
    inside: async () => (await SlotBook.read(memory)).states(),
  };
}

class BlankController implements SecureController {
  readonly #memory: ControllerMemory;
  readonly #through: (memory: ControllerMemory) => ControllerMemory;
  readonly #keys: ChipKeys;
  #certified: SecureController | null = null;

  constructor(
    memory: ControllerMemory,
    through: (memory: ControllerMemory) => ControllerMemory,
    keys: ChipKeys,
  ) {
    this.#memory = memory;
    this.#through = through;
    this.#keys = keys;
  }

  async transceive(message: Uint8Array): ReturnType<SecureController['transceive']> {
    const own = await this.#own();
    if (own !== null) return own.transceive(message);
    const read = readFrame(message);
    if (read?.kind === 'blank') return ok(await this.#request(Buffer.from(read.body).toString('latin1')));
    if (read?.kind === 'install') return ok(await this.#install(read.body));
    return ok(refusal(read === null ? 'malformed' : 'blank'));
  }

  async #cell(page: number): Promise<Cell> {
    const cell = new Cell(this.#through(this.#memory), page);
    await cell.load();
    return cell;
  }

  async #key(): Promise<string | null> {
    const kept = (await this.#cell(KEY_PAGE)).value();
    return kept === null ? null : Buffer.from(kept).toString('utf8');
  }

  /** The controller that it is since it was certified. */
  async #own(): Promise<SecureController | null> {
    if (this.#certified !== null) return this.#certified;
    const kept = await certifiedIn(this.#through(this.#memory));
    if (kept === null || kept.key === null) return null;
    const { chain, root, key } = kept;
    const trust = fleetTrust(root);
    assert(trust.ok, 'the root was looked at before it was kept');
    const chip = controllerChip({
      signer: this.#keys.signer(key, chain),
      trust: trust.value,
      memory: this.#memory,
    });
    this.#certified = chip.powerOn(this.#through);
    return this.#certified;
  }

  async #request(mediumId: string): Promise<Uint8Array> {
    if (!UUID_PATTERN.test(mediumId)) return refusal('malformed');
    const kept = await this.#key();
    const key = kept ?? (await this.#keys.fresh());
    if (kept === null) await (await this.#cell(KEY_PAGE)).write(Buffer.from(key));
    return frame('blank', Buffer.from(createCsr(key, mediumId), 'ascii'));
  }

  /** Keeps only certificates that are its own key's, of a medium, and of the root beside them. */
  async #install(body: Uint8Array): Promise<Uint8Array> {
    const fields = unpackFields(body, 3);
    const key = await this.#key();
    if (fields === null || key === null) return refusal('malformed');
    const [own, issuing, root] = fields as [Uint8Array, Uint8Array, Uint8Array];
    try {
      const pem = (der: Uint8Array): string => new X509Certificate(der).toString();
      const trust = fleetTrust(pem(root));
      const device = trust.ok ? verifyDevice([own, issuing], trust.value, null) : null;
      const fits = new X509Certificate(own).checkPrivateKey(createPrivateKey(key));
      if (device?.ok !== true || device.value.role !== 'medium' || !fits) return refusal('malformed');
      const text = JSON.stringify({ chain: [pem(own), pem(issuing)], root: pem(root) });
      await (await this.#cell(CERTIFICATES_PAGE)).write(Buffer.from(text));
    } catch {
      return refusal('malformed');
    }
    return frame('install', Uint8Array.of(1));
  }
}
