// What the PostgreSQL backend asks of a client library. There are two: `pg` over a socket (pg-driver.ts) and PGlite
// inside the process (../pglite/pglite-driver.ts). Statements are prepared once per connection under their name.

export interface Statement {
  /** Unique among the statements of the backend. Absent: not prepared, for what is not sent often. */
  name?: string;
  text: string;
}

export type Row = Record<string, unknown>;

export interface Queryable {
  /** `values` are strings, numbers, booleans, null, or what textArray and bigintArray made. bigint columns come as numbers. */
  query<Result extends Row = Row>(statement: Statement, values?: readonly unknown[]): Promise<Result[]>;
}

/** One connection, kept: for the writer, the listener, and session-level advisory locks. */
export interface Session extends Queryable {
  /** Calls back for each NOTIFY on the channel, once the promise has resolved. */
  listen(channel: string, onNotification: (payload: string) => void): Promise<void>;
  close(): Promise<void>;
}

export interface Driver extends Queryable {
  /**
   * Opens a connection of its own, which pg_stat_activity shows as `pgplane <role>`. `onLost` is called at most once,
   * when the connection ends other than by close().
   */
  connect(role: 'writer' | 'listener' | 'maintenance', onLost: (error: Error) => void): Promise<Session>;
  /** The rows of one query, in pages: a result too large to hold twice. */
  stream<Result extends Row = Row>(statement: Statement, onRows: (rows: Result[]) => void): Promise<void>;
  textArray(values: readonly (string | null)[]): unknown;
  bigintArray(values: readonly (number | null)[]): unknown;
  close(): Promise<void>;
}
