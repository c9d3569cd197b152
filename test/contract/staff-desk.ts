import { createHash, generateKeyPairSync } from 'node:crypto';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect } from 'vitest';
import { makeEnrolmentCode } from '#hub/app/enrolment/enrolment.ts';
import { applyToRental } from '#hub/app/rentals/apply.ts';
import { prepareOne } from '#hub/app/renting/prepare.ts';
import { addStaff } from '#hub/app/staff/accounts.ts';
import { totpCode } from '#hub/app/staff/totp.ts';
import type { HubSettings } from '#hub/config.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { CopyId, EventId, MediumId, MemberId, RentalId, TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { signPlayerKey } from '#shared/media/player-key.ts';
import { newId } from '#shared/ports/random.ts';
import { startTestHub, type TestHub } from './hub-harness.ts';

/** What staff send beside JSON. */
export interface SentFile {
  readonly bytes: Uint8Array;
  readonly headers: Record<string, string>;
}

/** The password of everybody here. */
export const WORDS = 'seven umbrellas on a quiet tram';

/** A member of staff with a browser of his own. */
export interface Person {
  readonly name: string;
  readonly staffId: string;
  ask(method: string, path: string, body?: unknown, file?: SentFile): Promise<Response>;
}

export const answered = async (answer: Response) => (await answer.json()) as Record<string, string>;

/** A hub with a kiosk and an administrator, and the things of a shop that staff act upon. To be opened before anything else. */
export class StaffDesk {
  #hub: TestHub | null = null;
  #admin: Person | null = null;
  #made = 0;

  async open(settings: Partial<HubSettings>): Promise<void> {
    this.#hub = await startTestHub(settings, 'PGlite');
    const { terminalId } = await this.hub.terminal('kiosk', 'kiosk-one');
    await this.inside().db.stores.terminals.patch({ terminalId }, { state: 'active' });
    await addStaff(this.inside(), { name: 'model', role: 'clerk', password: WORDS });
    this.#admin = await this.person();
  }
  close(): Promise<void> {
    return this.hub.close();
  }

  get hub(): TestHub {
    return this.#hub ?? expect.fail('the desk is open');
  }
  get admin(): Person {
    return this.#admin ?? expect.fail('the desk is open');
  }
  inside() {
    return this.hub.hub.inside();
  }
  id<Id extends string>(): Id {
    return newId<Id>(this.hub.clock, systemRandom);
  }
  /** Counts everything that is made here. */
  next(): number {
    this.#made += 1;
    return this.#made;
  }

