import { describe, expect, it } from 'vitest';
import { heldKeys, oneKey } from '#test/support/hub-keys.ts';
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
    const vault = pinVault(heldKeys([oneKey(1)]), random);
    const { pinVerifier: verifier } = await vault.make('1234');
    expect(verifier).toMatch(/^hmac\+scrypt\$16384\$8\$5\$/);
    expect(await vault.check('1234', verifier)).toEqual({ right: true, renewed: null });
    expect((await vault.check('4321', verifier)).right).toBe(false);
    expect((await vault.check('1234', null)).right).toBe(false);
    expect((await vault.check('1234', vault.none.pinVerifier)).right).toBe(false);
    // Whoever has the table of verifiers and not the key cannot tell the right PIN from others.
    const stolen = pinVault(heldKeys([oneKey(2)]), random);
    expect((await stolen.check('1234', verifier)).right).toBe(false);
    expect(await verifySecret('1234', verifier.slice('hmac+'.length))).toBe(false);
  });
  it('MED-5: a verifier of the first version still fits and is made anew', async () => {
    const vault = pinVault(heldKeys([oneKey(1)]), random, { N: 1024, r: 8, p: 1 });
    const old = await makeVerifier('1234', random);
    const { right, renewed } = await vault.check('1234', old);
    expect([right, renewed?.pinVerifier.startsWith('hmac+scrypt$1024$8$1$')]).toEqual([true, true]);
    expect(await vault.check('1234', renewed?.pinVerifier ?? null)).toEqual({ right: true, renewed: null });
    expect(await vault.check('4321', old)).toEqual({ right: false, renewed: null });
  });
  it('SEC-3, SEC-6: with a new key a PIN still fits and is made anew with it; without the former one nothing fits, for the same work', async () => {
    const cost = { N: 1024, r: 8, p: 1 };
    const [first, second] = [oneKey(1), oneKey(2, '2-ab')];
    const { pinVerifier: before } = await pinVault(heldKeys([first]), random, cost).make('1234');
    const vault = pinVault(heldKeys([second, first]), random, cost);
    expect(await vault.check('4321', before)).toEqual({ right: false, renewed: null });
    const { right, renewed } = await vault.check('1234', before);
    expect([right, renewed?.pinKey]).toEqual([true, '2-ab']);
    expect(renewed?.pinVerifier).toMatch(/^hmac:2-ab\+scrypt\$1024\$8\$1\$/);
    const after = pinVault(heldKeys([second]), random, cost);
    expect(await after.check('1234', renewed?.pinVerifier ?? null)).toEqual({ right: true, renewed: null });
    expect(await after.check('1234', before)).toEqual({ right: false, renewed: null });
    // A verifier cannot be led to another key by its name.
    const moved = before.replace('hmac+', 'hmac:2-ab+');
    expect((await vault.check('1234', moved)).right).toBe(false);
  });
  it('MED-5: nothing fits the verifier of nobody', async () => {
    expect(await verifySecret('', NO_ONE)).toBe(false);
    expect(await verifySecret('0000', NO_ONE)).toBe(false);
  });
});
