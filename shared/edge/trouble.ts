/** A trouble as a screen shows it: `code` decides the words, `detail` is the original code where it says more to the staff. */
export interface Trouble<Code extends string> {
  readonly code: Code;
  readonly detail: string;
  /** Tries left before the PIN locks; only with `pin_wrong`. */
  readonly triesLeft: number | null;
}

/** Any coded fault, as ports, media, hub and cards answer it. */
export interface CodedFault {
  readonly code: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * A terminal's closed list of troubles, so that every code has words in every language. A code that others have for the same thing goes through
 * `aliases`; one that nobody foresaw is shown as `refused`, with the code itself.
 */
export function troubleTable<Code extends string>(
  codes: readonly Code[],
  aliases: Readonly<Record<string, Code>>,
  refused: NoInfer<Code>,
): (fault: CodedFault) => Trouble<Code> {
  const known = new Map<string, Code>([
    ...Object.entries(aliases),
    ...codes.map((code) => [code, code] as const),
  ]);
  return ({ code, details }) => ({
    code: known.get(code) ?? refused,
    detail: code,
    triesLeft: typeof details?.triesLeft === 'number' ? details.triesLeft : null,
  });
}
