import type { CopyId } from '#shared/kernel/ids.ts';
import type { Result } from '#shared/kernel/result.ts';
import type { OpenedCopy, Refusal, Shelf } from './shelf.ts';

/** What the page is shown: the medium's copies, and what went wrong last. Plain JSON. */
export interface PlayerShelf extends Shelf {
  readonly playerId: string;
  readonly now: number;
  /** The last thing that went wrong while playing. */
  readonly trouble: { readonly copyId: CopyId; readonly code: string } | null;
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
  /** The open copy behind a content address; null once the medium is out. */
  opened(token: string): OpenedCopy | null;
  rememberPosition(copyId: CopyId, seconds: number): Promise<void>;
  reportTrouble(copyId: CopyId, code: string): void;
  /** Somebody asks the local server for what no page of it asks for; `code` begins with `security_`. */
  reportAttack(code: `security_${string}`): void;
  watch(listener: () => void): () => void;
}
