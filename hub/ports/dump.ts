/** A piece of a dump of the database, in the order in which it is read back. */
export type DumpPart =
  /** Always first: names of the migrations that made the schema, which is made the same way before rows are read back. */
  | { readonly migrations: readonly string[] }
  /** Rows of a table, each as the database's own JSON of it. */
  | { readonly table: string; readonly rows: readonly string[] }
  /** How far a sequence has counted. */
  | { readonly sequence: string; readonly value: number };
