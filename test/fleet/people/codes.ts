import type { MemberId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { Random } from '#shared/ports/random.ts';
import type { TerminalProcess } from '../world/terminal-process.ts';

/** What somebody's player showed to be paired with (SEC-6). */
export interface ShownCode {
  readonly code: string;
  readonly playerId: string;
  /** The player's age identity, for the judge: whoever pairs it gets copies for it. */
  readonly identity: string;
  readonly of: MemberId;
  readonly at: EpochMs;
  readonly until: EpochMs;
}

export interface TypedCode {
  readonly code: string;
  readonly by: MemberId;
  readonly at: EpochMs;
}

/** Letters that a code is made of, and how people misread some of them. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** As the hub compares codes: without what stands between, and look-alikes are one letter. */
export const readAs = (typed: string): string =>
  typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');

/** The codes of a town: who was shown which, and who typed what. */
export class CodeBook {
  readonly shown: ShownCode[] = [];
  readonly typed: TypedCode[] = [];
  /** When players asked for one, whether or not an answer came. */
  readonly asked: { readonly playerId: string; readonly at: EpochMs }[] = [];
  /** Players that a kiosk called a member's own, and whose. */
  readonly owners = new Map<string, Set<MemberId>>();
  /** Somebody types a code there now. */
  onTyping: (terminal: TerminalProcess) => void = () => {};

  /** What this member types on a visit: the own code, once or again, misread now and then, or somebody else's; null: nothing. */
  next(member: MemberId, random: Random): ShownCode | { readonly code: string } | null {
    if (this.shown.length === 0) return null;
    const kind = random.below(12);
    const others = this.shown.filter(({ of }) => of !== member);
    if (kind === 0 && others.length > 0) return others[random.below(others.length)] as ShownCode;
    const own = this.shown.findLast(({ of }) => of === member);
    if (own === undefined) return null;
    const paired = this.owners.get(own.playerId)?.has(member) === true;
    if (paired && random.below(3) > 0) return null;
    if (kind < 3) return { code: misread(own.code, random) };
    return { ...own, code: kind < 7 ? asPeopleType(own.code) : own.code };
  }

  /** How often somebody typed what the player at home does not show, or not any more. */
  wrong(): number {
    return this.typed.filter(
      ({ code, by, at }) =>
        !this.shown.some(
          (shown) =>
            shown.of === by && readAs(shown.code) === readAs(code) && at >= shown.at && at < shown.until,
        ),
    ).length;
  }

  /** The hub gives the same code for longer to a player that asks again, also where the answer is lost. */
  askedAgain(player: string, since: EpochMs, until: EpochMs): boolean {
    return this.asked.some(({ playerId, at }) => playerId === player && at > since && at <= until);
  }

  sawOwn(member: MemberId, players: readonly { readonly playerId: string }[]): void {
    for (const { playerId } of players)
      this.owners.set(playerId, (this.owners.get(playerId) ?? new Set()).add(member));
  }
}

function misread(code: string, random: Random): string {
  const at = code.indexOf('-') === -1 ? 0 : random.below(4);
  const other = LETTERS[(LETTERS.indexOf(code[at] ?? '0') + 1 + random.below(30)) % LETTERS.length];
  return `${code.slice(0, at)}${other}${code.slice(at + 1)}`;
}

const asPeopleType = (code: string): string =>
  code.toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l').replace('-', ' ');
