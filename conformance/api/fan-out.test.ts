// Many watchers under many writers, and clients that do not read: what everyone is told.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { ApiClient, configMap, core, type WatchEvent } from './support/client.ts';

jest.setTimeout(30_000);

let cluster: Cluster;
let api: ApiClient;
const ring = { maxEvents: 64, maxBytes: 64 * 1024 * 1024 };
beforeAll(async () => {
  cluster = await startCluster({ storage: 'memory', server: { watchCacheRing: ring } });
  api = new ApiClient(cluster);
});
afterAll(() => cluster.stop());

const path = core('configmaps');
const named = (name: string) => (event: WatchEvent) => event.object.metadata?.name === name;

/** What a client that applies events to its own copy ends up with; throws where an event does not fit. */
function replay(events: readonly WatchEvent[]): Map<string, string> {
  const copy = new Map<string, string>();
  let last = 0;
  for (const { type, object } of events) {
    const { name, resourceVersion } = object.metadata;
    if (Number(resourceVersion) <= last) throw new Error(`revision ${resourceVersion} after ${last}`);
    last = Number(resourceVersion);
    if ((type === 'ADDED') === copy.has(name)) throw new Error(`${type} ${name} does not fit`);
    if (type === 'DELETED') copy.delete(name);
    else copy.set(name, resourceVersion);
  }
  return copy;
}

describe('many watchers, many writers', () => {
  test('everyone is told the same, in order, and can rebuild what is stored', async () => {
    const { metadata } = (await api.get(path)).body;
    const query = `?resourceVersion=${metadata.resourceVersion}`;
    const watches = await Promise.all(Array.from({ length: 30 }, () => api.watch(path + query)));
    const selected = await api.watch(`${path}${query}&labelSelector=odd=yes`);
    const writer = async (id: number) => {
      const name = `w${id}`;
      const labels = id % 2 === 1 ? { odd: 'yes' } : {};
      for (let round = 0; round < 3; round++) {
        await api.made(path, configMap(name, {}, { labels }));
        await api.patch(core('configmaps', name), { data: { round: String(round) } });
        if (round < 2) await api.delete(core('configmaps', name));
      }
    };
    await Promise.all(Array.from({ length: 16 }, (_, id) => writer(id)));
    await api.made(path, configMap('end', {}, { labels: { odd: 'yes' } }));
    const [first, ...others] = await Promise.all(watches.map((watch) => watch.until(named('end'))));
    expect(first).toHaveLength(16 * 8 + 1);
    for (const events of others) expect(events).toEqual(first);
    const stored = (await api.get(`${path}?labelSelector=`)).body.items.filter(
      (item: WatchEvent['object']) => item.metadata.name !== 'kube-root-ca.crt',
    );
    expect([...replay(first!)].sort()).toEqual(
      stored.map((item: WatchEvent['object']) => [item.metadata.name, item.metadata.resourceVersion]).sort(),
    );
    expect(await selected.until(named('end'))).toEqual(
      first!.filter(({ object }) => object.metadata.labels?.odd === 'yes'),
    );
    for (const watch of [...watches, selected]) watch.close();
  });
});

describe('a client that does not read', () => {
  const big = 'x'.repeat(500_000);

  test('is told what it missed when it reads again, as long as the server still has it', async () => {
    await api.made(path, configMap('slow'));
    const { metadata } = (await api.get(path)).body;
    const watch = await api.watch(`${path}?resourceVersion=${metadata.resourceVersion}`);
    watch.pause();
    for (let i = 0; i < 30; i++) await api.patch(core('configmaps', 'slow'), { data: { i: String(i), big } });
    watch.resume();
    const events = await watch.until(({ object }) => object.data?.i === '29');
    expect(events.map(({ object }) => object.data.i)).toEqual(Array.from({ length: 30 }, (_, i) => String(i)));
    watch.close();
  });

  test('is ended with 410 when the server has it no more', async () => {
    await api.made(path, configMap('overrun'));
    const { metadata } = (await api.get(path)).body;
    const watch = await api.watch(`${path}?resourceVersion=${metadata.resourceVersion}`);
    const quick = await api.watch(`${path}?resourceVersion=${metadata.resourceVersion}`);
    watch.pause();
    for (let i = 0; i < ring.maxEvents * 3; i++)
      await api.patch(core('configmaps', 'overrun'), { data: { i: String(i), big: i < 40 ? big : '' } });
    const last = String(ring.maxEvents * 3 - 1);
    expect(await quick.until(({ object }) => object.data?.i === last)).toHaveLength(ring.maxEvents * 3);
    watch.resume();
    expect(await watch.ended).toBe(true);
    const told = watch.events.slice(0, -1).map(({ object }) => object.data.i);
    expect(told).toEqual(told.map((_, i) => String(i)));
    expect(told.length).toBeLessThan(ring.maxEvents * 3);
    expect(watch.events.at(-1)).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    quick.close();
  });
});
