import type { StaffRole } from '#hub/app/staff/accounts.ts';

/** Who may use a route of the staff API. */
export interface Right {
  /** `everyone`: also without a session. */
  readonly roles: readonly StaffRole[] | 'everyone';
  /** The least session: `setup` may only set up a second factor, `password` still owes the second factor; else a full one. */
  readonly level?: 'setup' | 'password';
  /** Password or second factor must have been proved within five minutes (ASVS 5.0 7.5.1). */
  readonly fresh?: true;
}

const EVERYONE: Right = { roles: 'everyone' };
const ALL: Right = { roles: ['clerk', 'manager', 'auditor', 'admin'] };
/** Who works at the counter. */
const COUNTER: Right = { roles: ['clerk', 'manager', 'admin'] };
const MANAGERS: Right = { roles: ['manager', 'admin'] };
/** Reads what managers read. */
const OVERSIGHT: Right = { roles: ['manager', 'auditor', 'admin'] };
const ADMINS: Right = { roles: ['admin'] };

const fresh = (right: Right): Right => ({ ...right, fresh: true });
const from = (level: 'setup' | 'password', right: Right): Right => ({ ...right, level });

/**
 * Role × route (SEC-7): the whole of it, for console, command line and everybody else. A route that has no line here is refused to everyone. The auditor
 * reads everything and changes nothing but the own account.
 */
