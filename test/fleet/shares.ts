/** Of so many numbered seeds those with this rest have this kind of fault; the others have worlds of their own. */
const SHARES: Readonly<Partial<Record<string, readonly [of: number, rest: number]>>> = {
  hubs: [5, 1],
  upgrades: [5, 2],
  certificates: [5, 4],
  corrections: [5, 0],
  losses: [5, 0],
  theft: [5, 3],
};

/** Worlds with every kind of fault. Older programs tell less, and what staff find waiting for that (PR-26, PR-29) is more than the judge forgives. */
const TOGETHER = /^together-\d+$/;
const APART: ReadonlySet<string> = new Set(['upgrades']);

/** The seeds of a run. `together`: every kind of fault in every world, in place of one of the rare ones in each. */
export const seedsOf = (first: number, count: number, together: boolean): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${together ? 'together-' : ''}${first + at}`);

/** Whether a kind of fault comes to the world of this seed. */
export function comesTo(seed: string, kind: string): boolean {
  const share = SHARES[kind];
  if (share === undefined) return true;
  if (TOGETHER.test(seed)) return !APART.has(kind);
  return /^\d+$/.test(seed) && Number(seed) % share[0] === share[1];
}
