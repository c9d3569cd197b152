import { z } from 'zod';
import type { PrintedReceipt } from '#firmware-sim/devices/receipt-printer.ts';
import type { Fault, Result } from '#shared/kernel/result.ts';

/** What a visitor of the demo can see and do. Plain data: the page shows snapshots and posts actions. */
export const DRIVES = ['kiosk', 'return-terminal', 'player'] as const;
export type DriveName = (typeof DRIVES)[number];
export const TERMINALS = ['kiosk', 'return-terminal'] as const;
export type TerminalName = (typeof TERMINALS)[number];
export const CARD_BEHAVIOURS = ['approve', 'decline', 'time-out', 'pulled', 'unknown-then-approve'] as const;
export type PanelCardBehaviour = (typeof CARD_BEHAVIOURS)[number];
/** Steps by which the clock moves forward, in hours. */
export const CLOCK_STEPS = [1, 24, 72, 216] as const;

export type MediumKind =
  | 'member'
  | 'blank'
  | 'foreign'
  | 'full'
  | 'read-only'
  | 'small'
  | 'small-files'
  | 'secure'
  | 'copies-on-write';

export interface PanelMedium {
  readonly name: string;
  readonly kind: MediumKind;
  /** Whose stick it is, for kind `member`. */
  readonly owner: string | null;
  readonly where: DriveName | null;
  /** Copies whose key is on it now, and copies that were returned. */
  readonly copies: { readonly open: number; readonly spent: number };
}

export interface PanelDrive {
  readonly name: DriveName;
  readonly medium: string | null;
  /** The terminal writes or destroys now: pulling shows what happens then. */
  readonly busy: boolean;
  /** Null: this drive has no door. */
  readonly doorLocked: boolean | null;
  readonly slow: boolean;
}

export interface PanelTerminal {
  readonly name: TerminalName;
  readonly terminalId: string;
  readonly networkCut: boolean;
  /** What the terminal itself believes. */
  readonly online: boolean;
  readonly card: PanelCardBehaviour;
  readonly cardRecords: number;
  readonly paper: boolean;
  readonly roll: readonly PrintedReceipt[];
}

export interface PanelMember {
  readonly name: string;
  readonly number: string;
  readonly pin: string;
  readonly about: string;
  /** Whole minor units and the currency's code. */
  readonly prepaid: { readonly minor: number; readonly currency: string };
  readonly due: number;
  readonly points: number;
}

export interface PanelSnapshot {
  readonly now: number;
  readonly zone: string;
  readonly forwardMs: number;
  readonly addresses: {
    readonly kiosk: string;
    readonly returnTerminal: string;
    readonly player: string;
    readonly console: string;
  };
  /** A real directory serves as the drive of all three: media cannot be moved from here then. */
  readonly mountedDirectory: string | null;
  readonly media: readonly PanelMedium[];
  readonly drives: readonly PanelDrive[];
  readonly terminals: readonly PanelTerminal[];
  readonly members: readonly PanelMember[];
}

const drive = z.enum(DRIVES);
const terminal = z.enum(TERMINALS);
export const panelAction = z.discriminatedUnion('type', [
  /** Puts a medium into a drive; it leaves the drive it was in, and what was in this one is pulled: a swap. */
  z.object({ type: z.literal('insert'), medium: z.string().max(40), drive }),
  /** Never waits for the door: force is part of life. */
  z.object({ type: z.literal('pull'), drive }),
  z.object({ type: z.literal('slow'), drive, slow: z.boolean() }),
  z.object({ type: z.literal('network'), terminal, cut: z.boolean() }),
  z.object({ type: z.literal('card'), terminal, behaviour: z.enum(CARD_BEHAVIOURS) }),
  z.object({ type: z.literal('paper'), terminal, present: z.boolean() }),
  z.object({ type: z.literal('forward'), hours: z.literal(CLOCK_STEPS) }),
]);
export type PanelAction = z.infer<typeof panelAction>;

/** What was done, where more than the obvious happened: `forced` says that a locked door was torn open. */
export interface PanelOutcome {
  readonly forced: boolean;
}
export type PanelFault = Fault<'medium_unknown' | 'drive_is_directory' | 'clock_limit'>;

/** The demo behind the panel. */
export interface PanelWorld {
  snapshot(): Promise<PanelSnapshot>;
  act(action: PanelAction): Promise<Result<PanelOutcome, PanelFault>>;
  /** Calls back after changes that it knows of; what it cannot know of is found by looking every second. */
  watch(listener: () => void): () => void;
}
