// PostgreSQL as the contract suite sees it: a database of its own per test, connections to break, queries to count.
import { openPostgresStorage, type SqlStorage } from '../../../storage/postgres/postgres-storage.ts';
import { createTestDatabase } from '../../../storage/testing/test-postgres.ts';
import type { StorageBackend } from '../contract/backend.ts';

export const postgresBackend: StorageBackend = {
  name: 'PostgreSQL',
  async open() {
    const database = await createTestDatabase();
    const storages: SqlStorage[] = [];
    const openStorage = async () => {
      const storage = await openPostgresStorage({ connection: database.connection });
      storages.push(storage);
      return storage;
    };
    return {
      storage: await openStorage(),
      openPeer: openStorage,
      async dispose() {
        await Promise.all(storages.map((storage) => storage.close()));
        await database.drop();
      },
    };
  },
};
