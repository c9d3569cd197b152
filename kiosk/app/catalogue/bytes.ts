import type { CatalogueTitle } from '#shared/protocol/terminal-api.ts';

/** What a copy needs beside its content: header, licence, slot, states, journal, and the cipher's tags. */
const COPY_OVERHEAD_BYTES = 512 * 1024;

/** Room that an edition takes on a medium. */
export const bytesOnMedium = (title: CatalogueTitle): number =>
  title.edition.bytes + Math.ceil(title.edition.bytes / 65_536) * 16 + COPY_OVERHEAD_BYTES;
