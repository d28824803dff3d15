// What is written in one served version is read in each of the others: as JSON, table, metadata and protobuf, and in watches.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { ApiClient, type Document } from './support/client.ts';

jest.setTimeout(30_000);

let cluster: Cluster;
let api: ApiClient;
beforeAll(async () => {
  cluster = await startCluster({ storage: 'memory' });
  api = new ApiClient(cluster);
});
afterAll(() => cluster.stop());

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const scaler = (version: string, name: string, spec: object): Document => ({
  apiVersion: `autoscaling/${version}`,
  kind: 'HorizontalPodAutoscaler',
  metadata: { name },
  spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 3, ...spec },
});
const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };
const memory = {
  type: 'Resource',
  resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } },
};
const regarding = { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'p' };

interface Case {
  /** Collection in which it is written, and in which it is read. */
  written: string;
  read: string;
  object(name: string): Document;
  /** What the other version says of it. */
  shows: object;
}

const inGroup = (groupVersion: string, resource: string) => `/apis/${groupVersion}/namespaces/default/${resource}`;
const cases: [string, Case][] = [
  [
    'an HPA of v1 in v2',
    {
      written: inGroup('autoscaling/v1', 'horizontalpodautoscalers'),
      read: inGroup('autoscaling/v2', 'horizontalpodautoscalers'),
      object: (name) => scaler('v1', name, { targetCPUUtilizationPercentage: 50 }),
      shows: { apiVersion: 'autoscaling/v2', spec: { metrics: [cpu], maxReplicas: 3 } },
    },
  ],
  [
    'an HPA of v2 in v1, what v1 has no field for as an annotation',
    {
      written: inGroup('autoscaling/v2', 'horizontalpodautoscalers'),
      read: inGroup('autoscaling/v1', 'horizontalpodautoscalers'),
      object: (name) => scaler('v2', name, { metrics: [cpu, memory] }),
      shows: {
        apiVersion: 'autoscaling/v1',
        metadata: {
          annotations: { 'autoscaling.alpha.kubernetes.io/metrics': expect.stringContaining('"name":"memory"') },
        },
        spec: { targetCPUUtilizationPercentage: 50 },
      },
    },
  ],
  [
    'a core Event in events.k8s.io',
    {
      written: '/api/v1/namespaces/default/events',
      read: inGroup('events.k8s.io/v1', 'events'),
      object: (name) => ({
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name },
        involvedObject: regarding,
        reason: 'Tested',
        message: 'what happened',
        source: { component: 'test' },
        type: 'Normal',
        count: 2,
      }),
      shows: {
        apiVersion: 'events.k8s.io/v1',
        regarding,
        note: 'what happened',
        deprecatedCount: 2,
        deprecatedSource: { component: 'test' },
      },
    },
  ],
  [
    'an Event of events.k8s.io in core',
    {
      written: inGroup('events.k8s.io/v1', 'events'),
      read: '/api/v1/namespaces/default/events',
      object: (name) => ({
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name },
        eventTime: '2026-01-01T00:00:00.000000Z',
        reportingController: 'example.com/test',
        reportingInstance: 'one',
        action: 'Testing',
        regarding,
        reason: 'Tested',
        note: 'what happened',
        type: 'Normal',
      }),
      shows: {
        apiVersion: 'v1',
        involvedObject: regarding,
        message: 'what happened',
        reportingComponent: 'example.com/test',
      },
    },
  ],
];

describe.each(cases)('%s', (_, { written, read, object, shows }) => {
  const name = `served-${cases.findIndex(([, each]) => each.read === read && each.written === written)}`;
  let made: Document;
  beforeAll(async () => {
    made = await api.made(written, object(name));
  });

  test('as JSON, alone and in a list', async () => {
    const { body } = await api.get(`${read}/${name}`);
    expect(body).toMatchObject({ ...shows, kind: made.kind });
    expect(body.metadata.uid).toBe(made.metadata.uid);
    const list = (await api.get(`${read}?fieldSelector=metadata.name%3D${name}`)).body;
    expect(list.items).toMatchObject([{ metadata: { uid: made.metadata.uid } }]);
  });

  test('as a table, as metadata and as protobuf', async () => {
    const as = (kind: string) => ({ accept: `application/json;as=${kind};v=v1;g=meta.k8s.io` });
    const table = (await api.get(`${read}/${name}`, as('Table'))).body;
    expect([table.kind, table.rows[0].object.metadata.uid]).toEqual(['Table', made.metadata.uid]);
    const metadata = (await api.get(`${read}/${name}`, as('PartialObjectMetadata'))).body;
    expect(metadata.metadata.uid).toBe(made.metadata.uid);
    const { status, body } = await api.get(`${read}/${name}`, { accept: 'application/vnd.kubernetes.protobuf' });
    expect([status, body.slice(0, 3)]).toEqual([200, 'k8s']);
    expect(body).toContain(made.metadata.uid);
  });

  test('in a watch, and after a change through the other version', async () => {
    const watch = await api.watch(`${read}?fieldSelector=metadata.name%3D${name}`);
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: shows });
    const path = `${written}/${name}`;
    expect((await api.patch(path, { metadata: { labels: { changed: 'yes' } } })).status).toBe(200);
    expect(await watch.next()).toMatchObject({
      type: 'MODIFIED',
      object: { metadata: { labels: { changed: 'yes' } } },
    });
    watch.close();
  });
});
