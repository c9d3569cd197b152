import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeEnrolmentCode } from '#hub/app/enrolment/enrolment.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { SITE } from './hub-world.ts';
import { type RealHub, startRealHub } from './real-terminals.ts';

let real: RealHub;
beforeAll(async () => {
  const build = join(projectRoot(), 'shared/toolchain/build.mjs');
  execFileSync(process.execPath, [build, 'kiosk', 'return-terminal'], { stdio: 'pipe' });
  real = await startRealHub(true);
});
afterAll(() => real?.end());

it.each([
  ['kiosk', 'KIOSK'],
  ['return-terminal', 'RETURN_TERMINAL'],
] as const)(
  'OPS-1, OPS-4: the %s’s own process starts, enrols, serves its page, tells its health and figures, and ends with 0 at SIGTERM',
  async (role, prefix) => {
    const terminalId = `own-${role}` as TerminalId;
    const wanted = { terminalId, role, siteId: SITE, name: terminalId, approvedBeforehand: true };
    const code = await makeEnrolmentCode(real.hub().inside(), wanted, false);
    if (!code.ok) throw new Error(code.error.code);
    // No such folder: nothing is in the slot, so nobody is waited for.
    const media = join(real.folder, 'nothing');
    const child = spawn(process.execPath, [join(projectRoot(), '.build', role, 'main.js')], {
      env: {
        KEYTURN_HOME: real.folder,
        KEYTURN_MEDIA: media,
        HUB_URL: real.hub().addresses().terminals,
        [`${prefix}_ID`]: terminalId,
        [`${prefix}_PORT`]: '0',
        [`${prefix}_ENROLMENT_CODE`]: code.value.code,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (data: Buffer) => {
      said += String(data);
    });
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
    const address = new Promise<string>((resolve) => {
      child.stdout.on('data', (data: Buffer) => {
        said += String(data);
        const served = /: (http:\/\/127\.0\.0\.1:\d+)\n/.exec(said)?.[1];
        if (served !== undefined) resolve(served);
      });
    });
    const at = await Promise.race([address, closed]);
    const told = async (path: string) => (await fetch(`${at}${path}`)).text();
    expect(JSON.parse(await told('/health')), said).toMatchObject({ status: 'ok', terminal: terminalId });
    expect((JSON.parse(await told('/ready')) as { status: string }).status).toMatch(/^(not_)?ready$/);
    expect(await told('/metrics')).toContain(`\nkeyturn_terminal_info{role="${role}",software="`);
    // Once: a second signal ends it where it stands, with 1.
    child.kill('SIGTERM');
    const ended = await closed;
    expect(ended, said).toBe(0);
    expect(said).toContain('ends; what is under way is finished first');
  },
);
