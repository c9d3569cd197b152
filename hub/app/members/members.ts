import type { Actor, HubDeps } from '#hub/app/deps.ts';
import type { MemberRow } from '#hub/ports/rows/index.ts';
import type { MemberId, SiteId } from '#shared/kernel/ids.ts';
import type { Currency } from '#shared/kernel/money.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { newId } from '#shared/ports/random.ts';
import type { PinVault } from './pins.ts';

/** What the use cases of members need beside the hub's own. */
export type MemberDeps = HubDeps & { readonly pins: PinVault };

export interface NewMember {
  readonly displayName: string;
  readonly birthYear: number;
  /** Null: nobody signs in as this member until staff give a PIN. */
  readonly pin: string | null;
  readonly language: MemberRow['language'];
  readonly siteId: SiteId;
}

/** The short form of a registration, at kiosk or counter (MBR-1). Number and token are made here; the token is all that terminals know. */
export async function registerMember(
  deps: MemberDeps,
  actor: Actor,
  person: NewMember,
): Promise<Result<MemberRow, Fault<'site_missing'>>> {
  const site = await deps.db.stores.sites.find({ siteId: person.siteId });
  if (site === null) return fault('site_missing', 'there is no site of this id');
  const kept = person.pin === null ? deps.pins.none : await deps.pins.make(person.pin);
  for (;;) {
    const row: MemberRow = {
      memberId: newId<MemberId>(deps.clock, deps.random),
      token: `mt_${Buffer.from(deps.random.bytes(24)).toString('base64url')}`,
      number: memberNumber(deps.random),
      displayName: person.displayName,
      birthYear: person.birthYear,
      language: person.language,
      ...kept,
      pinTries: 0,
      pinLockedAt: null,
      pinChangedAt: null,
      preferredMeans: ['prepaid', 'held_card', 'card_reader'],
      currency: site.calendar.currency as Currency,
      siteId: person.siteId,
      state: 'active',
      blockedAt: null,
      blockCause: null,
      createdAt: deps.clock.now(),
    };
    const inserted = await deps.db.transaction(async (stores) => {
      const made = await stores.members.insert(row);
      if (made === 'created')
        await stores.audit.append({
          at: row.createdAt,
          actor,
          action: 'member.registered',
          subject: row.memberId,
          detail: { siteId: row.siteId },
        });
      return made;
    });
    // A number that is taken is made again: eight digits leave room, but chance repeats.
    if (inserted === 'created') return ok(row);
  }
}

/** Eight digits, the last one a check digit (Luhn), so that a mistyped number is not somebody else's. */
function memberNumber(random: Pick<HubDeps['random'], 'below'>): string {
  const digits = Array.from({ length: 7 }, (_, place) =>
    place === 0 ? 1 + random.below(9) : random.below(10),
  );
  const sum = digits.reduce((total, digit, place) => {
    const doubled = place % 2 === 0 ? digit * 2 : digit;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return `${digits.join('')}${(10 - (sum % 10)) % 10}`;
}

/** Gives a new PIN and unlocks (MED-5): staff checked who it is. Sign-ins with the old PIN end, at the hub now and in kiosks' memories with their next bundle. */
export async function resetPin(
  deps: MemberDeps,
  actor: Actor,
  memberId: MemberId,
  pin: string,
): Promise<Result<MemberRow, Fault<'member_missing'>>> {
  const kept = await deps.pins.make(pin);
  return deps.db.transaction(async (stores) => {
    const now = deps.clock.now();
    const changed = await stores.members.patch(
      { memberId },
      { ...kept, pinTries: 0, pinLockedAt: null, pinChangedAt: now },
    );
    const row = await stores.members.find({ memberId });
    if (!changed || row === null) return fault('member_missing', 'there is no member of this id');
    await stores.memberSessions.patchWhere({ memberId, endedAt: null }, { endedAt: now });
    await stores.audit.append({
      at: now,
      actor,
      action: 'member.pin_reset',
      subject: memberId,
      detail: {},
    });
    return ok(row);
  });
}
