import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect } from 'vitest';
import type { z } from 'zod';
import type { PrepareCode } from '#hub/app/renting/prepare.ts';
import { licenceEnd } from '#shared/domain/tariff.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type {
  CopyId,
  EventId,
  MediumId,
  RentalId,
  ReturnId,
  TerminalId,
  TitleId,
} from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { signJws, verifyJws } from '#shared/media/signing.ts';
import { newId } from '#shared/ports/random.ts';
import type { EventData, EventKind } from '#shared/protocol/events.ts';
import * as api from '#shared/protocol/terminal-api.ts';
import { CALENDAR, startTestHub, type TestHub, type TestTerminal } from './hub-harness.ts';

interface Copy {
  readonly rentalId: RentalId;
  readonly copyId: CopyId;
  readonly mediumId: MediumId;
}

/** A hub for the tests of one file, with a kiosk and a return terminal: members register, rent and return as those ask and report it. */
export function shopOverHttp() {
  let hub: TestHub;
  let kiosk: TestTerminal;
  let desk: TestTerminal;
  let sequence = 0;
  let receipts = { counter: 1, previous: '0'.repeat(64) };
  beforeAll(async () => {
    hub = await startTestHub();
    kiosk = await hub.terminal('kiosk', 'kiosk-one');
    desk = await hub.terminal('return-terminal', 'return-one');
    await hub.signInStaff();
  });
  afterAll(() => hub.close());

  /** The wall clock alone moves: timers of the hub's own duties stay where they are. */
  const pass = async (ms: number): Promise<void> => {
    hub.clock.jump(epochMs(hub.clock.now() + ms));
    // A working day is over: staff sign in again.
    expect((await hub.signInStaff()).status).toBe(200);
  };
  const id = <Id extends string>(): Id => newId<Id>(hub.clock, systemRandom);
  const codeOf = (answer: { body: unknown }): unknown => (answer.body as { code?: string }).code;
  const member = async (birthYear = 1980): Promise<{ number: string; session: api.MemberSession }> => {
    const body = { displayName: 'Ann', birthYear, pin: '1234', language: 'en' };
    const answer = await hub.ask(kiosk, '/members/register', body);
    expect(answer.status).toBe(200);
    const read = api.registerAnswer.parse(answer.body);
    return { number: read.memberNumber, session: read.session };
  };
  const staffPost = (path: string, body: unknown) =>
    hub.staff(path, { method: 'POST', body: JSON.stringify(body) });
  const memberIdOf = async (number: string): Promise<string> => {
    const page = (await (await hub.staff(`/members?q=${number}`)).json()) as {
      items: { memberId: string }[];
    };
    return page.items[0]?.memberId ?? '';
  };

  const prepare = async (
    session: api.MemberSession,
    titleId: TitleId,
    change: { rentalId?: RentalId; copyId?: CopyId; binding?: 'none' | 'players'; from?: TestTerminal } = {},
  ) => {
    const copy: Copy = { rentalId: change.rentalId ?? id(), copyId: change.copyId ?? id(), mediumId: id() };
    const answer = await hub.ask(change.from ?? kiosk, '/rentals/prepare', {
      sessionToken: session.sessionToken,
      mediumId: copy.mediumId,
      mediumClass: 'plain',
      items: [
        {
          rentalId: copy.rentalId,
          copyId: copy.copyId,
          titleId,
          binding: change.binding ?? 'none',
          reservationId: null,
        },
      ],
    });
    const item = answer.status === 200 ? api.prepareAnswer.parse(answer.body).items[0] : undefined;
    return { copy, item, answer };
  };
  const refusedWith = async (code: PrepareCode, session: api.MemberSession, titleId: TitleId) => {
    const { item } = await prepare(session, titleId);
    expect(item).toMatchObject({ permitted: false, code });
  };

  const proofKey = createHash('sha256').update('the slot').digest('base64url');
  const licenceOf = (session: api.MemberSession, permit: api.RentalPermit, copy: Copy, at: EpochMs) =>
    signJws(
      'keyturn-licence',
      {
        version: 1,
        id: id(),
        provider: 'keyturn',
        issued: at,
        updated: null,
        status: 'ready',
        rights: {
          start: at,
          end: licenceEnd(permit.tariff, at),
          print: null,
          copy: null,
          startWithinSeconds: null,
          finishWithinSeconds: null,
        },
        keyturn: {
          rentalId: copy.rentalId,
          titleId: permit.titleId,
          title: 'A test film',
          editionId: permit.editionId,
          mediaType: 'video/webm',
          tariff: permit.tariff,
          site: CALENDAR,
          binding: 'none',
          memberToken: session.memberToken,
          keep: null,
          copyId: copy.copyId,
          mediumId: copy.mediumId,
          plaintextBytes: 10,
          chunkCount: 1,
          slotCheck: 'ab'.repeat(32),
          probes: [],
          terminal: kiosk.terminalId,
        },
      },
      kiosk.signer,
      at,
    );
  const report = async <K extends EventKind>(
    terminal: TerminalId,
    kind: K,
    data: EventData<K>,
  ): Promise<void> => {
    const at = hub.clock.now();
    const standing = await hub.hub.inside().ingestQueue.accept({
      receivedAt: at,
      batch: {
        version: { major: 1, minor: 0 },
        terminal,
        session: 'AAAA',
        epoch: `epoch-${terminal}-${kind.replace('.', '-')}-${sequence}`,
        lane: 0,
        firstHeld: 0,
        last: 0,
        sentAt: at,
        events: [
          {
            sequence: 0,
            id: id<EventId>(),
            kind,
            stamp: { deviceTime: at, monotonic: 1, bootId: 'boot', clockOffset: 0, clockError: 5 },
            data,
          },
        ],
      },
    });
    sequence += 1;
    expect(standing?.contiguous).toBe(0);
  };
  const rent = async (session: api.MemberSession, titleId: TitleId) => {
    const { copy, item } = await prepare(session, titleId);
    if (item?.permitted !== true) throw new Error(JSON.stringify(item));
    const startedAt = hub.clock.now();
    const licence = await licenceOf(session, item.permit, copy, startedAt);
    await report(kiosk.terminalId, 'rental.started', {
      rentalId: copy.rentalId,
      licence,
      startedAt,
      slotProofKey: proofKey,
      chunkHashes: [{ index: 0, sha256: 'cd'.repeat(32) }],
      verification: 'sampled',
      offline: false,
      hold: null,
    });
    return { copy, licence, startedAt };
  };
  const open = async (copy: Copy, licence: string, returnId: ReturnId = id(), by = desk) => {
    const t0 = hub.clock.now();
    const stamp = { deviceTime: t0, monotonic: 1, bootId: 'boot', clockOffset: 0, clockError: 5 };
    const request = { returnId, rentalId: copy.rentalId, copyId: copy.copyId, licence, t0, stamp };
    return { returnId, answer: await hub.ask(by, '/returns/open', request) };
  };
  const quoteOf = async (jws: string | null): Promise<api.QuotePayload> => {
    const verified = await verifyJws(jws ?? '', hub.hub.inside().trust, {
      type: 'keyturn-quote',
      schema: api.quotePayload,
      roles: ['hub'],
      validAt: 'signed-at',
      maxBytes: 24_000,
    });
    if (!verified.ok) throw new Error(verified.error.code);
    return verified.value.payload;
  };

  /** The terminal reports the key of an opened return destroyed. */
  const bringBack = async (told: {
    readonly copy: Copy;
    readonly licence: string;
    readonly opened: z.infer<typeof api.openReturnAnswer>;
    readonly quote: api.QuotePayload;
    readonly proof: EventData<'return.destroyed'>['proof'];
    readonly parts: EventData<'return.destroyed'>['parts'];
    readonly due: number;
  }): Promise<void> => {
    const { copyId, rentalId, mediumId } = told.copy;
    const { t0, returnId } = told.quote;
    const destroyedAt = epochMs(t0 + 1000);
    const claims = {
      ...{ version: 1, returnId, rentalId, copyId, mediumId, t0, destroyedAt, proof: told.proof },
      ...{ terminal: desk.terminalId, acceptedBy: desk.terminalId, nonceOrigin: 'hub' },
      ...{
        claim: 'CLEAR-SLOT',
        readBack: 'power-cycle',
        counter: receipts.counter,
        previous: receipts.previous,
      },
    };
    const receipt = await signJws('keyturn-receipt', claims, desk.signer, destroyedAt);
    receipts = {
      counter: receipts.counter + 1,
      previous: createHash('sha256').update(receipt).digest('hex'),
    };
    await report(desk.terminalId, 'return.destroyed', {
      ...{ returnId, rentalId, copyId, licence: told.licence, receipt, proof: told.proof, t0, destroyedAt },
      ...{ quote: told.opened.quote, provisional: null, parts: told.parts, offlineSince: null },
      due: { minor: told.due, currency: 'EUR' },
    });
  };
  return {
    get hub() {
      return hub;
    },
    get kiosk() {
      return kiosk;
    },
    get desk() {
      return desk;
    },
    ...{ pass, id, codeOf, member, staffPost, memberIdOf, prepare, refusedWith },
    ...{ proofKey, rent, open, quoteOf, bringBack },
  };
}
