// GET with watch=true: where it begins, what it tells of selector transitions, bookmarks, and how it ends.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import {
  ApiClient,
  configMap,
  core,
  type Document,
  namespaces,
  pod,
  summary,
  type WatchEvent,
} from './support/client.ts';

jest.setTimeout(30_000);

let cluster: Cluster;
let api: ApiClient;
beforeAll(async () => {
  cluster = await startCluster({ storage: 'memory', server: { watchBookmarkIntervalMilliseconds: 20 } });
  api = new ApiClient(cluster);
});
afterAll(() => cluster.stop());

const asTable = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
const asMetadata = { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' };

async function namespace(name: string): Promise<string> {
  await api.made(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return `${namespaces}/${name}/secrets`;
}

const secret = (name: string, labels: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, labels, ...metadata },
});

const isEnd = ({ object }: WatchEvent) => object.metadata?.annotations?.['k8s.io/initial-events-end'] === 'true';

describe('where a watch begins', () => {
  let path: string;
  let first: Document;
  beforeAll(async () => {
    path = await namespace('begin');
    first = await api.made(path, secret('a'));
    await api.made(path, secret('b'));
  });

  test.each([[''], ['?resourceVersion=0']])(
    'without a revision %j: what is there, then what follows',
    async (query) => {
      const watch = await api.watch(path + query);
      expect(summary([await watch.next(), await watch.next()])).toEqual(['ADDED a', 'ADDED b']);
      await api.patch(`${path}/a`, { metadata: { labels: { at: query.length.toString() } } });
      expect(summary([await watch.next()])).toEqual(['MODIFIED a']);
      watch.close();
    },
  );

  test('at N: every event after it', async () => {
    const watch = await api.watch(`${path}?resourceVersion=${first.metadata.resourceVersion}`);
    expect(summary([await watch.next()])).toEqual(['ADDED b']);
    expect(watch.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    watch.close();
  });

  test('in the future: events after it and none before', async () => {
    const now = Number((await api.get(path)).body.metadata.resourceVersion);
    const watch = await api.watch(`${path}?resourceVersion=${now + 1}`);
    await api.made(path, secret('not-told'));
    await api.made(path, secret('told'));
    expect(summary([await watch.next()])).toEqual(['ADDED told']);
    watch.close();
  });

  test('of one name, by field selector and by legacy path', async () => {
    for (const watch of [
      await api.watch(`${path}?fieldSelector=metadata.name=named`),
      await api.watch(`${path.replace('/namespaces', '/watch/namespaces')}/named`),
    ]) {
      await api.made(path, secret('other'));
      await api.made(path, secret('named'));
      expect(summary([await watch.next()])).toEqual(['ADDED named']);
      await api.delete(`${path}/other`);
      await api.delete(`${path}/named`);
      expect(summary([await watch.next()])).toEqual(['DELETED named']);
      watch.close();
    }
  });

  test('of one namespace sees no other; of all sees both', async () => {
    const from = (await api.get(path)).body.metadata.resourceVersion;
    const one = await api.watch(`${path}?resourceVersion=${from}`);
    const all = await api.watch(`/api/v1/watch/secrets?resourceVersion=${from}`);
    await api.made(core('secrets'), secret('elsewhere'));
    await api.made(path, secret('here'));
    expect(summary([await one.next()])).toEqual(['ADDED here']);
    expect(summary([await all.next(), await all.next()])).toEqual(['ADDED elsewhere', 'ADDED here']);
    one.close();
    all.close();
  });
});

describe('selector transitions', () => {
  test('what begins to match is ADDED, what ends is DELETED with the last state that matched', async () => {
    const path = await namespace('transitions');
    const watch = await api.watch(`${path}?labelSelector=in=yes`);
    await api.made(path, secret('t', { in: 'no' }));
    const entered = (await api.patch(`${path}/t`, { metadata: { labels: { in: 'yes' } } })).body;
    const left = (await api.patch(`${path}/t`, { metadata: { labels: { in: 'no', other: 'x' } } })).body;
    await api.patch(`${path}/t`, { metadata: { labels: { other: 'y' } } });
    await api.patch(`${path}/t`, { metadata: { labels: { in: 'yes' } } });
    await api.delete(`${path}/t`);
    const events = await watch.until(({ type, object }) => type === 'DELETED' && object.metadata.labels.other === 'y');
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'DELETED', 'ADDED', 'DELETED']);
    expect(events[0]!.object).toEqual(entered);
    const { resourceVersion } = left.metadata;
    expect(events[1]!.object).toEqual({ ...entered, metadata: { ...entered.metadata, resourceVersion } });
    watch.close();
  });

  test('by field selector', async () => {
    const watch = await api.watch(`${core('pods')}?fieldSelector=status.phase=Running`);
    await api.made(core('pods'), pod('phases'));
    await api.patch(`${core('pods', 'phases')}/status`, { status: { phase: 'Running' } });
    await api.patch(`${core('pods', 'phases')}/status`, { status: { phase: 'Failed' } });
    const events = [await watch.next(), await watch.next()];
    expect(events.map(({ type, object }) => [type, object.status.phase])).toEqual([
      ['ADDED', 'Running'],
      ['DELETED', 'Running'],
    ]);
    watch.close();
  });

  test('a delete tells the last state at the revision of the delete', async () => {
    const path = await namespace('deleted');
    const made = await api.made(path, secret('d'));
    const watch = await api.watch(`${path}?resourceVersion=${made.metadata.resourceVersion}`);
    await api.delete(`${path}/d`);
    const { type, object } = await watch.next();
    expect(type).toBe('DELETED');
    expect(Number(object.metadata.resourceVersion)).toBe(Number(made.metadata.resourceVersion) + 1);
    expect(object.metadata.uid).toBe(made.metadata.uid);
    watch.close();
  });
});

