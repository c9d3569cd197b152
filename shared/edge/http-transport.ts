import type { Fault, Result } from '#shared/kernel/result.ts';
import type { Milliseconds } from '#shared/kernel/time.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Whole address. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole exchange, body included. */
  readonly timeout: Milliseconds;
  /** A longer answer is broken off as `answer_too_large`. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  header(name: string): string | null;
  readonly body: Uint8Array;
}

/** One HTTP exchange. `hub_away`: nobody answered in time, or the answer broke off. Never throws. */
export interface HttpTransport {
  request(request: HttpRequest): Promise<Result<HttpAnswer, Fault<'hub_away' | 'answer_too_large'>>>;
}
