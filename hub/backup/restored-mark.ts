import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Lies in the hub's folder after a restore, until a start has begun a new timeline (SYN-6): nobody has to remember it. */
export const RESTORED_MARK = 'restored';

export const isRestored = (folder: string): Promise<boolean> =>
  access(join(folder, RESTORED_MARK)).then(
    () => true,
    () => false,
  );

/** After the new timeline stands in the database. */
export const forgetRestored = (folder: string): Promise<void> =>
  rm(join(folder, RESTORED_MARK), { force: true });
