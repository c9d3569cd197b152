import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import mqtt from 'mqtt';
import postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import { findAge, findAgeKeygen, findFfmpeg, startMosquitto, startPostgres } from './real-parts.ts';

describe('a throw-away PostgreSQL', () => {
  test('is durable, gives each test its own database, survives a crash with what was committed', async () => {
    const cluster = await startPostgres();
    try {
      const one = await cluster.createDatabase();
      const two = await cluster.createDatabase();
      expect(one.url).not.toBe(two.url);
      const before = postgres(one.url, { max: 1, onnotice: () => {} });
      const [settings] = await before`select current_setting('fsync') as fsync,
        current_setting('synchronous_commit') as commit, current_setting('server_version_num')::int as version`;
      expect(settings).toMatchObject({ fsync: 'on', commit: 'on' });
      expect(settings?.version).toBeGreaterThanOrEqual(150000);
      await before`create table kept (n int)`;
      await before`insert into kept values (42)`;
      await cluster.crash();
      await before.end({ timeout: 0 });
      await cluster.start();
      const after = postgres(one.url, { max: 1 });
      expect(await after`select n from kept`).toMatchObject([{ n: 42 }]);
      await after.end();
      await one.drop();
      await two.drop();
      const admin = postgres(cluster.adminUrl, { max: 1 });
      const [rest] = await admin`select count(*)::int as n from pg_database where datname like 'test_%'`;
      expect(rest?.n).toBe(0);
      await admin.end();
    } finally {
      await cluster.stop();
    }
    const gone = postgres(cluster.adminUrl, { max: 1, connect_timeout: 2 });
    await expect(gone`select 1`).rejects.toThrow(/ECONNREFUSED/);
    await gone.end({ timeout: 0 });
  });
});

describe('a throw-away Mosquitto', () => {
  test('takes a configuration, passes messages, and comes back on its port after a crash', async () => {
    const broker = await startMosquitto(({ folder }) => [
      'allow_anonymous true',
      'persistence true',
      `persistence_location ${folder}/`,
    ]);
    try {
      const hello = async (): Promise<string> => {
        const client = await mqtt.connectAsync(broker.url, { reconnectPeriod: 0 });
        const heard = new Promise<string>((resolve) => {
          client.on('message', (_topic, payload) => resolve(payload.toString()));
        });
        await client.subscribeAsync('a/b', { qos: 1 });
        await client.publishAsync('a/b', 'hello', { qos: 1 });
        const text = await heard;
        await client.endAsync();
        return text;
      };
      expect(await hello()).toBe('hello');
      await broker.crash();
      await expect(mqtt.connectAsync(broker.url, { reconnectPeriod: 0 })).rejects.toThrow(/ECONNREFUSED/);
      await broker.start();
      expect(await hello()).toBe('hello');
    } finally {
      await broker.stop();
    }
    expect(existsSync(join(broker.folder, 'mosquitto.conf'))).toBe(false);
  });

  test('a wrong configuration is an error with the broker’s own words', async () => {
    await expect(startMosquitto(() => ['no_such_option true'])).rejects.toThrow(/no_such_option/);
  });
});

test('age, age-keygen and ffmpeg answer', () => {
  expect(execFileSync(findAge(), ['--version'], { encoding: 'utf8' })).toMatch(/\d/);
  expect(execFileSync(findAgeKeygen(), { encoding: 'utf8', stdio: 'pipe' })).toContain('AGE-SECRET-KEY-1');
  expect(execFileSync(findFfmpeg(), ['-version'], { encoding: 'utf8' })).toContain('ffmpeg version');
});
