import type { CopyId } from '#shared/kernel/ids.ts';
import type { SlotState } from '#shared/media/controller/messages.ts';
import type { PurgeStatement } from '#shared/media/controller/purge.ts';
import { slotFile } from '#shared/media/layout.ts';
import type { Receipt } from '#shared/media/receipt.ts';
import type { Town } from '../people/town.ts';
import { chipIdOf } from '../world/sticks.ts';
import type { World } from '../world/world.ts';
import { readCopies } from './media.ts';

const MOST = 1_000_000;

const payloadOf = <T>(jws: string): T =>
  JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8')) as T;

/**
 * SEC-5, RET-4: of a copy on a secure medium no key ever stands in a file, each receipt carries the controller's own word for this very return, no number of a
 * controller stands on two returns, and the controller says the same; of a copy on a plain one nobody says that it was erased.
 */
export async function secureAtRest(world: World, town: Town): Promise<readonly string[]> {
  const wrong: string[] = [];
  const secure = new Map<CopyId, { readonly mediumId: string; readonly slot: SlotState | null }>();
  for (const stick of world.sticks) {
    if (stick.chip === undefined) continue;
    const mediumId = await chipIdOf(stick);
    if (mediumId === null) continue;
    const slots = await stick.chip.inside();
    for (const { copyId } of await readCopies(stick))
      secure.set(copyId, {
        mediumId,
        slot: slots.find((slot) => slot.copyId === copyId) ?? null,
      });
  }
  for (const { label, files } of town.media)
    for (const copyId of secure.keys())
      if (files.has(slotFile(copyId)))
        wrong.push(`SEC-5: a key of ${copyId} stands, or stood, in a file of ${label}`);
  const counted = new Map<string, string>();
  for (const { jws, claim, returnId } of await world.database.stores.receipts.list({}, { limit: MOST })) {
    const receipt = payloadOf<Receipt>(jws);
    const on = secure.get(receipt.copyId);
    if (on === undefined) {
      if (claim === 'PURGE') wrong.push(`RET-4: return ${returnId} of a plain medium claims to have erased`);
      continue;
    }
    const word = receipt.purge === undefined ? null : payloadOf<PurgeStatement>(receipt.purge);
    if (claim !== 'PURGE' || word === null || word.copyId !== receipt.copyId || word.returnId !== returnId) {
      wrong.push(`RET-4: return ${returnId} of a secure medium has no word of its controller`);
      continue;
    }
    if (word.mediumId !== on.mediumId) wrong.push(`SEC-5: another controller speaks for return ${returnId}`);
    const number = `${word.mediumId} ${word.counter}`;
    if ((counted.get(number) ?? returnId) !== returnId)
      wrong.push(`SEC-5: number ${word.counter} of a controller stands on two returns`);
    counted.set(number, returnId);
    if (on.slot !== null && (on.slot.state !== 'destroyed' || on.slot.returnId !== returnId))
      wrong.push(`SEC-5: return ${returnId} has a receipt, and its controller says ${on.slot.state}`);
  }
  return wrong;
}

/** A page of a chip in which a whole key stands, with the copy whose it is. */
const KEY_IN_PAGE = /"copyId":"([0-9a-f-]{36})"[^{}]*"slot":"[\w-]+"/g;

/** SEC-5, MS-24: once a chip had power again, no page of its memory holds a key that it says it removed. */
export async function chipsAtRest(world: World): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const { label, chip, inside } of world.sticks) {
    if (chip === undefined || inside === undefined) continue;
    const held = new Set(
      (await chip.inside()).filter(({ state }) => state === 'key').map(({ copyId }) => copyId),
    );
    for (const page of inside.pages.values())
      for (const [, copyId] of Buffer.from(page).toString('latin1').matchAll(KEY_IN_PAGE))
        if (!held.has(copyId as CopyId))
          wrong.push(`SEC-5: the chip of ${label} keeps the removed key of ${copyId}`);
  }
  return wrong;
}
