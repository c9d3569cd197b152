import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { epochMs } from '#shared/kernel/time.ts';
import { signJws, verifyJws } from '#shared/media/signing.ts';
import { FOUNDED_AT, makeFixture } from './fixture.ts';
import { makeCryptoInstant } from './instant-crypto.ts';
import { signQuickly } from './quick-signatures.ts';

const AT = epochMs(FOUNDED_AT + 1_000);

describe('quick signatures of simulated worlds', () => {
  test.each([true, false])(
    'MS-4: whatever is changed in a document is refused (quick: %s)',
    async (quick) => {
      const { devices, authority } = await makeFixture(2);
      makeCryptoInstant();
      signQuickly(quick);
      const [kiosk, terminal] = devices;
      if (kiosk === undefined || terminal === undefined) throw new Error('two devices');
      const told = async (jws: string) => {
        const read = await verifyJws(jws, authority.trust, {
          ...{ type: 'keyturn-journal', schema: z.object({ of: z.string() }), validAt: 'signed-at' as const },
          ...{ roles: ['kiosk', 'return-terminal'] as const, maxBytes: 20_000 },
        });
        return read.ok ? read.value.payload.of : read.error.code;
      };
      const own = await signJws('keyturn-journal', { of: 'kiosk' }, kiosk.signer, AT);
      expect(await told(own)).toBe('kiosk');
      const [header, , signature] = own.split('.') as [string, string, string];
      const [theirs, payload] = (
        await signJws('keyturn-journal', { of: 'other' }, terminal.signer, AT)
      ).split('.') as [string, string];
      expect(await told(`${header}.${payload}.${signature}`)).toBe('signature_invalid');
      expect(await told(`${theirs}.${payload}.${signature}`)).toBe('signature_invalid');
      const other = signature.startsWith('A') ? 'B' : 'A';
      expect(await told(`${own.slice(0, own.length - signature.length)}${other}${signature.slice(1)}`)).toBe(
        'signature_invalid',
      );
    },
  );
});
