import { createHash } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { signJws } from '#shared/media/signing.ts';
import { offlineChallenge, slotMac } from '#shared/media/slot-proof.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { type HubStage, openStage } from './hub-stage.ts';
import { HOUR, lane, START, type TestRental, type TestReturn } from './hub-world.ts';

/** When media are given back here. */
export const T0 = epochMs(START + HOUR);

/** A hub for the tests of one file, terminals that report returns to it, and what came of them (SEC-4). */
export function reportedReturns() {
  let stage: HubStage;
  let runs = 0;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage.close());
  const lettersOf = (terminalId: string) =>
    stage.hub.db.stores.deadLetters.list(
      { terminalId: terminalId as TerminalId, state: ['dead', 'parked', 'quarantined'] },
      { orderBy: ['createdAt', 'sequence'], limit: 20 },
    );
  return {
    get devices() {
      return stage.devices;
    },
    get hub() {
      return stage.hub;
    },
    get rules() {
      return stage.rules;
    },
    terminal: () => stage.terminal(),
    out: (change?: Parameters<HubStage['out']>[0]) => stage.out(change),
    lettersOf,
    /** Reports returns of one terminal; answers the letters that came of it. */
    async report(signer: Pick<Signer, 'id'>, returns: readonly TestReturn[], epoch = 'store1') {
      runs += 1;
      const events = lane(signer.id, 0, `${epoch}-${runs}`);
      for (const { destroyed } of returns) events.add('return.destroyed', destroyed, T0);
      const { batch, receivedAt } = events.batch();
      await commitGroup(stage.hub.db, stage.rules, [{ receivedAt, batch: { ...batch, epoch } }]);
      return lettersOf(signer.id);
    },
    causesOf: async (terminalId: string) => (await lettersOf(terminalId)).map(({ cause }) => cause),
    statusOf: async ({ rentalId }: TestRental) =>
      (await stage.hub.db.stores.rentals.find({ rentalId }))?.status,
    alertsOf: (code: string, subject: string) => stage.hub.db.stores.alerts.count({ code, subject }),
    /** Events of a lane whose first sequences are taken come behind them. */
    async behind(signer: Pick<Signer, 'id'>, back: TestReturn, sequence: number, epoch = 'store1') {
      const events = lane(signer.id, 0, epoch);
      const event = events.add('return.destroyed', back.destroyed, T0);
      await commitGroup(stage.hub.db, stage.rules, [events.batch([{ ...event, sequence }])]);
    },
    /** What the hub told one who returns a rental, signed. */
    quoteOf({ rentalId }: TestRental, returnId: TestReturn['returnId']): Promise<string> {
      const total = { minor: 1, currency: 'EUR' };
      const price = { total, tax: total, startedAt: START, dueAt: START, lines: [] };
      const next = { nextStepAt: null, nextStepTotal: null, validUntil: T0 };
      const quote = { returnId, rentalId, t0: T0, ...price, ...next };
      return signJws('keyturn-quote', quote, stage.devices.fleet.hubSigner, T0);
    },
  };
}

/** INTENT as a terminal of 1.7 tells it; `proof` absent: of one before, or that found the slot overwritten. */
export const intentOf = (
  { rentalId }: Pick<TestRental, 'rentalId'>,
  returnId: TestReturn['returnId'],
  proof?: { readonly nonce: string; readonly mac: string },
) => ({
  ...{ returnId, rentalId, quote: null, provisional: null, parts: [] },
  due: { minor: 0, currency: 'EUR' as const },
  ...(proof === undefined ? {} : { proof }),
});

/** What only who held the slot can show for this return (RET-7), over a challenge of the terminal's own unless `nonce` says another. */
export const proofOf = (
  { proofKey }: Pick<TestRental, 'proofKey'>,
  by: string,
  returnId: TestReturn['returnId'],
  nonce = offlineChallenge(by, 7).nonce,
) => ({ nonce, mac: slotMac(proofKey, nonce, returnId) });

/** The hash by which a receipt is named. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
