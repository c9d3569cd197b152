import type { SiteView } from '#hub/http/contract/catalogue.ts';

/** What people do to a shop's plan, and where shops stand on the map. Pure; decimetres and degrees. */
export type Plan = NonNullable<SiteView['plan']>;
export type FixtureKind = Plan['fixtures'][number]['kind'];

/** Sizes of what stands in a shop, in decimetres. */
export const SIZES: Readonly<
  Record<FixtureKind | 'terminal', { readonly width: number; readonly depth: number }>
> = {
  terminal: { width: 8, depth: 8 },
  entrance: { width: 14, depth: 3 },
  counter: { width: 20, depth: 6 },
  shelves: { width: 24, depth: 4 },
  seats: { width: 10, depth: 10 },
};

/** A thing on the plan: a terminal by its id, anything else by its place in the list. */
export type Thing = { readonly terminal: string } | { readonly fixture: number };

export const newPlan = (): Plan => ({
  width: 100,
  depth: 70,
  terminals: {},
  fixtures: [{ kind: 'entrance', x: 50, y: 68 }],
});

/** Where a thing stands; null: not on the plan. */
export function spotOf(plan: Plan, thing: Thing): { readonly x: number; readonly y: number } | null {
  return ('terminal' in thing ? plan.terminals[thing.terminal] : plan.fixtures[thing.fixture]) ?? null;
}

/** The plan with a thing put somewhere: whole decimetres, inside of the room. */
export function moved(plan: Plan, thing: Thing, x: number, y: number): Plan {
  const spot = {
    x: Math.min(plan.width, Math.max(0, Math.round(x))),
    y: Math.min(plan.depth, Math.max(0, Math.round(y))),
  };
  if ('terminal' in thing) return { ...plan, terminals: { ...plan.terminals, [thing.terminal]: spot } };
  return {
    ...plan,
    fixtures: plan.fixtures.map((one, at) => (at === thing.fixture ? { ...one, ...spot } : one)),
  };
}

export function removed(plan: Plan, thing: Thing): Plan {
  if ('fixture' in thing) return { ...plan, fixtures: plan.fixtures.filter((_, at) => at !== thing.fixture) };
  return {
    ...plan,
    terminals: Object.fromEntries(Object.entries(plan.terminals).filter(([id]) => id !== thing.terminal)),
  };
}

/** The room in another size; what would stand outside comes to its edge. */
export function resized(plan: Plan, width: number, depth: number): Plan {
  const room: Plan = { ...plan, width, depth };
  const terminals = Object.keys(plan.terminals).map((terminal): Thing => ({ terminal }));
  const fixtures = plan.fixtures.map((_, fixture): Thing => ({ fixture }));
  return [...terminals, ...fixtures].reduce((made, thing) => {
    const spot = spotOf(made, thing);
    return spot === null ? made : moved(made, thing, spot.x, spot.y);
  }, room);
}

export interface Mapped {
  readonly x: number;
  readonly y: number;
}

/**
 * Shops on a field of 100 by 100, by latitude and longitude, at the same scale both ways (a degree of longitude is shorter away from the equator). The field
 * is cut to where shops are, with room around them; over the date line the short way. Shops at one place lie beside each other.
 */
export function mapped(
  places: readonly { readonly latitude: number; readonly longitude: number }[],
): readonly Mapped[] {
  if (places.length === 0) return [];
  const middle = places.reduce((sum, { latitude }) => sum + latitude, 0) / places.length;
  const shrink = Math.max(0.2, Math.cos((middle * Math.PI) / 180));
  const first = places[0]?.longitude ?? 0;
  const flat = places.map(({ latitude, longitude }) => {
    const away = ((((longitude - first + 180) % 360) + 360) % 360) - 180;
    return { x: away * shrink, y: -latitude };
  });
  const [left, right] = [Math.min(...flat.map(({ x }) => x)), Math.max(...flat.map(({ x }) => x))];
  const [top, bottom] = [Math.min(...flat.map(({ y }) => y)), Math.max(...flat.map(({ y }) => y))];
  const size = Math.max(right - left, bottom - top, 0.02);
  const placed = flat.map(({ x, y }) => ({
    x: 50 + ((x - (left + right) / 2) / size) * 76,
    y: 50 + ((y - (top + bottom) / 2) / size) * 76,
  }));
  return placed.map((one, at) => {
    const before = placed
      .slice(0, at)
      .filter((other) => Math.hypot(other.x - one.x, other.y - one.y) < 1).length;
    return before === 0 ? one : { x: one.x + before * 7, y: one.y };
  });
}
