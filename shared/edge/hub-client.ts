import type { z } from 'zod';
import type { EditionId } from '#shared/kernel/ids.ts';
import type { Fault, Result } from '#shared/kernel/result.ts';
import type * as api from '#shared/protocol/terminal-api.ts';

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
  identifyMedium(
    request: Body<typeof api.identifyMediumRequest>,
  ): Answer<z.infer<typeof api.identifyMediumAnswer>>;
  prepareRentals(request: Body<typeof api.prepareRequest>): Answer<z.infer<typeof api.prepareAnswer>>;
  cancelRentals(request: Body<typeof api.cancelRequest>): Answer<void>;
  openReturn(request: Body<typeof api.openReturnRequest>): Answer<z.infer<typeof api.openReturnAnswer>>;
  authorisePayment(request: Body<typeof api.authoriseRequest>): Answer<z.infer<typeof api.authoriseAnswer>>;
  voidPayment(request: Body<typeof api.voidRequest>): Answer<void>;
  recommend(request: Body<typeof api.recommendRequest>): Answer<z.infer<typeof api.recommendAnswer>>;
  /** The bundle, or null when `knownVersion` is still the newest. */
  bundle(knownVersion: string | null): Answer<api.Bundle | null>;
  manifest(editionId: EditionId): Answer<api.EditionManifest>;
  /** Exactly `length` bytes of an edition from `offset` on. */
  content(editionId: EditionId, offset: number, length: number, signal?: AbortSignal): Answer<Uint8Array>;
  asset(sha256: string): Answer<{ readonly bytes: Uint8Array; readonly mediaType: string }>;
  health(): Answer<void>;
}
