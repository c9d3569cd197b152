import { staffAct } from '../staff.ts';
import { type Fate, HOUR } from './chance.ts';

/** What staff do at the console in the middle of everything. */
export const atConsole: Fate = ({ world, happened, nowAndThen }) => [
  nowAndThen('corrections', 2 * HOUR, (random) => staffAct(world, random, happened)),
];
