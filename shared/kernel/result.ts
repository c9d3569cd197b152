/** The outcome of something that may fail for a reason its caller is expected to handle. Bugs are assertions instead. */
export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const err = <E>(error: E): { readonly ok: false; readonly error: E } => ({ ok: false, error });

/** An expected failure: a stable code for programs, a sentence in English for logs; screens translate the code. */
export interface Fault<C extends string = string> {
  readonly code: C;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export const fault = <C extends string>(
  code: C,
  message: string,
  details?: Readonly<Record<string, unknown>>,
): { readonly ok: false; readonly error: Fault<C> } =>
  err(details === undefined ? { code, message } : { code, message, details });
