// PostgreSQL as the contract suite sees it: a database of its own per test, connections to break, queries to count.
import pg from 'pg';
import { createPgDriver } from '../../../storage/postgres/pg-driver.ts';
import { SqlStorage } from '../../../storage/postgres/postgres-storage.ts';
import type { Storage } from '../../../storage/storage.ts';
import { createTestDatabase, type TestDatabase, testPostgres } from '../../../storage/testing/test-postgres.ts';
import type { OpenBackend, StorageBackend } from '../contract/backend.ts';
import { counting } from './counting-driver.ts';
import { openProcessStorage } from './process-storage.ts';

/** Both servers in this process. */
export const postgresBackend: StorageBackend = {
  name: 'PostgreSQL',
  features: { peers: true, connections: true, reads: true },
  open: () => open((database, reads) => openCounted(database, reads)),
};

/** Each further server in a process of its own. */
export const postgresBackendWithProcesses: StorageBackend = {
  name: 'PostgreSQL, processes',
  features: { peers: true, connections: true, reads: false },
  open: () => open(({ connection }) => openProcessStorage(connection)),
};

async function open(
  openPeer: (database: TestDatabase, reads: { count: number }) => Promise<Storage>,
): Promise<OpenBackend> {
  const database = await createTestDatabase();
  const reads = { count: 0 };
  const storages: Storage[] = [await openCounted(database, reads)];
  return {
    storage: storages[0]!,
    async openPeer() {
      const peer = await openPeer(database, reads);
      storages.push(peer);
      return peer;
    },
    countReads: () => reads.count,
    breakConnections: (which) => terminateBackends(database.name, which),
    async dispose() {
      await Promise.all(storages.map((storage) => storage.close()));
      await database.drop();
    },
  };
}

async function openCounted({ connection }: TestDatabase, reads: { count: number }): Promise<SqlStorage> {
  const driver = createPgDriver({ connection, poolSize: 4, onPoolError: () => {} });
  const storage = new SqlStorage(counting(driver, reads));
  await storage.start();
  return storage;
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
