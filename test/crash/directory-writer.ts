import { appendFileSync, closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { createDirectoryDrive } from '#shared/edge/drivers/directory-drive.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { CopyId, ReturnId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { acceptReturn, destroySlot } from '#shared/media/destroy-copy.ts';
import { signerFromPem } from '#shared/media/device-key.ts';
import type { MediaDeps } from '#shared/media/orders.ts';
import { settleHeld } from '#shared/media/settle-held.ts';
import { fleetTrust } from '#shared/media/signing.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import { newId } from '#shared/ports/random.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { anAccept, aWrite, memoryRecords, value } from '#test/support/media-story.ts';
import { PLAINTEXT, readRecords, setup } from './directory-records.ts';

/**
 * A kiosk and a return terminal in one process that write copies onto a folder and destroy their keys, one after the other, until they are killed. What a
 * terminal's own disk would hold stands in the records file, each line synced before the order goes on. A new life settles first what the last one left.
 */
const [file, root, records] = z.tuple([z.string(), z.string(), z.string()]).parse(process.argv.slice(2));
const given = setup.parse(JSON.parse(readFileSync(file, 'utf8')));
const trust = value(fleetTrust(given.root));
// The fleet of tests is years old or young: its time stands still, only naps are real.
const clock = { ...systemClock, now: () => epochMs(given.now) };
const drive = await createDirectoryDrive({ name: 'folder', clock, where: async () => root });
const depsOf = (signer: Signer): MediaDeps => ({ drive, clock, random: systemRandom, signer, trust });
const kiosk = depsOf(signerFromPem(given.kiosk.keyPem, given.kiosk.chain));
const returns = depsOf(signerFromPem(given.returns.keyPem, given.returns.chain));

const note = (copyId: CopyId, what: string, id = ''): void => {
  appendFileSync(records, `${JSON.stringify({ copyId, what, id })}\n`);
  const descriptor = openSync(records, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
  writeSync(1, `noted ${what}\n`);
};
/** A disk whose records of this copy go into the file. */
function recordsOf(copyId: CopyId) {
  const memory = memoryRecords();
  return {
    ...memory,
    recordSlotBegin: async () => note(copyId, 'slot-begin'),
    recordCommit: async () => note(copyId, 'commit'),
    recordFailed: async () => note(copyId, 'failed'),
    recordReturnIntent: async ({ returnId }: { readonly returnId: string }) =>
      note(copyId, 'intent', returnId),
    commitReceipt: async (...args: Parameters<typeof memory.commitReceipt>) => {
      const receipt = await memory.commitReceipt(...args);
      note(copyId, 'receipt', args[0]);
      return receipt;
    },
  };
}

async function giveBack(copyId: CopyId, openReturns: readonly string[]): Promise<void> {
  const t0 = systemClock.now();
  const open = openReturns.map((returnId) => ({ returnId: returnId as ReturnId, t0 }));
  const asked = anAccept(systemRandom, copyId, { openReturns: open });
  const outcome = await acceptReturn(returns, asked);
  if (outcome.kind === 'accepted')
    await destroySlot(returns, { accepted: outcome.accepted, intents: recordsOf(copyId) });
  else note(copyId, 'refused', outcome.kind);
}

writeSync(1, 'ready\n');
for (const [copyId, seen] of readRecords(records)) {
  if (seen.has('receipt') || seen.has('failed') || seen.has('refused')) continue;
  if (seen.has('slot-begin') && !seen.has('commit'))
    await settleHeld(kiosk, {
      copyId,
      intents: recordsOf(copyId),
      chunkIndices: [0],
      verification: 'sampled',
    });
  else if (seen.has('commit')) await giveBack(copyId, [seen.get('intent') ?? []].flat());
}
for (;;) {
  const copyId = newId<CopyId>(clock, systemRandom);
  note(copyId, 'begun');
  const input = aWrite(systemRandom, recordsOf(copyId), PLAINTEXT, { copyId });
  const outcome = await writeCopy(kiosk, input);
  if (outcome.kind !== 'written') {
    writeSync(1, `not written: ${JSON.stringify(outcome)}\n`);
    process.exit(3);
  }
  await giveBack(copyId, []);
}
