import type { CopyId, RentalId, ReturnId } from '#shared/kernel/ids.ts';
import type { Deed, Means } from './deed.ts';
import type { HeardLicence } from './hearsay.ts';

const NOBODYS_SESSION = 'dGhpZWYtdGhpZWYtdGhpZWYtdGhpZWY';

const asks = (
  name: string,
  question: (
    means: Means,
    heard: HeardLicence,
  ) => readonly [path: string, body: unknown] | Promise<readonly [path: string, body: unknown]>,
): Deed => ({
  name,
  commit: async (means) => {
    const heard = means.heard.licence();
    if (heard === null) return false;
    const [path, body] = await question(means, heard);
    const status = await means.stolen.ask(path, body);
    means.stolen.note(`${name}: ${status ?? 'no answer'}`);
    return true;
  },
});

const euros = (minor: number) => ({ minor, currency: 'EUR' });

/** SEC-2, SEC-6, PAY-1: questions about what is others', over his own certificate. */
export const FORGED_QUESTIONS: readonly Deed[] = [
  asks('asks for a price of a copy it never saw', (means, { jws, licence }) => {
    const { rentalId, copyId } = licence.keyturn;
    const asked = { returnId: means.stolen.id7<ReturnId>(), rentalId, copyId, licence: jws, t0: means.at() };
    return ['/returns/open', { ...asked, stamp: means.stolen.stamp(means.stamp()) }];
  }),
  asks('asks for the price of another’s return', (means, { jws, licence }) => {
    const told = means.heard.return();
    const { rentalId, copyId } = licence.keyturn;
    const asked = told ?? { returnId: means.stolen.id7<ReturnId>(), rentalId, copyId, licence: jws };
    const { returnId } = asked;
    const body = { returnId, rentalId: asked.rentalId, copyId: asked.copyId, licence: asked.licence };
    return ['/returns/open', { ...body, t0: means.at(), stamp: means.stolen.stamp(means.stamp()) }];
  }),
  ...(['points', 'prepaid'] as const).map((purse) =>
    asks(`spends a member’s ${purse}`, async (means, { jws, licence }) => {
      const returnId = means.stolen.id7<ReturnId>();
      const { rentalId, copyId } = licence.keyturn;
      const stamp = means.stolen.stamp();
      await means.stolen.ask('/returns/open', {
        returnId,
        rentalId,
        copyId,
        licence: jws,
        t0: means.at(),
        stamp,
      });
      const proof = { nonce: 'AAAA', mac: 'AAAA', chunkHashes: [] };
      const body = { key: `${rentalId}:${returnId}:${purse}`, rentalId, returnId, means: purse };
      const sessionToken = means.random.below(2) === 0 ? null : NOBODYS_SESSION;
      return ['/payments/authorise', { ...body, amount: euros(1), sessionToken, proof }];
    }),
  ),
  asks('gives back what another reserved', (means, { licence }) => {
    const told = means.heard.return();
    const key = told?.parts[0]?.key ?? `${licence.keyturn.rentalId}:${means.stolen.id7<string>()}:prepaid`;
    return ['/payments/void', { key }];
  }),
  asks('cancels another’s rental', (_means, { licence }) => [
    '/rentals/cancel',
    { rentalIds: [licence.keyturn.rentalId], reason: 'thief' },
  ]),
  asks('prepares a rental for nobody', (means, { licence }) => {
    const { mediumId, titleId } = licence.keyturn;
    const item = { rentalId: means.stolen.id7<RentalId>(), copyId: means.stolen.id7<CopyId>(), titleId };
    const items = [{ ...item, binding: 'none', reservationId: null }];
    return ['/rentals/prepare', { sessionToken: NOBODYS_SESSION, mediumId, mediumClass: 'plain', items }];
  }),
  asks('pays in for nobody', (means) => [
    '/members/top-up',
    {
      ...{ sessionToken: NOBODYS_SESSION, key: `top-up:${means.stolen.id7<string>()}`, purpose: 'prepaid' },
      ...{ amount: euros(5_000), authorisationId: 'thief' },
    },
  ]),
  asks('asks who owns a medium', (_means, { licence }) => [
    '/members/identify-medium',
    { mediumId: licence.keyturn.mediumId, accessKey: 'thief-thief-thief' },
  ]),
  asks('looks into a session that is none', () => ['/members/session', { sessionToken: NOBODYS_SESSION }]),
  asks('wants a player for nobody', () => [
    '/members/players/remove',
    { sessionToken: NOBODYS_SESSION, playerId: 'somebody' },
  ]),
  asks('wants to be wiped', (means) => [
    '/decommission/ready',
    { lanes: [0, 1].map((lane) => ({ lane, epoch: 'thief-1', last: means.stolen.written() })) },
  ]),
  asks('hands in a wipe receipt of nobody', (_means, { jws }) => ['/decommission/receipt', { receipt: jws }]),
  asks('wants a certificate for no key', () => ['/renew', { certificateRequest: 'x'.repeat(7_000) }]),
  asks('asks with a body that is too large', () => ['/returns/open', { returnId: 'x'.repeat(400_000) }]),
  {
    name: 'asks in another’s name',
    commit: async ({ stolen, heard }) => {
      const { peer } = stolen.device;
      const status = await stolen.ask('/content-lease', { wrapped: null }, { ...peer, id: heard.other() });
      stolen.note(`asks in another’s name: ${status ?? 'no answer'}`);
      return true;
    },
  },
];
