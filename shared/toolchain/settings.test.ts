import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineSettings, describeSettings, readSettings, setting } from './settings.ts';

const settings = defineSettings({
  HUB_PORT: setting({
    schema: z.coerce.number().int().min(0).max(65_535),
    default: 7300,
    unit: 'TCP port',
    description: 'where the hub listens',
  }),
  DATABASE_URL: setting({
    schema: z.url().nullable(),
    default: null,
    unit: '',
    description: 'PostgreSQL instead of the embedded database',
  }),
  BROKER_PASSWORD: setting({
    schema: z.string().min(12),
    default: 'required',
    unit: '',
    description: 'password of the broker',
    secret: true,
  }),
});

describe('settings', () => {
  it('OPS-1: reads values by their schema and takes defaults for what is absent or empty', () => {
    expect(
      readSettings(settings, { HUB_PORT: '0', DATABASE_URL: '', BROKER_PASSWORD: 'long enough now' }),
    ).toEqual({
      ok: true,
      value: { HUB_PORT: 0, DATABASE_URL: null, BROKER_PASSWORD: 'long enough now' },
    });
  });

  it('OPS-1: names all faults at once, with variable, problem and remedy, and no secret', () => {
    const read = readSettings(settings, {
      HUB_PORT: '99999',
      DATABASE_URL: 'nonsense',
      BROKER_PASSWORD: 'hunter2',
    });
    if (read.ok) throw new Error('accepted');
    expect(read.error.map(({ code, details }) => [code, details?.name])).toEqual([
      ['setting_malformed', 'HUB_PORT'],
      ['setting_malformed', 'DATABASE_URL'],
      ['setting_malformed', 'BROKER_PASSWORD'],
    ]);
    expect(read.error[0]?.message).toContain('HUB_PORT: "99999"');
    expect(read.error[0]?.message).toContain('in TCP port');
    expect(read.error[2]?.message).not.toContain('hunter2');
    expect(readSettings(settings, {})).toMatchObject({ error: [{ code: 'setting_missing' }] });
  });

  it('OPS-1: describes every variable with default and unit', () => {
    expect(describeSettings(settings).map((one) => [one.name, one.default, one.unit])).toEqual([
      ['HUB_PORT', '7300', 'TCP port'],
      ['DATABASE_URL', '(none)', ''],
      ['BROKER_PASSWORD', '(required)', ''],
    ]);
  });
});
