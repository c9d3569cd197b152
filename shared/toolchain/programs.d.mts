export interface Program {
  readonly entry: string;
  readonly uis: readonly string[];
  readonly programs: readonly string[];
  readonly planted?: string;
  readonly node?: readonly string[];
}
export const PROGRAMS: Readonly<Record<string, Program>>;
export const UIS: Readonly<Record<string, string>>;
