import { describe, expect, it } from 'vitest';
import { mapped, moved, newPlan, removed, resized, spotOf } from './plan.ts';

describe('plan of a shop', () => {
  it('SCR-4: what is moved stays in the room, in whole decimetres; what is taken away is gone', () => {
    const plan = moved(newPlan(), { terminal: 'kiosk-1' }, 12.4, 500);
    expect(spotOf(plan, { terminal: 'kiosk-1' })).toEqual({ x: 12, y: 70 });
    expect(moved(plan, { fixture: 0 }, -3, 4).fixtures).toEqual([{ kind: 'entrance', x: 0, y: 4 }]);
    expect(spotOf(removed(plan, { terminal: 'kiosk-1' }), { terminal: 'kiosk-1' })).toBeNull();
    expect(removed(plan, { fixture: 0 }).fixtures).toEqual([]);
    expect(spotOf(resized(plan, 60, 40), { terminal: 'kiosk-1' })).toEqual({ x: 12, y: 40 });
    expect(resized(plan, 40, 40).fixtures[0]).toMatchObject({ x: 40, y: 40 });
  });

  it('SCR-4: shops lie on the map as on earth: north above, the short way over the date line, none upon another', () => {
    const [berlin, tokyo, wien] = mapped([
      { latitude: 52.5, longitude: 13.4 },
      { latitude: 35.7, longitude: 139.7 },
      { latitude: 48.2, longitude: 16.4 },
    ]);
    expect((berlin?.y ?? 0) < (wien?.y ?? 0) && (wien?.y ?? 0) < (tokyo?.y ?? 0)).toBe(true);
    expect((berlin?.x ?? 0) < (wien?.x ?? 0) && (wien?.x ?? 0) < (tokyo?.x ?? 0)).toBe(true);
    const [fiji, samoa] = mapped([
      { latitude: -18, longitude: 178 },
      { latitude: -14, longitude: -172 },
    ]);
    expect((fiji?.x ?? 0) < (samoa?.x ?? 0)).toBe(true);
    const same = mapped([1, 2, 3].map(() => ({ latitude: 1, longitude: 1 })));
    expect(new Set(same.map(({ x }) => x)).size).toBe(3);
    for (const { x, y } of [berlin, tokyo, wien].flatMap((one) => (one === undefined ? [] : [one])))
      expect(Math.min(x, y) >= 0 && Math.max(x, y) <= 100).toBe(true);
    expect(mapped([])).toEqual([]);
  });
});
