import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mediumIdentitySchema } from '#shared/media/medium-identity.ts';
import type { Attack } from '#test/attack/contract.ts';
import { payloadOf, type RentedStick, rentedStick } from '#test/attack/support/media.ts';
import { PIN } from '#test/support/fleet-at-work.ts';
import { happens } from '#test/support/moments.ts';

/** What stands on the medium of whoever is attacked: enough to be asked for the PIN. */
async function keysOf(rented: RentedStick) {
  const jws = await readFile(join(rented.folder, 'KEYTURN', 'medium.jws'), 'latin1');
  const { mediumId, accessKey } = mediumIdentitySchema.parse(payloadOf(jws));
  return { mediumId, accessKey, memberNumber: null };
}

export const pinGuessed: Attack = {
  id: 'pin-guessed-online',
  threat: 'pin-guessed',
  rule: 'SEC-6',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const { fleet } = target;
    const rented = await rentedStick(target);
    await fleet.settled();
    const keys = await keysOf(rented);
    const member = await fleet.own.hub.inside().db.stores.media.find({ mediumId: keys.mediumId });
    const guess = async (pin: string, at: 'kiosk' | 'returnTerminal'): Promise<string> => {
      const answer = await fleet.own[at].runtime.hub.signIn({ ...keys, pin });
      return answer.ok ? 'in' : answer.error.code;
    };
    // From both terminals in turn, then with the right one: what a finder of the stick tries.
    const said: string[] = [];
    for (let guessed = 0; guessed < 8; guessed += 1)
      said.push(await guess(String(3000 + guessed), guessed % 2 === 0 ? 'kiosk' : 'returnTerminal'));
    said.push(await guess(PIN, 'kiosk'));
    return {
      outcome:
        !said.includes('in') && said.slice(4).every((code) => code === 'pin_locked')
          ? 'refused'
          : 'got-through',
      evidence: `nine PINs at two terminals: ${[...new Set(said)].join(', ')}`,
      trace: { alert: 'security_pin_locked', subject: member?.memberId ?? 'nobody' },
    };
  },
};

export const pinGuessedOffline: Attack = {
  id: 'pin-guessed-offline',
  threat: 'pin-guessed',
  rule: 'SEC-6',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const { fleet } = target;
    const rented = await rentedStick(target);
    await fleet.settled();
    const { mediumId } = await keysOf(rented);
    const member = await fleet.own.hub.inside().db.stores.media.find({ mediumId });
    fleet.cables.kiosk.setCut(true);
    await happens('the kiosk to notice', () => {
      void fleet.own.kiosk.runtime.refreshBundle();
      return !fleet.own.kiosk.runtime.online();
    });
    await fleet.kiosk.send({ type: 'touch' });
    await fleet.insert(rented.stick, 'kiosk');
    await fleet.kiosk.until('the medium to be known', 30, ({ medium }) => (medium.known ? medium : null));
    await fleet.kiosk.send({ type: 'open_mine' });
    const said: string[] = [];
    for (const pin of ['3000', '3001', '3002', '3003', '3004', '3005', PIN]) {
      await fleet.kiosk.send({ type: 'dismiss_trouble' });
      await fleet.kiosk.send({ type: 'sign_in', memberNumber: null, pin });
      said.push(
        await fleet.kiosk.until('an answer', 30, ({ view }) =>
          view.screen === 'mine'
            ? 'in'
            : view.screen === 'identify' && !view.busy && view.trouble !== null
              ? view.trouble.code
              : null,
        ),
      );
    }
    await fleet.leave();
    fleet.cables.kiosk.setCut(false);
    await fleet.settled();
    return {
      outcome:
        !said.includes('in') && said.slice(4).every((code) => code === 'pin_locked')
          ? 'refused'
          : 'got-through',
      evidence: `seven PINs without the hub: ${[...new Set(said)].join(', ')}; told to the hub afterwards`,
      trace: { alert: 'security_pin_locked', subject: member?.memberId ?? 'nobody' },
    };
  },
};

export const sessionElsewhere: Attack = {
  id: 'session-elsewhere',
  threat: 'member-session-stolen',
  rule: 'SEC-6',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const { fleet } = target;
    const rented = await rentedStick(target);
    await fleet.settled();
    const { kiosk, returnTerminal } = fleet.own;
    const signed = await kiosk.runtime.hub.signIn({ ...(await keysOf(rented)), pin: PIN });
    if (!signed.ok) throw new Error(signed.error.code);
    const { sessionToken } = signed.value;
    // A token that leaked from the kiosk, at a terminal that the attacker has.
    const seen = await returnTerminal.runtime.hub.memberSession({ sessionToken });
    await returnTerminal.runtime.hub.signOut({ sessionToken });
    const own = await kiosk.runtime.hub.memberSession({ sessionToken });
    await kiosk.runtime.hub.signOut({ sessionToken });
    const over = await kiosk.runtime.hub.memberSession({ sessionToken });
    const codes = [seen, own, over].map((one) => (one.ok ? 'heard' : one.error.code));
    return {
      outcome: codes.join() === 'session_over,heard,session_over' ? 'refused' : 'got-through',
      evidence: `elsewhere ${codes[0]}, at its own terminal ${codes[1]}, after signing out ${codes[2]}`,
      trace: { alert: 'security_session_elsewhere', subject: returnTerminal.runtime.identity.terminalId },
    };
  },
};
