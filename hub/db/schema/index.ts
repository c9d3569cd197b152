export * from './catalogue.ts';
export * from './fleet.ts';
export * from './inbox.ts';
export * from './ledger.ts';
export * from './log.ts';
export * from './members.ts';
export * from './rentals.ts';
export * from './staff.ts';
