import { z } from 'zod';

/** Where on earth a shop is, in degrees (WGS 84): north and east positive. */
export const sitePlaceSchema = z.strictObject({
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
});
export type SitePlace = Readonly<z.infer<typeof sitePlaceSchema>>;

/** What stands in a shop beside its terminals, so that the plan is recognised. */
export const FIXTURES = ['entrance', 'counter', 'shelves', 'seats'] as const;

/** Decimetres; the plan's corner at the top left is 0, 0. */
const decimetres = z.int().min(0).max(1000);
const spot = z.strictObject({ x: decimetres, y: decimetres });

/** A shop seen from above: its room, and the middle of each thing in it. Who stands outside of the room is kept and shown at its edge. */
export const sitePlanSchema = z.strictObject({
  width: z.int().min(20).max(1000),
  depth: z.int().min(20).max(1000),
  terminals: z.record(z.string().max(64), spot),
  fixtures: z.array(spot.extend({ kind: z.enum(FIXTURES) })).max(40),
});
export type SitePlan = Readonly<z.infer<typeof sitePlanSchema>>;
