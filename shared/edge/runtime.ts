export type {
  Admission,
  HubTime,
  RecordTransaction,
  StorageLevel,
  TerminalDeps,
  TerminalRuntime,
} from './terminal.ts';
