import type { CopyId, MediumId, RentalId, ReservationId, ReturnId } from '#shared/kernel/ids.ts';
import { signJws } from '#shared/media/signing.ts';
import { NO_RECEIPT } from '#test/support/forged-return.ts';
import type { Deed, Means } from './deed.ts';
import type { HeardLicence } from './hearsay.ts';

const DAY_S = 86_400;
/** Rentals that he invents in one world: each lies on a member's account until staff look at it. */
const INVENTED = 4;
/** Wrong PINs that he tells of one member: below what locks (MED-5), since that is the rule's own answer to whoever tries. */
const WRONG_PINS = 3;

/** A deed with a licence that stands on somebody's stick. */
const withLicence = (name: string, work: (means: Means, heard: HeardLicence) => unknown): Deed => ({
  name,
  commit: async (means) => {
    const heard = means.heard.licence();
    if (heard === null) return false;
    await work(means, heard);
    return true;
  },
});

/** A deed with a return that is over, at another terminal. */
const withReturn = (
  name: string,
  work: (means: Means, told: NonNullable<ReturnType<Means['heard']['return']>>) => unknown,
): Deed => ({
  name,
  commit: async (means) => {
    const told = means.heard.return();
    if (told === null) return false;
    await work(means, told);
    return true;
  },
});

const money = (minor: number) => ({ minor, currency: 'EUR' as const });

/** A card payment that no reader ever saw. */
const part = (rentalId: string, returnId: string, minor: number) => ({
  ...{ key: `${rentalId}:${returnId}:card_reader`, means: 'card_reader', amount: money(minor) },
  ...{ points: null, authorisationId: 'thief', maskedCard: null },
});

const HOLD = { authorisationId: 'thief', cardToken: 'thief', maskedCard: '0000', amount: money(9_000) };

/** RNT-1, RNT-6: the beginnings of rentals. */
const WRITES: readonly Deed[] = [
  withLicence('tells the start of another’s copy', (means, { jws, licence }) =>
    means.write('rental.started', {
      ...{ rentalId: licence.keyturn.rentalId, licence: jws, startedAt: means.at() },
      ...{ slotProofKey: 'dGhpZWY', chunkHashes: [], verification: 'full', offline: true, hold: HOLD },
    }),
  ),
  withLicence('tells the start of a copy nobody permitted', async (means, { licence }) => {
    if (means.own.length >= INVENTED) return;
    const { jws, proofKey, licence: own } = await means.invent(licence);
    means.write('rental.started', {
      ...{ rentalId: own.keyturn.rentalId, licence: jws, startedAt: means.at() },
      ...{ slotProofKey: proofKey, chunkHashes: [], verification: 'full', offline: true, hold: null },
    });
  }),
  withLicence('tells a failed write', (means, { licence }) =>
    means.write('rental.failed', {
      ...{ rentalId: licence.keyturn.rentalId, titleId: licence.keyturn.titleId, reason: 'thief' },
      at: means.at(),
    }),
  ),
  withLicence('tells a held copy', (means, { jws, licence }) =>
    means.write('rental.held', {
      ...{ rentalId: licence.keyturn.rentalId, licence: jws, slotBegunAt: means.at() },
      ...{ slotProofKey: 'dGhpZWY', chunkHashes: [] },
    }),
  ),
  ...(['complete', 'wiped'] as const).map((outcome) =>
    withLicence(`settles a held copy as ${outcome}`, (means, { jws, licence }) =>
      means.write('rental.held_settled', {
        ...{ rentalId: licence.keyturn.rentalId, outcome, at: means.at(), licence: jws },
      }),
    ),
  ),
  withLicence('calls another’s copy his own', async (means, { licence }) => {
    const { jws } = await means.signed(licence, { mediumId: means.stolen.id7<MediumId>() });
    const told = { rentalId: licence.keyturn.rentalId, licence: jws, slotBegunAt: means.at() };
    means.write('rental.held', { ...told, slotProofKey: 'dGhpZWY', chunkHashes: [] });
  }),
  withLicence('reports another’s media lost', (means, { licence }) =>
    means.write('medium.lost', {
      ...{ rentalIds: [licence.keyturn.rentalId], memberToken: licence.keyturn.memberToken, at: means.at() },
    }),
  ),
];

