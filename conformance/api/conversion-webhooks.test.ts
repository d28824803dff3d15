// Custom resources whose versions a webhook converts: reads, lists, selectors, watches and writes in each version, what a webhook may change,
// and what clients are told when it fails (stands for [sig-api-machinery] CustomResourceConversionWebhook of upstream's e2e suite).
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { until } from '../support/until.ts';
import { ApiClient, type Document } from './support/client.ts';
import { ConversionWebhook, type Spoil } from './support/conversion-webhook.ts';
import { definition, established, path, specSchema } from './support/custom.ts';

jest.setTimeout(30_000);

let cluster: Cluster;
let api: ApiClient;
let webhook: ConversionWebhook;
beforeAll(async () => {
  cluster = await startCluster();
  api = new ApiClient(cluster);
  webhook = new ConversionWebhook();
  await webhook.start();
});
afterAll(async () => {
  await cluster.stop();
  await webhook.stop();
});
afterEach(() => {
  webhook.spoil = undefined;
});

const group = 'convert.io';
const gears = (version: string, name = '') => path(group, version, 'gears', name);
const gear = (version: string, name: string, spec: object): Document => ({
  apiVersion: `${group}/${version}`,
  kind: 'Gear',
  metadata: { name },
  spec,
});

function conversion(): Document {
  const { url, caBundle } = webhook;
  return {
    strategy: 'Webhook',
    webhook: { clientConfig: { url, caBundle }, conversionReviewVersions: ['v1'] },
  };
}

beforeAll(async () => {
  const versions = [
    { name: 'v1', served: true, storage: true, schema: specSchema({ color: { type: 'string' } }) },
    {
      name: 'v2',
      served: true,
      storage: false,
      schema: specSchema({ hue: { type: 'string' }, size: { type: 'integer', default: 1 } }),
      selectableFields: [{ jsonPath: '.spec.hue' }],
    },
  ];
  await established(api, definition(group, 'Gear', { versions, conversion: conversion() }));
});

describe('a conversion webhook', () => {
  test('makes each object readable and writable in each version', async () => {
    await api.made(gears('v1'), gear('v1', 'one', { color: 'red' }));
    const made = await api.made(gears('v2'), gear('v2', 'two', { hue: 'blue' }));
    expect(made.spec).toEqual({ hue: 'blue' });
    expect((await api.get(gears('v1', 'two'))).body.spec).toEqual({ color: 'blue' });
    expect((await api.get(gears('v2', 'one'))).body.spec).toEqual({ hue: 'red' });
    const patched = await api.patch(gears('v2', 'one'), { spec: { hue: 'green' } });
    expect(patched.body).toMatchObject({ apiVersion: 'convert.io/v2', spec: { hue: 'green' } });
    expect((await api.get(gears('v1', 'one'))).body.spec).toEqual({ color: 'green' });
    const stored = await cluster.storage.get({ resource: 'gears.convert.io', namespace: 'default', name: 'one' });
    expect(JSON.parse(stored!.value).apiVersion).toBe('convert.io/v1');
  });

  test('is asked once for a whole list, and not again for what it has converted', async () => {
    for (let i = 0; i < 5; i++) await api.made(gears('v1'), gear('v1', `many-${i}`, { color: `c${i}` }));
    webhook.reviews.length = 0;
    const list = (await api.get(gears('v2'))).body;
    expect(list.items.map(({ spec }: Document) => spec.hue)).toEqual(['c0', 'c1', 'c2', 'c3', 'c4', 'green', 'blue']);
    expect(webhook.reviews.filter(({ to }) => to === 'convert.io/v2')).toHaveLength(1);
    await api.get(gears('v2'));
    await api.get(gears('v2', 'many-0'));
    expect(webhook.reviews).toHaveLength(1);
    const selected = (await api.get(`${gears('v2')}?fieldSelector=spec.hue%3Dc3`)).body;
    expect(selected.items.map(({ metadata }: Document) => metadata.name)).toEqual(['many-3']);
    const [first] = (await api.get(`${gears('v2')}?limit=1&fieldSelector=spec.hue!%3Dc0`)).body.items;
    expect(first.metadata.name).toBe('many-1');
  });

  test('serves watches in each version, in order', async () => {
    const from = (await api.get(gears('v1'))).body.metadata.resourceVersion;
    const watch = await api.watch(`${gears('v2')}?resourceVersion=${from}`);
    for (let i = 0; i < 20; i++) await api.made(gears('v1'), gear('v1', `watched-${i}`, { color: String(i) }));
    await api.patch(gears('v1', 'watched-0'), { spec: { color: 'last' } });
    await api.delete(gears('v1', 'watched-0'));
    const events = await watch.until(({ type }) => type === 'DELETED');
    expect(events.map(({ type, object }) => `${type} ${object.apiVersion} ${object.spec.hue}`)).toEqual([
      ...Array.from({ length: 20 }, (_, i) => `ADDED convert.io/v2 ${i}`),
      'MODIFIED convert.io/v2 last',
      'DELETED convert.io/v2 last',
    ]);
    watch.close();
    await until('the watch to be over', () => cluster.server.cache.resource('gears.convert.io').listenerCount === 0);
  });

  test('may change labels and annotations, and no other metadata', async () => {
    await api.made(gears('v1'), gear('v1', 'labelled', {}));
    webhook.spoil = ({ convertedObjects }) => {
      for (const object of convertedObjects) {
        object.metadata = { ...object.metadata, labels: { new: 'label' }, generation: 99, finalizers: ['x/y'] };
      }
      return undefined;
    };
    const { metadata } = (await api.get(gears('v2', 'labelled'))).body;
    expect([metadata.labels, metadata.generation, metadata.finalizers]).toEqual([{ new: 'label' }, 1, undefined]);
  });
});

