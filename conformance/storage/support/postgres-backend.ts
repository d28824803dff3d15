// PostgreSQL as the contract suite sees it: a database of its own per test, connections to break, queries to count.
import pg from 'pg';
import type { Driver } from '../../../storage/postgres/driver.ts';
import { createPgDriver } from '../../../storage/postgres/pg-driver.ts';
import { SqlStorage } from '../../../storage/postgres/postgres-storage.ts';
import { createTestDatabase, testPostgres } from '../../../storage/testing/test-postgres.ts';
import type { StorageBackend } from '../contract/backend.ts';

export const postgresBackend: StorageBackend = {
  name: 'PostgreSQL',
  async open() {
    const database = await createTestDatabase();
    const reads = { count: 0 };
    const storages: SqlStorage[] = [];
    const openStorage = async () => {
      const driver = createPgDriver({ connection: database.connection, poolSize: 4, onPoolError: () => {} });
      const storage = new SqlStorage(counting(driver, reads));
      storages.push(storage);
      await storage.start();
      return storage;
    };
    return {
      storage: await openStorage(),
      openPeer: openStorage,
      countReads: () => reads.count,
      breakConnections: (which) => terminateBackends(database.name, which),
      async dispose() {
        await Promise.all(storages.map((storage) => storage.close()));
        await database.drop();
      },
    };
  },
};

/** Counts what goes through the pool. */
export function counting(driver: Driver, reads: { count: number }): Driver {
  return {
    ...driver,
    query(statement, values) {
      reads.count += 1;
      return driver.query(statement, values);
    },
  };
}

/** Ends connections to the database, by their role (see Driver.connect). Resolves to how many there were. */
export async function terminateBackends(database: string, which: 'all' | 'listener' | 'writer'): Promise<number> {
  const { admin } = await testPostgres();
  const client = new pg.Client(admin);
  await client.connect();
  try {
    const text = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = $1 AND ($2 = 'all' OR application_name = 'pgplane ' || $2)`;
    const { rowCount } = await client.query(text, [database, which]);
    return rowCount ?? 0;
  } finally {
    await client.end();
  }
}
