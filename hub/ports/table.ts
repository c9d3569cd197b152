/** One condition on a column: equal, one of several, or a range. `null` asks for absence. */
export type Condition<T> =
  | T
  | readonly T[]
  | { readonly lt?: T; readonly lte?: T; readonly gt?: T; readonly gte?: T }
  | { readonly not: T }
  /** Texts: anywhere in it, capital or not; or at its beginning, letter for letter. */
  | { readonly contains: string }
  | { readonly begins: string };

/** All named columns must match; JSON columns cannot be asked for. */
export type Match<Row> = { readonly [Column in keyof Row]?: Condition<Row[Column]> };

export interface ListOptions<Row> {
  readonly orderBy?: readonly (keyof Row & string)[];
  readonly descending?: boolean;
  readonly limit: number;
  readonly offset?: number;
  /** Asked with every group of events: one text however many values it names, so that a connection has it read once. Only of equal values and lists of them. */
  readonly often?: true;
}

/** Where a page of a list goes on: the sorting column's value and the key of the last row that was given. */
export interface PageMark {
  readonly value: string | number | null;
  readonly key: string | number;
}

/** A page of a long list, by one column and then by the key: however deep, it costs what the first one costs, and nothing is given twice. */
export interface PageAsk<Row> {
  readonly by: keyof Row & string;
  readonly descending: boolean;
  /** Null: from the start. */
  readonly after: PageMark | null;
  readonly limit: number;
  /** Beside `match`, at least one of these; none: all. */
  readonly anyOf?: readonly Match<Row>[];
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
  /**
   * Every row whose columns have the values of one of these places, in the order of the key: one statement, however many; all places name the
   * same columns, none an absent value. `for update`: locked until the transaction ends, in that order.
   */
  among<Column extends keyof Row & string>(
    places: readonly Pick<Row, Column>[],
    locked?: 'for update',
  ): Promise<readonly Row[]>;
  /** Only of tables with one column as key. Absent values come last, descending first. */
  page(match: Match<Row>, ask: PageAsk<Row>): Promise<readonly Row[]>;
  count(match: Match<Row>): Promise<number>;
  /** Counts, but no further than `most`. */
  countUpTo(match: Match<Row>, anyOf: readonly Match<Row>[], most: number): Promise<number>;
  /** `exists` where the primary key or another unique column is taken; nothing is changed then. */
  insert(row: Row): Promise<'created' | 'exists'>;
  /** Inserts all in one statement; answers how many were new. */
  insertMany(rows: readonly Row[]): Promise<number>;
  /** Inserts, or replaces every other column of the row with this primary key. */
  put(row: Row): Promise<void>;
  /**
   * `put` of many rows with different keys, in one statement. `changed`: all rows are there and locked by this transaction, and only these columns differ from what
   * stands there, so that the others need not be written.
   */
  putMany(rows: readonly Row[], changed?: readonly (keyof Row & string)[]): Promise<void>;
  /** Changes one row; false where there is none. */
  patch(key: Pick<Row, Key>, change: Partial<Omit<Row, Key>>): Promise<boolean>;
  /** Changes all that match; answers how many. */
  patchWhere(match: Match<Row>, change: Partial<Row>): Promise<number>;
  removeWhere(match: Match<Row>): Promise<number>;
}
