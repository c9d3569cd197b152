import { readOrderSchema, readRounds } from './read-rounds.ts';

/** What `media-read` starts: a program of nothing but reading, since what a collection of garbage costs hangs on all that a process holds. The order comes as JSON; the last line is the answer. */
const order = readOrderSchema.parse(JSON.parse(process.argv[2] ?? ''));
console.log(JSON.stringify(await readRounds(order)));
