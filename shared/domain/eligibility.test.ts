import { expect, test } from 'vitest';
import { epochMs } from '#shared/kernel/time.ts';
import { ageOn, type EligibilityInput, refusals } from './eligibility.ts';

const fine: EligibilityInput = {
  now: epochMs(1000),
  today: '2026-11-20',
  territory: 'DE',
  member: {
    birthDate: '2008-11-20',
    amountDueMinor: 0,
    locked: false,
    holdsUnsettledCopy: false,
    players: 1,
  },
  title: {
    minimumAge: 18,
    territories: ['DE', 'AT'],
    releaseAt: epochMs(1000),
    withdrawn: false,
    demandsSecureMedium: false,
    demandsBinding: false,
  },
  tariff: { bindingNoneAllowed: true },
  medium: { class: 'plain' },
  binding: 'none',
  unitsFree: 1,
};
const member = (change: Partial<EligibilityInput['member']>) => ({ member: { ...fine.member, ...change } });
const title = (change: Partial<EligibilityInput['title']>) => ({ title: { ...fine.title, ...change } });

test.each<[string, Partial<EligibilityInput>, string[]]>([
  ['CAT-4: eighteen today is old enough', {}, []],
  ['CAT-4: eighteen tomorrow is not', member({ birthDate: '2008-11-21' }), ['age_too_young']],
  ['CAT-4: an unknown age is refused', member({ birthDate: null }), ['age_unknown']],
  ['CAT-4: for everybody', { ...member({ birthDate: null }), ...title({ minimumAge: 0 }) }, []],
  ['CAT-4: another territory', { territory: 'JP' }, ['territory_not_allowed']],
  ['CAT-4: allowed everywhere', { territory: 'JP', ...title({ territories: null }) }, []],
  ['CAT-3: a millisecond before release', { now: epochMs(999) }, ['title_not_released']],
  ['CAT-3: withdrawn', title({ withdrawn: true }), ['title_withdrawn']],
  ['LED-2: an amount due', member({ amountDueMinor: 1 }), ['member_amount_due']],
  ['RNT-6: an unsettled held copy', member({ holdsUnsettledCopy: true }), ['member_held_copy']],
  ['RSV-1: no unit free', { unitsFree: 0 }, ['no_unit_free']],
  ['RSV-1: unlimited', { unitsFree: null }, []],
  ['RET-4: a secure medium is demanded', title({ demandsSecureMedium: true }), ['secure_medium_needed']],
  ['RET-4: and given', { ...title({ demandsSecureMedium: true }), medium: { class: 'secure' } }, []],
  ['PLY-1: the title demands binding', title({ demandsBinding: true }), ['binding_needed']],
  ['PLY-1: the tariff demands binding', { tariff: { bindingNoneAllowed: false } }, ['binding_needed']],
  ['PLY-1: bound to players', { ...title({ demandsBinding: true }), binding: 'players' }, []],
  [
    'PLY-1: bound, but no player known',
    { ...member({ players: 0 }), binding: 'players' },
    ['player_unknown'],
  ],
  [
    'MON-1: several reasons at once, in a fixed order',
    { ...member({ locked: true, amountDueMinor: 5 }), unitsFree: 0 },
    ['member_locked', 'member_amount_due', 'no_unit_free'],
  ],
])('%s', (_name, change, codes) => {
  expect(refusals({ ...fine, ...change }).map((refusal) => refusal.code)).toEqual(codes);
});

test.each([
  ['2008-02-29', '2026-02-28', 17],
  ['2008-02-29', '2026-03-01', 18],
  ['2008-02-29', '2028-02-29', 20],
  ['2000-12-31', '2026-01-01', 25],
])('CAT-4: born %s is on %s %i years old', (born, today, age) => {
  expect(ageOn(born, today)).toBe(age);
});
