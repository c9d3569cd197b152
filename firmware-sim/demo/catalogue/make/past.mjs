/** The seeded past: who rented what in the last weeks. No person here is real. */
import { members } from './shop.mjs';
import { chance } from './sound.mjs';

/** Four tastes; a synthetic member rents mostly within one and rates it high, strays sometimes and rates that lower. */
const tastes = {
  quiet: [
    'the-keepers-letter',
    'ink-garden',
    'tide-tables',
    'the-umbrella-library',
    'the-borrowed-hour',
    'atlas-of-imaginary-islands',
    'concrete-summer',
    'field-guide-to-clouds',
    'the-last-vending-machine',
    'nine-stones',
  ],
  night: [
    'night-tram',
    'thirty-six-windows',
    'the-borrowed-hour',
    'lamplighter',
    'seven-keys',
    'platform-four',
    'rooms-without-doors',
    'signal-hill-1',
    'signal-hill-2',
    'the-last-vending-machine',
  ],
  family: [
    'small-machines-1',
    'small-machines-2',
    'kite-over-rooftops',
    'lamplighter',
    'the-keepers-letter',
    'goldfish-march',
    'harbour-crane',
    'nine-stones',
    'letters-to-a-station',
  ],
  design: [
    'orbit-for-two',
    'thirty-six-windows',
    'seven-keys',
    'small-machines-1',
    'atlas-of-imaginary-islands',
    'concrete-summer',
    'kombinat',
    'goldfish-march',
    'the-salt-road',
    'rooms-without-doors',
  ],
};
const habits = { ada: 'quiet', bruno: 'night', clara: 'family', daichi: 'design', emi: 'quiet' };
const BERLIN =
  'Anouk Behrens,Bela Drossel,Cem Aydin,Dörte Lindqvist,Edda Marwitz,Fritz Okonkwo,Gesa Thalbach,Hannes Vogt,Ilse Quandt,Jasper Rohde,Kaja Sommerfeld,Levin Brandes,Mila Petrova,Nils Haferkamp,Olga Steinfurt,Paul Ebersberg,Quirin Moser,Ruth Feldmann,Selin Kaya,Theo Wacker,Uta Birnbaum,Viktor Lenz,Wanda Krug,Xaver Holl,Yara Nassar,Zoe Hartwig'.split(
    ',',
  );
const TOKYO =
  '相田 はるか,石井 颯太,宇野 美咲,江口 健,小川 千尋,加藤 蓮,木村 結衣,工藤 大和,小林 あおい,佐伯 涼,杉本 真央,高橋 湊,千葉 さくら,永井 樹,西村 花,野口 悠斗,浜田 紬,藤井 翔'.split(
    ',',
  );
/** How busy a day is, Monday first; Berlin is closed on Sundays. */
const BUSY = { berlin: [5, 5, 6, 7, 11, 12, 0], tokyo: [4, 4, 5, 6, 10, 12, 11] };
const WEEKS = 9;

const picked = (weights, k) => {
  let left = k * weights.reduce((sum, weight) => sum + weight, 0);
  return weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
};
/** How many days back this weekday of that week lies when the demo first starts on `weekday` (0: Monday): 1 to 7 in the last week. */
const daysAgo = (start, today) =>
  start.weekday === null ? 1 : ((today - start.weekday + 6) % 7) + 1 + 7 * start.weeksAgo;

/**
 * Rentals by weekday and hour of the site, so that a week looks like a week whenever the demo is first started (null: yesterday); `hours` is null where the
 * medium was not brought back, `unpaid` where the return could not be paid. Respects territories, ages, release days and limited units, as the shop itself would have.
 */
