import type { z } from 'zod';
import type * as catalogue from '#hub/http/contract/catalogue.ts';
import type * as controllers from '#hub/http/contract/controllers.ts';
import type * as fleet from '#hub/http/contract/fleet.ts';
import type * as keys from '#hub/http/contract/keys.ts';
import type * as members from '#hub/http/contract/members.ts';
import type * as reports from '#hub/http/contract/reports.ts';
import type * as staff from '#hub/http/contract/staff.ts';
import type { ProblemCode } from '#hub/http/problem.ts';
import { err, ok, type Result } from '#shared/kernel/result.ts';
import type { TerminalConfig } from '#shared/protocol/commands.ts';

/**
 * The staff API as typed calls: one for each thing the console can do. The hub checks its own answers against the contract, so the page
 * reads them by type. What fails is a `Trouble` with the hub's stable code, or `link_lost` when no answer came.
 */
export interface Trouble {
  readonly code: ProblemCode | 'link_lost' | 'answer_unreadable';
  readonly detail: string;
  readonly issues: readonly { readonly path: string; readonly message: string }[];
}
export type Answer<T> = Promise<Result<T, Trouble>>;
type Query = Readonly<Record<string, string | number | undefined>>;
type Shape<T extends z.ZodType> = z.infer<T>;
type Body<T extends z.ZodType> = z.input<T>;
export type Order = Body<typeof fleet.sendCommandBody>['order'];
export type ConfigBody = Body<typeof fleet.putConfigBody>['config'];

export const BASE = '/api/v1';
export const pictureOf = (sha256: string): string => `${BASE}/assets/${sha256}`;

let signedOut: () => void = () => {};
/** What happens when the hub no longer knows the session. */
export function onSignedOut(listener: () => void): void {
  signedOut = listener;
}

let proveAgain: () => Promise<boolean> = async () => false;
/** How the person proves once more who it is, where the hub asks for it; false: not now. */
export function onProofNeeded(ask: () => Promise<boolean>): void {
  proveAgain = ask;
}

const IDLE_MS = 60_000;
let lastHand = Date.now();
for (const hand of ['pointerdown', 'keydown', 'wheel'])
  globalThis.addEventListener?.(hand, () => {
    lastHand = Date.now();
  });
/** What is read is not waited for any longer: a connection that died silently would keep a page from asking again. */
const READ_MS = 60_000;

/** What the page reads by itself while nobody is at it does not keep the session alive. */
const handHeaders = (): Record<string, string> =>
  Date.now() - lastHand > IDLE_MS ? { 'x-keyturn-idle': '1' } : {};

/** Asks; where the hub wants to know once more who it is, the person is asked and then the hub again. */
async function ask<T>(method: string, path: string, body?: unknown, more: RequestInit = {}): Answer<T> {
  const answer = await askOnce<T>(method, path, body, more);
  if (answer.ok || answer.error.code !== 'fresh_proof_needed' || !(await proveAgain())) return answer;
  return askOnce(method, path, body, more);
}

async function askOnce<T>(method: string, path: string, body?: unknown, more: RequestInit = {}): Answer<T> {
  let answer: Response;
  try {
    answer = await fetch(BASE + path, {
      method,
      ...(method === 'GET' ? { signal: AbortSignal.timeout(READ_MS) } : {}),
      headers: {
        ...handHeaders(),
        'accept-language': document.documentElement.lang,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...more,
    });
  } catch {
    return err({ code: 'link_lost', detail: '', issues: [] });
  }
  return read<T>(answer.status, await answer.text().catch(() => ''));
}

function read<T>(status: number, text: string): Result<T, Trouble> {
  if (status === 204) return ok(undefined as T);
  try {
    const value: unknown = JSON.parse(text);
    return status < 400 ? ok(value as T) : err(troubleOf(value));
  } catch {
    return err({ code: 'answer_unreadable', detail: `HTTP ${status}`, issues: [] });
  }
}

function troubleOf(value: unknown): Trouble {
  const { code, detail, details } = value as {
    code: ProblemCode;
    detail: string;
    details?: { issues?: Trouble['issues'] };
  };
  if (code === 'staff_signed_out') signedOut();
  return { code, detail, issues: details?.issues ?? [] };
}

const get = <T>(path: string, query: Query = {}): Answer<T> => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return ask('GET', text === '' ? path : `${path}?${text}`);
};
const post = <T>(path: string, body?: unknown): Answer<T> => ask('POST', path, body);

