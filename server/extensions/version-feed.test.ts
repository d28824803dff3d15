// Events in another version, however long decoding takes: in order, each once, and a failure ends watches instead of losing events.
import { expect, test } from '@jest/globals';
import type { CachedObject } from '../cache/cached-object.ts';
import { framingOf } from '../cache/framing.ts';
import { ResourceCache } from '../cache/resource-cache.ts';
import { Watcher } from '../cache/watcher.ts';
import type { VersionCodec } from '../registry/version-codec.ts';
import { VersionFeed } from './version-feed.ts';

const framing = framingOf('test.io/v1', 'Thing');

function cacheOf(): ResourceCache {
  const cache = new ResourceCache(framing, () => ({ labels: undefined, fields: {} }));
  cache.load([], 10);
  return cache;
}

function add(cache: ResourceCache, ...revisions: number[]): void {
  const object = (revision: number) => ({
    resource: 'things',
    namespace: '',
    name: `o${revision}`,
    uid: 'u',
    revision,
  });
  cache.apply(
    revisions.map((revision) => ({ type: 'ADDED', object: { ...object(revision), value: '{"metadata":{}}' } })),
  );
}

/** A codec that decodes when the test says so. */
class SlowCodec implements VersionCodec {
  readonly decodesBeforeSelection = true;
  readonly pending: { resolve(): void; reject(): void }[] = [];

  isCurrent = () => true;
  decode = (object: CachedObject) => object;
  encode = <Value>(object: Value) => object;

  decodeAll(objects: readonly CachedObject[]): Promise<readonly CachedObject[]> {
    return new Promise((resolve, reject) => {
      this.pending.push({ resolve: () => resolve(objects), reject: () => reject(new Error('no')) });
    });
  }

  source(): never {
    throw new Error('not asked for');
  }
}

function watch(feed: VersionFeed): { seen: string[]; ends: string[]; watcher: Watcher } {
  const seen: string[] = [];
  const ends: string[] = [];
  const view = { key: 'all', frameOf: ({ revision }: { revision: number }) => Buffer.from(`${revision} `) };
  const sink = {
    write: (frame: Buffer) => seen.push(...frame.toString().trim().split(' ')) > 0,
    onDrain: () => undefined,
  };
  const watcher = new Watcher(feed, view, sink, 10, ({ reason }) => ends.push(reason));
  watcher.start();
  return { seen, ends, watcher };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('batches come through in order, one at a time', async () => {
  const cache = cacheOf();
  const codec = new SlowCodec();
  const feed = new VersionFeed(cache, codec, () => undefined);
  const { seen, watcher } = watch(feed);
  add(cache, 11, 12);
  add(cache, 13);
  expect([codec.pending.length, watcher.live]).toEqual([1, false]);
  codec.pending[0]!.resolve();
  await turn();
  expect([seen, codec.pending.length]).toEqual([['11', '12'], 2]);
  codec.pending[1]!.resolve();
  await turn();
  expect([seen, watcher.live]).toEqual([['11', '12', '13'], true]);
});

test('begins with what the cache remembers', async () => {
  const cache = cacheOf();
  add(cache, 11, 12);
  const codec = new SlowCodec();
  const { seen } = watch(new VersionFeed(cache, codec, () => undefined));
  codec.pending[0]!.resolve();
  await turn();
  expect(seen).toEqual(['11', '12']);
});

test('a failure ends watches, which then know that they missed something', async () => {
  const cache = cacheOf();
  const codec = new SlowCodec();
  let over = false;
  const { seen, ends } = watch(
    new VersionFeed(cache, codec, () => {
      over = true;
    }),
  );
  add(cache, 11);
  codec.pending[0]!.reject();
  await turn();
  expect([seen, ends, over, cache.listenerCount]).toEqual([[], ['overrun'], true, 0]);
});

test('ends with its last listener, and with its resource', () => {
  const cache = cacheOf();
  const feed = new VersionFeed(cache, new SlowCodec(), () => undefined);
  const [a, b] = [watch(feed), watch(feed)];
  a.watcher.close();
  expect(cache.listenerCount).toBe(1);
  b.watcher.close();
  expect(cache.listenerCount).toBe(0);
  const other = watch(new VersionFeed(cache, new SlowCodec(), () => undefined));
  cache.close();
  expect(other.ends).toEqual(['closed']);
});
