// Informers against a real server: they follow, resume, list anew only when they must, and survive the server's end.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { parseLabelSelector } from '../apimachinery/selectors.ts';
import { until } from '../conformance/support/until.ts';
import { type Cluster, startCluster } from '../testing/index.ts';
import { Client } from './client.ts';
import type { Informer } from './informer.ts';
import { Informers } from './informers.ts';
import { ConfigMap, Namespace } from './kinds.ts';
import { silentLog, transports } from './testing/clients.ts';
import { type Transport, TransportError, type TransportRequest, type TransportResponse } from './transport.ts';

// The first cluster prepares a database, which takes its time on a busy machine.
jest.setTimeout(60_000);

/** Soon, so that tests do not wait; how long real ones wait is in `reflectorBackoff`. */
const backoff = { initialMs: 5, maxMs: 50, factor: 2, jitter: 0, resetMs: 1000 };

let cluster: Cluster;
let transport: Transport;
let client: Client;
let informers: Informers;
/** What was asked for, in order. */
const requests: string[] = [];
/** Answers instead of the server where it gives one. */
let intercept: (request: TransportRequest) => Promise<TransportResponse> | undefined;

function recording(inner: Transport): Transport {
  return {
    close: () => inner.close(),
    async send(request) {
      requests.push(`${request.method} ${request.path}`);
      const response = (await intercept(request)) ?? (await inner.send(request));
      return {
        status: response.status,
        header: (name) => response.header(name),
        text: () => response.text(),
        chunks: () => breakable(response),
      };
    },
  };
}

/** Breaks the connections that answers come over. */
let cut = new AbortController();

