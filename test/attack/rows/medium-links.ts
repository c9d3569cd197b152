import { linkSync, symlinkSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Attack, Target } from '#test/attack/contract.ts';
import { rawHttp } from '#test/attack/support/raw-http.ts';

/** Longer than a slot, so that overwriting it in place would fit. */
const OWN = Buffer.alloc(64 * 1024, 'a file of somebody else ');

interface Trap {
  readonly name: string;
  /** Changes the rented medium so that an unwary terminal reads or destroys `own`, which lies outside of KEYTURN. */
  readonly set: (place: {
    readonly copy: string;
    readonly keyturn: string;
    readonly own: string;
  }) => Promise<void>;
}

const inPlaceOf = (file: string, make: (own: string, path: string) => void) => ({
  set: async ({ copy, own }: { readonly copy: string; readonly own: string }) => {
    await rm(join(copy, file));
    make(own, join(copy, file));
  },
});

const TRAPS: readonly Trap[] = [
  { name: 'slot is a link', ...inPlaceOf('slot.age', symlinkSync) },
  { name: 'slot is a second name', ...inPlaceOf('slot.age', linkSync) },
  {
    // The key itself fits, so that only the second name gives it away.
    name: 'the customer’s file is a second name of the slot',
    set: async ({ copy, own }) => {
      await rm(own);
      linkSync(join(copy, 'slot.age'), own);
    },
  },
  {
    name: 'the customer’s file is a second name of the state',
    set: async ({ copy, own }) => {
      await rm(own);
      linkSync(join(copy, 'state'), own);
    },
  },
  { name: 'state is a link', ...inPlaceOf('state', symlinkSync) },
  { name: 'licence is a link', ...inPlaceOf('licence.jws', symlinkSync) },
  {
    name: 'journal is a second name',
    set: async ({ keyturn, own }) => {
      await rm(join(keyturn, 'journal'));
      linkSync(own, join(keyturn, 'journal'));
    },
  },
  {
    name: 'copies is a link to another folder',
    set: async ({ keyturn, own }) => {
      const elsewhere = `${own}-copies`;
      await rename(join(keyturn, 'copies'), elsewhere);
      symlinkSync(elsewhere, join(keyturn, 'copies'));
    },
  },
];

const terminalLives = async ({ fleet }: Target): Promise<boolean> =>
  (await rawHttp(fleet.own.returnTerminal.address(), { path: '/health' })).status === 200;

export const mediumLinks: Attack = {
  id: 'medium-links',
  threat: 'medium-symlink',
  rule: 'SEC-8',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const { fleet } = target;
    const title = await fleet.title('Link bait');
    const through: string[] = [];
    for (const trap of TRAPS) {
      const member = await fleet.member(1000);
      const stick = fleet.stick();
      await fleet.rent(stick, member, [title]);
      const folder = fleet.own.mediumFolder(stick);
      const keyturn = join(folder, 'KEYTURN');
      await mkdir(join(folder, 'holiday'));
      const own = join(folder, 'holiday', 'own.jpg');
      await writeFile(own, OWN);
      const [copyId = ''] = await readdir(join(keyturn, 'copies'));
      await trap.set({ copy: join(keyturn, 'copies', copyId), keyturn, own });
      const before = await readFile(own);
      await fleet.insert(stick, 'return-terminal');
      const seen = await fleet.terminal.until(trap.name, 30, ({ view, trouble }) =>
        trouble !== null || view.screen === 'choose' || view.screen === 'nothing' ? { view, trouble } : null,
      );
      if (seen.trouble === null && seen.view.screen === 'choose') await fleet.giveBack();
      if (!(await readFile(own)).equals(before))
        through.push(`${trap.name}: the customer's file was changed`);
      if (!(await terminalLives(target))) through.push(`${trap.name}: the terminal is down`);
      await fleet.tidy();
    }
    return {
      outcome: through.length === 0 ? 'refused' : 'got-through',
      evidence:
        through.length === 0 ? `${TRAPS.length} traps, no file of the customer touched` : through.join(' ; '),
      trace: { alert: 'security_medium_refused', subject: target.identities['return-terminal'].terminalId },
    };
  },
};
