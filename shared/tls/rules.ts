/** TLS of everything between terminals, hub and broker (SEC-2): 1.3 and nothing else. */
export const TLS_RULES = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' } as const;