export function pastRentals(titles) {
  const r = chance(20261121);
  const names = Object.keys(tastes);
  const people = [
    ...BERLIN.map((displayName) => ({ displayName, site: 'berlin' })),
    ...TOKYO.map((displayName) => ({ displayName, site: 'tokyo' })),
  ].map((person, i) => ({
    slug: `past-${String(i + 1).padStart(2, '0')}`,
    ...person,
    age: 76 - Math.floor(r() * 57),
    taste: names[i % 4],
    count: 5 + Math.floor(r() * 4),
  }));
  for (const { slug, site, age } of members)
    if (habits[slug]) people.push({ slug, site, age, taste: habits[slug], count: 3 });
  const busy = new Map();
  const rentals = [];
  for (const person of people) {
    const territory = person.site === 'tokyo' ? 'JP' : 'DE';
    const seen = new Set();
    for (let tries = 0; seen.size < person.count && tries < 80; tries += 1) {
      const stray = r() < 0.16;
      const pool = tastes[stray ? names[Math.floor(r() * 4)] : person.taste];
      const slug = pool[Math.floor(r() * pool.length)];
      const title = titles.find((t) => t.slug === slug);
      const start = {
        weeksAgo: Math.floor(WEEKS * r() ** 1.25),
        weekday: picked(BUSY[person.site], r()),
        hour: 11 + Math.floor(r() * 5 + r() * 5),
      };
      // Back in the morning or in the evening, some time after the first day.
      const nights = 1 + Math.floor(r() * (title.tariff === 'two-nights' ? 3.2 : 1.5));
      const hours = nights * 24 + [9, 10, 12, 15, 17, 18, 19, 20][Math.floor(r() * 8)] - start.hour;
      const oldest = 7 * start.weeksAgo + 8;
      if (seen.has(slug) || oldest > -title.releaseInDays) continue;
      if (title.territories.length > 0 && !title.territories.includes(territory)) continue;
      if (person.age - 1 < title.ageRating) continue;
      if (title.units !== null) {
        if (start.weeksAgo === 0) continue;
        const taken = busy.get(slug) ?? [];
        const room = [0, 1, 2, 3, 4, 5, 6].every((weekday) => {
          const from = -daysAgo(start, weekday) * 24 + start.hour;
          const others = taken.filter((other) => {
            const begun = -daysAgo(other, weekday) * 24 + other.hour;
            return from < begun + other.hours + 3 && from + hours + 3 > begun;
          });
          return others.length < title.units;
        });
        if (!room) continue;
        busy.set(slug, [...taken, { ...start, hours }]);
      }
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
      rentals.push({ member: person.slug, site: person.site, title: slug, ...start, hours, rating, unpaid: false });
    }
  }
  tell(rentals, titles);
  // The only unit of this one went out yesterday, whatever day that was.
  const waited = { title: 'night-tram', weekday: null, weeksAgo: 0, hour: 18, hours: null };
  bringBack(rentals, titles, people);
  rentals.push({ member: 'past-10', site: 'berlin', ...waited, rating: null, unpaid: false });
  return {
    note: 'Synthetic. Hours are local to the site; weeks count back from the day on which the demo is first started.',
    members: people
      .filter((p) => p.slug.startsWith('past-'))
      .map(({ slug, displayName, site, age, taste }) => ({ slug, displayName, site, age, taste })),
    rentals: rentals.sort((a, b) => daysAgo(b, 5) - daysAgo(a, 5) || a.hour - b.hour || (a.member < b.member ? -1 : 1)),
  };
}

/** Some of last week’s were never brought back, and some returns could not be paid. */
function tell(rentals, titles) {
  const ordinary = rentals.filter(
    (one) => one.member.startsWith('past-') && titles.find((t) => t.slug === one.title).units === null,
  );
  const last = ordinary.filter((one) => one.weeksAgo === 0);
  for (const site of ['berlin', 'tokyo'])
    for (const one of last.filter((each) => each.site === site).slice(0, 4)) {
      one.hours = null;
      one.rating = null;
    }
  for (const one of ordinary.filter((each) => each.weeksAgo === 2 && each.hours > 40).slice(0, 4)) one.unpaid = true;
}

/** Whatever day it is, some came back today since the morning, and as many on the same day of the weeks before. */
function bringBack(rentals, titles, people) {
  const pool = titles.filter(
    ({ tariff, units, ageRating, territories, releaseInDays }) =>
      tariff !== 'evening' && units === null && ageRating === 0 && territories.length === 0 && releaseInDays < -111,
  );
  for (const site of ['berlin', 'tokyo']) {
    const there = people.filter((person) => person.site === site && person.slug.startsWith('past-'));
    for (let n = 0; n < 15; n += 1) {
      const weeksAgo = n % 3;
      const person = there[(n * 7) % there.length];
      const title = pool.find(
        (_, i) => !rentals.some((one) => one.member === person.slug && one.title === pool[(i + n) % pool.length].slug),
      );
      const slug = pool[(pool.indexOf(title) + n) % pool.length].slug;
      const hour = 14 + (n % 5);
      const back = 24 + [7, 8, 8, 9, 10][Math.floor(n / 3)];
      rentals.push({
        ...{ member: person.slug, site, title: slug, weekday: null, weeksAgo, hour, hours: back - hour },
        ...{ rating: 3 + (n % 3), unpaid: false },
      });
    }
  }
}
