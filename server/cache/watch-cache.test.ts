// Resources that come and go while the cache follows storage.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pino from 'pino';
import { MemoryStorage } from '../../storage/memory/memory-storage.ts';
import { framingOf } from './framing.ts';
import { ResourceCache } from './resource-cache.ts';
import { WatchCache } from './watch-cache.ts';
import { Watcher } from './watcher.ts';

let storage: MemoryStorage;
let cache: WatchCache;
beforeEach(async () => {
  storage = new MemoryStorage();
  cache = new WatchCache(storage, new Map(), pino({ level: 'silent' }));
  await cache.start();
});
afterEach(async () => {
  cache.close();
  await storage.close();
});

const resource = 'things.test.io';
const things = () => new ResourceCache(framingOf('test.io/v1', 'Thing'), () => ({ labels: undefined, fields: {} }));

function create(name: string): Promise<unknown> {
  const value = JSON.stringify({ kind: 'Thing', apiVersion: 'test.io/v1', metadata: { name } });
  return storage.write({ type: 'create', key: { resource, namespace: '', name }, uid: name, value });
}

const names = (added: ResourceCache) => added.list().map(({ metadata }) => metadata.name);

test('a resource that is added holds what was there, and follows', async () => {
  await create('before');
  const added = things();
  await cache.add(resource, added);
  expect(names(added)).toEqual(['before']);
  await create('later');
  await cache.waitFresh();
  expect(names(added)).toEqual(['before', 'later']);
  await expect(cache.add(resource, things())).rejects.toThrow('cached already');
});

test('writes while a resource is read are neither lost nor applied twice', async () => {
  for (let round = 0; round < 20; round++) {
    const added = things();
    const writes: Promise<unknown>[] = [];
    for (let i = 0; i < 5; i++) writes.push(create(`r${round}-${i}`));
    const adding = cache.add(resource, added);
    for (let i = 5; i < 10; i++) writes.push(create(`r${round}-${i}`));
    await Promise.all([...writes, adding]);
    await cache.waitFresh();
    expect(added.size).toBe((round + 1) * 10);
    expect(cache.revision).toBe(await storage.currentRevision());
    cache.remove(resource);
  }
});

test('a resource that is removed ends its watches and is forgotten', async () => {
  const added = things();
  await cache.add(resource, added);
  const ends: string[] = [];
  const view = { key: 'all', frameOf: () => Buffer.from('x') };
  const sink = { write: () => true, onDrain: () => undefined };
  new Watcher(added, view, sink, cache.revision, ({ reason }) => ends.push(reason)).start();
  cache.remove(resource);
  expect(ends).toEqual(['closed']);
  expect(() => cache.resource(resource)).toThrow('no watch cache');
  await create('unseen');
  await cache.waitFresh();
  expect(added.size).toBe(0);
});
