import type { CopyId } from '#shared/kernel/ids.ts';
import type { Fault, Result } from '#shared/kernel/result.ts';
import type { CopyExtras } from '#shared/media/extras.ts';
import type { Pairing } from './pairing.ts';
import type { OpenedCopy, Refusal, Shelf } from './shelf.ts';

/** What the page is shown: the medium's copies, and what went wrong last. Plain JSON. */
export interface PlayerShelf extends Shelf {
  readonly playerId: string;
  /** As its owner reads it on the device page. */
  readonly name: string;
  /** Fingerprint of its public key, in groups, to compare with what a kiosk shows. */
  readonly keyPrint: string;
  readonly now: number;
  /** The last thing that went wrong while playing. */
  readonly trouble: { readonly copyId: CopyId; readonly code: string } | null;
  /** How this player stands with the hub; null: not asked yet. */
  readonly pairing: Pairing | null;
  /** It has a network: a code can be asked for. */
  readonly pairable: boolean;
}

export interface OpenAnswer {
  readonly address: string;
  readonly mediaType: string;
  readonly bytes: number;
}

/** What the local page's server asks of the player. */
export interface PlayerDesk {
  shelf(): Promise<PlayerShelf>;
  open(copyId: CopyId): Promise<Result<OpenAnswer, Refusal>>;
  /** Poster and subtitles of a copy that opens now (MS-34); null: there is none. */
  beside(copyId: CopyId): Promise<CopyExtras | null>;
  /** The open copy behind a content address; null once the medium is out. */
  opened(token: string): OpenedCopy | null;
  /** Before each piece of content: false once the licence ended or the clock was set back. */
  mayServe(copy: OpenedCopy): Promise<boolean>;
  /** Asks the hub how this player stands, and for a code to be typed at a kiosk. */
  pair(wantsCode: boolean): Promise<Result<Pairing, Fault>>;
  rememberPosition(copyId: CopyId, seconds: number): Promise<void>;
  reportTrouble(copyId: CopyId, code: string): void;
  /** Somebody asks the local server for what no page of it asks for; `code` begins with `security_`. */
  reportAttack(code: `security_${string}`): void;
  watch(listener: () => void): () => void;
}
