import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SMALL_STICK_BYTES } from '#firmware-sim/demo/sticks.ts';
import { sitePlaceSchema, sitePlanSchema } from '#shared/domain/site-plan.ts';
import { siteCalendarSchema } from '#shared/domain/site.ts';
import { tariffSchema } from '#shared/domain/tariff.ts';

const root = import.meta.dirname;
/** Of the whole folder, with what makes it. */
const MOST_BYTES = 40_000_000;
/** Mean difference of two posters, of 255, once they are as small as a fingernail: less, and a customer takes one for the other. */
const LEAST_DIFFERENCE = 24;
const read = (name: string) => readFileSync(join(root, name));
const json = (name: string): unknown => JSON.parse(read(name).toString('utf8'));

const slug = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);
const words = z.string().min(1);
const localised = z.strictObject({ en: words, ja: words, de: words });
/** The name’s reading, by which it is found in kana. */
const name = localised.extend({ kana: z.string().regex(/^[\u3041-\u3096\u30fc ]+$/) });
const monthDay = z.string().regex(/^\d\d-\d\d$/);
const means = z.enum(['points', 'prepaid', 'held_card', 'card_reader']);

const titleSchema = z.strictObject({
  slug,
  kind: z.enum(['film', 'series', 'music', 'pictures', 'text', 'game']),
  titles: name,
  description: localised,
  year: z.int().min(2000).max(2100),
  runtimeSeconds: z.int().min(10).max(600).nullable(),
  genres: z.array(z.string().min(1).max(40)).min(1).max(12),
  languages: z.array(z.enum(['en', 'ja', 'de'])),
  people: z.array(z.strictObject({ role: z.string().min(1), name: z.string().min(1) })).min(1),
  ageRating: z.literal([0, 6, 12, 16, 18]),
  territories: z.array(z.string().regex(/^[A-Z]{2}$/)),
  releaseInDays: z.int(),
  units: z.int().min(1).nullable(),
  demands: z.strictObject({ secureMedium: z.boolean(), binding: z.enum(['none', 'players']) }),
  tariff: slug,
  series: z.strictObject({ slug, episode: z.int().min(1) }).nullable(),
  edition: z.strictObject({
    file: z.string(),
    mediaType: z.enum(['video/webm', 'audio/ogg', 'text/html', 'image/webp']),
    bytes: z.int().min(1000),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  subtitles: z.array(z.strictObject({ lang: z.enum(['en', 'ja', 'de']), file: z.string() })),
  poster: z.string(),
  preview: z
    .strictObject({ file: z.string(), mediaType: z.enum(['video/webm', 'audio/ogg']) })
    .nullable(),
});

const titles = z.array(titleSchema).parse(json('catalogue.json'));
const tariffs = z
  .array(z.strictObject({ slug, name: localised, rates: z.array(tariffSchema).min(1) }))
  .parse(json('tariffs.json'));
const sites = z
  .array(
    z.strictObject({
      slug,
      name: localised,
      address: words,
      place: sitePlaceSchema,
      plan: sitePlanSchema,
      languages: z.array(z.enum(['en', 'ja', 'de'])),
      calendar: siteCalendarSchema.omit({ closures: true }),
      holidays: z.array(z.strictObject({ from: monthDay, to: monthDay })),
    }),
  )
  .parse(json('sites.json'));
const members = z
  .array(
    z.strictObject({
      slug,
      displayName: z.string().min(1).max(60),
      site: slug,
      pin: z.string().regex(/^[0-9]{4,8}$/),
      prepaid: z.strictObject({ currency: z.enum(['EUR', 'JPY']), minor: z.int().min(0) }),
      points: z.int().min(0),
      age: z.int().min(1).max(100),
      preferredMeans: z.array(means).min(1).max(4),
      language: z.enum(['en', 'ja', 'de']),
      about: z.string(),
    }),
  )
  .parse(json('members.json'));
const past = z
  .strictObject({
    note: z.string(),
    members: z.array(
      z.strictObject({ slug, displayName: words, site: slug, age: z.int(), taste: z.string() }),
    ),
    rentals: z.array(
      z.strictObject({
        member: slug,
        site: slug,
        title: slug,
        weekday: z.int().min(0).max(6).nullable(),
        weeksAgo: z.int().min(0).max(8),
        hour: z.int().min(0).max(23),
        hours: z.int().min(1).nullable(),
        unpaid: z.boolean(),
        rating: z.int().min(1).max(5).nullable(),
      }),
    ),
  })
  .parse(json('past-rentals.json'));

/** What ffmpeg complains of when it decodes everything; nothing, where all is well. */
const decoded = async (file: string): Promise<string> => {
  const { stderr } = await promisify(execFile)('ffmpeg', ['-v', 'error', '-i', file, '-f', 'null', '-']);
  return stderr;
};
/** How light the first picture is, of 255, and how far its points lie from one another. */
async function firstPicture(file: string): Promise<{ readonly mean: number; readonly spread: number }> {
  const small = ['-frames:v', '1', '-vf', 'scale=32:18', '-pix_fmt', 'gray', '-f', 'rawvideo', '-'];
  const asked = promisify(execFile)('ffmpeg', ['-v', 'error', '-i', file, ...small], { encoding: 'buffer' });
  const points = [...(await asked).stdout];
  const mean = points.reduce((sum, point) => sum + point, 0) / points.length;
  const square = points.reduce((sum, point) => sum + (point - mean) ** 2, 0) / points.length;
  return { mean, spread: Math.sqrt(square) };
}
const unique = (values: readonly string[]) => new Set(values).size === values.length;
const everyFile = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? everyFile(join(folder, entry.name)) : [join(folder, entry.name)],
  );

describe('the demo catalogue', () => {
  it('CAT-3: has at least 24 titles of every kind, two series of two, one that is released soon and one far ahead', () => {
    expect(titles.length).toBeGreaterThanOrEqual(24);
    for (const kind of titleSchema.shape.kind.options)
      expect(titles.filter((t) => t.kind === kind).length, kind).toBeGreaterThanOrEqual(3);
    expect(unique(titles.map((t) => t.slug))).toBe(true);
    expect(titles.flatMap((t) => t.series ?? []).map((s) => `${s.slug}/${s.episode}`)).toEqual([
      'small-machines/1',
      'small-machines/2',
      'signal-hill/1',
      'signal-hill/2',
    ]);
    const ahead = titles.filter((t) => t.releaseInDays > 0);
    expect(ahead.map((t) => [t.slug, t.releaseInDays])).toEqual([
      ['the-long-snow', 378],
      ['winter-wolf', 28],
    ]);
  });

  it('RSV-1, CAT-4, RET-4: shows limited units, an age limit, a territory and a demand for players', () => {
    expect(
      titles
        .map((t) => t.units)
        .filter((u) => u !== null)
        .sort(),
    ).toEqual([1, 2]);
    expect(titles.some((t) => t.ageRating >= 16)).toBe(true);
    expect(titles.filter((t) => t.territories.length > 0).map((t) => t.territories)).toEqual([['JP']]);
    expect(titles.filter((t) => t.demands.binding === 'players')).toHaveLength(1);
    expect(titles.filter((t) => t.demands.secureMedium)).toHaveLength(1);
  });

  it('MED-3: the largest title does not fit the small stick of the demo, all others do', () => {
    const large = titles.filter((t) => t.edition.bytes > SMALL_STICK_BYTES).map((t) => t.slug);
    expect(large).toEqual(['the-salt-road']);
  });

  it.each(titles.map((t) => [t.slug, t] as const))(
    'CNT-1: %s has the size, hash and signature it states',
    (_, title) => {
      const content = read(title.edition.file);
      expect(content.length).toBe(title.edition.bytes);
      expect(createHash('sha256').update(content).digest('hex')).toBe(title.edition.sha256);
      const head = content.subarray(0, 64);
      if (title.edition.mediaType === 'video/webm') expect(head.readUInt32BE(0)).toBe(0x1a45dfa3);
      else if (title.edition.mediaType === 'audio/ogg')
        expect(head.toString('latin1')).toMatch(/^OggS.*OpusHead/s);
      else if (title.edition.mediaType === 'image/webp') expect(head.toString('latin1', 8, 12)).toBe('WEBP');
      else expect(head.toString('utf8')).toMatch(/^<!doctype html>/);
      const runs = ['film', 'series', 'music'].includes(title.kind);
      expect(title.runtimeSeconds === null).toBe(!runs);
    },
  );

  it('SEC-8: texts, picture books and games load nothing from outside themselves', () => {
    for (const title of titles.filter((t) => t.edition.mediaType === 'text/html')) {
      const page = read(title.edition.file)
        .toString('utf8')
        .replace(/data:image\/webp;base64,[A-Za-z0-9+/=]+/g, 'data:');
      expect(page, title.slug).not.toMatch(
        /https?:|\/\/[a-z]|@import|url\(|fetch\(|XMLHttpRequest|WebSocket|<link|<iframe|localStorage/i,
      );
      expect([...page.matchAll(/\ssrc="([^"]*)"/g)].every((m) => m[1] === 'data:')).toBe(true);
    }
  });

  it.each(titles.flatMap((t) => (t.edition.mediaType === 'text/html' ? [] : [[t.slug, t] as const])))(
    'CNT-1: %s can be decoded from its beginning to its end',
    async (_, title) => {
      if (title.edition.mediaType === 'image/webp') {
        await expect(sharp(read(title.edition.file)).stats()).resolves.toMatchObject({ isOpaque: true });
        return;
      }
      for (const file of [title.edition.file, title.preview?.file ?? ''])
        await expect(decoded(join(root, file)), file).resolves.toBe('');
    },
  );

  it('SCR-1: a preview begins with a picture: the first that is seen of it is not the dark', async () => {
    for (const { preview } of titles) {
      if (preview?.mediaType !== 'video/webm') continue;
      const { mean, spread } = await firstPicture(join(root, preview.file));
      expect([preview.file, mean > 16, spread > 8]).toEqual([preview.file, true, true]);
    }
  });

  it('SCR-1: every film, episode and record has a preview that is small enough to be sent to all kiosks', () => {
    for (const title of titles) {
      const moves = ['film', 'series', 'music'].includes(title.kind);
      expect(title.preview !== null, title.slug).toBe(moves);
      if (title.preview !== null) expect(read(title.preview.file).length).toBeLessThanOrEqual(600_000);
    }
  });

  it.each(titles.map((t) => [t.slug, t.poster] as const))(
    'SCR-1: the poster of %s is 600 × 900 and at most 90 kB',
    async (_, file) => {
      const content = read(file);
      const found = await sharp(content).metadata();
      expect([found.format, found.width, found.height]).toEqual(['webp', 600, 900]);
      expect(content.length).toBeLessThanOrEqual(90_000);
    },
  );

  it('SCR-1: no two posters look alike from afar', async () => {
    const small = await Promise.all(
      titles.map(async ({ slug: name, poster }) => ({
        name,
        seen: await sharp(read(poster)).resize(16, 24).removeAlpha().raw().toBuffer(),
      })),
    );
    for (const [i, one] of small.entries())
      for (const other of small.slice(i + 1)) {
        const sum = one.seen.reduce((total, value, k) => total + Math.abs(value - (other.seen[k] ?? 0)), 0);
        expect(sum / one.seen.length, `${one.name} and ${other.name}`).toBeGreaterThan(LEAST_DIFFERENCE);
      }
  });

  it('SCR-5: subtitles are WebVTT with cues in order and within the film', () => {
    const found = titles.flatMap((t) => t.subtitles.map((s) => ({ ...s, end: t.runtimeSeconds ?? 0 })));
    expect(found.length).toBeGreaterThanOrEqual(12);
    for (const title of titles.filter((t) => t.subtitles.length > 0))
      expect(title.subtitles.map((s) => s.lang).sort(), title.slug).toEqual(['de', 'en', 'ja']);
    for (const { file, end } of found) {
      const text = read(file).toString('utf8');
      expect(text.startsWith('WEBVTT\n\n')).toBe(true);
      const times = [...text.matchAll(/(\d\d):(\d\d\.\d{3})/g)].map((m) => Number(m[1]) * 60 + Number(m[2]));
      expect(times.length).toBeGreaterThan(10);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(times.at(-1)).toBeLessThanOrEqual(end);
    }
  });

  it('CHG-2, CHG-4: every title has a tariff with a rate in every currency of a site, of both modes', () => {
    const currencies = new Set(sites.map((s) => s.calendar.currency));
    for (const tariff of tariffs) expect(new Set(tariff.rates.map((r) => r.currency))).toEqual(currencies);
    for (const title of titles) expect(tariffs.map((t) => t.slug)).toContain(title.tariff);
    expect(unique(tariffs.flatMap((t) => t.rates.map((r) => r.tariffId)))).toBe(true);
    expect(new Set(tariffs.flatMap((t) => t.rates.map((r) => r.mode.kind)))).toEqual(
      new Set(['elapsed', 'cutoff']),
    );
    const worked = tariffs.find((t) => t.slug === 'two-nights')?.rates.find((r) => r.currency === 'EUR');
    expect([worked?.firstPrice, worked?.furtherPrice, worked?.graceSeconds]).toEqual([400, 150, 3600]);
  });

  it('CHG-3: there is a shop closed on Sundays and one open every day', () => {
    expect(sites.map((s) => [s.slug, s.calendar.currency, s.calendar.weekly[6] === null])).toEqual([
      ['berlin', 'EUR', true],
      ['tokyo', 'JPY', false],
    ]);
  });

  it('LED-2: members have balances in the currency of their site and at least one means of payment', () => {
    expect(members).toHaveLength(6);
    expect(unique(members.map((m) => m.slug))).toBe(true);
    for (const member of members) {
      expect(sites.find((s) => s.slug === member.site)?.calendar.currency).toBe(member.prepaid.currency);
      expect(unique(member.preferredMeans)).toBe(true);
    }
  });

  it('REC-1: the past has clusters of taste and breaks no rule of the shop', () => {
    expect(past.rentals.length).toBeGreaterThanOrEqual(250);
    expect(past.members.length).toBeGreaterThanOrEqual(40);
    const people = new Map([...past.members, ...members].map((m) => [m.slug, m]));
    for (const rental of past.rentals) {
      const title = titles.find((t) => t.slug === rental.title);
      const person = people.get(rental.member);
      const territory = sites.find((s) => s.slug === rental.site)?.calendar.territory ?? '';
      expect(person?.site).toBe(rental.site);
      expect(title?.releaseInDays).toBeLessThan(-(7 * rental.weeksAgo + 7));
      // Berlin is closed on Sundays.
      expect([rental.site, rental.weekday]).not.toEqual(['berlin', 6]);
      expect(title?.territories.length === 0 || title?.territories.includes(territory)).toBe(true);
      expect(person?.age).toBeGreaterThanOrEqual(title?.ageRating ?? 99);
    }
    expect(unique(past.rentals.map((r) => `${r.member} ${r.title}`))).toBe(true);
    // Who liked the ink garden rented more of the quiet titles than who did not.
    const share = (likes: boolean) => {
      const fans = new Set(
        past.rentals.filter((r) => r.title === 'ink-garden' && (r.rating ?? 0) >= 4).map((r) => r.member),
      );
      const theirs = past.rentals.filter((r) => fans.has(r.member) === likes && r.title !== 'ink-garden');
      const quiet = new Set(titles.filter((t) => t.genres.includes('quiet')).map((t) => t.slug));
      return theirs.filter((r) => quiet.has(r.title)).length / theirs.length;
    };
    expect(share(true)).toBeGreaterThan(share(false) * 1.4);
  });

  it('RPT-1: the past has the shape of a week, copies that are out, and returns that were not paid', () => {
    const on = (...days: readonly number[]) =>
      past.rentals.filter(({ weekday }) => weekday !== null && days.includes(weekday)).length / days.length;
    expect(on(4, 5)).toBeGreaterThan(1.5 * on(0, 1, 2, 3));
    const week = (from: number) => past.rentals.filter(({ weeksAgo }) => weeksAgo === from).length;
    for (const weeks of [0, 1, 2, 3, 4, 5, 6, 7]) expect(week(weeks), `week ${weeks}`).toBeGreaterThan(8);
    for (const site of sites) {
      const there = past.rentals.filter((rental) => rental.site === site.slug);
      expect(there.filter(({ hours }) => hours === null).length).toBeGreaterThanOrEqual(3);
    }
    expect(past.rentals.filter(({ unpaid }) => unpaid).length).toBeGreaterThanOrEqual(3);
  });

  it('OPS-4: the whole folder stays within its bound, and no file in it is an orphan', () => {
    const bytes = everyFile(root).reduce((sum, file) => sum + statSync(file).size, 0);
    expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
    const named = titles
      .flatMap((t) => [t.edition.file, t.poster, ...(t.preview === null ? [] : [t.preview.file]), ...t.subtitles.map((s) => s.file)])
      .sort();
    const there = ['editions', 'posters', 'previews', 'subtitles']
      .flatMap((d) => readdirSync(join(root, d)).map((f) => `${d}/${f}`))
      .sort();
    expect(there).toEqual(named);
  });
});
