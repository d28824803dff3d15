// One more API server on a cluster's database, as a second replica would be.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { defaultServerOptions } from '../../../server/options.ts';
import { startServer } from '../../../server/server.ts';
import { openPostgresStorage } from '../../../storage/postgres/postgres-storage.ts';
import type { Cluster } from '../../../testing/index.ts';
import { ApiClient } from './client.ts';

export interface SecondServer {
  api: ApiClient;
  stop(): Promise<void>;
}

/** Starts it; the cluster must be on PostgreSQL. It has certificates of its own and the same administrator token. */
export async function startSecondServer(cluster: Cluster): Promise<SecondServer> {
  const directory = await mkdtemp(join(tmpdir(), 'pgplane-second-'));
  const tokenAuthFile = join(directory, 'tokens.csv');
  await writeFile(tokenAuthFile, `${cluster.token},cluster-admin,cluster-admin,"system:masters"\n`, { mode: 0o600 });
  const storage = await openPostgresStorage({ connection: cluster.database! });
  const options = { ...defaultServerOptions, securePort: 0, certDirectory: join(directory, 'pki'), tokenAuthFile };
  const server = await startServer(storage, options, pino({ level: 'silent' }));
  return {
    api: new ApiClient({ port: server.port, token: cluster.token }),
    stop: async () => {
      await server.close(0);
      await storage.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
