import { z } from 'zod';

const enrolling = z.object({ terminalId: z.string(), code: z.string() });

/** What a process of terminals is told (`terminal-process.ts`). */
export const terminalsSetup = z.object({
  home: z.string(),
  hubUrl: z.string(),
  pairs: z.array(z.object({ kiosk: enrolling, returns: enrolling })),
  /** Tokens of the members who come. */
  members: z.array(z.string()),
  /** Between two customers of a pair, in the middle. */
  everyMs: z.int(),
});
/** The file that such a process leaves in its home when it was told to rest and its last customer has gone. */
export const AT_REST = 'at-rest';
export type TerminalsSetup = z.infer<typeof terminalsSetup>;