describe('bookmarks', () => {
  test('come where asked for, with the revision reached and nothing else', async () => {
    const path = await namespace('bookmarks');
    const { metadata } = await api.made(path, secret('a'));
    const watch = await api.watch(`${path}?allowWatchBookmarks=true&resourceVersion=${metadata.resourceVersion}`);
    await api.made(core('configmaps'), configMap('moves-the-revision'));
    const later = ({ type, object }: WatchEvent) =>
      type === 'BOOKMARK' && Number(object.metadata.resourceVersion) > Number(metadata.resourceVersion);
    const mark = (await watch.until(later)).at(-1)!;
    const { resourceVersion } = mark.object.metadata;
    expect(mark.object).toEqual({ kind: 'Secret', apiVersion: 'v1', metadata: { resourceVersion } });
    watch.close();
  });

  test('none come unasked', async () => {
    const path = await namespace('no-bookmarks');
    const watch = await api.watch(path);
    const asked = await api.watch(`${path}?allowWatchBookmarks=true`);
    await asked.until(({ type }) => type === 'BOOKMARK');
    await api.made(path, secret('a'));
    expect(summary([await watch.next()])).toEqual(['ADDED a']);
    watch.close();
    asked.close();
  });
});

describe('sendInitialEvents', () => {
  test('what is there, then the bookmark that says so, then what follows', async () => {
    const path = await namespace('streaming');
    await api.made(path, secret('a'));
    const b = await api.made(path, secret('b'));
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    for (const version of ['', '&resourceVersion=0', `&resourceVersion=${b.metadata.resourceVersion}`]) {
      const watch = await api.watch(`${path}?${query}${version}`);
      const events = await watch.until(isEnd);
      expect(events.map(({ type }) => type)).toEqual(['ADDED', 'ADDED', 'BOOKMARK']);
      expect(Number(events[2]!.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(
        Number(b.metadata.resourceVersion),
      );
      await api.patch(`${path}/a`, { metadata: { labels: { v: `x${version.length}` } } });
      const next = (await watch.until(({ type }) => type !== 'BOOKMARK')).at(-1)!;
      expect(summary([next])).toEqual(['MODIFIED a']);
      watch.close();
    }
  });

  test('false: only what follows', async () => {
    const path = await namespace('streaming-off');
    await api.made(path, secret('there'));
    const watch = await api.watch(`${path}?sendInitialEvents=false&resourceVersionMatch=NotOlderThan`);
    await api.made(path, secret('new'));
    expect(summary([await watch.next()])).toEqual(['ADDED new']);
    watch.close();
  });

  test.each([
    [
      'sendInitialEvents=true',
      'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    ],
    [
      'resourceVersionMatch=Exact&resourceVersion=1',
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
  ])('%s is refused', async (query, message) => {
    const { status, body } = await api.get(`${core('secrets')}?watch=true&${query}`);
    expect({ status, message: body.message }).toEqual({
      status: 422,
      message: `ListOptions.meta.k8s.io "" is invalid: ${message}`,
    });
  });

  test('of a revision of the future is 504', async () => {
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=99999999';
    const { status, body } = await api.get(`${core('secrets')}?${query}`);
    expect({ status, causes: body.details.causes }).toEqual({
      status: 504,
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    });
  });
});

describe('the end', () => {
  test('timeoutSeconds ends the watch cleanly, with a last bookmark', async () => {
    const watch = await api.watch(`${core('secrets')}?timeoutSeconds=1&allowWatchBookmarks=true`);
    expect(await watch.ended).toBe(true);
    expect(watch.events.at(-1)!.type).toBe('BOOKMARK');
  });

  test('timeoutSeconds of 0 and of many years do not end it', async () => {
    for (const seconds of [0, 4_000_000_000]) {
      const path = await namespace(`timeout-${seconds}`);
      const watch = await api.watch(`${path}?timeoutSeconds=${seconds}`);
      await api.made(path, secret('a'));
      expect(summary([await watch.next()])).toEqual(['ADDED a']);
      watch.close();
    }
  });

  test('a revision that is too old is an ERROR event with a 410', async () => {
    // A server that has just started knows nothing of the time before.
    await cluster.restart();
    const watch = await api.watch(`${core('secrets')}?resourceVersion=1`);
    expect(await watch.ended).toBe(true);
    expect(watch.status).toBe(200);
    expect(watch.events).toEqual([
      {
        type: 'ERROR',
        object: {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message: expect.stringMatching(/^too old resource version: 1 \(\d+\)$/),
          reason: 'Expired',
          code: 410,
        },
      },
    ]);
  });

  test('a server that stops completes the answer', async () => {
    const other = await startCluster({ storage: 'memory' });
    const watch = await new ApiClient(other).watch('/api/v1/namespaces');
    await watch.next();
    await other.stop();
    expect(await watch.ended).toBe(true);
  });
});

describe('other forms', () => {
  test('what cannot be streamed is 406', async () => {
    const list = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
    for (const accept of ['application/yaml', list]) {
      const { status, body } = await api.get(`${core('secrets')}?watch=true`, { accept });
      expect({ accept, status, kind: typeof body }).toEqual({ accept, status: 406, kind: expect.any(String) });
    }
  });

  test('Table: columns come with the first event only', async () => {
    const path = await namespace('tables');
    await api.made(path, secret('a'));
    const watch = await api.watch(path, asTable);
    await api.made(path, secret('b'));
    await api.delete(`${path}/a`);
    const events = [await watch.next(), await watch.next(), await watch.next()];
    expect(events.map(({ type, object }) => [type, object.kind, object.rows[0].cells[0]])).toEqual([
      ['ADDED', 'Table', 'a'],
      ['ADDED', 'Table', 'b'],
      ['DELETED', 'Table', 'a'],
    ]);
    expect(events[0]!.object.columnDefinitions.map(({ name }: Document) => name)).toEqual([
      'Name',
      'Type',
      'Data',
      'Age',
    ]);
    expect(events[1]!.object.columnDefinitions).toBeNull();
    expect(events[1]!.object.rows[0].object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'b' } });
    watch.close();
    const live = await api.watch(`${path}?includeObject=Object`, asTable);
    expect((await live.next()).object.columnDefinitions).toHaveLength(4);
    const { metadata } = (await api.get(path)).body;
    const late = await api.watch(`${path}?includeObject=None&resourceVersion=${metadata.resourceVersion}`, asTable);
    await api.made(path, secret('c'));
    expect((await live.next()).object.rows[0].object.kind).toBe('Secret');
    const first = await late.next();
    expect(first.object.columnDefinitions).toHaveLength(4);
    expect(first.object.rows[0].object).toBeNull();
    live.close();
    late.close();
  });

  test('PartialObjectMetadata', async () => {
    const path = await namespace('partial');
    const made = await api.made(path, secret('a', { l: 'v' }));
    const watch = await api.watch(`${path}?allowWatchBookmarks=true`, asMetadata);
    expect(await watch.next()).toEqual({
      type: 'ADDED',
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: made.metadata },
    });
    const mark = (await watch.until(({ type }) => type === 'BOOKMARK')).at(-1)!;
    expect(mark.object.kind).toBe('PartialObjectMetadata');
    watch.close();
  });
});

test('a bookmark is an empty object of the kind, in every form that the kind has', async () => {
  const query =
    'watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&labelSelector=no=ne';
  const { body } = await api.get('/apis');
  const groups = (body['groups'] as { versions: { groupVersion: string }[] }[]).flatMap(({ versions }) => versions);
  const paths = ['/api/v1', ...groups.map(({ groupVersion }) => `/apis/${groupVersion}`)];
  let watched = 0;
  for (const path of paths) {
    const { resources } = (await api.get(path)).body as unknown as {
      resources: { name: string; verbs: string[]; kind: string }[];
    };
    for (const { name, kind } of resources.filter(({ verbs }) => verbs.includes('watch'))) {
      for (const [headers, expected] of [
        [{}, kind],
        [asTable, 'Table'],
      ] as const) {
        const watch = await api.watch(`${path}/${name}?${query}`, headers);
        const { type, object } = await watch.next();
        watch.close();
        expect({ path, name, type, kind: object['kind'] }).toEqual({ path, name, type: 'BOOKMARK', kind: expected });
        if (expected === 'Table') continue;
        expect(object.metadata).toMatchObject({ annotations: { 'k8s.io/initial-events-end': 'true' } });
        watched++;
      }
    }
  }
  expect(watched).toBeGreaterThan(55);
  const pods = await api.watch(`/api/v1/pods?${query}`);
  expect((await pods.next()).object).toMatchObject({ spec: { containers: null }, status: {} });
  pods.close();
});
