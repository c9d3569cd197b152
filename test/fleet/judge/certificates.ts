import type { World } from '../world/world.ts';

const MOST = 1_000_000;

/** How often a hub that was set back took a certificate again that it had forgotten, as far as its last database knows. */
export const takenAgain = ({ database }: World): Promise<number> =>
  database.stores.alerts
    .list({ code: 'certificate_recorded_again' }, { limit: MOST })
    .then((told) => told.reduce((sum, { count }) => sum + count, 0));
const HOUR = 3_600_000;
/** A terminal looks every hour in these worlds. */
const RENEWED_WITHIN = 6 * HOUR;

/** SEC-1: at the end every terminal has one certificate in force, the one that it uses; none is overdue, and nobody is called about one that was renewed. */
export async function certificatesAtRest({
  terminals,
  database,
  time,
  aging,
}: World): Promise<readonly string[]> {
  if (aging === null) return [];
  const { certificates, alerts } = database.stores;
  const wrong: string[] = [];
  for (const { id, papers } of terminals) {
    const inForce = await certificates.list({ terminalId: id, state: 'active' }, { limit: MOST });
    if (inForce.length !== 1 || inForce[0]?.fingerprint !== papers.device().peer.fingerprint)
      wrong.push(`SEC-1: ${id} has ${inForce.length} certificates in force, and uses another one`);
    const { from, to } = papers.validity();
    if (time.now() > from + ((to - from) * 2) / 3 + RENEWED_WITHIN)
      wrong.push(`SEC-1: the certificate of ${id} is overdue`);
  }
  const open = await alerts.list({ code: 'certificate_expired', clearedAt: null }, { limit: MOST });
  for (const { subject } of open) wrong.push(`SEC-1: the certificate of ${subject} is still called ended`);
  return wrong;
}
