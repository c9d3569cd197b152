import { describe, expect, it } from 'vitest';
import { pinVault } from './pins.ts';
import { makeVerifier, NO_ONE, verifySecret } from './verifier.ts';

const random = { bytes: (length: number) => new Uint8Array(length).fill(7) };

describe('verifiers', () => {
  it('MED-5: the right secret fits, every other does not', async () => {
    const verifier = await makeVerifier('1234', random);
    expect(verifier).toMatch(/^scrypt\$16384\$8\$1\$/);
    expect(verifier).not.toContain('1234');
    expect(await verifySecret('1234', verifier)).toBe(true);
    expect(await verifySecret('1235', verifier)).toBe(false);
    expect(await verifySecret('', verifier)).toBe(false);
  });
  it('MED-5, SEC-6: a PIN is keyed before it is made slow, at the cost that OWASP names', async () => {
    const vault = pinVault(new Uint8Array(32).fill(1), random);
    const verifier = await vault.make('1234');
    expect(verifier).toMatch(/^hmac\+scrypt\$16384\$8\$5\$/);
    expect(await vault.check('1234', verifier)).toEqual({ right: true, renewed: null });
    expect((await vault.check('4321', verifier)).right).toBe(false);
    expect((await vault.check('1234', null)).right).toBe(false);
    expect((await vault.check('1234', vault.none)).right).toBe(false);
    // Whoever has the table of verifiers and not the key cannot tell the right PIN from others.
    const stolen = pinVault(new Uint8Array(32).fill(2), random);
    expect((await stolen.check('1234', verifier)).right).toBe(false);
    expect(await verifySecret('1234', verifier.slice('hmac+'.length))).toBe(false);
  });
  it('MED-5: a verifier of the first version still fits and is made anew', async () => {
    const vault = pinVault(new Uint8Array(32).fill(1), random, { N: 1024, r: 8, p: 1 });
    const old = await makeVerifier('1234', random);
    const { right, renewed } = await vault.check('1234', old);
    expect([right, renewed?.startsWith('hmac+scrypt$1024$8$1$')]).toEqual([true, true]);
    expect(await vault.check('1234', renewed)).toEqual({ right: true, renewed: null });
    expect(await vault.check('4321', old)).toEqual({ right: false, renewed: null });
  });
  it('MED-5: nothing fits the verifier of nobody', async () => {
    expect(await verifySecret('', NO_ONE)).toBe(false);
    expect(await verifySecret('0000', NO_ONE)).toBe(false);
  });
});
