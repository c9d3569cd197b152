import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import { memberBalances } from '#hub/app/ledger/balances.ts';
import { writeOff } from '#hub/app/ledger/write-off.ts';
import { blockMember, unblockMember } from '#hub/app/members/blocking.ts';
import { registerMember, resetPin } from '#hub/app/members/members.ts';
import { payCash } from '#hub/app/members/payments-in.ts';
import { eraseMember, exportMember } from '#hub/app/members/personal-data.ts';
import { playersOf } from '#hub/app/members/players.ts';
import { ledgerLineOf, namesFor, rentalSummaries } from '#hub/app/reports/rental-view.ts';
import type { ReaderLanguage } from '#hub/app/reports/title-names.ts';
import { placeIn, queueOf } from '#hub/app/reservations/queue.ts';
import * as contract from '#hub/http/contract/members.ts';
import { writeOffAnswer, writeOffBody } from '#hub/http/contract/staff.ts';
import { endpoint } from '#hub/http/endpoint.ts';
import { readerLanguage } from '#hub/http/language.ts';
import type { MemberRow, ReservationRow } from '#hub/ports/rows/index.ts';
import type { MemberId } from '#shared/kernel/ids.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import type { StaffDeps } from './deps.ts';
import { actorOf, staffOf } from './guard.ts';
import { memberPlayerOf } from './member-player-routes.ts';

const tag = 'members';
const oneMember = z.object({ memberId: contract.memberId.transform((id) => id as MemberId) });

export const memberSummaryOf = (row: MemberRow) => ({
  memberId: row.memberId,
  number: row.number,
  displayName: row.displayName,
  siteId: row.siteId,
  state: row.state,
  pinLocked: row.pinLockedAt !== null,
  createdAt: row.createdAt,
});

/** Members at the counter: register, pay in, reset the PIN, block; recommendations explained. */
export function memberRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  const { stores } = deps.db;
  const memberOr = async (memberId: MemberId) => {
    const member = await stores.members.find({ memberId });
    return member === null ? fault('member_missing', 'there is no member of this id') : ok(member);
  };

  endpoint(
    app,
    {
      method: 'get',
      path: '/members/{memberId}',
      summary: 'One member: balances, media, rentals, entries.',
      tag,
      params: oneMember,
      answer: contract.memberDetail,
    },
    async ({ params, c }) => {
      const member = await memberOr(params.memberId);
      return member.ok ? ok(await detailOf(deps, member.value, readerLanguage(c))) : member;
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/members',
      summary: 'Registers a member at the counter (MBR-1).',
      tag,
      body: contract.registerMemberBody,
      answer: contract.memberSummary,
    },
    async ({ body, c }) => {
      const made = await registerMember(deps, actorOf(c), body);
      return made.ok ? ok(memberSummaryOf(made.value)) : made;
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/members/{memberId}/payments',
      summary: 'LED-2: cash for the balance or for what is due.',
      tag,
      params: oneMember,
      body: contract.paymentBody,
      answer: contract.balances,
    },
    async ({ params, body, c }) => {
      const member = await memberOr(params.memberId);
      return member.ok ? payCash(deps, actorOf(c), member.value, body) : member;
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/members/{memberId}/write-off',
      summary: 'LED-2: gives up what a member owes; large amounts wait for a second person.',
      tag,
      params: oneMember,
      body: writeOffBody,
      answer: writeOffAnswer,
    },
    async ({ params, body, c }) => {
      const { memberId } = params;
      const people = { actor: actorOf(c), secondPerson: null };
      const done = await deps.db.transaction((tx) => writeOff(deps, tx, people, memberId, body));
      if (done.ok) return ok({ amountDue: done.value.amountDue, requestId: null });
      if (done.error.code !== 'second_person_needed') return done;
      const wish = { subject: memberId, payload: { memberId, ...body }, reason: body.cause };
      const { requestId } = await deps.secondPerson.request(staffOf(c), 'member.write_off', wish);
      return ok({ amountDue: null, requestId });
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/members/{memberId}/pin',
      summary: 'MED-5: a new PIN; unlocks.',
      tag,
      params: oneMember,
      body: contract.pinBody,
      answer: contract.memberSummary,
    },
    async ({ params, body, c }) => {
      const done = await resetPin(deps, actorOf(c), params.memberId, body.pin);
      return done.ok ? ok(memberSummaryOf(done.value)) : done;
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/members/{memberId}/block',
      summary: 'SEC-6: no sign-in and no new rental; returns go on.',
      tag,
      params: oneMember,
      body: contract.blockBody,
      answer: contract.memberSummary,
    },
    async ({ params, body, c }) => {
      const done = await blockMember(deps, actorOf(c), params.memberId, body.cause);
      return done.ok ? ok(memberSummaryOf(done.value)) : done;
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/members/{memberId}/unblock',
      summary: 'SEC-6: a blocked member may rent again.',
      tag,
      params: oneMember,
      body: contract.unblockBody,
      answer: contract.memberSummary,
    },
    async ({ params, body, c }) => {
      const done = await unblockMember(deps, actorOf(c), params.memberId, body.cause);
      return done.ok ? ok(memberSummaryOf(done.value)) : done;
    },
  );
  endpoint(
    app,
    {
      method: 'get',
      path: '/members/{memberId}/export',
      summary: 'SEC-9: everything that is held of a person, for the person.',
      tag,
      params: oneMember,
      answer: contract.memberExport,
    },
    async ({ params, c }) => {
      c.header('cache-control', 'no-store');
      const data = await exportMember(deps, actorOf(c), params.memberId);
      return data.ok ? ok(data.value as z.infer<typeof contract.memberExport>) : data;
    },
  );
  endpoint(
    app,
    {
      method: 'post',
      path: '/members/{memberId}/erase',
      summary: 'SEC-9: forgets a person; books and receipts stay.',
      tag,
      params: oneMember,
      body: contract.eraseBody,
    },
    async ({ params, body, c }) => eraseMember(deps, actorOf(c), params.memberId, body.paidOut),
  );
  endpoint(
    app,
    {
      method: 'get',
      path: '/members/{memberId}/recommendations',
      summary: 'REC-1: what is recommended to a member, and why.',
      tag,
      params: oneMember,
      answer: contract.whyView,
    },
    async ({ params, c }) => {
      const member = await memberOr(params.memberId);
      return member.ok ? ok(await whyOf(deps, member.value, readerLanguage(c))) : member;
    },
  );
}

