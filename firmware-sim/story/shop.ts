import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type createTitleBody,
  siteList,
  siteView,
  tariffView,
  titleView,
} from '#hub/http/contract/catalogue.ts';
import type { SiteId, TariffId, TitleId } from '#shared/kernel/ids.ts';
import type { StaffAgent } from './staff-agent.ts';

const DAY_MS = 86_400_000;

/** The price rules of the story: late units after two days, the cap after six, the keep price from the eighth on. */
export const STORY_TARIFF = {
  name: 'Story',
  currency: 'EUR',
  mode: { kind: 'elapsed', first: { unit: 'hours', count: 48 }, further: { unit: 'days', count: 1 } },
  firstPrice: 400,
  furtherPrice: 150,
  graceSeconds: 3600,
  cap: 1000,
  keep: { price: 2400, afterLate: { unit: 'days', count: 5 } },
  lostFee: 1800,
  hold: { amount: 0, expiresAfter: { unit: 'days', count: 7 } },
  taxBasisPoints: 1900,
  pointsPerRental: 4,
  bindingNoneAllowed: true,
  licenceDuration: { unit: 'days', count: 30 },
  startWithinDays: null,
  finishWithinHours: null,
} as const;

/** The first site of a running fleet, or a shop in Berlin that is closed on Sundays. */
export async function openShop(staff: StaffAgent): Promise<SiteId> {
  const { items } = await staff.get('/sites', siteList);
  const [first] = items;
  if (first !== undefined) return first.siteId;
  const open = { closesAt: '21:00' };
  const made = await staff.post(
    '/sites',
    {
      name: 'Story street',
      address: 'Story street 1',
      calendar: {
        zone: 'Europe/Berlin',
        weekly: [open, open, open, open, open, open, null],
        closures: [],
        currency: 'EUR',
        territory: 'DE',
      },
    },
    siteView,
  );
  return made.siteId;
}

export async function makeTariff(staff: StaffAgent): Promise<TariffId> {
  const made = await staff.post('/tariffs', { tariff: STORY_TARIFF }, tariffView);
  return made.tariffId;
}

export interface TitleWish {
  readonly name: string;
  readonly mediaType: string;
  readonly file: string;
  readonly sha256: string;
  readonly demandsBinding: 'none' | 'players';
  readonly demandsSecureMedium?: true;
  readonly unitsTotal: number | null;
  /** Days until it may be rented; 0: long since. */
  readonly releaseInDays: number;
}

/** Registers a title and uploads its edition; the hub hashes what arrives and refuses anything else than declared. */
export async function addTitle(
  staff: StaffAgent,
  tariffId: TariffId,
  wish: TitleWish,
  now: number,
): Promise<TitleId> {
  const made = await staff.post(
    '/titles',
    {
      kind: wish.mediaType.startsWith('video/')
        ? 'film'
        : wish.mediaType.startsWith('audio/')
          ? 'music'
          : 'text',
      name: { en: wish.name },
      description: { en: 'A title of the story.' },
      year: 2026,
      runtimeSeconds: null,
      genres: ['Story'],
      people: [],
      ageRating: 0,
      territories: [],
      languages: null,
      releaseAt: now + (wish.releaseInDays === 0 ? -30 : wish.releaseInDays) * DAY_MS,
      unitsTotal: wish.unitsTotal,
      demandsSecureMedium: wish.demandsSecureMedium ?? false,
      demandsBinding: wish.demandsBinding,
      tariffId,
    } satisfies Record<keyof Omit<typeof createTitleBody.shape, 'titleId'>, unknown>,
    titleView,
  );
  await staff.uploadEdition(made.titleId, wish.file, wish.mediaType, wish.sha256);
  return made.titleId;
}

/** Small titles beside the one that is rented, so that a shelf can be recommended and something can be reserved. */
export async function fillShelves(staff: StaffAgent, tariffId: TariffId, now: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-shelf-'));
  try {
    const names = ['Lighthouse', 'Night ferry', 'The last tram', 'Snow line', 'Coming next year'];
    for (const [index, name] of names.entries()) {
      const text = `${name}\n${'A line of the story.\n'.repeat(200 + index)}`;
      const file = join(folder, `${index}.txt`);
      await writeFile(file, text);
      const sha256 = createHash('sha256').update(text).digest('hex');
      const releaseInDays = index === names.length - 1 ? 60 : 0;
      await addTitle(
        staff,
        tariffId,
        {
          name,
          mediaType: 'text/plain',
          file,
          sha256,
          demandsBinding: 'none',
          unitsTotal: null,
          releaseInDays,
        },
        now,
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
