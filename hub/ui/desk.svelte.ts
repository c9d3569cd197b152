import type { SiteView } from '#hub/http/contract/catalogue.ts';
import type { Badges } from '#hub/http/contract/fleet.ts';
import type { StaffSession } from '#hub/http/contract/staff.ts';
import { isLanguage, type Language } from '#shared/ui/i18n.ts';
import { api, onProofNeeded, onSignedOut } from './api.ts';
import { type Words, wordsOf } from './words/words.ts';

/** What all pages share: who is signed in, the language, the shops, the hub's pulse. Nothing here outlives a reload but the language. */
export const PARTS = ['fleet', 'rentals', 'ledger', 'alerts', 'deadLetters', 'catalogue'] as const;
export type Part = (typeof PARTS)[number];
export type Role = StaffSession['role'];

const KEPT_LANGUAGE = 'keyturn.console.language';

interface Desk {
  language: Language;
  /** Undefined: not yet known. Null: nobody is signed in. */
  session: StaffSession | null | undefined;
  /** `lost`: the hub does not answer now; what is shown may be old. */
  hub: 'waiting' | 'live' | 'lost';
  /** When the hub was last heard of; null before the first time. */
  heardAt: number | null;
  /** Grows when the hub says that something of this part changed. */
  beats: Record<Part, number>;
  sites: readonly SiteView[];
  counts: Badges | null;
  /** Requests that wait for this person to decide as the second one. */
  waiting: number;
  /** Somebody is asked to prove once more who it is; told whether it was done. */
  proof: ((done: boolean) => void) | null;
  /** For "how long ago": the page's own clock, moved on every ten seconds. */
  now: number;
}

export const desk = $state<Desk>({
  language: firstLanguage(),
  session: undefined,
  hub: 'waiting',
  heardAt: null,
  beats: { fleet: 0, rentals: 0, ledger: 0, alerts: 0, deadLetters: 0, catalogue: 0 },
  sites: [],
  counts: null,
  waiting: 0,
  proof: null,
  now: Date.now(),
});

/** The words of the chosen language. */
export const say = (): Words => wordsOf(desk.language);

function firstLanguage(): Language {
  const kept = globalThis.localStorage?.getItem(KEPT_LANGUAGE) ?? '';
  if (isLanguage(kept)) return kept;
  const wanted = (globalThis.navigator?.language ?? 'en').slice(0, 2);
  return isLanguage(wanted) ? wanted : 'en';
}

/** The document says it first: what is asked of the hub from now on is asked in it (`api.ts`). */
export function speak(language: Language): void {
  document.documentElement.lang = language;
  desk.language = language;
  localStorage.setItem(KEPT_LANGUAGE, language);
}

const RANK: Readonly<Record<Role, number>> = { auditor: -1, clerk: 0, manager: 1, admin: 2 };
/** Whether the person at the desk may do what this role may. The hub decides; the page only leaves out what would be refused. */
export const may = (role: Role): boolean =>
  desk.session !== null && desk.session !== undefined && RANK[desk.session.role] >= RANK[role];

/** Whether the person reads what only some read: audit (managers too) and accounts. */
export const reads = (what: 'audit' | 'people'): boolean =>
  may(what === 'audit' ? 'manager' : 'admin') || desk.session?.role === 'auditor';

/** The zone of a shop; the browser's own where no shop is concerned or known. */
export const zoneOf = (siteId: string | null | undefined): string =>
  desk.sites.find((site) => site.siteId === siteId)?.calendar.zone ??
  Intl.DateTimeFormat().resolvedOptions().timeZone;

export const siteName = (siteId: string | null): string =>
  desk.sites.find((site) => site.siteId === siteId)?.name ?? '';

export async function loadSites(): Promise<void> {
  const answer = await api.sites();
  if (answer.ok) desk.sites = answer.value.items;
}

let counting = false;
let countAgain = false;
/** What the frame counts. Asked once at a time, however often something changes: then once more. */
export async function loadCounts(): Promise<void> {
  countAgain = true;
  if (counting) return;
  counting = true;
  while (countAgain) {
    countAgain = false;
    const answer = await api.badges();
    if (answer.ok) desk.counts = answer.value;
    const two = await api.secondPerson();
    if (two.ok) desk.waiting = two.value.open;
  }
  counting = false;
}

/** Who is signed in, from the cookie. The hub may be away: then it is asked again. */
export async function resume(): Promise<void> {
  const answer = await api.whoAmI();
  if (answer.ok) desk.session = answer.value;
  else if (answer.error.code === 'staff_signed_out') desk.session = null;
  else {
    desk.hub = 'lost';
    setTimeout(() => void resume(), 2000);
  }
}

onSignedOut(() => {
  desk.session = null;
});

onProofNeeded(
  () =>
    new Promise((resolve) => {
      desk.proof?.(false);
      desk.proof = (done) => {
        desk.proof = null;
        resolve(done);
      };
    }),
);
