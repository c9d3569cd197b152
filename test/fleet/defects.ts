import { COPIES_DEFECTS } from './defects/copies.ts';
import type { Defect } from './defects/defect.ts';
import { MONEY_DEFECTS } from './defects/money.ts';
import { PLAYER_DEFECTS } from './defects/players.ts';
import { SECURE_DEFECTS } from './defects/secure.ts';
import { THEFT_DEFECTS } from './defects/theft.ts';
import { VERSION_DEFECTS } from './defects/versions.ts';
import { WIRE_DEFECTS } from './defects/wire.ts';

/** Every mistake that is planted for the simulation; one that belongs to a real database stands in `test/db/defects.ts`. */
export const DEFECTS: readonly Defect[] = [
  ...WIRE_DEFECTS,
  ...VERSION_DEFECTS,
  ...COPIES_DEFECTS,
  ...PLAYER_DEFECTS,
  ...SECURE_DEFECTS,
  ...MONEY_DEFECTS,
  ...THEFT_DEFECTS,
];
