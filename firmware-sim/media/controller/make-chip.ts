import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '#shared/kernel/assert.ts';
import type { MediumId } from '#shared/kernel/ids.ts';
import { createDeviceKeyAndCsr, signerFromPem } from '#shared/media/device-key.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import { type ControllerMemory, fileMemory } from './memory.ts';
import { type ControllerChip, controllerChip } from './secure-controller.ts';

/** Asks the fleet's authority for a certificate of role `medium` over a request with this id; answers the chain as PEM, device first. */
export type IssueForMedium = (csrPem: string, mediumId: MediumId) => Promise<readonly string[]>;

/** Makes a controller: a key that never leaves it, and its certificate (MS-21). */
export async function makeChip(
  mediumId: MediumId,
  fleet: { readonly trust: FleetTrust; readonly issue: IssueForMedium },
  memory: ControllerMemory,
): Promise<ControllerChip> {
  const { privateKeyPem, csrPem } = await createDeviceKeyAndCsr(mediumId);
  const signer = signerFromPem(privateKeyPem, await fleet.issue(csrPem, mediumId));
  return controllerChip({ signer, trust: fleet.trust, memory });
}

/**
 * The controller kept below `folder`, made there where it is missing. The folder stands for the inside of the chip: it lies beside the medium's own
 * folder, and no drive shows it.
 */
export async function openChip(
  folder: string,
  fresh: () => MediumId,
  fleet: { readonly trust: FleetTrust; readonly issue: IssueForMedium },
): Promise<ControllerChip> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'controller.pem');
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  const text = kept ?? (await create(file, fresh(), fleet.issue));
  const [key, ...chain] = text.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----\n?/g) ?? [];
  assert(key !== undefined, 'a kept controller has its key');
  const memory = fileMemory(join(folder, 'memory.bin'));
  return controllerChip({ signer: signerFromPem(key, chain), trust: fleet.trust, memory });
}

async function create(file: string, mediumId: MediumId, issue: IssueForMedium): Promise<string> {
  const { privateKeyPem, csrPem } = await createDeviceKeyAndCsr(mediumId);
  const text = [privateKeyPem, ...(await issue(csrPem, mediumId))].join('');
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return text;
}
