// The storage contract on PGlite: the SQL of the PostgreSQL backend in one process without a server. It is slower, and
// what other processes and connections are for (a second server, losing a connection) does not arise.
import type { PGliteInterface } from '@electric-sql/pglite';
import { Kysely, PGliteDialect } from 'kysely';
import { migrateDatabase } from '../postgres/migrate.ts';
import { SqlStorage } from '../postgres/postgres-storage.ts';
import { createPgliteDriver } from './pglite-driver.ts';

/** Migrates the database where needed. Closing the storage leaves PGlite open. */
export async function openPgliteStorage(pglite: PGliteInterface): Promise<SqlStorage> {
  await migratePglite(pglite);
  const storage = new SqlStorage(createPgliteDriver(pglite));
  await storage.start();
  return storage;
}

/** The migrations of a PostgreSQL database, on PGlite. */
export async function migratePglite(pglite: PGliteInterface): Promise<void> {
  await migrateDatabase(new Kysely<unknown>({ dialect: new PGliteDialect({ pglite: withScripts(pglite) as never }) }));
}

type Queries = Pick<PGliteInterface, 'query' | 'exec'>;

/** PGlite's query() takes one statement; a migration is many, which is what exec() is for. */
function withScripts(pglite: PGliteInterface): object {
  const run =
    (target: Queries) =>
    async (text: string, values: unknown[] = [], options: object = {}) =>
      values.length > 0 ? target.query(text, values, options) : (await target.exec(text, options)).at(-1)!;
  return {
    ready: true,
    closed: false,
    query: run(pglite),
    transaction: (action: (transaction: object) => Promise<unknown>) =>
      pglite.transaction((transaction) =>
        action({ query: run(transaction as unknown as Queries), rollback: () => transaction.rollback() }),
      ),
  };
}
