// create, get, update, delete: what is stored, which revision it has, and how each fails.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { errorOf, key, type OpenBackend, type StorageBackend } from './backend.ts';

export function describeWrites(backend: StorageBackend): void {
  describe('writes', () => {
    let open: OpenBackend;
    const write = (operation: Parameters<OpenBackend['storage']['write']>[0]) => open.storage.write(operation);

    beforeEach(async () => {
      open = await backend.open();
    });
    afterEach(() => open.dispose());

    test('a storage that nothing was written to is at revision 1', async () => {
      expect(await open.storage.currentRevision()).toBe(1);
      expect(await open.storage.compactedRevision()).toBe(0);
    });

    test('create stores the object under the next revision', async () => {
      const value = '{"data":"\\"quotes\\", \\\\ and \\u0000, ünïcödé 🚀"}';
      const { revision, object } = await write({ type: 'create', key: key('a'), uid: 'u1', value });
      expect(revision).toBe(2);
      expect(object).toEqual({ ...key('a'), uid: 'u1', revision: 2, value });
      expect(await open.storage.get(key('a'))).toEqual(object);
      expect(await open.storage.currentRevision()).toBe(2);
    });

    test('create of a key that is taken fails with KeyExists and takes no revision', async () => {
      const { object } = await write({ type: 'create', key: key('a'), uid: 'u1', value: '1' });
      const error = await errorOf(write({ type: 'create', key: key('a'), uid: 'u2', value: '2' }));
      expect(error).toMatchObject({ reason: 'KeyExists', object });
      expect(await open.storage.currentRevision()).toBe(2);
    });

    test('the same name in another namespace or resource is another key', async () => {
      await write({ type: 'create', key: key('a'), uid: 'u1', value: '1' });
      await write({ type: 'create', key: key('a', 'other'), uid: 'u2', value: '2' });
      await write({ type: 'create', key: key('a', 'default', 'secrets'), uid: 'u3', value: '3' });
      await write({ type: 'create', key: key('a', '', 'nodes'), uid: 'u4', value: '4' });
      expect((await open.storage.get(key('a', 'other')))?.value).toBe('2');
      expect((await open.storage.get(key('a', '', 'nodes')))?.uid).toBe('u4');
      expect(await open.storage.currentRevision()).toBe(5);
    });

    test('get of a key that does not exist is undefined', async () => {
      expect(await open.storage.get(key('absent'))).toBeUndefined();
    });

    test('update without preconditions replaces the value and keeps the uid', async () => {
      await write({ type: 'create', key: key('a'), uid: 'u1', value: '1' });
      const { revision, object } = await write({ type: 'update', key: key('a'), value: '2' });
      expect(revision).toBe(3);
      expect(object).toEqual({ ...key('a'), uid: 'u1', revision: 3, value: '2' });
      expect(await open.storage.get(key('a'))).toEqual(object);
    });

    test('update to the stored value is a no-op: the same revision and no event', async () => {
      const created = await write({ type: 'create', key: key('a'), uid: 'u1', value: '1' });
      const updated = await write({
        type: 'update',
        key: key('a'),
        value: '1',
        preconditions: { revision: 2, uid: 'u1' },
      });
      expect(updated).toEqual(created);
      expect(await open.storage.currentRevision()).toBe(2);
    });

    test.each(['update', 'delete'] as const)('%s of a key that does not exist fails with KeyNotFound', async (type) => {
      const operation = type === 'update' ? { type, key: key('a'), value: '1' } : { type, key: key('a') };
      expect(await errorOf(write(operation))).toMatchObject({ reason: 'KeyNotFound', object: undefined });
      expect(await open.storage.currentRevision()).toBe(1);
    });

    const preconditions = [
      { name: 'the revision', given: { revision: 2 }, met: true },
      { name: 'an older revision', given: { revision: 1 }, met: false },
      { name: 'a newer revision', given: { revision: 3 }, met: false },
      { name: 'the uid', given: { uid: 'u1' }, met: true },
      { name: 'another uid', given: { uid: 'u2' }, met: false },
      { name: 'the revision and the uid', given: { revision: 2, uid: 'u1' }, met: true },
      { name: 'the revision and another uid', given: { revision: 2, uid: 'u2' }, met: false },
      { name: 'another revision and the uid', given: { revision: 9, uid: 'u1' }, met: false },
    ];
    for (const type of ['update', 'delete'] as const) {
      test.each(preconditions)(`${type} with $name as precondition: applies $met`, async ({ given, met }) => {
        const { object } = await write({ type: 'create', key: key('a'), uid: 'u1', value: '1' });
        const operation = type === 'update' ? { type, key: key('a'), value: '2' } : { type, key: key('a') };
        const attempt = write({ ...operation, preconditions: given });
        if (met) expect((await attempt).revision).toBe(3);
        else expect(await errorOf(attempt)).toMatchObject({ reason: 'Conflict', object });
        expect(await open.storage.currentRevision()).toBe(met ? 3 : 2);
      });
    }

    test('delete returns the last state with the revision of the delete', async () => {
      await write({ type: 'create', key: key('a'), uid: 'u1', value: '1' });
      const { revision, object } = await write({ type: 'delete', key: key('a') });
      expect(revision).toBe(3);
      expect(object).toEqual({ ...key('a'), uid: 'u1', revision: 3, value: '1' });
      expect(await open.storage.get(key('a'))).toBeUndefined();
    });

    test('a key can be created again after its deletion, with a uid of its own', async () => {
      await write({ type: 'create', key: key('a'), uid: 'u1', value: '1' });
      await write({ type: 'delete', key: key('a') });
      const { object } = await write({ type: 'create', key: key('a'), uid: 'u2', value: '1' });
      expect(object).toMatchObject({ uid: 'u2', revision: 4 });
    });

    test('a large value comes back whole', async () => {
      const value = JSON.stringify({ data: 'x"\\ü'.repeat(400_000) });
      await write({ type: 'create', key: key('big'), uid: 'u1', value });
      expect((await open.storage.get(key('big')))?.value).toBe(value);
    });

    test('in a batch in which one operation fails the others succeed, and only they take revisions', async () => {
      await write({ type: 'create', key: key('taken'), uid: 'u0', value: '0' });
      const results = await Promise.allSettled([
        write({ type: 'create', key: key('a'), uid: 'u1', value: '1' }),
        write({ type: 'create', key: key('taken'), uid: 'u2', value: '2' }),
        write({ type: 'update', key: key('absent'), value: '3' }),
        write({ type: 'update', key: key('taken'), value: '0' }),
        write({ type: 'create', key: key('b'), uid: 'u4', value: '4' }),
      ]);
      expect(results.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'rejected',
        'fulfilled',
        'fulfilled',
      ]);
      expect(await open.storage.currentRevision()).toBe(4);
      expect((await open.storage.get(key('b')))?.revision).toBe(4);
    });

    test('operations on one key apply in the order in which they were called', async () => {
      const results = await Promise.all([
        write({ type: 'create', key: key('a'), uid: 'u1', value: '1' }),
        write({ type: 'update', key: key('a'), value: '2' }),
        write({ type: 'delete', key: key('a') }),
        write({ type: 'create', key: key('a'), uid: 'u2', value: '3' }),
      ]);
      expect(results.map(({ revision }) => revision)).toEqual([2, 3, 4, 5]);
      expect(results[2]!.object.value).toBe('2');
    });

    test('of two writers with the same precondition exactly one succeeds', async () => {
      const { revision } = await write({ type: 'create', key: key('a'), uid: 'u1', value: '0' });
      const attempts = Array.from({ length: 20 }, (_, index) =>
        write({ type: 'update', key: key('a'), value: `${index + 1}`, preconditions: { revision } }),
      );
      const results = await Promise.allSettled(attempts);
      const won = results.filter(({ status }) => status === 'fulfilled');
      expect(won).toHaveLength(1);
      expect(await open.storage.currentRevision()).toBe(3);
    });

    test('after close every call fails with Closed', async () => {
      await open.storage.close();
      await open.storage.close();
      const { storage } = open;
      const calls = [
        () => storage.write({ type: 'delete', key: key('a') }),
        () => storage.get(key('a')),
        () => storage.list({ resource: 'pods' }),
        () => storage.loadAll(() => {}),
        () => storage.currentRevision(),
        () => storage.compact(1),
        () => storage.compactedRevision(),
        () => storage.ping(),
      ];
      for (const call of calls) expect(await errorOf(call())).toMatchObject({ reason: 'Closed' });
    });
  });
}
