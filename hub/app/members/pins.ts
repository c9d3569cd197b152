import { createHmac } from 'node:crypto';
import { FIRST_GENERATION, type SecretKey, type SecretKeys } from '#hub/ports/secret-keys.ts';
import type { Random } from '#shared/ports/random.ts';
import { makeVerifier, PIN_COST, type VerifierCost, verifierOfNobody, verifySecret } from './verifier.ts';

/** What a member's row keeps of a PIN: its verifier, and the generation of the key it was made with (empty: with none). */
export interface KeptPin {
  readonly pinVerifier: string;
  readonly pinKey: string;
}

/** Makes and checks the verifiers of PINs (MED-5). Every check does the same work, whoever is asked for. */
export interface PinVault {
  make(pin: string): Promise<KeptPin>;
  /** Of a member without a PIN: nothing is right until staff give one. */
  readonly none: KeptPin;
  /** `verifier` null: nobody is there to be compared with; costs as much, is never right. */
  check(pin: string, verifier: string | null): Promise<PinCheck>;
}
export interface PinCheck {
  readonly right: boolean;
  /** Right, but made by older rules or with a former key: to be replaced with this one. */
  readonly renewed: KeptPin | null;
}

/** `hmac+<verifier>` with the first generation of the key, `hmac:<generation>+<verifier>` with any later one. */
const KEYED = /^hmac(?::([^+]+))?\+(.*)$/s;
const written = (generation: string, verifier: string): string =>
  generation === FIRST_GENERATION ? `hmac+${verifier}` : `hmac:${generation}+${verifier}`;

/**
 * A PIN has 10⁴ to 10⁸ values: no slow function alone keeps a stolen table of verifiers from being tried out. So the PIN is keyed with a secret
 * that is not in the database (HMAC-SHA-256) before it is made slow: without that secret nothing can be tried at all. A rotation of that key cannot reach
 * verifiers without their PINs: each is made anew when its member next signs in, and nothing fits one whose key is retired (SEC-3).
 */
export function pinVault(
  keys: Pick<SecretKeys, 'current' | 'find'>,
  random: Pick<Random, 'bytes'>,
  cost: VerifierCost = PIN_COST,
): PinVault {
  const keyed = (pin: string, { key }: SecretKey): string =>
    createHmac('sha256', key).update(pin.normalize('NFKC')).digest('hex');
  const nobody = verifierOfNobody(cost);
  const make = async (pin: string): Promise<KeptPin> => {
    const key = keys.current('pins');
    const pinVerifier = written(key.generation, await makeVerifier(keyed(pin, key), random, cost));
    return { pinVerifier, pinKey: key.generation };
  };
  return {
    make,
    none: { pinVerifier: written(FIRST_GENERATION, nobody), pinKey: '' },
    check: async (pin, verifier) => {
      const newest = keys.current('pins');
      const own = verifier === null ? null : KEYED.exec(verifier);
      if (verifier !== null && own === null) {
        // Of the first version: the bare PIN. Checked once more, then made anew.
        const right = await verifySecret(pin, verifier);
        return { right, renewed: right ? await make(pin) : null };
      }
      const key = own === null ? null : keys.find('pins', own[1] ?? FIRST_GENERATION);
      const right = await verifySecret(
        keyed(pin, key ?? newest),
        key === null ? nobody : (own?.[2] ?? nobody),
      );
      const former = key !== null && key.generation !== newest.generation;
      return { right, renewed: right && former ? await make(pin) : null };
    },
  };
}
