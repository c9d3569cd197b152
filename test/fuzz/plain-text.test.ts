import { describe, expect, it } from 'vitest';
import { parseRange as playerRange } from '#firmware-sim/player/http.ts';
import { parseRange as hubRange } from '#hub/app/content/range.ts';
import { assert } from '#shared/kernel/assert.ts';
import { readEnrolmentCode } from '#shared/media/enrolment-code.ts';
import { ALL_SETTINGS } from '#shared/toolchain/all-settings.ts';
import { readSettings } from '#shared/toolchain/settings.ts';
import { fuzz } from './campaign.ts';
import type { Chance } from './chance.ts';
import { nearText, oddText } from './mutate.ts';
import { refusal } from './oracle.ts';

const RUNS = 200_000;
/** Settings are read once at a start, by whoever set the machine up. */
const SETTINGS_RUNS = 5000;

const RANGES = [
  'bytes=0-',
  'bytes=-5',
  'bytes=3-9',
  'bytes=0-0',
  'bytes=9-3',
  'bytes=-',
  'bytes=1-2,4-5',
  'items=0-1',
];
const NUMBERS = [
  '0',
  '1',
  '99',
  '100',
  '101',
  '999999999999999',
  '9007199254740993',
  '9'.repeat(40),
  '00',
  '1e3',
  '0x1',
  '',
];
const rangeHeader = (chance: Chance): string => {
  if (chance.once(2)) return `bytes=${chance.pick(NUMBERS)}-${chance.pick(NUMBERS)}`;
  return nearText(chance, chance.pick(RANGES));
};
const sizeOf = (chance: Chance): number => chance.pick([0, 1, 2, 100, 65_536, 2 ** 40]);

/** What RFC 9110 says of one range, told with big integers: the first and the last byte; null: all; `none`: nothing that is there. */
function asRfc(header: string, size: number): { first: bigint; last: bigint } | 'none' | null {
  const found = /^bytes=([0-9]*)-([0-9]*)$/.exec(header);
  const [, a = '', b = ''] = found ?? [];
  if (found === null || (a === '' && b === '')) return null;
  const bytes = BigInt(size);
  if (a === '') {
    const length = BigInt(b) < bytes ? BigInt(b) : bytes;
    return length === 0n ? 'none' : { first: bytes - length, last: bytes - 1n };
  }
  if (b !== '' && BigInt(b) < BigInt(a)) return null;
  if (BigInt(a) >= bytes) return 'none';
  return { first: BigInt(a), last: b === '' || BigInt(b) >= bytes ? bytes - 1n : BigInt(b) };
}

describe('ranges', () => {
  it('CNT-1 SEC-8: the hub serves exactly the range that was asked for, or all, or nothing', async () => {
    const { verdicts } = await fuzz({
      name: 'hub range',
      runs: RUNS,
      accepted: 700,
      refused: 1000,
      input: (chance) => ({ header: rangeHeader(chance), size: sizeOf(chance) }),
      judge: ({ header, size }) => {
        const answer = hubRange(header, undefined, '"e"', size);
        const expected = asRfc(header.trim(), size);
        // Numbers of more than 15 digits are not read: the whole resource, as RFC 9110 allows.
        if (/\d{16}/.test(header)) assert(answer.kind === 'whole', 'too long a number means all');
        else if (expected === null) assert(answer.kind === 'whole', `all, not ${answer.kind}`);
        else if (expected === 'none') assert(answer.kind === 'unsatisfiable', `nothing, not ${answer.kind}`);
        else
          assert(
            answer.kind === 'part' &&
              BigInt(answer.from) === expected.first &&
              BigInt(answer.until) === expected.last + 1n,
            `${JSON.stringify(answer)} is not what was asked for`,
          );
        return answer.kind === 'part' ? 'accepted' : answer.kind;
      },
    });
    expect(verdicts.get('unsatisfiable')).toBeGreaterThan(100);
  });

  it('PLY-1 SEC-8: the player serves exactly the range that was asked for, or all, or nothing', async () => {
    await fuzz({
      name: 'player range',
      runs: RUNS,
      accepted: 700,
      refused: 1000,
      input: (chance) => ({ header: rangeHeader(chance), size: sizeOf(chance) }),
      judge: ({ header, size }) => {
        const answer = playerRange(header, size);
        const expected = asRfc(header, size);
        if (/\d{16}/.test(header)) assert(answer === 'whole', 'too long a number means all');
        else if (expected === null) assert(answer === 'whole', 'all');
        else if (expected === 'none') assert(answer === 'unsatisfiable', 'nothing that is there');
        else
          assert(
            typeof answer === 'object' &&
              BigInt(answer.start) === expected.first &&
              BigInt(answer.end) === expected.last,
            `${JSON.stringify(answer)} is not what was asked for`,
          );
        return typeof answer === 'object' ? 'accepted' : answer;
      },
    });
  });
});

describe('texts that people type', () => {
  it('SEC-1 SEC-8: an enrolment code is read as it stands on the paper, or refused', async () => {
    const code = `KT1-${'23456789ABCDEFGHJKMN'}-${'0123456789abcdef'.repeat(4)}`;
    await fuzz({
      name: 'enrolment code',
      runs: RUNS,
      accepted: 100,
      refused: 2000,
      input: (chance) => (chance.once(4) ? ` ${code}\n` : nearText(chance, code)),
      judge: (text) => {
        const read = readEnrolmentCode(text);
        if (!read.ok) return refusal(read.error);
        const { secret, rootFingerprint } = read.value;
        assert(`KT1-${secret}-${rootFingerprint}` === text.trim(), 'the code says what was read');
        assert(!/[01ILOU]/.test(secret), 'no letter that is mistaken for another');
        return 'accepted';
      },
    });
  });

  it.each(Object.keys(ALL_SETTINGS))(
    'OPS-1 SEC-8: settings of %s: every fault is named, no secret is shown',
    async (program) => {
      const settings = ALL_SETTINGS[program];
      assert(settings !== undefined, 'a program');
      const names = Object.keys(settings);
      const texts = [
        '1',
        '7300',
        'postgres://u:p@h/d',
        'mqtt://h:1',
        'http://h:1',
        'x'.repeat(20),
        'info',
        '/data',
        'true',
        'EUR',
        'off',
      ];
      await fuzz({
        name: `settings ${program}`,
        runs: SETTINGS_RUNS,
        accepted: 0,
        refused: 100,
        input: (chance) =>
          Object.fromEntries(
            names
              .filter(() => chance.once(3))
              .map((name) => [name, chance.once(3) ? oddText(chance) : nearText(chance, chance.pick(texts))]),
          ),
        judge: (environment) => {
          const read = readSettings(settings, environment);
          if (read.ok) {
            assert(
              names.every((name) => Object.hasOwn(read.value, name)),
              'every setting has its value',
            );
            return 'accepted';
          }
          for (const fault of read.error) {
            refusal(fault);
            const name = String(fault.details?.['name']);
            const text = environment[name] ?? '';
            assert(names.includes(name), 'a setting of this program');
            assert(
              settings[name]?.secret !== true || text.length < 8 || !fault.message.includes(text),
              'a secret is not shown',
            );
          }
          return 'refused';
        },
      });
    },
  );
});
