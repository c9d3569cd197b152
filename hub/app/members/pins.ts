import { createHmac } from 'node:crypto';
import { assert } from '#shared/kernel/assert.ts';
import type { Random } from '#shared/ports/random.ts';
import { makeVerifier, PIN_COST, type VerifierCost, verifierOfNobody, verifySecret } from './verifier.ts';

/** Makes and checks the verifiers of PINs (MED-5). Every check does the same work, whoever is asked for. */
export interface PinVault {
  make(pin: string): Promise<string>;
  /** Of a member without a PIN: nothing is right until staff give one. */
  readonly none: string;
  /** `verifier` null: nobody is there to be compared with; costs as much, is never right. */
  check(pin: string, verifier: string | null): Promise<PinCheck>;
}
export interface PinCheck {
  readonly right: boolean;
  /** Right, but made by older rules: to be replaced with this one. */
  readonly renewed: string | null;
}

const KEYED = 'hmac+';

/**
 * A PIN has 10⁴ to 10⁸ values: no slow function alone keeps a stolen table of verifiers from being tried out. So the PIN is keyed with a secret
 * that is not in the database (HMAC-SHA-256) before it is made slow: without that secret nothing can be tried at all.
 */
export function pinVault(
  key: Uint8Array,
  random: Pick<Random, 'bytes'>,
  cost: VerifierCost = PIN_COST,
): PinVault {
  assert(key.length === 32, 'the key of PINs has 32 bytes');
  const keyed = (pin: string): string =>
    createHmac('sha256', key).update(pin.normalize('NFKC')).digest('hex');
  const nobody = verifierOfNobody(cost);
  const make = async (pin: string): Promise<string> =>
    `${KEYED}${await makeVerifier(keyed(pin), random, cost)}`;
  return {
    make,
    none: `${KEYED}${nobody}`,
    check: async (pin, verifier) => {
      const own = verifier?.startsWith(KEYED) === true ? verifier.slice(KEYED.length) : null;
      if (verifier === null || own !== null)
        return { right: await verifySecret(keyed(pin), own ?? nobody), renewed: null };
      // Of the first version: the bare PIN. Checked once more, then made anew.
      const right = await verifySecret(pin, verifier);
      return { right, renewed: right ? await make(pin) : null };
    },
  };
}
