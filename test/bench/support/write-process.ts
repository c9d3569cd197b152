import { writeOrderSchema, writeRounds } from './write-rounds.ts';

/** What `media-write` starts for each line: a program of nothing but the write, so that memory and processor time are its own. The order comes as JSON. */
const order = writeOrderSchema.parse(JSON.parse(process.argv[2] ?? ''));
console.log(JSON.stringify(await writeRounds(order)));