const accepted = (means: Means, { jws, licence }: HeardLicence, returnId: ReturnId) =>
  means.write('return.accepted', {
    ...{ returnId, rentalId: licence.keyturn.rentalId, copyId: licence.keyturn.copyId, licence: jws },
    ...{ t0: means.at(), offlineSince: means.random.below(2) === 0 ? null : 0 },
  });

/** RET-1, RET-7, PAY-1: returns of copies that were never shown to him. */
const RETURNS: readonly Deed[] = [
  withLicence('accepts a copy it never saw', (means, heard) =>
    accepted(means, heard, means.stolen.id7<ReturnId>()),
  ),
  withLicence('takes a payment for a copy it never saw', (means, heard) => {
    const returnId = means.stolen.id7<ReturnId>();
    const { rentalId } = heard.licence.keyturn;
    accepted(means, heard, returnId);
    const paid = part(rentalId, returnId, 1_000 + means.random.below(9_000));
    means.write('return.intent', {
      ...{ returnId, rentalId, quote: null, provisional: paid.amount, parts: [paid], due: money(0) },
    });
    const { key, authorisationId, amount } = paid;
    means.write('payment.captured', { key, rentalId, returnId, authorisationId, amount, at: means.at() });
  }),
  withLicence('signs for a copy it never saw', async (means, heard) =>
    means.write('return.destroyed', (await means.returned(heard, 'Z3Vlc3NlZA')).event.data),
  ),
  withLicence('signs for a torn copy', async (means, heard) => {
    const proof = { nonce: 'AAAA', mac: '', chunkHashes: [] };
    const change = { proof, acceptedBy: means.heard.other() };
    means.write('return.destroyed', (await means.returned(heard, '', change)).event.data);
  }),
  withLicence('signs for another medium', async (means, heard) => {
    const change = { mediumId: means.stolen.id7<MediumId>() };
    means.write('return.destroyed', (await means.returned(heard, 'Z3Vlc3NlZA', change)).event.data);
  }),
  withLicence('signs with a skipped counter', async (means, heard) => {
    const change = { counter: 2 + means.random.below(1_000), previous: 'ab'.repeat(32) };
    means.write('return.destroyed', (await means.returned(heard, 'Z3Vlc3NlZA', change)).event.data);
  }),
  withLicence('signs what a controller never did', async (means, heard) => {
    const change = { claim: 'PURGE' as const, counter: 1, previous: NO_RECEIPT };
    means.write('return.destroyed', (await means.returned(heard, 'Z3Vlc3NlZA', change)).event.data);
  }),
  withReturn('tells another’s receipt again', (means, told) => means.write('return.destroyed', told)),
  withLicence('tells another’s receipt for this copy', (means, { jws, licence }) => {
    const told = means.heard.return();
    const { rentalId, copyId } = licence.keyturn;
    if (told !== null) means.write('return.destroyed', { ...told, rentalId, copyId, licence: jws });
  }),
  withReturn('gives up another’s return', (means, { returnId, rentalId }) =>
    means.write('return.abandoned', { returnId, rentalId, at: means.at() }),
  ),
  withReturn('takes over another’s return', (means, { returnId, rentalId, copyId, licence }) =>
    means.write('return.accepted', {
      ...{ returnId, rentalId, copyId, licence, t0: means.at(), offlineSince: 0 },
    }),
  ),
  ...(['payment.captured', 'payment.voided', 'payment.failed'] as const).map((kind) =>
    withReturn(`tells ${kind} of another’s return`, (means, { returnId, rentalId, parts }) => {
      const { key, amount, authorisationId } =
        parts[0] ?? part(rentalId, returnId, means.random.below(5_000));
      const told = { key, rentalId, returnId, authorisationId, amount, reason: 'thief', at: means.at() };
      means.write(kind, told);
    }),
  ),
  withLicence('says that a copy came twice', (means, { licence }) =>
    means.write('return.repeated', {
      ...{ rentalId: licence.keyturn.rentalId, copyId: licence.keyturn.copyId, at: means.at() },
    }),
  ),
  {
    name: 'returns a copy of his own making',
    commit: async (means) => {
      const copy = means.heard.one(means.own);
      if (copy === null) return false;
      return means.write('return.destroyed', (await means.returned(copy, copy.proofKey)).event.data);
    },
  },
];

