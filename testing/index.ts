// The test kit, `pgplane/testing`: a real API server of its own for each test file, on a real PostgreSQL that the whole test
// process shares. The first cluster takes as long as PostgreSQL and the default objects; the next ones clone a database.
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientConfig } from 'pg';
import pino from 'pino';
import { kubeconfig } from '../server/auth/kubeconfig.ts';
import { defaultServerOptions, type ServerOptions } from '../server/options.ts';
import { type ApiServer, startServer } from '../server/server.ts';
import { MemoryStorage } from '../storage/memory/memory-storage.ts';
import { cloneDatabase, dropDatabase } from '../storage/postgres/databases.ts';
import { openPostgresStorage } from '../storage/postgres/postgres-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { createTestDatabase, testPostgres } from '../storage/testing/test-postgres.ts';
import { acquireDirectory, releaseDirectory, sharedTemplate, writePrivateFile } from './shared.ts';
import { restore, type Snapshot, takeSnapshot } from './snapshot.ts';

export interface ClusterOptions {
  /** `postgres` (the default) or `memory`, which starts a little faster and keeps nothing to query with SQL. */
  storage?: 'postgres' | 'memory';
  /** Anything that `pgplane server` can be told. */
  server?: Partial<ServerOptions>;
  /** Where logs go; silent by default. */
  logLevel?: 'silent' | 'warn' | 'info' | 'debug';
}

export interface Cluster {
  /** `https://127.0.0.1:port`. */
  url: string;
  port: number;
  /** PEM of the CA that the server's certificate is of. */
  certificateAuthority: string;
  /** Bearer token of a cluster administrator. */
  token: string;
  /** Text of an administrator's kubeconfig, and the file that holds it. */
  kubeconfig: string;
  kubeconfigPath: string;
  /** The database, for SQL; undefined with memory. */
  database: ClientConfig | undefined;
  storage: Storage;
  server: ApiServer;
  /** Back to the state right after the start: what was made is gone, what was deleted or changed is as before. */
  reset(): Promise<void>;
  /** Stops the API server and starts it again on the same port and database, as after a crash or an upgrade. */
  restart(): Promise<void>;
  /** Stops the server and removes the database and every file. Idempotent. */
  stop(): Promise<void>;
}

/** Where the rest of what a cluster needs is kept, and how its server is set up. */
interface Setup {
  options: ServerOptions;
  log: pino.Logger;
  token: string;
}

function setUp(options: ClusterOptions, directory: string): Setup {
  const token = randomBytes(16).toString('hex');
  const tokenAuthFile = join(directory, `${token.slice(0, 8)}.tokens.csv`);
  writePrivateFile(tokenAuthFile, `${token},cluster-admin,cluster-admin,"system:masters"\n`);
  return {
    token,
    log: pino({ level: options.logLevel ?? 'silent' }, pino.destination({ dest: 2, sync: true })),
    options: {
      ...defaultServerOptions,
      securePort: 0,
      certDirectory: join(directory, 'pki'),
      tokenAuthFile,
      ...options.server,
    },
  };
}

/** A database that holds the default objects already; made by the first cluster that needs it. */
async function bootstrappedTemplate({ options, log }: Setup): Promise<string> {
  const database = await createTestDatabase();
  const storage = await openPostgresStorage({ connection: database.connection });
  const server = await startServer(storage, { ...options, securePort: 0 }, log);
  await server.close();
  await storage.close();
  return database.name;
}

interface Opened {
  storage: Storage;
  database: ClientConfig | undefined;
  drop(): Promise<void>;
}

let clones = 0;

async function openDatabase(setup: Setup): Promise<Opened> {
  const [template, { admin }] = await Promise.all([sharedTemplate(() => bootstrappedTemplate(setup)), testPostgres()]);
  clones += 1;
  const name = `pgplane_cluster_${process.pid}_${Date.now().toString(36)}_${clones}`;
  const database = await cloneDatabase(admin, template, name);
  const drop = () => dropDatabase(admin, name);
  try {
    return { storage: await openPostgresStorage({ connection: database }), database, drop };
  } catch (error) {
    await drop();
    throw error;
  }
}

function openMemory(): Opened {
  return { storage: new MemoryStorage(), database: undefined, drop: async () => undefined };
}

/** Starts an isolated cluster. Many can run at the same time. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const directory = await acquireDirectory();
  try {
    const setup = setUp(options, directory);
    const opened = options.storage === 'memory' ? openMemory() : await openDatabase(setup);
    try {
      return await serve(setup, opened, directory);
    } catch (error) {
      await opened.storage.close();
      await opened.drop();
      throw error;
    }
  } catch (error) {
    await releaseDirectory();
    throw error;
  }
}

async function serve(setup: Setup, opened: Opened, directory: string): Promise<Cluster> {
  const server = await startServer(opened.storage, setup.options, setup.log);
  const { pki, url, port } = server;
  const text = kubeconfig({ server: url, certificateAuthority: pki.ca.certificate, credentials: pki.admin });
  const kubeconfigPath = join(directory, `${setup.token.slice(0, 8)}.kubeconfig`);
  writePrivateFile(kubeconfigPath, text);
  const snapshot: Snapshot = await takeSnapshot(opened.storage);
  const stop = async () => {
    await cluster.server.close(0);
    await opened.storage.close();
    await opened.drop();
    await Promise.all([rm(kubeconfigPath, { force: true }), rm(setup.options.tokenAuthFile!, { force: true })]);
    await releaseDirectory();
  };
  let stopped: Promise<void> | undefined;
  const cluster: Cluster = {
    url,
    port,
    certificateAuthority: pki.ca.certificate,
    token: setup.token,
    kubeconfig: text,
    kubeconfigPath,
    database: opened.database,
    storage: opened.storage,
    server,
    reset: () => restore(opened.storage, snapshot),
    restart: async () => {
      await cluster.server.close(0);
      cluster.server = await startServer(opened.storage, { ...setup.options, securePort: port }, setup.log);
    },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
  return cluster;
}
