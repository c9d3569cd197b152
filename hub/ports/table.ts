/** One condition on a column: equal, one of several, or a range. `null` asks for absence. */
export type Condition<T> =
  | T
  | readonly T[]
  | { readonly lt?: T; readonly lte?: T; readonly gt?: T; readonly gte?: T }
  | { readonly not: T };

/** All named columns must match; JSON columns cannot be asked for. */
export type Match<Row> = { readonly [Column in keyof Row]?: Condition<Row[Column]> };

export interface ListOptions<Row> {
  readonly orderBy?: readonly (keyof Row & string)[];
  readonly descending?: boolean;
  readonly limit: number;
  readonly offset?: number;
}

/**
 * What every table of the hub can do. `Key` names the primary key's columns. Implemented once for both databases
 * (`hub/db/table-store.ts`) and once in memory (`hub/db/memory`). All methods may throw a `DatabaseTrouble`; a passing one is retried by `HubDatabase.transaction`.
 */
export interface Table<Row, Key extends keyof Row & string> {
  find(key: Pick<Row, Key>): Promise<Row | null>;
  /** The row, locked until the transaction ends. */
  findForUpdate(key: Pick<Row, Key>): Promise<Row | null>;
  first(match: Match<Row>): Promise<Row | null>;
  list(match: Match<Row>, options: ListOptions<Row>): Promise<readonly Row[]>;
  count(match: Match<Row>): Promise<number>;
  /** `exists` where the primary key or another unique column is taken; nothing is changed then. */
  insert(row: Row): Promise<'created' | 'exists'>;
  /** Inserts all in one statement; answers how many were new. */
  insertMany(rows: readonly Row[]): Promise<number>;
  /** Inserts, or replaces every other column of the row with this primary key. */
  put(row: Row): Promise<void>;
  /** Changes one row; false where there is none. */
  patch(key: Pick<Row, Key>, change: Partial<Omit<Row, Key>>): Promise<boolean>;
  /** Changes all that match; answers how many. */
  patchWhere(match: Match<Row>, change: Partial<Row>): Promise<number>;
  removeWhere(match: Match<Row>): Promise<number>;
}
