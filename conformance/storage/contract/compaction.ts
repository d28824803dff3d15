// Compaction: what it forgets, and that what it keeps stays exact.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Storage } from '../../../storage/storage.ts';
import { Recorder } from '../../../storage/testing/recorder.ts';
import { createAll, errorOf, key, type OpenBackend, type StorageBackend } from './backend.ts';

export function describeCompaction(backend: StorageBackend): void {
  describe('compaction', () => {
    let open: OpenBackend;
    let storage: Storage;

    beforeEach(async () => {
      open = await backend.open();
      storage = open.storage;
    });
    afterEach(() => open.dispose());

    test('moves only forward, and never past the newest revision', async () => {
      await createAll(storage, [key('a'), key('b'), key('c')]);
      await storage.compact(3);
      expect(await storage.compactedRevision()).toBe(3);
      await storage.compact(2);
      expect(await storage.compactedRevision()).toBe(3);
      expect(await errorOf(storage.compact(5))).toMatchObject({ reason: 'FutureRevision', revision: 4 });
      await storage.compact(4);
      expect(await storage.compactedRevision()).toBe(4);
    });

    test('a list at an older revision fails with Compacted, at the compacted one it is exact', async () => {
      await createAll(storage, [key('a'), key('b')], 'old');
      await storage.write({ type: 'update', key: key('a'), value: 'new' });
      await storage.compact(3);
      await storage.write({ type: 'delete', key: key('b') });
      expect(await errorOf(storage.list({ resource: 'pods', revision: 2 }))).toMatchObject({
        reason: 'Compacted',
        revision: 3,
      });
      const { items } = await storage.list({ resource: 'pods', revision: 3 });
      expect(items.map(({ name, value }) => [name, value])).toEqual([
        ['a', 'old'],
        ['b', 'old'],
      ]);
    });

    test('objects are not touched, whenever they were written', async () => {
      const revision = await createAll(storage, [key('a'), key('b')]);
      await storage.compact(revision);
      expect((await storage.list({ resource: 'pods' })).items).toHaveLength(2);
      expect((await storage.get(key('a')))?.revision).toBe(2);
    });

    test('the state before a change stays exact when its own revision was compacted', async () => {
      await createAll(storage, [key('a'), key('b'), key('c')], 'old');
      await storage.compact(4);
      await storage.write({ type: 'update', key: key('a'), value: 'new' });
      await storage.write({ type: 'delete', key: key('b') });
      await storage.compact(4);
      const { items } = await storage.list({ resource: 'pods', revision: 4 });
      expect(items.map(({ name, revision, value }) => [name, revision, value])).toEqual([
        ['a', 2, 'old'],
        ['b', 3, 'old'],
        ['c', 4, 'old'],
      ]);
    });

    test('a watch after an older revision ends with Compacted, after the compacted one it goes on', async () => {
      await createAll(storage, [key('a'), key('b'), key('c')]);
      await storage.compact(3);
      const old = new Recorder(storage, 2);
      expect(await old.ends()).toMatchObject({ reason: 'Compacted', revision: 3 });
      expect(old.events).toEqual([]);
      const watch = new Recorder(storage, 3);
      await watch.reaches(4);
      expect(watch.summary).toEqual(['ADDED c@4']);
    });

    test('a live watch does not notice it', async () => {
      const watch = new Recorder(storage, 1);
      await createAll(storage, [key('a')]);
      await watch.reaches(2);
      await storage.compact(2);
      await createAll(storage, [key('b')]);
      await storage.compact(3);
      await createAll(storage, [key('c')]);
      await watch.reaches(4);
      expect(watch.summary).toEqual(['ADDED a@2', 'ADDED b@3', 'ADDED c@4']);
    });

    test.each(['leases.coordination.k8s.io', 'events'])('holds for %s as well', async (resource) => {
      await createAll(storage, [key('a', 'default', resource)], 'old');
      await storage.write({ type: 'update', key: key('a', 'default', resource), value: 'new' });
      const before = await storage.list({ resource, revision: 2 });
      expect(before.items[0]!.value).toBe('old');
      await storage.compact(3);
      expect(await errorOf(storage.list({ resource, revision: 2 }))).toMatchObject({ reason: 'Compacted' });
      expect(await new Recorder(storage, 2, resource).ends()).toMatchObject({ reason: 'Compacted' });
    });
  });
}
