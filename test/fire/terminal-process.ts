import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { openTerminalParts } from '#shared/edge/drivers/terminal-parts.ts';
import type { TerminalRole } from '#shared/edge/identity.ts';
import { createTerminal, type TerminalRuntime } from '#shared/edge/runtime.ts';
import { table } from '#shared/edge/store.ts';
import { noBusiness } from '#shared/edge/testing/a-bundle.ts';
import type * as ids from '#shared/kernel/ids.ts';
import { newId } from '#shared/ports/random.ts';
import {
  cardPart,
  FIRST_RECEIPT,
  signedCopy,
  signedReturn,
  started,
  TITLE,
} from '#test/support/rental-facts.ts';
import { journaled } from './journal.ts';
import { AT_REST, type TerminalsSetup, terminalsSetup } from './setup.ts';

/**
 * `node terminal-process.mjs SETUP`: kiosks and return terminals of one process, two and two, with the edge's production code: real stores, mutual TLS,
 * enrolment, outbox. A kiosk reports a copy, its neighbour the return and a rating, both a session, again and again until SIGUSR2. Says `ready` when all
 * are enrolled; SIGTERM ends them gracefully.
 */
const setup: TerminalsSetup = terminalsSetup.parse(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));
const chain = table('fire_chain', z.object({ counter: z.int(), previous: z.string() }));

async function open(terminalId: string, role: TerminalRole, code: string): Promise<TerminalRuntime> {
  const opened = await openTerminalParts({
    role,
    terminalId: terminalId as ids.TerminalId,
    home: join(setup.home, terminalId),
    hubUrl: setup.hubUrl,
    mqttUrl: null,
    enrolmentCode: code,
    software: 'fire',
    logLevel: 'error',
    cacheBytes: 2 ** 20,
  });
  if (!opened.ok) throw new Error(`${terminalId}: ${opened.error.code}: ${opened.error.message}`);
  const terminal = createTerminal({
    ...opened.value,
    store: journaled(opened.value.store, join(setup.home, `${terminalId}.journal`)),
    drives: () => [],
    temperatureCelsius: () => null,
    onCommand: () => 'now',
    restart: () => {},
    business: noBusiness,
    leave: () => {},
  });
  await terminal.start();
  return terminal;
}

const id = <Id extends string>(): Id => newId<Id>(systemClock, systemRandom);

/** One customer: takes a copy at the kiosk, brings it back next door. */
async function customer(kiosk: TerminalRuntime, returns: TerminalRuntime): Promise<void> {
  const memberToken = setup.members[systemRandom.below(setup.members.length)] as string;
  const rental = await signedCopy(kiosk.identity.signer, systemClock.now(), { newId: id, memberToken });
  kiosk.record((tx) => {
    tx.emit({ kind: 'rental.started', data: started(rental) });
    tx.emit({
      kind: 'session.ended',
      data: { kind: 'rent', outcome: 'done', seconds: 60, at: systemClock.now() },
    });
  });
  const t0 = systemClock.now();
  const link = returns.store.get(chain, 'last') ?? FIRST_RECEIPT;
  const returnId = id<ids.ReturnId>();
  const back = await signedReturn(rental, returns.identity.signer, t0, link, {
    returnId,
    parts: [cardPart(rental, returnId, 400)],
  });
  returns.record((tx) => {
    tx.emit({ kind: 'return.accepted', data: back.accepted });
  });
  returns.record((tx) => {
    tx.put(chain, 'last', back.link);
    tx.emit({ kind: 'return.destroyed', data: back.destroyed });
    tx.emit({
      kind: 'rating.given',
      data: { rentalId: rental.rentalId, titleId: TITLE, stars: 4, at: systemClock.now() },
    });
    tx.emit({
      kind: 'session.ended',
      data: { kind: 'return', outcome: 'done', seconds: 30, at: systemClock.now() },
    });
  });
}

const pairs = await Promise.all(
  setup.pairs.map(async ({ kiosk, returns }) => ({
    kiosk: await open(kiosk.terminalId, 'kiosk', kiosk.code),
    returns: await open(returns.terminalId, 'return-terminal', returns.code),
  })),
);
let quiet = false;
let ending = false;
let serving = 0;
/** The last customer has gone. */
function rest(): void {
  if (quiet && serving === 0) writeFileSync(join(setup.home, AT_REST), '');
}
process.on('SIGUSR2', () => {
  quiet = true;
  rest();
});
process.on('SIGTERM', () => {
  ending = true;
});
process.stdout.write('ready\n');
await Promise.all(
  pairs.map(async ({ kiosk, returns }) => {
    while (!ending) {
      if (!quiet) {
        serving += 1;
        await customer(kiosk, returns);
        serving -= 1;
        rest();
      }
      await pause(setup.everyMs / 2 + systemRandom.below(setup.everyMs));
    }
  }),
);
for (const { kiosk, returns } of pairs) {
  await kiosk.stop();
  await returns.stop();
}
process.exit(0);
