// kill -9 of PostgreSQL in the middle of writes: what was acknowledged is there afterwards, and nothing else is.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../storage/postgres/embedded.ts';
import { openPostgresStorage, type SqlStorage } from '../../storage/postgres/postgres-storage.ts';
import { StorageError } from '../../storage/storage.ts';
import { Recorder } from '../../storage/testing/recorder.ts';
import { key } from './contract/backend.ts';
import { killPostgres } from './support/crash.ts';

jest.setTimeout(120_000);

describe('PostgreSQL killed in the middle of writes', () => {
  let directory: string;
  let postgres: EmbeddedPostgres;
  let storage: SqlStorage | undefined;

  beforeEach(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'pgplane-crash-'));
    chmodSync(directory, 0o755);
    await start();
  });
  afterEach(async () => {
    await storage?.close();
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function start(): Promise<void> {
    postgres = await startEmbeddedPostgres({ dataDirectory: path.join(directory, 'data') });
  }

  async function crash(): Promise<void> {
    killPostgres(postgres.pid);
    await postgres.exited;
  }

  /** Writers that each create one object after the other and note what was acknowledged, until a write fails. */
  async function writeUntilFailure(
    round: number,
    acknowledged: Map<string, number>,
    enough: () => void,
  ): Promise<void> {
    const writer = async (index: number) => {
      for (let count = 0; ; count++) {
        const name = `${round}-${index}-${count}`;
        try {
          const { revision } = await storage!.write({ type: 'create', key: key(name), uid: name, value: `"${name}"` });
          acknowledged.set(name, revision);
        } catch (error) {
          if (error instanceof StorageError && error.reason === 'Unavailable') return;
          throw error;
        }
        if (acknowledged.size > (round + 1) * 500) enough();
      }
    };
    await Promise.all(Array.from({ length: 32 }, (_, index) => writer(index)));
  }

  test('four times over: nothing acknowledged is lost, the revisions stay dense', async () => {
    const acknowledged = new Map<string, number>();
    for (let round = 0; round < 4; round++) {
      storage = await openPostgresStorage({ connection: postgres.connection, unavailableAfterMs: 0 });
      const { promise: enough, resolve } = Promise.withResolvers<void>();
      const writing = writeUntilFailure(round, acknowledged, resolve);
      await enough;
      await crash();
      await writing;
      await storage.close();
      await start();
      storage = await openPostgresStorage({ connection: postgres.connection });
      const { items, revision } = await storage.list({ resource: 'pods' });
      const stored = new Map(items.map((item) => [item.name, item]));
      for (const [name, given] of acknowledged) {
        expect(stored.get(name)).toEqual({ ...key(name), uid: name, revision: given, value: `"${name}"` });
      }
      const watch = await new Recorder(storage, 1).reaches(revision);
      expect(watch.events.map(({ object }) => object.revision)).toEqual(
        Array.from({ length: revision - 1 }, (_, index) => index + 2),
      );
      await storage.close();
    }
  });

  test('a server that waits for its return goes on: each write is applied once, watches miss nothing', async () => {
    storage = await openPostgresStorage({ connection: postgres.connection, unavailableAfterMs: 60_000 });
    const watch = new Recorder(storage, 1);
    const writes: Promise<unknown>[] = [];
    const results = new Set<number>();
    for (let index = 0; index < 600; index++) {
      const name = `p${index}`;
      const write = storage.write({ type: 'create', key: key(name), uid: name, value: '{}' });
      writes.push(write.then(({ revision }) => results.add(revision)));
      if (index % 50 === 0) await write;
      if (index === 110 || index === 310) {
        await crash();
        await start();
      }
    }
    await Promise.all(writes);
    await watch.reaches(601);
    expect(results.size).toBe(600);
    expect(watch.events.map(({ object }) => object.revision)).toEqual(
      Array.from({ length: 600 }, (_, index) => index + 2),
    );
    expect(watch.problems).toEqual([]);
  });
});