export async function reservationViews(
  deps: StaffDeps,
  rows: readonly ReservationRow[],
  language: ReaderLanguage,
) {
  const { stores } = deps.db;
  const now = deps.clock.now();
  const names = await namesFor(
    stores,
    rows.map(({ titleId }) => titleId),
    rows.map(({ memberId }) => memberId),
    language,
  );
  const views = [];
  for (const row of rows) {
    const title = await stores.titles.find({ titleId: row.titleId });
    const place =
      title === null
        ? { position: 0, waitSeconds: null }
        : await placeIn(stores, title, await queueOf(stores, title, null, now), row.reservationId, now);
    views.push({
      reservationId: row.reservationId,
      titleId: row.titleId,
      titleName: names.title(row.titleId),
      memberId: row.memberId,
      memberName: names.member(row.memberId) ?? '',
      state: row.state,
      ...place,
      requestedAt: row.requestedAt,
      readyUntil: row.readyUntil,
    });
  }
  return views;
}

async function detailOf(deps: StaffDeps, member: MemberRow, language: ReaderLanguage) {
  const { stores } = deps.db;
  const { memberId } = member;
  const newest = { descending: true, limit: 50 } as const;
  const rentals = await stores.rentals.list({ memberId }, { orderBy: ['rentalId'], ...newest });
  const media = await stores.media.list({ memberId }, { orderBy: ['lastSeenAt'], ...newest });
  const entries = await stores.ledger.lines({ memberId }, { limit: 100, offset: 0 });
  const waiting = await stores.reservations.list({ memberId }, { orderBy: ['requestedAt'], ...newest });
  return {
    ...memberSummaryOf(member),
    blocked: member.state === 'blocked' ? { since: member.blockedAt, cause: member.blockCause } : null,
    birthYear: member.birthYear,
    language: member.language,
    currency: member.currency,
    ...(await memberBalances(stores, memberId, member.currency)),
    preferredMeans: member.preferredMeans,
    media: media.map(({ mediumId, mediumClass, lastSeenAt }) => ({ mediumId, mediumClass, lastSeenAt })),
    players: (await playersOf(stores, memberId)).map(memberPlayerOf),
    rentals: await rentalSummaries(stores, rentals, deps.clock.now(), language),
    reservations: await reservationViews(deps, waiting, language),
    entries: entries.map(ledgerLineOf),
  };
}

async function whyOf(deps: StaffDeps, member: MemberRow, language: ReaderLanguage) {
  const found = await deps.recommender.forMember(member.memberId, null, 20);
  const model = deps.recommender.model();
  const ids = found.flatMap(({ titleId, from }) => [titleId, ...from.map((one) => one.titleId)]);
  const names = await namesFor(deps.db.stores, ids, [], language);
  return {
    trainedAt: model?.trainedAt ?? null,
    interactions: model?.interactions ?? 0,
    members: model?.members ?? 0,
    items: found.map(({ titleId, reason, score, from }) => ({
      titleId,
      titleName: names.title(titleId),
      reason: reason.code,
      fromTitleId: reason.titleId,
      genre: reason.genre,
      score,
      from: from.map((one) => ({ ...one, titleName: names.title(one.titleId) })),
    })),
  };
}
