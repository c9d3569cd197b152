/** One way to attack, of the threat table. Every one of them needs at least one attack. */
export interface Threat {
  readonly id: string;
  /** The table's words. */
  readonly words: string;
  /**
   * `≈`: a plain unbound medium cannot refuse it, so that being detected when seen counts. Everything else must be refused.
   */
  readonly approximate: boolean;
}

const threat = <Id extends string>(id: Id, words: string, approximate = false) => ({
  id,
  words,
  approximate,
});

/** The threat table, one row per way in: where the table joins several, each has its own. */
export const THREATS = [
  threat('clone-returned-twice', 'clone returned twice', true),
  threat('old-state-restored', 'old state records restored'),
  threat('slot-copied', 'copied slot on another medium', true),
  threat('return-forged', 'return forged without the medium'),
  threat('receipt-replayed', 'receipt replayed'),
  threat('receipt-reordered', 'receipt reordered'),
  threat('receipt-of-another', 'receipt of another terminal'),
  threat('receipt-counter-skipped', 'receipt with a skipped counter'),
  threat('deletion-lied', 'terminal that lies about deletion'),
  threat('certificate-revoked', 'terminal with a revoked certificate'),
  threat('certificate-expired', 'terminal with an expired certificate'),
  threat('certificate-foreign', 'terminal with a foreign certificate'),
  threat('certificate-server-type', 'terminal with a server-type certificate'),
  threat('certificate-same-name', 'terminal with a same-name certificate'),
  threat('publish-on-other', "publish on another terminal's topics"),
  threat('will-on-other', "will on another terminal's topics"),
  threat('subscribe-to-other', "subscribe to others' topics"),
  threat('packet-oversized', 'oversized packets'),
  threat('packet-malformed', 'malformed packets'),
  threat('packet-endless', 'endless packets'),
  threat('rogue-broker', 'rogue broker (terminal refuses)'),
  threat('rogue-hub', 'rogue hub (terminal refuses)'),
  threat('downgrade', 'downgrade attempt'),
  threat('plain-text', 'plain-text attempt'),
  threat('licence-tampered', 'tampered licence'),
  threat('tariff-tampered', 'tampered tariff'),
  threat('recommendation-tampered', 'tampered recommendation'),
  threat('medium-identity-tampered', 'tampered medium identity'),
  threat('clock-back-player', 'clock set back on player'),
  threat('clock-back-terminal', 'clock set back on terminal'),
  threat('copy-open-at-two', 'copy open at two players', true),
  threat('pin-guessed', 'PIN tried out at a terminal, with the hub and without'),
  threat('member-session-stolen', 'session of a member used at another terminal'),
  threat('staff-role-escalation', 'staff: role escalation'),
  threat('staff-audit-edited', 'staff: edited audit row'),
  threat('staff-second-person-missing', 'staff: missing second person'),
  threat('staff-session-fixation', 'staff: session fixation'),
  threat('staff-csrf', 'staff: CSRF'),
  threat('staff-brute-force', 'staff: brute force'),
  threat('disk-content', 'stolen kiosk disk: no content without lease'),
  threat('disk-name', 'stolen kiosk disk: no name'),
  threat('disk-card', 'stolen kiosk disk: no card'),
  threat('disk-key', 'stolen kiosk disk: key not exportable in plain'),
  threat('injection-sql', 'SQL injection through title names, member names, media files, e-mail'),
  threat('injection-html', 'HTML injection through title names, member names, media files, e-mail'),
  threat('injection-path', 'path injection through title names, member names, media files, e-mail'),
  threat('injection-header', 'header injection through title names, member names, media files, e-mail'),
  threat('upload-bomb', 'upload bomb'),
  threat('zip-bomb', 'zip bomb'),
  threat('image-bomb', 'image bomb'),
  threat('path-traversal', 'path traversal in range delivery'),
  threat('dns-rebinding', "DNS rebinding at a terminal's screen server"),
  threat('medium-symlink', 'hostile medium: links out of KEYTURN'),
] as const satisfies readonly Threat[];

export type ThreatId = (typeof THREATS)[number]['id'];

export const threatOf = (id: ThreatId): Threat => {
  const found = THREATS.find((one) => one.id === id);
  if (found === undefined) throw new Error(`there is no threat ${id}`);
  return found;
};
