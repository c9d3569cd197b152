import { z } from 'zod';
import type { EditionId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import * as api from '#shared/protocol/terminal-api.ts';
import type { HttpAnswer, HttpRequest, HttpTransport } from './http-transport.ts';

/**
 * `hub_away`: no answer, a time-out or a failure of the hub (5xx): the same question may be asked again. `hub_answer_malformed`: the
 * answer is not of this protocol. Every other code comes from the hub as it is (problem+json), with its `details`.
 */
export type HubFault = Fault;
export type Answer<T> = Promise<Result<T, HubFault>>;
type Body<S extends z.ZodType> = z.input<S>;

/** Every question of `shared/protocol/terminal-api.ts`, asked by this terminal. */
export interface HubClient {
  signIn(request: Body<typeof api.signInRequest>): Answer<api.MemberSession>;
  register(request: Body<typeof api.registerRequest>): Answer<z.infer<typeof api.registerAnswer>>;
  /** The member session anew, after a top-up or a settled copy. */
  memberSession(request: Body<typeof api.sessionRequest>): Answer<api.MemberSession>;
  signOut(request: Body<typeof api.sessionRequest>): Answer<void>;
  topUp(request: Body<typeof api.topUpRequest>): Answer<void>;
  /** Each answers the member session anew. */
  addPlayer(request: Body<typeof api.addPlayerRequest>): Answer<api.MemberSession>;
  pairPlayer(request: Body<typeof api.pairPlayerRequest>): Answer<api.MemberSession>;
  removePlayer(request: Body<typeof api.removePlayerRequest>): Answer<api.MemberSession>;
  identifyMedium(
    request: Body<typeof api.identifyMediumRequest>,
  ): Answer<z.infer<typeof api.identifyMediumAnswer>>;
  prepareRentals(request: Body<typeof api.prepareRequest>): Answer<z.infer<typeof api.prepareAnswer>>;
  cancelRentals(request: Body<typeof api.cancelRequest>): Answer<void>;
  /** What became of rentals that this kiosk wrote (PR-28). */
  rentalStates(request: Body<typeof api.rentalStatesRequest>): Answer<z.infer<typeof api.rentalStatesAnswer>>;
  openReturn(request: Body<typeof api.openReturnRequest>): Answer<z.infer<typeof api.openReturnAnswer>>;
  authorisePayment(request: Body<typeof api.authoriseRequest>): Answer<z.infer<typeof api.authoriseAnswer>>;
  voidPayment(request: Body<typeof api.voidRequest>): Answer<void>;
  recommend(request: Body<typeof api.recommendRequest>): Answer<z.infer<typeof api.recommendAnswer>>;
  /** The bundle, or null when `knownVersion` is still the newest. */
  bundle(knownVersion: string | null): Answer<api.Bundle | null>;
  /** The right to the kiosk's own content for another 72 h (CNT-1). */
  contentLease(request: Body<typeof api.leaseRequest>): Answer<z.infer<typeof api.leaseAnswer>>;
  manifest(editionId: EditionId): Answer<api.EditionManifest>;
  /** Exactly `length` bytes of an edition from `offset` on. */
  content(editionId: EditionId, offset: number, length: number, signal?: AbortSignal): Answer<Uint8Array>;
  asset(sha256: string): Answer<{ readonly bytes: Uint8Array; readonly mediaType: string }>;
  /** A certificate for this terminal's next key (SEC-1). */
  renew(request: Body<typeof api.renewRequest>): Answer<z.infer<typeof api.renewAnswer>>;
  /** SEC-5: a certificate for the blank controller in the drive. */
  certifyController(
    request: Body<typeof api.certifyControllerRequest>,
  ): Answer<z.infer<typeof api.certifyControllerAnswer>>;
  /** May this terminal wipe itself (FLT-3)? */
  readyToWipe(request: Body<typeof api.readyToWipeRequest>): Answer<z.infer<typeof api.readyToWipeAnswer>>;
  /** Hands in the wipe receipt; twice is once. */
  handInWipe(request: Body<typeof api.wipeReceiptRequest>): Answer<void>;
  health(): Answer<void>;
}

export interface HubClientDeps {
  readonly transport: HttpTransport;
  /** Address of the hub without path, such as `https://hub.example:7302`. */
  readonly hubUrl: string;
}

const PATIENCE = {
  question: milliseconds(8_000),
  bundle: milliseconds(60_000),
  content: milliseconds(60_000),
};
const MEBIBYTE = 1024 * 1024;
const SIZES = {
  question: 4 * MEBIBYTE,
  bundle: 128 * MEBIBYTE,
  manifest: 24 * MEBIBYTE,
  asset: 16 * MEBIBYTE,
};

const problem = z.object({
  code: z.string().max(64),
  detail: z.string().max(2_000).optional(),
  title: z.string().max(500).optional(),
  details: z.record(z.string().max(100), z.unknown()).optional(),
});

/** Who asks is proven by the transport (mutual TLS); answers are decoded before anybody sees them. */
export function createHubClient(deps: HubClientDeps): HubClient {
  const base = `${deps.hubUrl.replace(/\/+$/, '')}/terminal/v1`;

  const exchange = async (
    request: Omit<HttpRequest, 'url' | 'headers'> & {
      readonly path: string;
      readonly headers?: Record<string, string>;
    },
  ): Promise<Result<HttpAnswer, HubFault>> => {
    const { path, headers, ...rest } = request;
    const answered = await deps.transport.request({
      ...rest,
      url: `${base}${path}`,
      headers: {
        accept: 'application/json, application/problem+json, */*',
        ...(rest.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
    });
    if (!answered.ok)
      return answered.error.code === 'hub_away' ? answered : malformed(answered.error.message);
    return refusalOf(answered.value) ?? answered;
  };

  const ask = async <T>(path: string, body: unknown, schema: z.ZodType<T>): Answer<T> => {
    const answered = await exchange({
      method: 'POST',
      path,
      body: JSON.stringify(body),
      timeout: PATIENCE.question,
      maxBytes: SIZES.question,
    });
    return answered.ok ? decodeBody(answered.value.body, schema) : answered;
  };

  const tell = async (path: string, body: unknown): Answer<void> => {
    const answered = await ask(path, body, z.unknown());
    return answered.ok ? ok(undefined) : answered;
  };

  return {
    signIn: (request) => ask('/members/sign-in', request, api.memberSession),
    register: (request) => ask('/members/register', request, api.registerAnswer),
    memberSession: (request) => ask('/members/session', request, api.memberSession),
    signOut: (request) => tell('/members/sign-out', request),
    topUp: (request) => tell('/members/top-up', request),
    addPlayer: (request) => ask('/members/players/add', request, api.memberSession),
    pairPlayer: (request) => ask('/members/players/pair', request, api.memberSession),
    removePlayer: (request) => ask('/members/players/remove', request, api.memberSession),
    identifyMedium: (request) => ask('/members/identify-medium', request, api.identifyMediumAnswer),
    prepareRentals: (request) => ask('/rentals/prepare', request, api.prepareAnswer),
    cancelRentals: (request) => tell('/rentals/cancel', request),
    rentalStates: (request) => ask('/rentals/states', request, api.rentalStatesAnswer),
    openReturn: (request) => ask('/returns/open', request, api.openReturnAnswer),
    authorisePayment: (request) => ask('/payments/authorise', request, api.authoriseAnswer),
    voidPayment: (request) => tell('/payments/void', request),
    recommend: (request) => ask('/recommendations', request, api.recommendAnswer),
    renew: (request) => ask('/renew', request, api.renewAnswer),
    certifyController: (request) => ask('/controllers', request, api.certifyControllerAnswer),
    readyToWipe: (request) => ask('/decommission/ready', request, api.readyToWipeAnswer),
    handInWipe: (request) => tell('/decommission/receipt', request),
    bundle: async (knownVersion) => {
      const answered = await exchange({
        method: 'GET',
        path: '/bundle',
        timeout: PATIENCE.bundle,
        maxBytes: SIZES.bundle,
        ...(knownVersion === null ? {} : { headers: { 'if-none-match': `"${knownVersion}"` } }),
      });
      if (!answered.ok) return answered;
      return answered.value.status === 304 ? ok(null) : decodeBody(answered.value.body, api.bundle);
    },
    contentLease: (request) => ask('/content-lease', request, api.leaseAnswer),
    manifest: async (editionId) => {
      const answered = await exchange({
        method: 'GET',
        path: `/editions/${editionId}/manifest`,
        timeout: PATIENCE.bundle,
        maxBytes: SIZES.manifest,
      });
      return answered.ok ? decodeBody(answered.value.body, api.editionManifest) : answered;
    },
    content: async (editionId, offset, length, signal) => {
      const answered = await exchange({
        method: 'GET',
        path: `/editions/${editionId}/content`,
        headers: { range: `bytes=${offset}-${offset + length - 1}` },
        timeout: PATIENCE.content,
        maxBytes: length,
        ...(signal === undefined ? {} : { signal }),
      });
      if (!answered.ok) return answered;
      if (answered.value.status !== 206 || answered.value.body.length !== length)
        return malformed(
          `wanted ${length} bytes as 206, got ${answered.value.body.length} as ${answered.value.status}`,
        );
      return ok(answered.value.body);
    },
    asset: async (sha256) => {
      const answered = await exchange({
        method: 'GET',
        path: `/assets/${sha256}`,
        timeout: PATIENCE.bundle,
        maxBytes: SIZES.asset,
      });
      if (!answered.ok) return answered;
      const mediaType = answered.value.header('content-type') ?? 'application/octet-stream';
      return ok({ bytes: answered.value.body, mediaType });
    },
    health: async () => {
      const answered = await exchange({
        method: 'GET',
        path: '/health',
        timeout: PATIENCE.question,
        maxBytes: SIZES.question,
      });
      return answered.ok ? ok(undefined) : answered;
    },
  };
}

/** What is no answer but a refusal: problem+json with its code as it is; 5xx without a readable one is an absent hub. */
export function refusalOf(answer: HttpAnswer): Result<never, HubFault> | null {
  if (answer.status === 304 || (answer.status >= 200 && answer.status < 300)) return null;
  if (answer.status >= 500) return fault('hub_away', `the hub answered ${answer.status}`);
  const read = decodeBody(answer.body, problem);
  if (!read.ok) return fault('hub_answer_malformed', `status ${answer.status} without a problem's code`);
  const { code, detail, title, details } = read.value;
  return fault(code, detail ?? title ?? code, details);
}

export function decodeBody<T>(body: Uint8Array, schema: z.ZodType<T>): Result<T, HubFault> {
  let value: unknown;
  try {
    value = body.length === 0 ? null : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return malformed('not JSON');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  return malformed(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

const malformed = (message: string): Result<never, HubFault> => fault('hub_answer_malformed', message);