describe('a conversion webhook that fails', () => {
  const each = (change: (object: Document) => void): Spoil => {
    return ({ convertedObjects }) => {
      for (const object of convertedObjects) change(object);
      return undefined;
    };
  };
  const failures: [why: string, spoil: Spoil, words: string][] = [
    [
      'refuses',
      (response) => void Object.assign(response, { result: { status: 'Failed', message: 'not today' } }),
      'failed: not today',
    ],
    [
      'says nothing of why',
      (response) => void Object.assign(response, { result: { status: 'Failed' } }),
      "failed: response.result.status was 'Failed', not 'Success'",
    ],
    [
      'answers another review',
      (response) => void Object.assign(response, { uid: 'x', convertedObjects: [] }),
      'failed: expected response.uid=',
    ],
    [
      'loses objects',
      (response) => void Object.assign(response, { convertedObjects: [] }),
      'returned 0 objects, expected 1',
    ],
    [
      'renames',
      each((object) => Object.assign(object.metadata, { name: 'other' })),
      'returned invalid object: must have the same name: failing != other',
    ],
    [
      'makes another kind',
      each((object) => Object.assign(object, { kind: 'Wheel' })),
      'returned invalid object at index 0: invalid kind (expected Gear, received Wheel)',
    ],
    [
      'does not convert',
      each((object) => Object.assign(object, { apiVersion: 'convert.io/v1' })),
      'returned invalid object at index 0: invalid groupVersion (expected convert.io/v2, received convert.io/v1)',
    ],
    [
      'makes bad labels',
      each((object) => Object.assign(object.metadata, { labels: { '-': 'x' } })),
      'returned invalid metadata: metadata.labels: Invalid value: "-": name part must consist of',
    ],
    [
      'is out of order',
      (_response, answer) => answer.writeHead(500).end('boom') !== undefined,
      'failed: an error on the server ("boom") has prevented the request from succeeding',
    ],
    [
      'is not there',
      (_response, answer) => answer.writeHead(404).end() !== undefined,
      'failed: the server could not find the requested resource',
    ],
    [
      'speaks nonsense',
      (_response, answer) => answer.writeHead(200).end('nonsense') !== undefined,
      "failed: couldn't get version/kind; json parse error",
    ],
    ['hangs up', (_response, answer) => answer.destroy() !== undefined, 'failed: Post '],
  ];
  test.each(failures)('because it %s: clients are told, and other versions are served', async (why, spoil, words) => {
    const name = 'failing';
    await api.made(gears('v1'), gear('v1', name, { color: 'x' }));
    webhook.spoil = spoil;
    const { status, body } = await api.get(gears('v2', name));
    expect([why, status]).toEqual([why, 500]);
    expect(body.message).toContain(`conversion webhook for convert.io/v1, Kind=Gear ${words}`);
    expect((await api.patch(gears('v2', name), { spec: { hue: 'y' } })).status).toBe(500);
    expect((await api.get(gears('v1', name))).body.spec).toEqual({ color: 'x' });
    webhook.spoil = undefined;
    expect((await api.get(gears('v2', name))).body.spec.hue).toBe('x');
    await api.delete(gears('v1', name));
  });

  test('by hanging holds up nobody else', async () => {
    for (const name of ['hung', 'other']) await api.made(gears('v1'), gear('v1', name, {}));
    let asked = 0;
    webhook.spoil = ({ convertedObjects }) => {
      const hangs = convertedObjects.some(({ metadata }: Document) => metadata.name === 'hung');
      if (hangs) asked += 1;
      return hangs;
    };
    const hanging = Array.from({ length: 20 }, () => api.get(gears('v2', 'hung')));
    await until('the webhook to be asked', () => asked === 20);
    expect((await api.get(gears('v1', 'hung'))).status).toBe(200);
    expect((await api.get(gears('v2', 'other'))).status).toBe(200);
    expect((await api.get('/readyz')).status).toBe(200);
    webhook.breakOff();
    const answers = await Promise.all(hanging);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([500]));
  });
});
