// One watch from cache to client: order, slow clients, overruns, and events that cannot be encoded.
import { describe, expect, test } from '@jest/globals';
import type { RingLimits } from './event-ring.ts';
import { framingOf } from './framing.ts';
import { ResourceCache } from './resource-cache.ts';
import { Watcher, type WatchView } from './watcher.ts';

const framing = framingOf('v1', 'ConfigMap');

function cacheOf(limits: RingLimits = { maxEvents: 100, maxBytes: 1 << 20 }): ResourceCache {
  const cache = new ResourceCache(framing, () => ({ labels: undefined, fields: {} }), limits);
  cache.load([], 10);
  return cache;
}

function add(cache: ResourceCache, ...revisions: number[]): void {
  cache.apply(
    revisions.map((revision) => ({
      type: 'ADDED' as const,
      object: {
        resource: 'configmaps',
        namespace: 'n',
        name: `o${revision}`,
        uid: 'u',
        revision,
        value: '{"metadata":{}}',
      },
    })),
  );
}

/** A client that takes `room` writes at a time, until it is drained. */
class Client {
  readonly frames: string[] = [];
  room: number;
  #drained: (() => void) | undefined;

  constructor(room = Number.POSITIVE_INFINITY) {
    this.room = room;
  }

  write(frame: Buffer): boolean {
    this.frames.push(...frame.toString().trim().split(' '));
    this.room--;
    return this.room > 0;
  }

  onDrain(callback: () => void): void {
    this.#drained = callback;
  }

  drain(room: number): void {
    this.room = room;
    this.#drained?.();
  }
}

const view: WatchView = { key: 'all', frameOf: (event) => Buffer.from(`${event.revision} `) };

describe('Watcher', () => {
  test('catches up from its revision, then is told each batch', () => {
    const cache = cacheOf();
    add(cache, 11, 12);
    const client = new Client();
    const watcher = new Watcher(cache, view, client, 11, () => undefined);
    watcher.start();
    expect(watcher.live).toBe(true);
    add(cache, 13, 14);
    expect(client.frames).toEqual(['12', '13', '14']);
    watcher.close();
    add(cache, 15);
    expect(client.frames).toHaveLength(3);
    expect(cache.listenerCount).toBe(0);
  });

  test('one from the future is told nothing before its revision', () => {
    const cache = cacheOf();
    const client = new Client();
    new Watcher(cache, view, client, 12, () => undefined).start();
    add(cache, 11, 12, 13);
    add(cache, 14);
    expect(client.frames).toEqual(['13', '14']);
  });

  test('a slow client gets everything once it takes more', () => {
    const cache = cacheOf();
    const client = new Client(1);
    const watcher = new Watcher(cache, view, client, 10, () => undefined);
    watcher.start();
    for (let revision = 11; revision <= 20; revision++) add(cache, revision);
    expect(client.frames).toEqual(['11']);
    expect(watcher.live).toBe(false);
    client.drain(5);
    expect(client.frames).toEqual(Array.from({ length: 10 }, (_, i) => String(11 + i)));
    expect(watcher.live).toBe(true);
  });

  test('what the ring no longer holds overruns it, once', () => {
    const cache = cacheOf({ maxEvents: 4, maxBytes: 1 << 20 });
    const client = new Client(1);
    const ends: unknown[] = [];
    new Watcher(cache, view, client, 10, ({ reason }) => ends.push(reason)).start();
    for (let revision = 11; revision <= 30; revision++) add(cache, revision);
    client.drain(5);
    client.drain(5);
    expect(client.frames).toEqual(['11']);
    expect(ends).toEqual(['overrun']);
    expect(cache.listenerCount).toBe(0);
  });

  test('an older revision than the cache was loaded at is overrun from the start', () => {
    const ends: unknown[] = [];
    new Watcher(cacheOf(), view, new Client(), 9, ({ reason }) => ends.push(reason)).start();
    expect(ends).toEqual(['overrun']);
  });

  test('a cache that loads anew overruns it', () => {
    const cache = cacheOf();
    const ends: unknown[] = [];
    new Watcher(cache, view, new Client(), 10, ({ reason }) => ends.push(reason)).start();
    cache.load([], 50);
    expect(ends).toEqual(['overrun']);
  });

  test('an event that cannot be encoded ends this watch and no other', () => {
    const cache = cacheOf();
    const failure = new Error('no such form');
    const broken: WatchView = {
      key: 'broken',
      frameOf() {
        throw failure;
      },
    };
    const ends: unknown[] = [];
    const client = new Client();
    new Watcher(cache, broken, new Client(), 10, ({ failure: why }) => ends.push(why)).start();
    new Watcher(cache, view, client, 10, ({ failure: why }) => ends.push(why)).start();
    add(cache, 11);
    expect(client.frames).toEqual(['11']);
    expect(ends).toEqual([failure]);
    new Watcher(cache, broken, new Client(), 10, ({ failure: why }) => ends.push(why)).start();
    expect(ends).toEqual([failure, failure]);
  });
});
