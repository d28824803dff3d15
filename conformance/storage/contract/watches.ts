// Watches: every event once, in order, from any revision that history still holds, resumable, with progress.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Storage } from '../../../storage/storage.ts';
import { Recorder } from '../../../storage/testing/recorder.ts';
import { createAll, key, type OpenBackend, type StorageBackend } from './backend.ts';

export function describeWatches(backend: StorageBackend): void {
  describe('watches', () => {
    let open: OpenBackend;
    let storage: Storage;

    beforeEach(async () => {
      open = await backend.open();
      storage = open.storage;
    });
    afterEach(() => open.dispose());

    test('live: each write is one event, with the object as stored', async () => {
      const watch = new Recorder(storage, 1);
      await storage.write({ type: 'create', key: key('a'), uid: 'u1', value: '1' });
      await storage.write({ type: 'update', key: key('a'), value: '2' });
      await storage.write({ type: 'update', key: key('a'), value: '2' });
      await storage.write({ type: 'delete', key: key('a') });
      await watch.reaches(4);
      const object = { ...key('a'), uid: 'u1' };
      expect(watch.events).toEqual([
        { type: 'ADDED', object: { ...object, revision: 2, value: '1' } },
        { type: 'MODIFIED', object: { ...object, revision: 3, value: '2' } },
        { type: 'DELETED', object: { ...object, revision: 4, value: '2' } },
      ]);
      expect(watch.problems).toEqual([]);
    });

    test('from the past: the events since, then the live ones', async () => {
      await createAll(storage, [key('a'), key('b'), key('c')]);
      const watch = new Recorder(storage, 2);
      await watch.reaches(4);
      await createAll(storage, [key('d')]);
      await watch.reaches(5);
      expect(watch.summary).toEqual(['ADDED b@3', 'ADDED c@4', 'ADDED d@5']);
    });

    test('from each revision: resumes with exactly the events after it', async () => {
      await createAll(
        storage,
        ['a', 'b', 'c', 'd'].map((name) => key(name)),
      );
      await storage.write({ type: 'delete', key: key('b') });
      const all = (await new Recorder(storage, 1).reaches(6)).summary;
      for (let after = 1; after <= 6; after++) {
        const watch = await new Recorder(storage, after).reaches(6);
        expect(watch.summary).toEqual(all.slice(after - 1));
      }
    });

    test('of one resource: only its events, and progress past the others', async () => {
      await createAll(storage, [key('a'), key('s', 'default', 'secrets'), key('x', 'default', 'pods.metrics.k8s.io')]);
      const watch = new Recorder(storage, 1, 'pods');
      await watch.reaches(4);
      await createAll(storage, [key('t', 'default', 'secrets'), key('b')]);
      await watch.reaches(6);
      expect(watch.summary).toEqual(['ADDED a@2', 'ADDED b@6']);
    });

    test('a watch from a revision that lies ahead ends with FutureRevision', async () => {
      const watch = new Recorder(storage, 2);
      expect(await watch.ends()).toMatchObject({ reason: 'FutureRevision', revision: 1 });
    });

    test('after close no callback is called', async () => {
      const closed = new Recorder(storage, 1);
      const open = new Recorder(storage, 1);
      await createAll(storage, [key('a')]);
      await closed.reaches(2);
      closed.close();
      await createAll(storage, [key('b')]);
      await open.reaches(3);
      expect(closed.summary).toEqual(['ADDED a@2']);
      expect(closed.problems).toEqual([]);
    });

    test('a watch that is closed in its own callback is not called again', async () => {
      const seen: number[] = [];
      await new Promise<void>((resolve) => {
        const watch = storage.watch({
          afterRevision: 1,
          onEvents: (_, revision) => {
            seen.push(revision);
            watch.close();
            resolve();
          },
          onError: () => seen.push(-1),
        });
        void createAll(storage, [key('a')]);
      });
      const other = new Recorder(storage, 1);
      await createAll(storage, [key('b'), key('c')]);
      await other.reaches(4);
      expect(seen).toHaveLength(1);
    });

    test('a callback may write: every watch still sees the events in order', async () => {
      const first = storage.watch({
        afterRevision: 1,
        onEvents: (events) => {
          for (const { object } of events) {
            if (object.name === 'a') void storage.write({ type: 'create', key: key('b'), uid: 'u', value: '1' });
          }
        },
        onError: () => {},
      });
      const second = new Recorder(storage, 1);
      await createAll(storage, [key('a')]);
      await second.reaches(3);
      expect(second.summary).toEqual(['ADDED a@2', 'ADDED b@3']);
      expect(second.problems).toEqual([]);
      first.close();
    });

    test('a callback that throws ends its own watch only', async () => {
      const errors: unknown[] = [];
      const ended = Promise.withResolvers<void>();
      storage.watch({
        afterRevision: 1,
        onEvents: (events) => {
          if (events.length > 0) throw new Error('a bug of the caller');
        },
        onError: (error) => {
          errors.push(error.reason);
          ended.resolve();
        },
      });
      const other = new Recorder(storage, 1);
      await createAll(storage, [key('a'), key('b')]);
      // The two watches may be fed by different reads, so neither says anything of the other.
      await Promise.all([other.reaches(3), ended.promise]);
      expect(errors).toEqual(['Unavailable']);
    });

    test('closing the storage ends its watches with Closed', async () => {
      const watch = new Recorder(storage, 1);
      await storage.close();
      expect(await watch.ends()).toMatchObject({ reason: 'Closed' });
      const late = new Recorder(storage, 1);
      expect(await late.ends()).toMatchObject({ reason: 'Closed' });
    });

    test('watches that start in the middle of many writes miss nothing and repeat nothing', async () => {
      const total = 3000;
      const watches: Recorder[] = [];
      const writes: Promise<unknown>[] = [];
      for (let index = 0; index < total; index++) {
        writes.push(storage.write({ type: 'create', key: key(`p${index}`), uid: 'u', value: '{}' }));
        if (index % 300 === 0) {
          const { revision } = (await writes.at(-1)) as { revision: number };
          watches.push(new Recorder(storage, Math.max(1, revision - 150)));
        }
      }
      await Promise.all(writes);
      for (const watch of watches) {
        await watch.reaches(total + 1);
        const revisions = watch.events.map(({ object }) => object.revision);
        const first = revisions[0]!;
        expect(revisions).toEqual(Array.from({ length: total + 2 - first }, (_, index) => first + index));
        expect(watch.problems).toEqual([]);
      }
    });
  });
}