  async person(role: 'admin' | 'manager' = 'admin', signedIn = true): Promise<Person> {
    const name = `person-${this.next()}`;
    const { staff } = this.inside().db.stores;
    // Of one password a proof is made once: that takes its time on purpose.
    const model = await staff.first({ name: 'model' });
    const staffId = this.id<string>();
    if (model === null) expect.fail('the first account is there');
    await staff.insert({ ...model, staffId, name, role });
    const url = (path: string) => this.hub.url(`/api/v1${path}`);
    let cookie = '';
    const one: Person = {
      name,
      staffId,
      async ask(method, path, body, file) {
        const answer = await fetch(url(path), {
          method,
          headers: {
            cookie,
            ...(file?.headers ?? (body === undefined ? {} : { 'content-type': 'application/json' })),
          },
          ...(file === undefined ? {} : { body: file.bytes as Uint8Array<ArrayBuffer> }),
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const session = answer.headers.getSetCookie().find((line) => line.startsWith('keyturn_staff='));
        if (session !== undefined) cookie = session.split(';')[0] ?? '';
        return answer;
      },
    };
    if (signedIn) expect((await one.ask('POST', '/session', { name, password: WORDS })).status).toBe(200);
    return one;
  }

  async secondFactor(one: Person) {
    const begun = await answered(await one.ask('POST', '/account/second-factor'));
    const code = totpCode(begun.secret ?? '', this.hub.clock.now());
    return { secret: begun.secret ?? '', body: { ticket: begun.ticket, code } };
  }
  async withSecondFactor() {
    const one = await this.person();
    const { secret, body } = await this.secondFactor(one);
    expect((await one.ask('POST', '/account/second-factor/confirm', body)).status).toBe(200);
    return { one, secret };
  }

  registration() {
    return {
      displayName: 'Ann',
      birthYear: 1980,
      pin: '1234',
      language: 'en',
      siteId: this.hub.siteId,
    };
  }
  async member(): Promise<string> {
    const made = await this.admin.ask('POST', '/members', this.registration());
    return (await answered(made)).memberId ?? '';
  }

  /** A rental whose meter runs. */
  async rental(): Promise<RentalId> {
    const deps = this.inside();
    const { stores } = deps.db;
    const terminal = (await stores.terminals.first({ role: 'kiosk' })) ?? expect.fail('there is a kiosk');
    const who =
      (await stores.members.find({ memberId: (await this.member()) as MemberId })) ?? expect.fail('a member');
    const rentalId = this.id<RentalId>();
    const permitted = await prepareOne(
      deps,
      { member: who, terminal, mediumId: this.id<MediumId>(), mediumClass: 'plain' },
      {
        rentalId,
        copyId: this.id<CopyId>(),
        titleId: await this.hub.title(),
        binding: 'none',
        reservationId: null,
      },
    );
    expect(permitted.ok).toBe(true);
    const pending = (await stores.rentals.find({ rentalId })) ?? expect.fail('it was prepared');
    const now = deps.clock.now();
    const context = { stores, rules: deps.fleet.rewards, now, newId: () => this.id<string>() };
    const cause = { entryId: this.id<string>(), terminalId: null, eventId: null, detail: {} };
    expect((await applyToRental(context, pending, { kind: 'started', at: now }, cause)).ok).toBe(true);
    return rentalId;
  }

  /** An event that could not be applied. */
  async letter(cause = 'event_malformed'): Promise<string> {
    const deadLetterId = this.id<string>();
    const now = this.hub.clock.now();
    await this.inside().db.stores.deadLetters.insert({
      deadLetterId,
      terminalId: 'kiosk-one' as TerminalId,
      epoch: 'epoch1',
      lane: 0,
      sequence: this.next(),
      eventId: this.id<EventId>(),
      rentalId: null,
      event: {
        sequence: 0,
        id: this.id<EventId>(),
        kind: 'alert.raised',
        stamp: { deviceTime: now, monotonic: 1, bootId: 'boot', clockOffset: 0, clockError: 5 },
        data: { code: 'drive_worn', subject: 'drive 1', message: 'worn', at: now },
      },
      state: 'dead',
      cause,
      message: 'it was not applied',
      createdAt: now,
      tries: 1,
      settledAt: null,
      settledBy: null,
    });
    return deadLetterId;
  }

  /** A wish of somebody else that waits for a second person. */
  async wish(by: Person): Promise<string> {
    const raised = await this.person('manager', false);
    const asked = await by.ask('PATCH', `/staff/${raised.staffId}`, { role: 'admin' });
    return (await answered(asked)).requestId ?? '';
  }

  /** A terminal whose request waits for staff. */
  async waiting(): Promise<string> {
    const terminalId = `kiosk-${this.next()}` as TerminalId;
    const request = { terminalId, role: 'kiosk', siteId: this.hub.siteId, name: 'New' } as const;
    expect((await makeEnrolmentCode(this.inside(), request, false)).ok).toBe(true);
    const asked = { usedAt: this.hub.clock.now(), certificateRequest: 'a request', software: 'test' };
    await this.inside().db.stores.enrolmentCodes.patchWhere({ terminalId }, asked);
    return terminalId;
  }

  /** The document of a player at home, which shows the code ABCD-0123. */
  async player(playerId: string): Promise<string> {
    const { privateKey } = generateKeyPairSync('ed25519');
    const { x, d } = privateKey.export({ format: 'jwk' });
    const recipient = await identityToRecipient(await generateX25519Identity());
    const now = this.hub.clock.now();
    const jws = await signPlayerKey(
      { version: 1, playerId, recipient, name: 'Living room', createdAt: now },
      { kty: 'OKP', crv: 'Ed25519', x: x ?? '', d: d ?? '' },
    );
    const codeHash = createHash('sha256').update('ABCD0123').digest('hex');
    const { playerPairings } = this.inside().db.stores;
    await playerPairings.removeWhere({ codeHash });
    await playerPairings.insert({
      codeHash,
      playerId,
      jws,
      createdAt: now,
      expiresAt: epochMs(now + 60_000),
    });
    return jws;
  }
}
