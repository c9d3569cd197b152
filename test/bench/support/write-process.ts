import { z } from 'zod';
import { fillCache, fillOrderSchema, writeOrderSchema, writeRounds } from './write-rounds.ts';

/** What `media-write` starts for each line: a program of nothing but the write (or the filling of the cache before it), so that memory and processor time are its own. The order comes as JSON. */
const order = z
  .discriminatedUnion('job', [writeOrderSchema, fillOrderSchema])
  .parse(JSON.parse(process.argv[2] ?? ''));
if (order.job === 'fill') await fillCache(order);
else console.log(JSON.stringify(await writeRounds(order)));
