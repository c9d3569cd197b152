import type { World } from '../world/world.ts';

/** FLT-1: staff see of each terminal the software that runs there. */
export async function softwareAtRest({ terminals, database }: World): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const terminal of terminals) {
    const seen = (await database.stores.terminals.find({ terminalId: terminal.id }))?.software;
    if (seen !== terminal.software())
      wrong.push(`FLT-1: staff see ${seen} of ${terminal.id}, which runs ${terminal.software()}`);
  }
  return wrong;
}
