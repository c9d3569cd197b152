import { Writable } from 'node:stream';
import pino from 'pino';
import type { Log } from '#shared/ports/log.ts';

export interface SystemLog {
  readonly log: Log;
  /** The last lines written at any level, newest last: what `collect_logs` sends to staff. */
  recent(lines: number): readonly string[];
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
const KEPT_LINES = 2_000;
const LONGEST_LINE = 2_000;

/** Structured log (pino, one JSON object per line) on standard output, with the last lines kept in memory. */
export function systemLog(
  program: string,
  level: LogLevel,
  output: NodeJS.WritableStream = process.stdout,
): SystemLog {
  const kept: string[] = [];
  const keeper = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      for (const line of chunk.toString('utf8').split('\n'))
        if (line !== '') kept.push(line.slice(0, LONGEST_LINE));
      if (kept.length > KEPT_LINES) kept.splice(0, kept.length - KEPT_LINES);
      done();
    },
  });
  const streams =
    level === 'silent'
      ? [{ level: 'info' as const, stream: keeper }]
      : [
          { level, stream: output },
          { level: 'info' as const, stream: keeper },
        ];
  const lowest = level === 'debug' ? 'debug' : 'info';
  const root = pino(
    {
      base: { program },
      level: lowest,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.multistream(streams),
  );
  return { log: adapt(root), recent: (lines) => kept.slice(-lines) };
}

function adapt(logger: pino.Logger): Log {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => adapt(logger.child(fields)),
  };
}
