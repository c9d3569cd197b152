/** Tariffs, sites and members of the demo, and the seeded past. No person here is real. */
import { chance } from './sound.mjs';

const uuid = (n) => `0192f000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const span = (count, unit) => ({ unit, count });
const common = { version: 1, bindingNoneAllowed: true, startWithinDays: null, finishWithinHours: null };

/** Each rate is whole, in the form of `shared/domain/tariff.ts`; a site takes the one in its currency. */
const tariff = (slug, name, base, rates) => ({
  slug,
  name,
  rates: Object.entries(rates).map(
    ([currency, [id, taxBasisPoints, firstPrice, furtherPrice, cap, keepPrice, lostFee, hold]]) => ({
      tariffId: uuid(id),
      ...common,
      name: name.en,
      currency,
      mode: base.mode,
      firstPrice,
      furtherPrice,
      graceSeconds: base.graceSeconds,
      cap,
      keep: { price: keepPrice, afterLate: base.keepAfter },
      lostFee,
      hold: { amount: hold, expiresAfter: span(7, 'days') },
      taxBasisPoints,
      pointsPerRental: base.points,
      licenceDuration: base.licence,
    }),
  ),
});

export const tariffs = [
  tariff(
    'two-nights',
    { en: 'Two nights', ja: '二泊' },
    {
      mode: { kind: 'elapsed', first: span(48, 'hours'), further: span(1, 'days') },
      graceSeconds: 3600,
      keepAfter: span(14, 'days'),
      points: 4,
      licence: span(30, 'days'),
    },
    {
      EUR: [101, 1900, 400, 150, 1900, 2400, 1800, 2000],
      JPY: [102, 1000, 600, 220, 2800, 3600, 2700, 3000],
    },
  ),
  tariff(
    'evening',
    { en: 'Back by nine tomorrow', ja: '翌日二十一時まで' },
    {
      mode: { kind: 'cutoff', at: '21:00', days: 1, furtherDays: 1 },
      graceSeconds: 0,
      keepAfter: span(10, 'days'),
      points: 3,
      licence: span(21, 'days'),
    },
    {
      EUR: [111, 1900, 300, 120, 1300, 1800, 1500, 1500],
      JPY: [112, 1000, 450, 180, 2000, 2700, 2200, 2200],
    },
  ),
  tariff(
    'short',
    { en: 'A day of play', ja: '一日' },
    {
      mode: { kind: 'elapsed', first: span(24, 'hours'), further: span(12, 'hours') },
      graceSeconds: 1800,
      keepAfter: span(7, 'days'),
      points: 1,
      licence: span(14, 'days'),
    },
    { EUR: [121, 1900, 120, 60, 600, 900, 700, 0], JPY: [122, 1000, 180, 90, 900, 1300, 1000, 0] },
  ),
];

const open = (closesAt) => ({ closesAt });
export const sites = [
  {
    slug: 'berlin',
    name: { en: 'Keyturn Berlin, Lindengasse', ja: 'キーターン・ベルリン（リンデンガッセ店）' },
    languages: ['en', 'de', 'ja'],
    calendar: {
      zone: 'Europe/Berlin',
      weekly: [
        open('21:00'),
        open('21:00'),
        open('21:00'),
        open('21:00'),
        open('22:00'),
        open('20:00'),
        null,
      ],
      closures: [
        { from: '2026-12-25', to: '2026-12-26' },
        { from: '2027-01-01', to: '2027-01-01' },
      ],
      currency: 'EUR',
      territory: 'DE',
    },
  },
  {
    slug: 'tokyo',
    name: { en: 'Keyturn Tokyo, Kagura Lane', ja: 'キーターン・東京（かぐら小路店）' },
    languages: ['ja', 'en'],
    calendar: {
      zone: 'Asia/Tokyo',
      weekly: [0, 1, 2, 3, 4, 5, 6].map(() => open('23:00')),
      closures: [{ from: '2027-01-01', to: '2027-01-03' }],
      currency: 'JPY',
      territory: 'JP',
    },
  },
];

const member = (
  slug,
  displayName,
  site,
  pin,
  currency,
  minor,
  points,
  birthYear,
  preferredMeans,
  language,
  about,
) => ({
  slug,
  displayName,
  site,
  pin,
  prepaid: { currency, minor },
  points,
  birthYear,
  preferredMeans,
  language,
  about,
});
export const members = [
  member(
    'ada',
    'Ada Morgenstern',
    'berlin',
    '2468',
    'EUR',
    2500,
    40,
    1988,
    ['points', 'prepaid', 'card_reader'],
    'en',
    'Likes quiet things by the sea; pays with points first.',
  ),
  member(
    'bruno',
    'Bruno Kessel',
    'berlin',
    '1357',
    'EUR',
    150,
    0,
    1974,
    ['prepaid', 'held_card', 'card_reader'],
    'de',
    'A night person with too little on his balance.',
  ),
  member(
    'clara',
    'Clara Fink',
    'berlin',
    '8080',
    'EUR',
    1200,
    12,
    2014,
    ['prepaid'],
    'de',
    'A child: titles from 16 are refused.',
  ),
  member(
    'daichi',
    'Daichi Aoba',
    'tokyo',
    '4321',
    'JPY',
    3000,
    25,
    1995,
    ['prepaid', 'points', 'card_reader'],
    'ja',
    'Rents in Tokyo; looks for design and dance.',
  ),
  member(
    'emi',
    'Emi Tsukino',
    'tokyo',
    '1122',
    'JPY',
    0,
    300,
    2001,
    ['points', 'card_reader'],
    'ja',
    'Many points, no balance.',
  ),
  member(
    'newcomer',
    'Nia Novak',
    'berlin',
    '9753',
    'EUR',
    1000,
    0,
    1999,
    ['held_card', 'card_reader'],
    'en',
    'Rented nothing yet: sees what is popular.',
  ),
];

/** Four tastes; a synthetic member rents mostly within one and rates it high, strays sometimes and rates that lower. */
const tastes = {
  quiet: [
    'the-keepers-letter',
    'ink-garden',
    'tide-tables',
    'the-umbrella-library',
    'the-borrowed-hour',
    'atlas-of-imaginary-islands',
  ],
  night: ['night-tram', 'thirty-six-windows', 'the-borrowed-hour', 'lamplighter', 'seven-keys'],
  family: ['small-machines-1', 'small-machines-2', 'kite-over-rooftops', 'lamplighter', 'the-keepers-letter'],
  design: [
    'orbit-for-two',
    'thirty-six-windows',
    'seven-keys',
    'small-machines-1',
    'atlas-of-imaginary-islands',
  ],
};
const habits = { ada: 'quiet', bruno: 'night', clara: 'family', daichi: 'design', emi: 'quiet' };

/**
 * The past: closed rentals with start (days and hours ago), length in hours and rating (null: none given). Respects territories,
 * ages, release days and limited units, as the shop itself would have.
 */
export function pastRentals(titles, today) {
  const r = chance(20261120);
  const names = Object.keys(tastes);
  const people = Array.from({ length: 30 }, (_, i) => ({
    slug: `past-${String(i + 1).padStart(2, '0')}`,
    site: i % 3 === 2 ? 'tokyo' : 'berlin',
    birthYear: 1950 + Math.floor(r() * 55),
    taste: names[i % 4],
    count: 3 + Math.floor(r() * 3),
  }));
  for (const m of members)
    if (habits[m.slug])
      people.push({ slug: m.slug, site: m.site, birthYear: m.birthYear, taste: habits[m.slug], count: 2 });
  const busy = new Map();
  const rentals = [];
  for (const person of people) {
    const territory = person.site === 'tokyo' ? 'JP' : 'DE';
    const seen = new Set();
    for (let tries = 0; seen.size < person.count && tries < 60; tries += 1) {
      const stray = r() < 0.16;
      const pool = tastes[stray ? names[Math.floor(r() * 4)] : person.taste];
      const slug = pool[Math.floor(r() * pool.length)];
      const title = titles.find((t) => t.slug === slug);
      const startedDaysAgo = 2 + Math.floor(r() * 150);
      const hour = 9 + Math.floor(r() * 11);
      const hours = 3 + Math.floor(r() * (title.tariff === 'two-nights' ? 60 : 26));
      if (seen.has(slug) || startedDaysAgo > (today - Date.parse(title.releaseDay)) / 86_400_000) continue;
      if (title.territories.length > 0 && !title.territories.includes(territory)) continue;
      if (2026 - person.birthYear - 1 < title.ageRating) continue;
      const start = -startedDaysAgo * 24 + hour;
      const slots = (busy.get(slug) ?? []).filter(([from, to]) => start < to && start + hours > from);
      if (title.units !== null && slots.length >= title.units) continue;
      busy.set(slug, [...(busy.get(slug) ?? []), [start, start + hours]]);
      seen.add(slug);
      const rating =
        r() < 0.16
          ? null
          : Math.min(
              5,
              Math.max(
                1,
                (pool === tastes[person.taste] ? 4 : 2) + Math.floor(r() * 2.6) - (r() < 0.15 ? 1 : 0),
              ),
            );
      rentals.push({
        member: person.slug,
        site: person.site,
        title: slug,
        startedDaysAgo,
        startedAtHour: hour,
        hours,
        rating,
      });
    }
  }
  return {
    note: 'Synthetic. Hours are local to the site; days count back from the day the demo is first started.',
    members: people
      .filter((p) => p.slug.startsWith('past-'))
      .map(({ slug, site, birthYear, taste }) => ({ slug, site, birthYear, taste })),
    rentals: rentals.sort(
      (a, b) =>
        b.startedDaysAgo - a.startedDaysAgo ||
        a.startedAtHour - b.startedAtHour ||
        (a.member < b.member ? -1 : 1),
    ),
  };
}
