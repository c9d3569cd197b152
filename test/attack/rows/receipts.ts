import type { Attack } from '#test/attack/contract.ts';
import {
  forgeReturn,
  lastReceipt,
  purseOf,
  rentOne,
  sendAs,
  stillOut,
} from '#test/attack/support/stolen-terminal.ts';
import { hashOf } from '#test/support/forged-return.ts';

const judged = (refused: boolean, evidence: string) => ({
  outcome: refused ? ('refused' as const) : ('got-through' as const),
  evidence,
});

export const returnForged: Attack = {
  id: 'return-forged-without-medium',
  threat: 'return-forged',
  rule: 'RET-7',
  on: 'every-broker',
  expect: 'refused',
  async run(target) {
    const loot = await rentOne(target);
    const { event } = await forgeReturn(target, loot, { proofKey: 'AAAA' });
    await sendAs(target, 'return-terminal', event);
    const { terminalId } = target.identities['return-terminal'];
    return {
      ...judged(await stillOut(target, loot), 'a receipt signed with the stolen key, without the slot'),
      trace: { alert: 'security_proof_mismatch', subject: terminalId },
    };
  },
};

export const returnForgedTorn: Attack = {
  id: 'return-forged-as-torn',
  threat: 'return-forged',
  rule: 'RET-7',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const loot = await rentOne(target);
    const proof = { nonce: 'AAAA', mac: '', chunkHashes: [] };
    const { event } = await forgeReturn(target, loot, {
      proof,
      acceptedBy: target.identities.kiosk.terminalId,
    });
    await sendAs(target, 'return-terminal', event);
    const { terminalId } = target.identities['return-terminal'];
    return {
      ...judged(
        await stillOut(target, loot),
        'a receipt that says another terminal had begun, and the slot is gone',
      ),
      trace: { alert: 'security_return_unproven', subject: terminalId },
    };
  },
};

export const receiptReplayed: Attack = {
  id: 'receipt-replayed',
  threat: 'receipt-replayed',
  rule: 'SEC-4',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const [returned, open] = [await rentOne(target), await rentOne(target)];
    await target.fleet.returnAll(returned.stick);
    await target.fleet.settled();
    const { row } = await lastReceipt(target);
    const purse = await purseOf(target, returned);
    if (row === null) throw new Error('the return left no receipt');
    // Once more for the return that it is of, and once for another one.
    const again = await forgeReturn(target, returned);
    const { t0, destroyedAt, returnId } = JSON.parse(
      Buffer.from(row.jws.split('.')[1] ?? '', 'base64url').toString('utf8'),
    );
    const same = { ...again.event.data, returnId, receipt: row.jws, t0, destroyedAt };
    await sendAs(target, 'return-terminal', { kind: 'return.destroyed', data: same });
    const other = await forgeReturn(target, open);
    await sendAs(target, 'return-terminal', {
      kind: 'return.destroyed',
      data: { ...other.event.data, receipt: row.jws },
    });
    const unchanged = (await purseOf(target, returned)) === purse;
    const { terminalId } = target.identities['return-terminal'];
    return {
      ...judged(
        unchanged && (await stillOut(target, open)),
        'a true receipt sent again, and for another rental',
      ),
      trace: { alert: 'security_receipt_replayed', subject: terminalId },
    };
  },
};

export const receiptReordered: Attack = {
  id: 'receipt-reordered',
  threat: 'receipt-reordered',
  rule: 'SEC-4',
  on: 'once',
  expect: 'refused',
  wears: 'receipts',
  async run(target) {
    const [first, second] = [await rentOne(target), await rentOne(target)];
    const one = await forgeReturn(target, first);
    const { counter } = await lastReceipt(target);
    const two = await forgeReturn(target, second, { counter: counter + 2, previous: hashOf(one.receipt) });
    await sendAs(target, 'return-terminal', two.event);
    const { terminalId } = target.identities['return-terminal'];
    return {
      ...judged(
        await stillOut(target, second),
        'the second receipt before the first, both with the slots’ own proof',
      ),
      trace: { alert: 'security_receipt_gap', subject: terminalId },
    };
  },
};

export const receiptCounterSkipped: Attack = {
  id: 'receipt-counter-skipped',
  threat: 'receipt-counter-skipped',
  rule: 'SEC-4',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const loot = await rentOne(target);
    const { counter } = await lastReceipt(target);
    const { event } = await forgeReturn(target, loot, { counter: counter + 7, previous: 'ab'.repeat(32) });
    await sendAs(target, 'return-terminal', event);
    const { terminalId } = target.identities['return-terminal'];
    return {
      ...judged(await stillOut(target, loot), 'a receipt six places ahead, with the slot’s own proof'),
      trace: { alert: 'security_receipt_gap', subject: terminalId },
    };
  },
};

export const receiptOfAnother: Attack = {
  id: 'receipt-of-another',
  threat: 'receipt-of-another',
  rule: 'SEC-4',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const loot = await rentOne(target);
    const { event } = await forgeReturn(target, loot);
    await sendAs(target, 'kiosk', event);
    const { terminalId } = target.identities.kiosk;
    return {
      ...judged(
        await stillOut(target, loot),
        'a receipt that the return terminal signed, reported by the kiosk',
      ),
      trace: { alert: 'security_receipt_of_another', subject: terminalId },
    };
  },
};

export const returnGivenUpByAnother: Attack = {
  id: 'return-given-up-by-another',
  threat: 'receipt-of-another',
  rule: 'SEC-4',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const { fleet, identities } = target;
    const loot = await rentOne(target);
    await fleet.handIn(loot.stick);
    await fleet.settled();
    const { returns } = fleet.own.hub.inside().db.stores;
    const { rentalId } = loot.licence.keyturn;
    const open = await returns.first({ rentalId, state: 'accepted' });
    if (open === null) throw new Error('the return was not begun');
    const at = fleet.own.clock.now();
    const { returnId } = open;
    await sendAs(target, 'kiosk', { kind: 'return.abandoned', data: { returnId, rentalId, at } });
    const stands = (await returns.find({ returnId }))?.state === 'accepted';
    await fleet.giveBack();
    await fleet.goHome();
    const [rental] = await fleet.rentals(loot.member);
    return {
      ...judged(stands && rental?.status === 'closed', 'the kiosk gave up a return of the return terminal'),
      trace: { alert: 'security_return_of_another', subject: identities.kiosk.terminalId },
    };
  },
};
