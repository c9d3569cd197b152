import type { EditionId } from '#shared/kernel/ids.ts';

/** Names of objects in the library: made by the hub, never by a sender. */
export const editionObject = (editionId: EditionId): string => `edition-${editionId}`;
export const assetObject = (sha256: string): string => `asset-${sha256}`;
