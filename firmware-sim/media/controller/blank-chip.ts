import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { assert } from '#shared/kernel/assert.ts';
import { type MediumId, UUID_PATTERN } from '#shared/kernel/ids.ts';
import { ok } from '#shared/kernel/result.ts';
import { frame, readFrame, refusal, unpackFields } from '#shared/media/controller/channel.ts';
import { createCsr, createDeviceKeyAndCsr, signerFromPem } from '#shared/media/device-key.ts';
import { fleetTrust, verifyDevice } from '#shared/media/signing.ts';
import type { SecureController } from '#shared/ports/media-drive.ts';
import { Cell, type ControllerMemory } from './memory.ts';
import { type ControllerChip, controllerChip } from './secure-controller.ts';
import { SlotBook } from './slot-book.ts';

/** Behind the slots' pages: the key, and what the fleet made of it. */
const KEY_PAGE = 100;
const CERTIFICATES_PAGE = 102;
const certificates = z.object({ chain: z.array(z.string()).length(2), root: z.string() });

/**
 * A controller as it comes from its maker: no certificate, and no key before it is asked for a request. A terminal of whatever fleet makes it that fleet's,
 * once and for good (MS-33): from then on it is as `controllerChip`. All of it lies in `memory`, so that a stop at any moment leaves it blank or certified.
 */
export function blankChip(memory: ControllerMemory): ControllerChip {
  return {
    get mediumId(): MediumId {
      throw new Error('a blank controller is no medium yet');
    },
    powerOn: (through = (one) => one) => new BlankController(memory, through),
    inside: async () => (await SlotBook.read(memory)).states(),
  };
}

class BlankController implements SecureController {
  readonly #memory: ControllerMemory;
  readonly #through: (memory: ControllerMemory) => ControllerMemory;
  #certified: SecureController | null = null;

  constructor(memory: ControllerMemory, through: (memory: ControllerMemory) => ControllerMemory) {
    this.#memory = memory;
    this.#through = through;
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
    const kept = (await this.#cell(CERTIFICATES_PAGE)).value();
    const key = kept === null ? null : await this.#key();
    if (kept === null || key === null) return null;
    const { chain, root } = certificates.parse(JSON.parse(Buffer.from(kept).toString('utf8')));
    const trust = fleetTrust(root);
    assert(trust.ok, 'the root was looked at before it was kept');
    const chip = controllerChip({
      signer: signerFromPem(key, chain),
      trust: trust.value,
      memory: this.#memory,
    });
    this.#certified = chip.powerOn(this.#through);
    return this.#certified;
  }

  async #request(mediumId: string): Promise<Uint8Array> {
    if (!UUID_PATTERN.test(mediumId)) return refusal('malformed');
    const kept = await this.#key();
    const fresh = kept === null ? await createDeviceKeyAndCsr(mediumId) : null;
    if (fresh !== null) await (await this.#cell(KEY_PAGE)).write(Buffer.from(fresh.privateKeyPem));
    const csr = fresh?.csrPem ?? createCsr(kept ?? '', mediumId);
    return frame('blank', Buffer.from(csr, 'ascii'));
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
