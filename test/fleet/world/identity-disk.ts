import type { IdentityKeeper, TerminalIdentity } from '#shared/edge/identity.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { SiteId } from '#shared/kernel/ids.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { verifyDevice } from '#shared/media/signing.ts';
import { type Device, deviceOf, type Fixture, type SpareKey } from './fixture.ts';

/** Key and certificate of one terminal, and the next ones while they are renewed: as `identityKeeper` has them on a disk, which outlives the machine's others. */
export class IdentityDisk implements IdentityKeeper {
  readonly #fixture: Fixture;
  #device: Device;
  #next: { readonly key: SpareKey; readonly chain: readonly string[] | null } | null = null;
  /** Keys that nobody has used; each is used once. */
  readonly #spare: SpareKey[];
  readonly identity: TerminalIdentity;
  readonly #renewed: () => void;

  constructor(
    fixture: Fixture,
    device: Device,
    siteId: SiteId,
    spare: readonly SpareKey[],
    renewed: () => void,
  ) {
    this.#renewed = renewed;
    this.#fixture = fixture;
    this.#device = device;
    this.#spare = [...spare];
    const now = () => this.#device;
    const { trust } = fixture.authority;
    this.identity = {
      ...{ terminalId: device.terminalId, role: device.role, fleetId: trust.fleetId, siteId, trust },
      mqttUrl: 'mqtts://simulated',
      signer: {
        id: device.signer.id,
        role: device.signer.role,
        get certificateChain() {
          return now().signer.certificateChain;
        },
        sign: (bytes) => now().signer.sign(bytes),
      },
      get tls() {
        return now().tls;
      },
    };
  }

  /** What is in use now. */
  device(): Device {
    return this.#device;
  }

  expired(at: EpochMs): boolean {
    return at >= this.#device.validTo;
  }

  validity(): { readonly from: EpochMs; readonly to: EpochMs } {
    return { from: this.#device.validFrom, to: this.#device.validTo };
  }

  next(): { readonly certificateRequest: string; readonly granted: boolean } | null {
    return this.#next === null
      ? null
      : { certificateRequest: this.#next.key.csrPem, granted: this.#next.chain !== null };
  }

  /** A key for a request of its own. */
  freshKey(): SpareKey {
    const key = this.#spare.shift();
    assert(key !== undefined, `${this.#device.terminalId} has a spare key`);
    return key;
  }

  async begin(): Promise<void> {
    this.#next = { key: this.freshKey(), chain: null };
  }

  grant(chain: readonly string[]) {
    assert(this.#next !== null, 'a certificate answers a request');
    const { terminalId, role } = this.#device;
    const fresh = deviceOf(this.#next.key.privateKeyPem, chain);
    const known = verifyDevice(fresh.signer.certificateChain, this.#fixture.authority.trust, null);
    if (!known.ok || fresh.terminalId !== terminalId || fresh.role !== role)
      return fault('certificate_unfit', 'the certificate is not this terminal’s for its next key');
    this.#next = { ...this.#next, chain };
    return ok(undefined);
  }

  promote(): void {
    assert(this.#next !== null && this.#next.chain !== null, 'the next key has its certificate');
    this.become(this.#next.key, this.#next.chain);
    this.#renewed();
  }

  discard(): void {
    this.#next = null;
  }

  /** As after an enrolment: this key and its certificate are the identity. */
  become({ privateKeyPem }: SpareKey, chain: readonly string[]): void {
    this.#device = deviceOf(privateKeyPem, chain);
    this.#next = null;
  }
}
