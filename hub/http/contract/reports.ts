import { z } from '@hono/zod-openapi';
import { localDateSchema } from '#shared/domain/site.ts';
import { count, siteId, terminalId, titleId } from '#shared/protocol/primitives.ts';
import { moment, money } from './common.ts';
import { alertView } from './fleet.ts';

/** The first page of the console. Money per currency, since sites may differ; days and hours are each shop's own. */
export const overview = z.object({
  at: moment,
  terminals: z.object({
    total: count,
    online: count,
    faulty: count,
    /** Those that are away, the latest first; the first few. */
    down: z.array(z.object({ terminalId, name: z.string(), siteName: z.string(), since: moment.nullable() })),
  }),
  rentals: z.object({
    open: count,
    overdue: count,
    held: count,
    startedToday: count,
    returnedToday: count,
    /** A week ago until the same hour. */
    startedLastWeek: count,
    returnedLastWeek: count,
  }),
  revenue: z.array(
    z.object({
      today: money,
      /** A week ago until the same hour. */
      sameDayLastWeek: money,
      wholeDayLastWeek: money,
      /** Minor units by the hour on the shop's clock, 0 to 23. */
      hours: z.array(z.object({ hour: count, today: z.int(), lastWeek: z.int() })),
    }),
  ),
  members: z.object({ total: count, withAmountDue: count }),
  alerts: z.object({ critical: count, warning: count, info: count }),
  deadLetters: count,
  /** What waits for a person. */
  needs: z.object({
    deadLetters: count,
    secondPerson: count,
    rentals: count,
    terminals: count,
    amountsDue: count,
  }),
  latestAlerts: z.array(alertView),
});
export type Overview = z.infer<typeof overview>;

export const reportQuery = z.object({
  /** Local dates, both included. */
  from: localDateSchema,
  to: localDateSchema,
  by: z.enum(['day', 'week', 'site', 'title', 'terminal']).default('day'),
  siteId: siteId.optional(),
  titleId: titleId.optional(),
});
/** What is taken down as a file: what the report shows, or the rentals or entries behind it. */
export const exportQuery = reportQuery.extend({
  table: z.enum(['figures', 'rentals', 'entries']).default('figures'),
});

const figures = z.object({
  rentals: count,
  returns: count,
  late: count,
  revenue: z.array(z.object({ net: money, tax: money, total: money })),
  pointsGiven: count,
  pointsUsed: count,
});
export const report = z.object({
  rows: z.array(figures.extend({ key: z.string(), name: z.string() })),
  totals: figures,
});
export type Report = z.infer<typeof report>;
export type ReportRow = Report['rows'][number];

/** FLT-1: how a terminal was, by quarters of an hour, and what was done at it by the hour; what nobody saw is not there. */
export const terminalHistory = z.object({
  from: moment,
  until: moment,
  readings: z.array(
    z.object({
      at: moment,
      /** Of the looks at it, the share at which it was there: 0 to 1. */
      online: z.number().min(0).max(1),
      queue: count,
      freeBytes: count.nullable(),
      totalBytes: count.nullable(),
      temperatureCelsius: z.number().nullable(),
    }),
  ),
  hours: z.array(z.object({ at: moment, rentals: count, returns: count })),
});
export type TerminalHistory = z.infer<typeof terminalHistory>;
export const historyQuery = z.object({ days: z.coerce.number().int().min(1).max(8).default(3) });
