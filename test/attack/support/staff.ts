import { STAFF } from '#firmware-sim/story/own-fleet.ts';
import type { Target } from '#test/attack/contract.ts';
import { rawHttp } from './raw-http.ts';

/** A signed-in session of the fleet's administrator: what an attacker at a colleague's desk has. Answers the cookie. */
export async function staffSession({ hubUrl }: Target): Promise<string> {
  const answer = await rawHttp(hubUrl, {
    method: 'POST',
    path: '/api/v1/session',
    headers: { 'content-type': 'application/json', origin: hubUrl },
    body: JSON.stringify({ name: STAFF.name, password: STAFF.password }),
  });
  const cookie = [answer.headers['set-cookie'] ?? []].flat()[0]?.split(';')[0];
  if (answer.status !== 200 || cookie === undefined)
    throw new Error(`staff sign-in: ${answer.status} ${answer.body.toString()}`);
  return cookie;
}

export const asStaff = ({ hubUrl }: Target, cookie: string): Record<string, string> => ({
  cookie,
  origin: hubUrl,
});
