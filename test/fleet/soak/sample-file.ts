import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';

const MAP = 'entries of a map';

/** Samples on the disk: a day's rows of every terminal are some kilobytes, and whoever looks for what grows must not grow. */
export interface SampleFile<Sample> {
  add(sample: Sample): void;
  all(): readonly Sample[];
}

export function sampleFile<Sample>(path: string): SampleFile<Sample> {
  writeFileSync(path, '');
  return {
    add: (sample) => appendFileSync(path, `${JSON.stringify(sample, mapAsEntries)}\n`),
    all: () =>
      readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line, entriesAsMap) as Sample),
  };
}

const mapAsEntries = (_name: string, value: unknown): unknown =>
  value instanceof Map ? { [MAP]: [...value] } : value;

const entriesAsMap = (_name: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && MAP in value
    ? new Map(value[MAP] as readonly (readonly [unknown, unknown])[])
    : value;
