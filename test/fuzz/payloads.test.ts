import { describe, it } from 'vitest';
import type { z } from 'zod';
import { historySchema } from '#shared/media/history.ts';
import { journalEntrySchema } from '#shared/media/journal.ts';
import { licenceSchema } from '#shared/media/licence.ts';
import { mediumIdentitySchema } from '#shared/media/medium-identity.ts';
import { playerKeySchema } from '#shared/media/player-key.ts';
import { receiptSchema } from '#shared/media/receipt.ts';
import { recommendationsSchema } from '#shared/media/recommendations.ts';
import { revocationListSchema } from '#shared/media/revocation-list.ts';
import { stateRecordSchema } from '#shared/media/state-record.ts';
import { samplesOf } from './samples.ts';
import { fuzzShape, reading } from './shape.ts';

const PAYLOADS = {
  'medium identity': mediumIdentitySchema,
  licence: licenceSchema,
  'state record': stateRecordSchema,
  'journal entry': journalEntrySchema,
  receipt: receiptSchema,
  'player key': playerKeySchema,
  recommendations: recommendationsSchema,
  history: historySchema,
  'revocation list': revocationListSchema,
} as const satisfies Record<string, z.ZodType>;

describe('what documents of the medium say', () => {
  it.each(Object.entries(PAYLOADS))(
    'MS-3 SEC-8: a %s of any shape is read truly or refused',
    (name, schema) => fuzzShape(`payload ${name}`, reading(schema), samplesOf(schema, name)),
  );
});
