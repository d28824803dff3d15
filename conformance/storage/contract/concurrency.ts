// Many writers against several watchers, in one process and in two, and connections that break meanwhile. A checker
// proves afterwards that no event was lost, repeated or reordered and that the revisions are dense.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Storage, StorageError, type WriteOperation, type WriteResult } from '../../../storage/storage.ts';
import { Recorder } from '../../../storage/testing/recorder.ts';
import { key, type OpenBackend, type StorageBackend } from './backend.ts';

const writers = 64;

export function describeConcurrency(backend: StorageBackend): void {
  describe('concurrency', () => {
    let open: OpenBackend;

    beforeEach(async () => {
      open = await backend.open();
    });
    afterEach(() => open.dispose());

    test('64 writers, four watchers: every event once, in order, at each watcher', async () => {
      const watches = startWatches([open.storage], 4);
      const log = await writeConcurrently([open.storage]);
      await checkWatches(watches, log, open.storage);
    });

    if (!backend.features.peers) return;

    test('the same with two servers on one database', async () => {
      const storages = [open.storage, await open.openPeer!()];
      const watches = startWatches(storages, 4);
      const log = await writeConcurrently(storages);
      await checkWatches(watches, log, open.storage);
    });

    test('a write that one server has acknowledged is seen by the other: get, list, currentRevision', async () => {
      const peer = await open.openPeer!();
      for (let index = 0; index < 20; index++) {
        const [writer, reader] = index % 2 ? [open.storage, peer] : [peer, open.storage];
        const each = key(`k${index}`);
        const { revision, object } = await writer.write({ type: 'create', key: each, uid: 'u', value: '{}' });
        expect(await reader.currentRevision()).toBe(revision);
        expect(await reader.get(each)).toEqual(object);
        expect(await reader.list({ resource: 'pods' })).toMatchObject({ revision, items: { length: index + 1 } });
      }
    });

    test('two servers racing for one key: exactly one wins each round', async () => {
      const storages = [open.storage, await open.openPeer!()];
      let { revision } = await open.storage.write({ type: 'create', key: key('a'), uid: 'u', value: '0' });
      for (let round = 1; round <= 30; round++) {
        const attempts = storages.map((storage, index) =>
          storage.write({ type: 'update', key: key('a'), value: `${round} ${index}`, preconditions: { revision } }),
        );
        const results = await Promise.allSettled(attempts);
        const won = results.filter((result) => result.status === 'fulfilled');
        expect(won).toHaveLength(1);
        revision = won[0]!.value.revision;
      }
      expect(await open.storage.currentRevision()).toBe(32);
    });

    if (!backend.features.connections) return;

    test.each(['writer', 'listener', 'all'] as const)('64 writers while the connections break: %s', async (which) => {
      const storages = [open.storage, await open.openPeer!()];
      const watches = startWatches(storages, 2);
      let breaks = 0;
      const breaking = (async () => {
        for (; breaks < 10; breaks++) await open.breakConnections!(which);
      })();
      const log = await writeConcurrently(storages, () => breaks < 10);
      await breaking;
      await checkWatches(watches, log, open.storage);
    });
  });
}

/** `TYPE name value` of each revision that a writer was told of. */
type Log = Map<number, string>;

function startWatches(storages: readonly Storage[], count: number): Recorder[] {
  return storages.flatMap((storage) => Array.from({ length: count }, () => new Recorder(storage, 1)));
}

/** 64 writers, each on keys that it shares with others, spread over the storages: 30 rounds each, and as long as `more`. */
async function writeConcurrently(storages: readonly Storage[], more = () => false): Promise<Log> {
  const log: Log = new Map();
  const writer = async (index: number) => {
    const storage = storages[index % storages.length]!;
    for (let round = 0; round < 30 || more(); round++) {
      const operation = nextOperation(index, round);
      const result = await attempt(storage, operation);
      if (result) record(log, operation, result);
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, index) => writer(index)));
  return log;
}

/** Writers of the same group of four work on the same few keys, so that many operations fail. */
function nextOperation(index: number, round: number): WriteOperation {
  const each = key(`group${Math.floor(index / 4)}-${round % 3}`);
  const value = `${index}.${round}`;
  const turn = (index + round) % 4;
  if (turn === 0) return { type: 'delete', key: each };
  if (turn === 1) return { type: 'create', key: each, uid: value, value };
  return { type: 'update', key: each, value };
}

async function attempt(storage: Storage, operation: WriteOperation): Promise<WriteResult | undefined> {
  try {
    return await storage.write(operation);
  } catch (error) {
    if (!(error instanceof StorageError) || error.reason === 'Unavailable') throw error;
    return undefined;
  }
}

const eventTypes = { create: 'ADDED', update: 'MODIFIED', delete: 'DELETED' };

function record(log: Log, operation: WriteOperation, { revision, object }: WriteResult): void {
  if (log.has(revision)) throw new Error(`revision ${revision} was given to two writes`);
  log.set(revision, `${eventTypes[operation.type]} ${object.name} ${object.value}`);
}

async function checkWatches(watches: readonly Recorder[], log: Log, storage: Storage): Promise<void> {
  const newest = await storage.currentRevision();
  expect([...log.keys()].sort((left, right) => left - right)).toEqual(
    Array.from({ length: newest - 1 }, (_, index) => index + 2),
  );
  const expected = Array.from({ length: newest - 1 }, (_, index) => log.get(index + 2));
  const late = new Recorder(storage, 1);
  for (const watch of [...watches, late]) {
    await watch.reaches(newest);
    expect(watch.problems).toEqual([]);
    expect(watch.events.map(({ type, object }) => `${type} ${object.name} ${object.value}`)).toEqual(expected);
    watch.close();
  }
}
