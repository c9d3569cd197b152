import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { assert } from '#shared/kernel/assert.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { parseCertificate, validity } from '#shared/media/certificate.ts';
import { createDeviceKeyAndCsr, signerFromPem } from '#shared/media/device-key.ts';
import { verifyDevice } from '#shared/media/signing.ts';
import type { DeviceSeal } from '#shared/ports/device-seal.ts';
import type { Signer } from '#shared/ports/signer.ts';
import type { IdentityKeeper, TerminalIdentity } from '../identity.ts';
import { eraseFile, writeDurably } from './durable-file.ts';
import { replaceKey, type StoredIdentity } from './identity-files.ts';

const nextKey = z.object({
  privateKeyPem: z.string().max(8_000),
  certificateRequest: z.string().max(8_000),
  /** PEM, own certificate first; null until the hub answered. */
  chain: z.array(z.string().max(8_000)).max(4).nullable(),
});
type NextKey = z.infer<typeof nextKey>;
const FILE = 'next-key';
const SEAL = 'next-key';

/** The identity in `folder` with its renewal: the next key lies sealed beside it until it takes its place in one step. */
export function identityKeeper(folder: string, seal: DeviceSeal, stored: StoredIdentity): IdentityKeeper {
  const path = join(folder, FILE);
  let current: StoredIdentity = stored;
  let next = readNext(path, seal);
  const keep = (one: NextKey): void => {
    writeDurably(path, seal.seal(SEAL, Buffer.from(JSON.stringify(one))));
    next = one;
  };
  const discard = (): void => {
    eraseFile(path);
    next = null;
  };
  // A former start ended between the two files: the identity has the key already.
  if (next?.chain != null && next.privateKeyPem === current.tls.keyPem) discard();
  const signer: Signer = {
    id: stored.signer.id,
    role: stored.signer.role,
    get certificateChain() {
      return current.signer.certificateChain;
    },
    sign: (bytes) => current.signer.sign(bytes),
  };
  const { terminalId, role, fleetId, siteId, mqttUrl, trust } = stored;
  const identity: TerminalIdentity = {
    ...{ terminalId, role, fleetId, siteId, mqttUrl, trust, signer },
    get tls() {
      return current.tls;
    },
  };
  return {
    identity,
    validity: () => {
      const own = parseCertificate(current.signer.certificateChain[0] ?? new Uint8Array());
      assert(own !== null, 'the certificate in use was read before');
      const { from, to } = validity(own);
      return { from: from as EpochMs, to: to as EpochMs };
    },
    next: () =>
      next === null ? null : { certificateRequest: next.certificateRequest, granted: next.chain !== null },
    async begin() {
      const { privateKeyPem, csrPem } = await createDeviceKeyAndCsr(terminalId);
      keep({ privateKeyPem, certificateRequest: csrPem, chain: null });
    },
    grant(chain) {
      assert(next !== null, 'a certificate answers a request');
      const unfit = fault('certificate_unfit', 'the certificate is not this terminal’s for its next key');
      try {
        const fresh = signerFromPem(next.privateKeyPem, chain);
        const device = verifyDevice(fresh.certificateChain, trust, null);
        if (!device.ok || device.value.id !== terminalId || device.value.role !== role) return unfit;
      } catch {
        return unfit;
      }
      keep({ ...next, chain: [...chain] });
      return ok(undefined);
    },
    promote() {
      assert(next !== null && next.chain !== null, 'the next key has its certificate');
      current = replaceKey(folder, seal, { privateKeyPem: next.privateKeyPem, chain: next.chain });
      discard();
    },
    discard,
  };
}

function readNext(path: string, seal: DeviceSeal): NextKey | null {
  if (!existsSync(path)) return null;
  const opened = seal.unseal(SEAL, readFileSync(path));
  if (opened === null) return null;
  const parsed = nextKey.safeParse(JSON.parse(Buffer.from(opened).toString('utf8')));
  return parsed.success ? parsed.data : null;
}
