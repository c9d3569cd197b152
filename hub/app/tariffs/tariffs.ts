import type { HubDeps } from '#hub/app/deps.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { type ChargeFault, type CurvePoint, chargeCurve } from '#shared/domain/charge.ts';
import type { SiteCalendar } from '#shared/domain/site.ts';
import { parseTariff, type Tariff } from '#shared/domain/tariff.ts';
import type { TariffId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { newId } from '#shared/ports/random.ts';

export type NewTariff = Omit<Tariff, 'tariffId' | 'version'>;

/** The version that new rentals get, or `tariff_missing`: never a price of 0 (CHG-4). */
export async function newestTariff(
  stores: Pick<Stores, 'tariffs'>,
  tariffId: TariffId,
): Promise<Result<Tariff, Fault<'tariff_missing'>>> {
  const [row] = await stores.tariffs.list({ tariffId }, { orderBy: ['version'], descending: true, limit: 1 });
  return row === undefined ? fault('tariff_missing', 'this title has no tariff') : ok(row.tariff);
}

/** The newest version of every tariff, by name. */
export async function listTariffs(stores: Pick<Stores, 'tariffs'>): Promise<readonly Tariff[]> {
  const newest = new Map<TariffId, Tariff>();
  const rows = await stores.tariffs.list({}, { orderBy: ['version'], limit: 10_000 });
  for (const { tariff } of rows) newest.set(tariff.tariffId, tariff);
  return [...newest.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * Adds a tariff, or the next version of one (`tariffId` given). Rentals that began keep the version they have (CHG-4).
 * Faults: `tariff_invalid` with all mistakes, `tariff_missing` for an id nobody knows.
 */
export async function addTariff(
  deps: Pick<HubDeps, 'db' | 'clock' | 'random'>,
  tariffId: TariffId | null,
  content: unknown,
): Promise<Result<Tariff, Fault<'tariff_invalid' | 'tariff_missing'>>> {
  return deps.db.transaction(async (stores) => {
    const before = tariffId === null ? null : await newestTariff(stores, tariffId);
    if (before !== null && !before.ok) return before;
    const parsed = parseTariff({
      ...(typeof content === 'object' ? content : {}),
      tariffId: tariffId ?? newId<TariffId>(deps.clock, deps.random),
      version: before === null ? 1 : before.value.version + 1,
    });
    if (!parsed.ok) return fault('tariff_invalid', parsed.error.message, parsed.error.details);
    const tariff = parsed.value;
    await stores.tariffs.insert({
      tariffId: tariff.tariffId,
      version: tariff.version,
      tariff,
      createdAt: deps.clock.now(),
    });
    return ok(tariff);
  });
}

/** What a rental begun now would cost if returned by the end of each of the next days: for staff before they save (CHG-3). */
export function previewCurve(
  deps: Pick<HubDeps, 'clock'>,
  content: unknown,
  calendar: SiteCalendar,
  days: number,
): Result<readonly CurvePoint[], ChargeFault | Fault<'tariff_invalid' | 'tariff_missing'>> {
  const parsed = parseTariff(content);
  if (!parsed.ok) return parsed;
  const now = deps.clock.now();
  return chargeCurve({
    terms: { tariff: parsed.value, site: calendar },
    start: now,
    from: now,
    days,
    discounts: [],
    coupons: [],
  });
}
