// The driver over `pg`: a bounded pool for reads, and connections of their own for those who keep one.
import pg from 'pg';
import { encodeBigintArray, encodeTextArray } from './binary-array.ts';
import type { Driver, Row, Session, Statement } from './driver.ts';

export interface PgDriverOptions {
  connection: pg.ClientConfig;
  /** Connections of the read pool at most. */
  poolSize: number;
  /** Called with errors of idle pooled connections, which the pool replaces by itself. */
  onPoolError: (error: Error) => void;
}

const bigintOid = 20;
const pageSize = 2000;
// A server that has vanished without a word is given up after this time.
const queryTimeoutMs = 60_000;
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === bigintOid ? Number : pg.types.getTypeParser(oid, format)),
};

/** Opens no connection yet. */
export function createPgDriver({ connection, poolSize, onPoolError }: PgDriverOptions): Driver {
  const config: pg.ClientConfig = {
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    query_timeout: queryTimeoutMs,
    ...connection,
    types,
    application_name: 'pgplane',
  };
  const pool = new pg.Pool({ ...config, max: poolSize, idleTimeoutMillis: 60_000, allowExitOnIdle: false });
  pool.on('error', onPoolError);
  return {
    query: (statement, values) => run(pool, statement, values),
    connect: (role, onLost) => connect({ ...config, application_name: `pgplane ${role}` }, onLost),
    stream: (statement, onRows) => stream(config, statement, onRows),
    textArray: encodeTextArray,
    bigintArray: encodeBigintArray,
    close: () => pool.end(),
  };
}

async function run<Result extends Row>(
  target: pg.Pool | pg.Client,
  { name, text }: Statement,
  values: readonly unknown[] = [],
): Promise<Result[]> {
  const result = await target.query<Result>({ ...(name ? { name } : {}), text, values: values as unknown[] });
  return result.rows;
}

async function stream<Result extends Row>(
  config: pg.ClientConfig,
  { text }: Statement,
  onRows: (rows: Result[]) => void,
): Promise<void> {
  const client = new pg.Client(config);
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('BEGIN READ ONLY');
    await client.query(`DECLARE page NO SCROLL CURSOR FOR ${text}`);
    for (;;) {
      const { rows } = await client.query<Result>(`FETCH ${pageSize} FROM page`);
      if (rows.length > 0) onRows(rows);
      if (rows.length < pageSize) return;
    }
  } finally {
    client.end().catch(() => {});
  }
}

async function connect(config: pg.ClientConfig, onLost: (error: Error) => void): Promise<Session> {
  const client = new pg.Client(config);
  // While it connects, connect() is what fails.
  let ended = true;
  const lost = (error: Error) => {
    if (ended) return;
    ended = true;
    onLost(error);
    client.end().catch(() => {});
  };
  client.on('error', lost);
  client.on('end', () => lost(new Error('the connection to PostgreSQL ended')));
  try {
    await client.connect();
    ended = false;
  } catch (error) {
    client.end().catch(() => {});
    throw error;
  }
  return {
    query: (statement, values) => run(client, statement, values),
    async listen(channel, onNotification) {
      client.on('notification', (message) => {
        if (message.channel === channel) onNotification(message.payload ?? '');
      });
      await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    },
    async close() {
      ended = true;
      await client.end();
    },
  };
}
