import { titleView } from '#hub/http/contract/catalogue.ts';
import { memberSummary } from '#hub/http/contract/members.ts';
import type { Target, Trace } from '#test/attack/contract.ts';
import { type RawAnswer, rawHttp } from './raw-http.ts';
import { asStaff, staffSession } from './staff.ts';

/** Asks the staff API as a signed-in person would, with a body that may be anything. */
export class Desk {
  readonly #target: Target;
  readonly #cookie: string;
  #made = 'nobody was registered';

  private constructor(target: Target, cookie: string) {
    this.#target = target;
    this.#cookie = cookie;
  }

  static async open(target: Target): Promise<Desk> {
    return new Desk(target, await staffSession(target));
  }

  get cookie(): string {
    return this.#cookie;
  }

  ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<RawAnswer> {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    return rawHttp(this.#target.hubUrl, {
      method,
      path: `/api/v1${path}`,
      headers: { ...asStaff(this.#target, this.#cookie), ...json, ...headers },
      ...(body === undefined ? {} : { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
    });
  }

  /** A title of this name; its id, or null where the hub refused the name. */
  async title(name: string): Promise<string | null> {
    const answer = await this.ask('POST', '/titles', {
      kind: 'text',
      name: { en: name, ja: name },
      description: { en: name },
      year: 2026,
      runtimeSeconds: null,
      genres: [name.slice(0, 40)],
      people: [],
      ageRating: 0,
      territories: [],
      releaseAt: 0,
      unitsTotal: null,
      demandsSecureMedium: false,
      demandsBinding: 'none',
      tariffId: this.#target.fleet.tariffId,
    });
    return answer.status === 200 ? titleView.parse(JSON.parse(answer.body.toString())).titleId : null;
  }

  /** A member of this name; the id, or null where the hub refused it. */
  async member(displayName: string): Promise<string | null> {
    const { siteId } = this.#target.fleet;
    const answer = await this.ask('POST', '/members', {
      displayName,
      birthYear: 1980,
      pin: '4711',
      language: 'en',
      siteId,
    });
    if (answer.status !== 200) return null;
    this.#made = memberSummary.parse(JSON.parse(answer.body.toString())).memberId;
    return this.#made;
  }

  /**
   * What a hostile text leaves that was taken as the words that it is: no alert, for nothing was refused, but the entry of the very member that it became,
   * with who registered it.
   */
  trace(): Trace {
    return { audit: 'member.registered', subject: this.#made };
  }
}
