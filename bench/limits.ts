// The physical limits that figures are compared with, measured on the same machine in the same run.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startEmbeddedPostgres } from '../storage/postgres/embedded.ts';
import { request, type Target } from './http.ts';
import { closedLoop } from './load.ts';
import { podBody } from './pod.ts';

export interface Limit {
  name: string;
  value: number;
  unit: string;
}

/**
 * Single-row commits per second with this many PostgreSQL connections, each waiting for one commit before it begins the next, in the
 * manner of pgbench. Without `databaseUrl` an embedded PostgreSQL of its own is used. The table is dropped again.
 */
export async function commitRate(connections: number, seconds: number, databaseUrl?: string): Promise<Limit> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'pgplane-bench-'));
  const scratch =
    databaseUrl === undefined ? await startEmbeddedPostgres({ dataDirectory: path.join(folder, 'data') }) : undefined;
  const config: pg.ClientConfig = scratch?.connection ?? { connectionString: databaseUrl };
  const table = `pgplane_bench_${process.pid}`;
  const clients = Array.from({ length: connections }, () => new pg.Client(config));
  try {
    for (const client of clients) await client.connect();
    await clients[0]!.query(`CREATE TABLE ${table} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, value text)`);
    const statement = {
      name: 'insert',
      text: `INSERT INTO ${table} (value) VALUES ($1)`,
      values: [podBody('limit', '0')],
    };
    let commits = 0;
    const start = performance.now();
    const commit = async (client: pg.Client): Promise<void> => {
      while (performance.now() - start < seconds * 1000) {
        await client.query(statement);
        commits++;
      }
    };
    await Promise.all(clients.map(commit));
    const value = commits / ((performance.now() - start) / 1000);
    await clients[0]!.query(`DROP TABLE ${table}`);
    return { name: `single-row commits at ${connections} connections`, value, unit: '/s' };
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    await scratch?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** fdatasync calls per second after appending one pod: what a write that shares its sync with no other could reach. */
export function syncRate(seconds: number): Limit {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'pgplane-bench-'));
  const file = openSync(path.join(folder, 'log'), 'a');
  const bytes = Buffer.from(podBody('limit', '0'));
  const start = performance.now();
  let syncs = 0;
  for (; performance.now() - start < seconds * 1000; syncs++) {
    writeSync(file, bytes);
    fdatasyncSync(file);
  }
  closeSync(file);
  rmSync(folder, { recursive: true });
  return { name: 'fdatasync of one appended pod', value: (syncs * 1000) / (performance.now() - start), unit: '/s' };
}

/** A bare `node:https` server in a process of its own that answers every request with the same `bytes` bytes. */
export interface BareServer {
  target: Target;
  process: ChildProcess;
  stop(): Promise<void>;
}

export async function startBareServer(bytes: number): Promise<BareServer> {
  const script = fileURLToPath(new URL('bare-server.ts', import.meta.url));
  const child = spawn(process.execPath, [script, String(bytes)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return {
    target: { host: '127.0.0.1', port: Number(line.toString()) },
    process: child,
    async stop() {
      child.kill();
      await once(child, 'exit');
    },
  };
}

/** Answers of `bytes` bytes per second from a bare `node:https` server, over the same client and as many connections. */
export async function bareReads(
  bytes: number,
  connections: number,
  seconds: number,
): Promise<Limit & { megabytesPerSecond: number }> {
  const server = await startBareServer(bytes);
  try {
    const get = request(server.target, 'GET', '/');
    await closedLoop(server.target, { connections, seconds: seconds / 3, request: () => get });
    const result = await closedLoop(server.target, { connections, seconds, request: () => get });
    const megabytesPerSecond = result.bytes / 1e6 / result.seconds;
    return { name: `bare node:https, ${bytes} bytes`, value: result.perSecond, unit: '/s', megabytesPerSecond };
  } finally {
    await server.stop();
  }
}
