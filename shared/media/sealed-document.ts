import { Decrypter, Encrypter } from 'age-encryption';
import type { z } from 'zod';
import { assert } from '#shared/kernel/assert.ts';
import { type Fault, fault, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Signer } from '#shared/ports/signer.ts';
import {
  type DocumentType,
  type FleetTrust,
  type SignatureFault,
  signJws,
  type Verified,
  verifyJws,
} from './signing.ts';

export type SealFault = SignatureFault | Fault<'sealed_for_others'>;

/** Signs a document, then encrypts it as an age v1 file to the fleet's reading key and the member's players (MS-16). */
export async function sealDocument(
  type: DocumentType,
  payload: object,
  recipients: readonly string[],
  signer: Signer,
  at: EpochMs,
): Promise<Uint8Array> {
  assert(recipients.length > 0, 'a sealed document has readers');
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return encrypter.encrypt(await signJws(type, payload, signer, at));
}

/** Opens what `sealDocument` made. `sealed_for_others`: this identity is not among the readers. Never throws on any bytes. */
export async function openDocument<T>(
  bytes: Uint8Array,
  identity: string,
  trust: FleetTrust,
  options: { readonly type: DocumentType; readonly schema: z.ZodType<T>; readonly maxBytes: number },
): Promise<Result<Verified<T>, SealFault>> {
  if (bytes.length > options.maxBytes) return fault('malformed', 'document too long');
  let jws: string;
  try {
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    jws = await decrypter.decrypt(bytes, 'text');
  } catch (error) {
    return error instanceof Error && error.message.startsWith('no identity matched')
      ? fault('sealed_for_others', 'this document is sealed for other readers')
      : fault('malformed', 'no age file');
  }
  return verifyJws(jws, trust, {
    ...options,
    roles: ['kiosk', 'return-terminal', 'hub'],
    validAt: 'signed-at',
  });
}
