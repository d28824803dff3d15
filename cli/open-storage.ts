// Opens what the flags ask for: the embedded PostgreSQL, another one by URL, or memory.
import { join } from 'node:path';
import type { Logger } from 'pino';
import { startMaintenance } from '../storage/maintenance.ts';
import { MemoryStorage } from '../storage/memory/memory-storage.ts';
import { startEmbeddedPostgres } from '../storage/postgres/embedded.ts';
import { migrate } from '../storage/postgres/migrate.ts';
import { openPostgresStorage } from '../storage/postgres/postgres-storage.ts';
import type { Storage } from '../storage/storage.ts';
import type { ServerFlags } from './flags.ts';

export interface OpenedStorage {
  storage: Storage;
  /** What it is, for the start-up lines. */
  description: string;
  /** Resolves when the database has ended by itself; never where it is not ours. */
  ended: Promise<void>;
  close(): Promise<void>;
}

const never = new Promise<void>(() => undefined);

function openMemory(): OpenedStorage {
  const storage = new MemoryStorage();
  return {
    storage,
    description: 'in memory: everything is forgotten at the end',
    ended: never,
    close: () => storage.close(),
  };
}

type Connection = Parameters<typeof openPostgresStorage>[0]['connection'];

async function openPostgres(
  connection: Connection,
  flags: ServerFlags,
  log: Logger,
): Promise<{ storage: Storage; close(): Promise<void> }> {
  await migrate(connection);
  const storage = await openPostgresStorage({
    connection,
    log: (level, message) => log[level]({ part: 'storage' }, message),
  });
  const maintenance = startMaintenance({
    storage,
    intervalMs: flags.compactionInterval * 1000,
    retentionMs: flags.compactionRetention * 1000,
    eventTtlMs: flags.eventTtl * 1000,
    log: (level, message) => log[level]({ part: 'maintenance' }, message),
  });
  return {
    storage,
    close: async () => {
      await maintenance.close();
      await storage.close();
    },
  };
}

export async function openStorage(flags: ServerFlags, log: Logger): Promise<OpenedStorage> {
  if (flags.storageBackend === 'memory') return openMemory();
  if (flags.databaseUrl !== undefined) {
    const opened = await openPostgres({ connectionString: flags.databaseUrl }, flags, log);
    const { host, pathname } = new URL(flags.databaseUrl);
    return { ...opened, description: `${host}${pathname}`, ended: never };
  }
  const postgres = await startEmbeddedPostgres({
    dataDirectory: join(flags.dataDir, 'postgres'),
    log: (message) => log.info({ part: 'postgres' }, message),
  });
  try {
    const opened = await openPostgres(postgres.connection, flags, log);
    const close = async () => {
      await opened.close();
      await postgres.stop();
    };
    return {
      storage: opened.storage,
      description: `embedded, in ${join(flags.dataDir, 'postgres')}`,
      ended: postgres.exited,
      close,
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}