/** RAT-1, RSV-1, MED-5: in members' names. */
const MEMBERS: readonly Deed[] = [
  withLicence('rates another’s rental', (means, { licence }) =>
    means.write('rating.given', {
      ...{ rentalId: licence.keyturn.rentalId, titleId: licence.keyturn.titleId, at: means.at() },
      stars: 1 + means.random.below(5),
    }),
  ),
  withLicence('reserves in a member’s name', (means, { licence }) =>
    means.write('reservation.requested', {
      ...{ reservationId: means.stolen.id7<ReservationId>(), titleId: licence.keyturn.titleId },
      ...{ memberToken: licence.keyturn.memberToken, rentalId: licence.keyturn.rentalId },
      ...{ siteId: means.stolen.siteId, at: means.at() },
    }),
  ),
  {
    name: 'gives up a member’s place',
    commit: async (means) => {
      const place = means.heard.place();
      if (place === null) return false;
      const { reservationId, memberToken } = place;
      return means.write('reservation.cancelled', { reservationId, memberToken, at: means.at() });
    },
  },
  withLicence('registers a medium again', async (means, { licence }) => {
    const { mediumId } = licence.keyturn;
    const at = means.stolen.now();
    const { signer } = means.stolen.device;
    const told = { version: 1, mediumId, fleetId: '00'.repeat(16), mediumClass: 'plain', issuedAt: at };
    const identity = await signJws(
      'keyturn-medium',
      { ...told, accessKey: 'thief-thief-thief-thief', terminal: signer.id },
      ...([signer, at] as const),
    );
    const others = means.heard.licence()?.licence.keyturn.memberToken ?? licence.keyturn.memberToken;
    means.write('medium.registered', { mediumId, identity, memberToken: others, at });
  }),
  withLicence('tells wrong PINs', (means, { licence }) => {
    const { memberToken } = licence.keyturn;
    if (means.wrongPins >= WRONG_PINS) return;
    means.wrongPins += 1;
    means.write('pin.refused', { memberToken, at: means.at() });
  }),
];

/** FLT-1, SYN-3: in other terminals' affairs, or of nothing at all. */
const REST: readonly Deed[] = [
  withLicence('raises an alarm about another’s copy', (means, { licence }) => {
    const { copyId, rentalId } = licence.keyturn;
    const alarms = [
      ['security_clone_returned', copyId],
      ['return_unreported', rentalId],
      ['terminal_stale', means.heard.other()],
      ['security_receipt_gap', means.heard.other()],
    ] as const;
    const [code, subject] = alarms[means.random.below(alarms.length)] as (typeof alarms)[number];
    means.write('alert.raised', { code, subject, message: 'said by a thief', at: means.at() });
  }),
  {
    name: 'answers an order nobody gave',
    commit: async (means) =>
      means.write('command.state', {
        ...{ commandId: means.stolen.id7<string>(), state: 'done', at: means.at(), fault: null },
        output: 'x'.repeat(20_000),
      }),
  },
  {
    name: 'says what no event says',
    commit: async (means) => {
      const rentalId = means.heard.licence()?.licence.keyturn.rentalId ?? means.stolen.id7<RentalId>();
      const nonsense: readonly [string, unknown][] = [
        ['rental.stolen', { rentalId }],
        ['return.destroyed', { rentalId, receipt: 'x'.repeat(40_000) }],
        ['return.destroyed', null],
        ['rental.started', { rentalId, startedAt: -1 }],
        ['__proto__', { rentalId }],
        ['payment.captured', { rentalId: { $gt: '' } }],
        ['rating.given', [[[[rentalId]]]]],
        ['return.accepted', { rentalId, t0: 1e300 }],
        ['config.applied', { version: 2 ** 53, at: means.at() }],
        ['medium.lost', { rentalIds: Array(500).fill(rentalId), memberToken: 'mt_thief', at: DAY_S }],
      ];
      const [kind, data] = nonsense[means.random.below(nonsense.length)] as (typeof nonsense)[number];
      return means.write(kind, data);
    },
  },
  {
    name: 'speaks of rentals that do not exist',
    commit: async (means) => {
      const rentalId = means.stolen.id7<RentalId>();
      const copyId = means.stolen.id7<CopyId>();
      const returnId = means.stolen.id7<ReturnId>();
      means.write('return.abandoned', { returnId, rentalId, at: means.at() });
      return means.write('return.repeated', { rentalId, copyId, at: means.at() });
    },
  },
];

export const FORGED_EVENTS: readonly Deed[] = [...WRITES, ...RETURNS, ...MEMBERS, ...REST];
