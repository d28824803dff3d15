import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { until } from '../testing/until.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.ts';

jest.setTimeout(60_000);

describe('the embedded PostgreSQL', () => {
  let directory: string;
  let dataDirectory: string;
  let running: EmbeddedPostgres[];
  let children: ChildProcess[];

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'pgplane-embedded-'));
    chmodSync(directory, 0o755);
    dataDirectory = path.join(directory, 'data');
    running = [];
    children = [];
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    for (const postgres of running) await postgres.stop();
    await until(() => !existsSync(path.join(dataDirectory, 'postmaster.pid')));
    rmSync(directory, { recursive: true, force: true });
  });

  async function start(options: { ephemeral?: boolean; dataDirectory?: string } = {}): Promise<EmbeddedPostgres> {
    const postgres = await startEmbeddedPostgres({ dataDirectory, ...options });
    running.push(postgres);
    return postgres;
  }

  async function query(postgres: { connection: pg.ClientConfig }, text: string): Promise<unknown[]> {
    const client = new pg.Client(postgres.connection);
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** Another process that has PostgreSQL running on our data directory; resolves to PostgreSQL's process id. */
  async function startElsewhere(): Promise<{ child: ChildProcess; pid: number }> {
    const script = `const { startEmbeddedPostgres } = await import(${JSON.stringify(`${import.meta.dirname}/embedded.ts`)});
      const postgres = await startEmbeddedPostgres({ dataDirectory: ${JSON.stringify(dataDirectory)} });
      console.log(postgres.pid);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    for await (const line of createInterface(child.stdout!)) return { child, pid: Number(line) };
    throw new Error('it did not start');
  }

  const isRunning = (pid: number) => {
    try {
      // A zombie that nobody has waited for yet counts as gone.
      return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  };

  test('an absent data directory becomes a migrated cluster, which keeps what is written to it', async () => {
    const first = await start();
    expect(await query(first, 'SELECT revision FROM counter')).toEqual([{ revision: '1' }]);
    await query(first, 'UPDATE counter SET revision = 42');
    await first.stop();
    await first.stop();
    expect(isRunning(first.pid)).toBe(false);
    const second = await start();
    expect(await query(second, 'SELECT revision FROM counter')).toEqual([{ revision: '42' }]);
  });

  test('acknowledged means on disk', async () => {
    const settings = await query(
      await start(),
      `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses') ORDER BY name`,
    );
    expect(settings).toEqual([
      { name: 'fsync', setting: 'on' },
      { name: 'full_page_writes', setting: 'on' },
      { name: 'listen_addresses', setting: '' },
      { name: 'synchronous_commit', setting: 'on' },
    ]);
  });

  test('a data directory that a living process uses is refused', async () => {
    await start();
    await expect(start()).rejects.toThrow(`in use by process ${process.pid}`);
  });

  test('a directory with other files is refused and left alone', async () => {
    mkdirSync(dataDirectory);
    writeFileSync(path.join(dataDirectory, 'thesis.txt'), 'irreplaceable');
    await expect(start()).rejects.toThrow('neither empty nor');
    expect(readFileSync(path.join(dataDirectory, 'thesis.txt'), 'utf8')).toBe('irreplaceable');
  });

  test('a data directory of another major version is refused', async () => {
    await (await start()).stop();
    writeFileSync(path.join(dataDirectory, 'PG_VERSION'), '9\n');
    await expect(start()).rejects.toThrow('made by PostgreSQL 9');
  });

  test('it ends when the process that started it is killed, and the next one starts on its data', async () => {
    const { child, pid } = await startElsewhere();
    child.kill('SIGKILL');
    await until(() => !isRunning(pid));
    expect(await query(await start(), 'SELECT revision FROM counter')).toEqual([{ revision: '1' }]);
  });

  test('a start that comes while that one is still shutting down takes over', async () => {
    const { child, pid } = await startElsewhere();
    child.kill('SIGKILL');
    await until(() => !isRunning(child.pid!));
    const next = await start();
    expect(next.pid).not.toBe(pid);
    expect(isRunning(pid)).toBe(false);
  });

  test('killed itself, it recovers; a stale pid file that names another process does no harm', async () => {
    const first = await start();
    await query(first, 'UPDATE counter SET revision = 7');
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    const lock = path.join(dataDirectory, 'postmaster.pid');
    writeFileSync(lock, readFileSync(lock, 'utf8').replace(/^\d+/, String(process.pid)));
    expect(await query(await start(), 'SELECT revision FROM counter')).toEqual([{ revision: '7' }]);
  });

  test('a path too long for a socket is no obstacle', async () => {
    dataDirectory = path.join(directory, 'long'.repeat(25), 'data');
    const postgres = await start();
    expect(postgres.connection.host).not.toBe(dataDirectory);
    expect(await query(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await postgres.stop();
    expect(existsSync(postgres.connection.host)).toBe(false);
  });

  test('a directory that only we may enter is no obstacle, even as root', async () => {
    chmodSync(directory, 0o700);
    expect(await query(await start(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('an ephemeral one leaves nothing behind', async () => {
    const postgres = await start({ ephemeral: true });
    expect(existsSync(dataDirectory)).toBe(true);
    await postgres.stop();
    expect(existsSync(dataDirectory)).toBe(false);
  });
});