const terminal = (id: string): string => `/terminals/${encodeURIComponent(id)}`;
const rental = (id: string): string => `/rentals/${encodeURIComponent(id)}`;
const member = (id: string): string => `/members/${encodeURIComponent(id)}`;
const site = (id: string): string => `/sites/${encodeURIComponent(id)}`;
const title = (id: string): string => `/titles/${encodeURIComponent(id)}`;

export const api = {
  signIn: (name: string, password: string) => post<staff.StaffSession>('/session', { name, password }),
  whoAmI: () => ask<staff.StaffSession>('GET', '/session'),
  signOut: () => ask<undefined>('DELETE', '/session'),
  secondFactor: (code: string) => post<staff.StaffSession>('/session/second-factor', { code }),
  prove: (proof: string) => post<staff.StaffSession>('/session/proof', { proof }),
  redeem: (body: Body<typeof staff.redeemBody>) => post<undefined>('/session/redeem', body),

  account: () => get<staff.AccountView>('/account'),
  changePassword: (current: string, next: string) =>
    ask<staff.StaffSession>('PUT', '/account/password', { current, next }),
  beginSecondFactor: () => post<staff.SecondFactorBegun>('/account/second-factor'),
  confirmSecondFactor: (ticket: string, code: string) =>
    post<Shape<typeof staff.backupCodes>>('/account/second-factor/confirm', { ticket, code }),
  removeSecondFactor: () => ask<undefined>('DELETE', '/account/second-factor'),
  renewBackupCodes: () => post<Shape<typeof staff.backupCodes>>('/account/backup-codes'),
  endSession: (id: string) =>
    ask<Shape<typeof staff.ended>>('DELETE', `/account/sessions/${encodeURIComponent(id)}`),
  endOtherSessions: () => ask<Shape<typeof staff.ended>>('DELETE', '/account/sessions'),

  people: () => get<Shape<typeof staff.staffList>>('/staff'),
  addStaff: (body: Body<typeof staff.addStaffBody>) => post<staff.OneTimeCode>('/staff', body),
  changeStaff: (id: string, body: Body<typeof staff.changeStaffBody>) =>
    ask<Shape<typeof staff.changeStaffAnswer>>('PATCH', `/staff/${encodeURIComponent(id)}`, body),
  resetStaff: (id: string, clearsSecondFactor: boolean) =>
    post<staff.OneTimeCode>(`/staff/${encodeURIComponent(id)}/reset`, { clearsSecondFactor }),

  sessionsOf: (id: string) =>
    get<Shape<typeof staff.sessionList>>(`/staff/${encodeURIComponent(id)}/sessions`),
  endSessionOf: (id: string, sessionId: string) =>
    ask<Shape<typeof staff.ended>>(
      'DELETE',
      `/staff/${encodeURIComponent(id)}/sessions/${encodeURIComponent(sessionId)}`,
    ),
  endSessionsOf: (id: string) =>
    ask<Shape<typeof staff.ended>>('DELETE', `/staff/${encodeURIComponent(id)}/sessions`),

  secondPerson: () => get<Shape<typeof staff.secondPersonList>>('/second-person'),
  decideRequest: (id: string, what: 'approve' | 'refuse' | 'withdraw') =>
    post<staff.SecondPersonView>(`/second-person/${encodeURIComponent(id)}/${what}`),
  keys: () => get<Shape<typeof keys.keyList>>('/keys'),
  rotateKey: (key: string, reason: string) =>
    post<Shape<typeof keys.rotationAsked>>(`/keys/${encodeURIComponent(key)}/rotate`, { reason }),
  verifyAudit: () => get<staff.AuditVerification>('/audit/verification'),
  audit: (query: Query) => get<staff.AuditPage>('/audit', query),

  overview: () => get<reports.Overview>('/overview'),
  terminals: (query: Query = {}) => get<Shape<typeof fleet.terminalList>>('/terminals', query),
  badges: () => get<fleet.Badges>('/badges'),
  find: (q: string) => get<Shape<typeof members.foundView>>('/find', { q }),
  terminal: (id: string) => get<fleet.TerminalDetail>(terminal(id)),
  command: (id: string, order: Order) =>
    post<fleet.CommandView>(`${terminal(id)}/commands`, { order, expiresInSeconds: 600 }),
  configure: (id: string, basedOn: number, config: ConfigBody) =>
    ask<TerminalConfig>('PUT', `${terminal(id)}/config`, { basedOn, config }),
  enrolmentCode: (body: Body<typeof fleet.enrolCodeBody>) =>
    post<Shape<typeof fleet.enrolCodeAnswer>>('/enrolment-codes', body),
  decide: (id: string, word: 'approve' | 'refuse') => post<undefined>(`${terminal(id)}/${word}`),
  decommission: (id: string, body: Body<typeof fleet.decommissionBody>) =>
    post<Shape<typeof fleet.decommissionAnswer>>(`${terminal(id)}/decommission`, body),
  callOffDecommission: (id: string) => ask<undefined>('DELETE', `${terminal(id)}/decommission`),
  revoke: (id: string, reason: string) => post<undefined>(`${terminal(id)}/revoke`, { reason }),
  controllers: (query: Query = {}) => get<Shape<typeof controllers.controllerList>>('/controllers', query),
  makeController: (terminalId: string) => post<fleet.CommandView>('/controllers', { terminalId }),
  revokeController: (id: string, reason: string) =>
    post<controllers.ControllerView>(`/controllers/${encodeURIComponent(id)}/revoke`, { reason }),
  alerts: (query: Query = {}) => get<Shape<typeof fleet.alertList>>('/alerts', query),
  reopen: (id: string) => post<fleet.AlertView>(`/alerts/${encodeURIComponent(id)}/reopen`),
  acknowledge: (id: string) => post<fleet.AlertView>(`/alerts/${encodeURIComponent(id)}/acknowledge`),
  deadLetters: (query: Query = {}) => get<Shape<typeof fleet.deadLetterList>>('/dead-letters', query),
  retry: (id: string) => post<{ applied: number }>(`/dead-letters/${encodeURIComponent(id)}/retry`),
  acceptLetter: (id: string, reason: string) =>
    post<{ requestId: string }>(`/dead-letters/${encodeURIComponent(id)}/accept`, { reason }),
  dismiss: (id: string, reason: string) =>
    post<{ applied: number }>(`/dead-letters/${encodeURIComponent(id)}/dismiss`, { reason }),

  rentals: (query: Query) => get<Shape<typeof members.rentalPage>>('/rentals', query),
  rental: (id: string) => get<members.RentalDetail>(rental(id)),
  lost: (id: string, reason: string) => post<members.RentalDetail>(`${rental(id)}/lost`, { reason }),
  found: (id: string, body: Body<typeof members.foundBody>) =>
    post<members.RentalDetail>(`${rental(id)}/found`, body),
  complain: (id: string, body: Body<typeof members.complaintBody>) =>
    post<Shape<typeof members.complaintAnswer>>(`${rental(id)}/complaint`, body),
  entries: (query: Query) => get<Shape<typeof members.ledgerPage>>('/ledger/entries', query),
  balance: (before?: number) => get<members.BalanceSheet>('/ledger/balance', { before }),
  report: (query: Query) => get<reports.Report>('/reports', query),
  history: (id: string, days: number) => get<reports.TerminalHistory>(`${terminal(id)}/history`, { days }),

  members: (query: Query) => get<Shape<typeof members.memberPage>>('/members', query),
  member: (id: string) => get<members.MemberDetail>(member(id)),
  register: (body: Body<typeof members.registerMemberBody>) => post<members.MemberSummary>('/members', body),
  payIn: (id: string, body: Body<typeof members.paymentBody>) =>
    post<Shape<typeof members.balances>>(`${member(id)}/payments`, body),
  resetPin: (id: string, pin: string) => post<members.MemberSummary>(`${member(id)}/pin`, { pin }),
  blockMember: (id: string, body: Body<typeof members.blockBody>) =>
    post<members.MemberSummary>(`${member(id)}/block`, body),
  unblockMember: (id: string, body: Body<typeof members.unblockBody>) =>
    post<members.MemberSummary>(`${member(id)}/unblock`, body),
  addPlayer: (id: string, code: string) => post<members.MemberPlayer>(`${member(id)}/players`, { code }),
  removePlayer: (id: string, playerId: string) =>
    ask<undefined>('DELETE', `${member(id)}/players/${encodeURIComponent(playerId)}`),
  writeOff: (id: string, body: Body<typeof staff.writeOffBody>) =>
    post<Shape<typeof staff.writeOffAnswer>>(`${member(id)}/write-off`, body),
  eraseMember: (id: string, body: Body<typeof members.eraseBody>) => post<null>(`${member(id)}/erase`, body),
  why: (id: string) => get<members.WhyView>(`${member(id)}/recommendations`),
  reservations: (query: Query) => get<Shape<typeof members.reservationList>>('/reservations', query),
  players: (query: Query) => get<Shape<typeof members.playerPage>>('/players', query),
  ratings: (query: Query) => get<Shape<typeof members.ratingList>>('/ratings', query),

  titles: (query: Query) => get<Shape<typeof catalogue.titleList>>('/titles', query),
  title: (id: string) => get<catalogue.TitleView>(title(id)),
  createTitle: (body: Body<typeof catalogue.createTitleBody>) => post<catalogue.TitleView>('/titles', body),
  updateTitle: (id: string, body: Body<typeof catalogue.updateTitleBody>) =>
    ask<catalogue.TitleView>('PATCH', title(id), body),
  withdraw: (id: string, withdrawn: boolean) =>
    post<catalogue.TitleView>(`${title(id)}/withdraw`, { withdrawn }),
  poster: (id: string, picture: Blob) =>
    ask<Shape<typeof catalogue.posterView>>('POST', `${title(id)}/poster`, undefined, { body: picture }),
  preview: (id: string, clip: Blob) =>
    ask<Shape<typeof catalogue.previewView>>('POST', `${title(id)}/preview`, undefined, { body: clip }),
  subtitles: (id: string, language: string, file: Blob) =>
    ask<Shape<typeof catalogue.subtitlesView>>(
      'POST',
      `${title(id)}/subtitles/${encodeURIComponent(language)}`,
      undefined,
      { body: file },
    ),
  tariffs: () => get<Shape<typeof catalogue.tariffList>>('/tariffs'),
  addTariff: (body: Body<typeof catalogue.tariffBody>) =>
    post<Shape<typeof catalogue.tariffView>>('/tariffs', body),
  curve: (body: Body<typeof catalogue.curveBody>) => post<catalogue.Curve>('/tariffs/preview', body),
  sites: () => get<Shape<typeof catalogue.siteList>>('/sites'),
  createSite: (body: Body<typeof catalogue.siteBody>) => post<catalogue.SiteView>('/sites', body),
  close: (id: string, body: Body<typeof catalogue.closureBody>) =>
    post<catalogue.ClosureAnswer>(`${site(id)}/closures`, body),
  withdrawClosure: (id: string, body: Body<typeof catalogue.closureBody>) =>
    post<catalogue.SiteView>(`${site(id)}/closures/withdraw`, body),
  setWeek: (id: string, body: Body<typeof catalogue.weekBody>) =>
    ask<catalogue.SiteView>('PUT', `${site(id)}/week`, body),
  setPlace: (id: string, body: Body<typeof catalogue.placeBody>) =>
    ask<catalogue.SiteView>('PUT', `${site(id)}/place`, body),
  setPlan: (id: string, body: Body<typeof catalogue.planBody>) =>
    ask<catalogue.SiteView>('PUT', `${site(id)}/plan`, body),
} as const;