export const RIGHTS: Readonly<Record<string, Right>> = {
  // signing in, and the own account
  'POST /session': EVERYONE,
  'POST /session/redeem': EVERYONE,
  'DELETE /session': EVERYONE,
  'GET /openapi.json': EVERYONE,
  'GET /session': from('password', ALL),
  'POST /session/second-factor': from('password', ALL),
  'POST /session/proof': from('setup', ALL),
  'GET /account': from('setup', ALL),
  'PUT /account/password': from('setup', ALL),
  'POST /account/second-factor': fresh(from('setup', ALL)),
  'POST /account/second-factor/confirm': from('setup', ALL),
  'DELETE /account/second-factor': fresh(ALL),
  'POST /account/backup-codes': fresh(ALL),
  'DELETE /account/sessions': ALL,
  'DELETE /account/sessions/{sessionId}': ALL,
  // people, two persons, audit
  'GET /staff': { roles: ['auditor', 'admin'] },
  'POST /staff': fresh(ADMINS),
  'PATCH /staff/{staffId}': fresh(ADMINS),
  'POST /staff/{staffId}/reset': fresh(ADMINS),
  'GET /staff/{staffId}/sessions': { roles: ['auditor', 'admin'] },
  'DELETE /staff/{staffId}/sessions': ADMINS,
  'DELETE /staff/{staffId}/sessions/{sessionId}': ADMINS,
  'GET /second-person': ALL,
  'POST /second-person/{requestId}/approve': fresh(MANAGERS),
  'POST /second-person/{requestId}/refuse': MANAGERS,
  'POST /second-person/{requestId}/withdraw': COUNTER,
  'GET /audit': OVERSIGHT,
  'GET /audit/verification': OVERSIGHT,
  // the hub's keys
  'GET /keys': { roles: ['auditor', 'admin'] },
  'POST /keys/{key}/rotate': fresh(ADMINS),
  'POST /authority/{key}/rotate': fresh(ADMINS),
  'GET /backups': { roles: ['auditor', 'admin'] },
  'POST /backups': fresh(ADMINS),
  // fleet
  'GET /overview': ALL,
  'GET /live': ALL,
  'GET /terminals': ALL,
  'GET /terminals/{terminalId}': ALL,
  'GET /terminals/{terminalId}/history': ALL,
  'POST /terminals/{terminalId}/commands': MANAGERS,
  'PUT /terminals/{terminalId}/config': MANAGERS,
  'POST /terminals/{terminalId}/approve': MANAGERS,
  'POST /terminals/{terminalId}/refuse': MANAGERS,
  'POST /terminals/{terminalId}/revoke': MANAGERS,
  'POST /terminals/{terminalId}/decommission': MANAGERS,
  'DELETE /terminals/{terminalId}/decommission': MANAGERS,
  'POST /enrolment-codes': MANAGERS,
  'GET /controllers': ALL,
  'POST /controllers': MANAGERS,
  'POST /controllers/{mediumId}/revoke': MANAGERS,
  'GET /alerts': ALL,
  'POST /alerts/{alertId}/acknowledge': COUNTER,
  'POST /alerts/{alertId}/reopen': COUNTER,
  'GET /dead-letters': ALL,
  'POST /dead-letters/{deadLetterId}/retry': MANAGERS,
  'POST /dead-letters/{deadLetterId}/dismiss': MANAGERS,
  'POST /dead-letters/{deadLetterId}/accept': MANAGERS,
  'GET /log/verify': { roles: ['auditor', 'manager', 'admin'] },
  // catalogue and prices
  'GET /titles': ALL,
  'POST /titles': MANAGERS,
  'GET /titles/{titleId}': ALL,
  'PATCH /titles/{titleId}': MANAGERS,
  'POST /titles/{titleId}/withdraw': MANAGERS,
  'POST /titles/{titleId}/edition': MANAGERS,
  'POST /titles/{titleId}/poster': MANAGERS,
  'POST /titles/{titleId}/preview': MANAGERS,
  'POST /titles/{titleId}/subtitles/{language}': MANAGERS,
  'GET /assets/{sha256}': ALL,
  'GET /tariffs': ALL,
  'POST /tariffs': MANAGERS,
  'POST /tariffs/preview': ALL,
  'GET /sites': ALL,
  'POST /sites': MANAGERS,
  'POST /sites/{siteId}/closures': MANAGERS,
  'POST /sites/{siteId}/closures/withdraw': MANAGERS,
  'PUT /sites/{siteId}/week': MANAGERS,
  'PUT /sites/{siteId}/place': MANAGERS,
  'PUT /sites/{siteId}/plan': MANAGERS,
  // members, rentals, books
  'GET /members': ALL,
  'POST /members': COUNTER,
  'GET /members/{memberId}': ALL,
  'POST /members/{memberId}/payments': COUNTER,
  'POST /members/{memberId}/pin': COUNTER,
  // Who stands at the counter stops a thief at once; letting somebody back in is a manager's judgement.
  'POST /members/{memberId}/block': COUNTER,
  'POST /members/{memberId}/unblock': MANAGERS,
  'POST /members/{memberId}/players': COUNTER,
  'DELETE /members/{memberId}/players/{playerId}': COUNTER,
  'POST /members/{memberId}/write-off': MANAGERS,
  'GET /members/{memberId}/export': MANAGERS,
  'POST /members/{memberId}/erase': MANAGERS,
  'GET /members/{memberId}/recommendations': ALL,
  'GET /reservations': ALL,
  'GET /ratings': ALL,
  'GET /players': ALL,
  'GET /find': ALL,
  'GET /badges': ALL,
  'GET /rentals': ALL,
  'GET /rentals/{rentalId}': ALL,
  'POST /rentals/{rentalId}/lost': COUNTER,
  'POST /rentals/{rentalId}/found': MANAGERS,
  'POST /rentals/{rentalId}/complaint': COUNTER,
  'GET /ledger/entries': ALL,
  'GET /ledger/balance': ALL,
  'GET /reports': ALL,
  'GET /reports/export': OVERSIGHT,
};

/** Routes that only compute: they change nothing, so they leave no audit entry. */
export const COMPUTES: ReadonlySet<string> = new Set(['POST /tariffs/preview']);

/** The right of a route as the framework has it (`/titles/:titleId`, below `/api/v1`); null: none is stated, so nobody may. */
export function rightOf(
  method: string,
  pattern: string,
): { readonly name: string; readonly right: Right | null } {
  const path = pattern.replace(/^\/api\/v1/, '').replace(/:([A-Za-z0-9]+)(\{[^/]*\})?/g, '{$1}');
  const name = `${method === 'HEAD' ? 'GET' : method} ${path}`;
  return { name, right: Object.hasOwn(RIGHTS, name) ? (RIGHTS[name] ?? null) : null };
}