async function* breakable(response: TransportResponse): AsyncGenerator<Buffer> {
  const chunks = response.chunks()[Symbol.asyncIterator]();
  const { signal } = cut;
  const broken = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new TransportError('the connection broke')), { once: true });
  });
  broken.catch(() => undefined);
  try {
    for (;;) {
      const next = await Promise.race([chunks.next(), broken]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // It may be waiting for the next piece; what it waits for ends with the transport.
    if (!signal.aborted) await chunks.return?.();
  }
}

function names(informer: Informer<ConfigMap>): string[] {
  const found = informer.lister.list({ namespace: 'default' }).map(({ metadata }) => metadata.name);
  return found.filter((name) => name !== 'kube-root-ca.crt').sort();
}

const make = (name: string, more: object = {}) =>
  client.resource(ConfigMap).create({ metadata: { namespace: 'default', name }, ...more });
const remove = (name: string) => client.resource(ConfigMap).delete({ namespace: 'default', name });

describe.each(Object.entries(transports))('over %s', (_name, open) => {
  beforeEach(async () => {
    cluster = await startCluster();
    requests.length = 0;
    intercept = () => undefined;
    cut = new AbortController();
    transport = recording(open(cluster));
    client = new Client(transport);
    informers = new Informers(client, { log: silentLog, backoff });
  });

  afterEach(async () => {
    await informers.stop();
    await transport.close();
    await cluster.stop();
  });

  async function synced(): Promise<Informer<ConfigMap>> {
    const informer = informers.of(ConfigMap);
    informers.start();
    await informers.synced();
    return informer;
  }

  test('objects are cached, indexed and frozen, and handlers hear of changes in order', async () => {
    const first = await make('a', { data: { colour: 'red' } });
    const informer = informers.of(ConfigMap, { namespace: 'default' });
    informer.addIndex('colour', ({ data }) => (data?.['colour'] === undefined ? [] : [data['colour']]));
    expect(informers.of(ConfigMap, { namespace: 'default' })).toBe(informer);
    const heard: string[] = [];
    informer.addHandler({
      add: ({ metadata: { name } }) => void heard.push(`add ${name}`),
      update: (old, { data }) => void heard.push(`update ${old.data?.['colour']} ${data?.['colour']}`),
      delete: ({ metadata }, unknown) => void heard.push(`delete ${metadata.name} ${unknown}`),
    });
    await synced();
    expect(informer.lister.get('default', 'a')).toMatchObject({ kind: 'ConfigMap', data: { colour: 'red' } });
    await client.resource(ConfigMap).update({ ...first, data: { colour: 'blue' } });
    await make('b', { data: { colour: 'blue' } });
    await until('both blue', () => informer.lister.byIndex('colour', 'blue').length === 2);
    expect(informer.lister.byIndex('colour', 'red')).toEqual([]);
    expect(informer.lister.indexValues('colour')).toEqual(['blue']);
    await remove('a');
    await until('a gone', () => informer.lister.get('default', 'a') === undefined);
    expect(heard.filter((line) => !line.includes('kube-root-ca'))).toEqual([
      'add a',
      'update red blue',
      'add b',
      'delete a false',
    ]);
    const late: string[] = [];
    informer.addHandler({ add: ({ metadata }) => void late.push(metadata.name) });
    expect(late).toContain('b');
    const b = informer.lister.get('default', 'b')!;
    expect(() => {
      b.data!['colour'] = 'green';
    }).toThrow(TypeError);
    expect(b.metadata.managedFields).toBeUndefined();
  });

  test('a selection is an informer of its own; listers select by label', async () => {
    await make('a', { metadata: { namespace: 'default', name: 'a', labels: { tier: 'x' } } });
    await make('b', { metadata: { namespace: 'default', name: 'b', labels: { tier: 'y' } } });
    const some = informers.of(ConfigMap, { labelSelector: 'tier=x' });
    const all = await synced();
    expect(names(some)).toEqual(['a']);
    const selected = all.lister.list({ selector: parseLabelSelector('tier in (y)') });
    expect(selected.map(({ metadata }) => metadata.name)).toEqual(['b']);
    const partial = informers.metadataOf(ConfigMap);
    await partial.synced();
    expect(partial.lister.get('default', 'a')).toMatchObject({ kind: 'PartialObjectMetadata' });
    // Leaves the selection without being deleted.
    const patch = { metadata: { labels: { tier: 'y' } } };
    await client.resource(ConfigMap).patch({ namespace: 'default', name: 'a' }, 'merge', patch);
    await until('a has left', () => names(some).length === 0);
  });

  test('a broken connection resumes where it was, without a list, and misses nothing', async () => {
    const informer = await synced();
    const heard: string[] = [];
    informer.addHandler({ add: ({ metadata }) => void heard.push(metadata.name) });
    heard.length = 0;
    const wanted: string[] = [];
    for (let round = 0; round < 5; round++) {
      await make(`a-${round}`);
      const before = cut;
      cut = new AbortController();
      before.abort();
      await make(`b-${round}`);
      wanted.push(`a-${round}`, `b-${round}`);
    }
    await until('everything', () => heard.length >= wanted.length);
    expect(heard).toEqual(wanted);
    expect(informer.lists).toBe(1);
    const watches = requests.filter((request) => request.includes('/configmaps?')).slice(1);
    for (const watch of watches) expect(watch).toMatch(/[?&]resourceVersion=\d+/);
  });

  test('a server that has been started anew is followed on, with one list at most', async () => {
    const informer = await synced();
    await make('a');
    await until('a', () => names(informer).includes('a'));
    const heard: string[] = [];
    informer.addHandler({
      add: ({ metadata }) => void heard.push(`add ${metadata.name}`),
      delete: ({ metadata }) => void heard.push(`delete ${metadata.name}`),
    });
    heard.length = 0;
    const writer = new Client(transports['in-process'](cluster));
    await cluster.restart();
    await writer.resource(ConfigMap).create({ metadata: { namespace: 'default', name: 'b' } });
    await until('b', () => names(informer).includes('b'));
    expect(heard).toEqual(['add b']);
    // The ring of a server that has just started may begin after the last revision seen; then one list is due.
    expect(informer.lists).toBeLessThanOrEqual(2);
  });

  test('410 leads to a list, whose difference is told; what went meanwhile has an unknown final state', async () => {
    await make('stays');
    await make('goes');
    await make('again');
    const informer = await synced();
    const heard: string[] = [];
    informer.addHandler({
      add: ({ metadata }) => void heard.push(`add ${metadata.name}`),
      update: (_, { metadata }) => void heard.push(`update ${metadata.name}`),
      delete: ({ metadata }, unknown) => void heard.push(`delete ${metadata.name} ${unknown}`),
    });
    heard.length = 0;
    let refuse = true;
    intercept = (request) => {
      if (!refuse || !request.path.includes('/configmaps?') || !request.path.includes('resourceVersion='))
        return undefined;
      return Promise.resolve(answer(410, { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }));
    };
    await Promise.all([remove('goes'), remove('again')]);
    await make('again');
    await until('again', () => names(informer).join() === 'again,stays');
    heard.length = 0;
    const lists = informer.lists;
    // The server ends its watches; the next one is refused with 410 until a list was made.
    const cut = client.resource(ConfigMap);
    await cluster.server.close(0);
    await cluster.restart();
    await until('a list', () => informer.lists > lists);
    refuse = false;
    await cut.create({ metadata: { namespace: 'default', name: 'new' } });
    await until('new', () => names(informer).includes('new'));
    expect(heard).toEqual(['add new']);
  });

  test('a server that does not stream lists is asked for pages', async () => {
    intercept = (request) => {
      if (!request.path.includes('sendInitialEvents')) return undefined;
      const message = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
      return Promise.resolve(answer(422, { kind: 'Status', code: 422, reason: 'Invalid', message }));
    };
    await make('a');
    const informer = await synced();
    expect(names(informer)).toEqual(['a']);
    await make('b');
    await until('b', () => names(informer).includes('b'));
    expect(requests.filter((request) => request.includes('limit=500'))).toHaveLength(1);
  });

  test('synced rejects with the signal and when the informer is stopped; a stopped informer asks for nothing', async () => {
    intercept = () =>
      Promise.resolve(answer(503, { kind: 'Status', code: 503, reason: 'ServiceUnavailable', message: 'no' }));
    const informer = informers.of(Namespace);
    informers.start();
    await expect(informer.synced(AbortSignal.timeout(20))).rejects.toThrow('timeout');
    const never = informer.synced();
    await Promise.all([expect(never).rejects.toThrow('stopped before it had synced'), informers.stop()]);
    const asked = requests.length;
    informer.start();
    expect(requests).toHaveLength(asked);
  });
});

function answer(status: number, body: object): TransportResponse {
  const text = JSON.stringify(body);
  return {
    status,
    header: () => undefined,
    text: async () => text,
    async *chunks() {
      yield Buffer.from(text);
    },
  };
}
