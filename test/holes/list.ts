import type { Hole } from './hole.ts';
import { DISK_HOLES } from './list/disk.ts';
import { INPUT_HOLES } from './list/input.ts';
import { MEDIA_HOLES } from './list/media.ts';
import { PEOPLE_HOLES } from './list/people.ts';
import { RETURN_HOLES } from './list/returns.ts';
import { WIRE_HOLES } from './list/wire.ts';

/** Every hole that is planted. */
export const HOLES: readonly Hole[] = [
  ...RETURN_HOLES,
  ...MEDIA_HOLES,
  ...PEOPLE_HOLES,
  ...INPUT_HOLES,
  ...DISK_HOLES,
  ...WIRE_HOLES,
];