export type Edition = Shape<typeof catalogue.editionView>;

/**
 * Sends an edition. XMLHttpRequest, because fetch tells no progress of what it sends. `sent` counts bytes that left the browser; aborting the
 * signal ends as `object_cut_off`, and the hub keeps nothing of it.
 */
export function uploadEdition(
  titleId: string,
  file: File,
  mediaType: string,
  sha256: string,
  sent: (bytes: number) => void,
  stop: AbortSignal,
): Answer<Edition> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open('POST', `${BASE}${title(titleId)}/edition`);
    request.setRequestHeader('content-type', mediaType);
    request.setRequestHeader('x-content-sha256', sha256);
    request.upload.onprogress = (event) => sent(event.loaded);
    request.onload = () => resolve(read<Edition>(request.status, request.responseText));
    request.onerror = () => resolve(err({ code: 'link_lost', detail: '', issues: [] }));
    request.onabort = () => resolve(err({ code: 'object_cut_off', detail: '', issues: [] }));
    stop.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}

/** Where a report is taken down as a file. */
export const reportFile = (
  table: 'figures' | 'rentals' | 'entries',
  query: Readonly<Record<string, string | undefined>>,
): string => {
  const asked = new URLSearchParams({ table });
  for (const [name, value] of Object.entries(query)) if (value !== undefined) asked.set(name, value);
  return `${BASE}/reports/export?${asked}`;
};
