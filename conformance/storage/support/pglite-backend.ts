// PGlite as the contract suite sees it: one instance for the test file, since starting it takes seconds, and a fresh
// schema for each test.
import { PGlite } from '@electric-sql/pglite';
import { createPgliteDriver } from '../../../storage/pglite/pglite-driver.ts';
import { migratePglite } from '../../../storage/pglite/pglite-storage.ts';
import { SqlStorage } from '../../../storage/postgres/postgres-storage.ts';
import type { StorageBackend } from '../contract/backend.ts';
import { counting } from './counting-driver.ts';

let instance: Promise<PGlite> | undefined;

export const pgliteBackend: StorageBackend = {
  name: 'PGlite',
  features: { peers: true, connections: false, reads: true },
  async open() {
    instance ??= PGlite.create();
    const pglite = await instance;
    await pglite.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    const reads = { count: 0 };
    await migratePglite(pglite);
    const storages: SqlStorage[] = [];
    const openStorage = async () => {
      const storage = new SqlStorage(counting(createPgliteDriver(pglite), reads));
      storages.push(storage);
      await storage.start();
      return storage;
    };
    return {
      storage: await openStorage(),
      openPeer: openStorage,
      countReads: () => reads.count,
      dispose: async () => {
        for (const storage of storages) await storage.close();
      },
    };
  },
};

/** For after the last test. */
export async function closePglite(): Promise<void> {
  await (await instance)?.close();
}
