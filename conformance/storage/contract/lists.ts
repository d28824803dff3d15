// Lists: by resource and namespace, in pages, at the newest and at past revisions, while writers go on.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ListOptions, StoredObject } from '../../../storage/storage.ts';
import { createAll, errorOf, key, type OpenBackend, type StorageBackend } from './backend.ts';

export function describeLists(backend: StorageBackend): void {
  describe('lists', () => {
    let open: OpenBackend;
    const names = (items: readonly StoredObject[]) => items.map(({ namespace, name }) => `${namespace}/${name}`);

    beforeEach(async () => {
      open = await backend.open();
    });
    afterEach(() => open.dispose());

    test('an empty list has the newest revision', async () => {
      expect(await open.storage.list({ resource: 'pods' })).toEqual({ revision: 1, items: [], remaining: 0 });
      await createAll(open.storage, [key('a', 'default', 'secrets')]);
      const limited = await open.storage.list({ resource: 'pods', limit: 5 });
      expect(limited).toEqual({ revision: 2, items: [], remaining: 0 });
    });

    test('of one resource, in byte order of namespace and name', async () => {
      const keys = [
        key('b', 'ns1'),
        key('a', 'ns2'),
        key('B', 'ns1'),
        key('a-b', 'ns1'),
        key('a.b', 'ns1'),
        key('z', 'ns10'),
      ];
      await createAll(open.storage, [...keys, key('x', 'ns1', 'secrets'), key('y', 'ns1', 'pods.metrics.k8s.io')]);
      const { items, revision } = await open.storage.list({ resource: 'pods' });
      expect(names(items)).toEqual(['ns1/B', 'ns1/a-b', 'ns1/a.b', 'ns1/b', 'ns10/z', 'ns2/a']);
      expect(revision).toBe(9);
      expect(items[0]).toEqual({ ...key('B', 'ns1'), uid: 'uid-B', revision: 4, value: '{}' });
    });

    test('of one namespace, which is not a prefix', async () => {
      await createAll(open.storage, [key('a', 'ns1'), key('b', 'ns10'), key('c', 'ns'), key('d', 'ns1')]);
      const { items } = await open.storage.list({ resource: 'pods', namespace: 'ns1' });
      expect(names(items)).toEqual(['ns1/a', 'ns1/d']);
    });

    test('in pages: limit, after, and how many remain', async () => {
      await createAll(
        open.storage,
        ['a', 'b', 'c', 'd', 'e'].map((name) => key(name)),
      );
      const first = await open.storage.list({ resource: 'pods', limit: 2 });
      expect(first).toMatchObject({ revision: 6, remaining: 3 });
      const after = { namespace: 'default', name: 'b' };
      const second = await open.storage.list({ resource: 'pods', limit: 2, after });
      expect(names(second.items)).toEqual(['default/c', 'default/d']);
      expect(second.remaining).toBe(1);
      const last = await open.storage.list({ resource: 'pods', limit: 2, after: { namespace: 'default', name: 'd' } });
      expect(last).toMatchObject({ items: [{ name: 'e' }], remaining: 0 });
    });

    test('pages cross namespaces', async () => {
      await createAll(open.storage, [key('a', 'ns1'), key('b', 'ns1'), key('a', 'ns2'), key('b', 'ns2')]);
      const after = { namespace: 'ns1', name: 'b' };
      const { items } = await open.storage.list({ resource: 'pods', after });
      expect(names(items)).toEqual(['ns2/a', 'ns2/b']);
    });

    test('at a past revision: without what came later, with what was changed and deleted since', async () => {
      await createAll(open.storage, [key('changed'), key('deleted'), key('kept'), key('twice')], 'old');
      const revision = await open.storage.currentRevision();
      await open.storage.write({ type: 'update', key: key('changed'), value: 'new' });
      await open.storage.write({ type: 'update', key: key('twice'), value: 'new' });
      await open.storage.write({ type: 'update', key: key('twice'), value: 'newer' });
      await open.storage.write({ type: 'delete', key: key('deleted') });
      await open.storage.write({ type: 'create', key: key('deleted'), uid: 'u2', value: 'again' });
      await open.storage.write({ type: 'create', key: key('added'), uid: 'u3', value: 'new' });
      const past = await open.storage.list({ resource: 'pods', revision });
      expect(past.revision).toBe(revision);
      expect(past.items.map(({ name, uid, revision, value }) => [name, uid, revision, value])).toEqual([
        ['changed', 'uid-changed', 2, 'old'],
        ['deleted', 'uid-deleted', 3, 'old'],
        ['kept', 'uid-kept', 4, 'old'],
        ['twice', 'uid-twice', 5, 'old'],
      ]);
      const { items } = await open.storage.list({ resource: 'pods', revision: revision + 4 });
      expect(names(items)).toEqual(['default/changed', 'default/kept', 'default/twice']);
      expect(items[2]!.value).toBe('newer');
    });

    test('at every revision there was: the state that the writes up to it made', async () => {
      const states = await writeRandomly(open, 60);
      for (const [revision, state] of states) {
        const { items } = await open.storage.list({ resource: 'pods', revision });
        expect(Object.fromEntries(items.map(({ name, value }) => [name, value]))).toEqual(state);
      }
    });

    test('in pages at one revision while writers go on: exactly the objects of that revision', async () => {
      await createAll(
        open.storage,
        Array.from({ length: 40 }, (_, index) => key(`p${String(index).padStart(2, '0')}`)),
        'old',
      );
      const whole = await open.storage.list({ resource: 'pods' });
      let writing = true;
      const writer = (async () => {
        for (let index = 0; writing; index++) {
          const name = `p${String(index % 40).padStart(2, '0')}`;
          if (index % 3 === 0) await open.storage.write({ type: 'update', key: key(name), value: `new ${index}` });
          else if (index % 3 === 1)
            await open.storage.write({ type: 'create', key: key(`q${index}`), uid: 'u', value: 'new' });
          else await open.storage.write({ type: 'delete', key: key(`q${index - 1}`) });
        }
      })();
      const items: StoredObject[] = [];
      const options: ListOptions = { resource: 'pods', revision: whole.revision, limit: 7 };
      for (let remaining = 1; remaining > 0; ) {
        const page = await open.storage.list(options);
        items.push(...page.items);
        remaining = page.remaining;
        expect(items.length + remaining).toBe(40);
        const { namespace, name } = page.items.at(-1)!;
        options.after = { namespace, name };
      }
      writing = false;
      await writer;
      expect(items).toEqual(whole.items);
    });

    test('at a revision that lies ahead fails with FutureRevision', async () => {
      const error = await errorOf(open.storage.list({ resource: 'pods', revision: 2 }));
      expect(error).toMatchObject({ reason: 'FutureRevision', revision: 1 });
    });

    test('loadAll gives everything in order, and a watch from its revision misses nothing', async () => {
      const keys = Array.from({ length: 30 }, (_, index) => key(`n${index % 10}`, `ns${index % 3}`, `r${index % 2}`));
      const distinct = [...new Map(keys.map((each) => [JSON.stringify(each), each])).values()];
      await createAll(open.storage, distinct);
      const items: StoredObject[] = [];
      const revision = await open.storage.loadAll((page) => items.push(...page));
      expect(revision).toBe(await open.storage.currentRevision());
      const ordered = distinct.map(({ resource, namespace, name }) => `${resource}/${namespace}/${name}`).sort();
      expect(items.map(({ resource, namespace, name }) => `${resource}/${namespace}/${name}`)).toEqual(ordered);
    });

    test('loadAll of an empty storage calls for no page', async () => {
      const pages: unknown[] = [];
      expect(await open.storage.loadAll((page) => pages.push(page))).toBe(1);
      expect(pages).toEqual([]);
    });

    if (!backend.features.reads) return;

    test('one list is one query, however it is asked', async () => {
      const revision = await createAll(
        open.storage,
        ['a', 'b', 'c'].map((name) => key(name)),
      );
      const after = { namespace: 'default', name: 'a' };
      const variants: ListOptions[] = [
        { resource: 'pods' },
        { resource: 'pods', namespace: 'default', limit: 1, after },
        { resource: 'pods', revision: revision - 1 },
        { resource: 'pods', revision: revision - 1, limit: 1 },
        { resource: 'absent', limit: 1 },
      ];
      for (const options of variants) {
        const before = open.countReads!();
        await open.storage.list(options);
        expect(open.countReads!() - before).toBe(1);
      }
    });

    test('concurrent calls of currentRevision share queries', async () => {
      const before = open.countReads!();
      await Promise.all(Array.from({ length: 100 }, () => open.storage.currentRevision()));
      expect(open.countReads!() - before).toBeLessThanOrEqual(2);
    });
  });
}

/** Makes some changes to few keys; returns what was stored at each revision. */
async function writeRandomly({ storage }: OpenBackend, count: number): Promise<Map<number, Record<string, string>>> {
  const state: Record<string, string> = {};
  const states = new Map([[1, {}]]);
  for (let index = 0; index < count; index++) {
    const name = `k${(index * 7) % 5}`;
    const value = `v${index}`;
    if (state[name] === undefined) await storage.write({ type: 'create', key: key(name), uid: `u${index}`, value });
    else if (index % 3 === 0) await storage.write({ type: 'delete', key: key(name) });
    else await storage.write({ type: 'update', key: key(name), value });
    if (state[name] !== undefined && index % 3 === 0) delete state[name];
    else state[name] = value;
    states.set(await storage.currentRevision(), { ...state });
  }
  return states;
}
