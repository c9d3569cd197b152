import { describe, expect, it } from 'vitest';
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
  it('MED-5: nothing fits the verifier of nobody', async () => {
    expect(await verifySecret('', NO_ONE)).toBe(false);
    expect(await verifySecret('0000', NO_ONE)).toBe(false);
  });
});
