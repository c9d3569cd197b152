export type * from './catalogue.ts';
export type * from './fleet.ts';
export type * from './inbox.ts';
export type * from './ledger.ts';
export type * from './log.ts';
export type * from './members.ts';
export type * from './rentals.ts';
export type * from './staff.ts';
