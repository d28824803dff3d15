// Custom resources as clients use them: served at once, with every verb, versions, schema, status, scale, tables, selectors, discovery and
// OpenAPI (stands for [sig-api-machinery] CustomResourceDefinition resources, CustomResourceFieldSelectors, CustomResourcePublishOpenAPI and
// CustomResourceDefinition Watch of upstream's e2e suite).
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { until } from '../support/until.ts';
import { ApiClient, type Document, summary } from './support/client.ts';
import {
  anyVersion,
  conditionsOf,
  crds,
  definition,
  established,
  path,
  removed,
  specSchema,
} from './support/custom.ts';

jest.setTimeout(30_000);

let cluster: Cluster;
let api: ApiClient;
beforeAll(async () => {
  cluster = await startCluster();
  api = new ApiClient(cluster);
});
afterAll(() => cluster.stop());

const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };

function widget(name: string, spec: object = {}, more: object = {}): Document {
  return { apiVersion: 'test.io/v1', kind: 'Widget', metadata: { name }, spec, ...more };
}

describe('a definition', () => {
  test('is accepted and established, and its resource is served at once', async () => {
    const started = performance.now();
    const crd = await established(
      api,
      definition('at-once.io', 'Probe', {
        names: { plural: 'probes', singular: 'probe', kind: 'Probe', shortNames: ['pr'], categories: ['all'] },
      }),
    );
    const made = await api.post(path('at-once.io', 'v1', 'probes'), {
      apiVersion: 'at-once.io/v1',
      kind: 'Probe',
      metadata: { name: 'a' },
    });
    const tookMs = performance.now() - started;
    expect(made.status).toBe(201);
    expect(tookMs).toBeLessThan(5000);
    expect(conditionsOf(crd)).toEqual({
      NamesAccepted: { status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
      Established: {
        status: 'True',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      },
    });
    expect(crd.status.acceptedNames).toEqual(crd.spec.names);
    expect(crd.status.storedVersions).toEqual(['v1']);
    const group = (await api.get('/apis/at-once.io')).body;
    expect(group.preferredVersion).toEqual({ groupVersion: 'at-once.io/v1', version: 'v1' });
    const [resource] = (await api.get('/apis/at-once.io/v1')).body.resources;
    expect(resource).toEqual({
      name: 'probes',
      singularName: 'probe',
      namespaced: true,
      kind: 'Probe',
      verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
      shortNames: ['pr'],
      categories: ['all'],
      storageVersionHash: resource.storageVersionHash,
    });
    const service = await until('its APIService', async () => {
      const { status, body } = await api.get('/apis/apiregistration.k8s.io/v1/apiservices/v1.at-once.io');
      return status === 200 && body;
    });
    expect(service.spec).toEqual({
      group: 'at-once.io',
      version: 'v1',
      groupPriorityMinimum: 1000,
      versionPriority: 100,
    });
  });

  test('in a protected group says whether it is approved', async () => {
    const crd = definition('mine.k8s.io', 'Thing');
    crd.metadata.annotations = { 'api-approved.kubernetes.io': 'https://github.com/kubernetes/enhancements/pull/1' };
    expect(conditionsOf(await established(api, crd))['KubernetesAPIApprovalPolicyConformant']).toEqual({
      status: 'True',
      reason: 'ApprovedAnnotation',
      message: 'approved in https://github.com/kubernetes/enhancements/pull/1',
    });
  });

  test('whose names are taken waits until they are free', async () => {
    const names = (plural: string, kind: string) => ({
      plural,
      singular: plural.slice(0, -1),
      kind,
      shortNames: ['tk'],
    });
    await established(api, definition('taken.io', 'Cup', { names: names('cups', 'Cup') }));
    await api.made(crds, definition('taken.io', 'Mug', { names: names('mugs', 'Mug') }));
    const waiting = await until('the conflict', async () => {
      const { body } = await api.get(`${crds}/mugs.taken.io`);
      return conditionsOf(body)['NamesAccepted'] && body;
    });
    expect(conditionsOf(waiting)).toEqual({
      NamesAccepted: { status: 'False', reason: 'ShortNamesConflict', message: '"tk" is already in use' },
      Established: { status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
    });
    expect(waiting.status.acceptedNames).toEqual({ plural: 'mugs', singular: 'mug', kind: 'Mug', listKind: 'MugList' });
    expect((await api.get(path('taken.io', 'v1', 'mugs'))).status).toBe(404);
    await removed(api, 'cups.taken.io');
    await until('the mugs', async () => (await api.get(path('taken.io', 'v1', 'mugs'))).status === 200);
  });
});

describe('objects', () => {
  beforeAll(async () => {
    const schema = {
      openAPIV3Schema: {
        type: 'object',
        properties: {
          spec: {
            type: 'object',
            properties: {
              color: { type: 'string', enum: ['red', 'blue'], default: 'red' },
              replicas: { type: 'integer', minimum: 0 },
            },
          },
          status: { type: 'object', properties: { replicas: { type: 'integer' }, selector: { type: 'string' } } },
        },
      },
    };
    const scale = {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    };
    const version = {
      name: 'v1',
      served: true,
      storage: true,
      schema,
      subresources: { status: {}, scale },
      selectableFields: [{ jsonPath: '.spec.color' }],
      additionalPrinterColumns: [
        { name: 'Color', type: 'string', jsonPath: '.spec.color' },
        { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas', priority: 1 },
        { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      ],
    };
    const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'Widgets' };
    await established(api, definition('test.io', 'Widget', { names, versions: [version] }));
  });
  const widgets = (name = '') => path('test.io', 'v1', 'widgets', name);

  test('are defaulted, pruned and validated', async () => {
    const { body, headers } = await api.post(
      widgets(),
      widget('a', { size: 1 }, { extra: 1, status: { replicas: 1 } }),
    );
    expect(headers['warning']).toBe('299 - "unknown field \\"extra\\"", 299 - "unknown field \\"spec.size\\""');
    expect(body).toMatchObject({ spec: { color: 'red' }, metadata: { generation: 1 } });
    expect(Object.keys(body).sort()).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
    const refused = await api.post(widgets(), widget('b', { color: 'green', replicas: -1 }));
    expect(refused.status).toBe(422);
    expect(refused.body.message).toBe(
      'Widget.test.io "b" is invalid: [spec.color: Unsupported value: "green": supported values: "red", "blue", spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0, .spec.replicas: Invalid value: -1: should be a non-negative integer]',
    );
    const strict = await api.post(`${widgets()}?fieldValidation=Strict`, widget('b', { size: 1 }));
    expect(strict.body.message).toContain('strict decoding error: unknown field "spec.size"');
  });

  test('are listed with kind and apiVersion, selected, paged and printed', async () => {
    await api.made(
      widgets(),
      widget('blue', { color: 'blue', replicas: 3 }, { metadata: { name: 'blue', labels: { l: 'x' } } }),
    );
    const selected = (await api.get(`${widgets()}?fieldSelector=spec.color%3Dblue`)).body;
    expect(selected.kind).toBe('Widgets');
    expect(selected.items.map((item: Document) => [item.kind, item.metadata.name])).toEqual([['Widget', 'blue']]);
    expect((await api.get(`${widgets()}?labelSelector=l%3Dx`)).body.items).toHaveLength(1);
    expect((await api.get(`${widgets()}?fieldSelector=spec.size%3D1`)).body.message).toBe(
      'field label not supported: spec.size',
    );
    const first = (await api.get(`${widgets()}?limit=1`)).body;
    expect(first.metadata.remainingItemCount).toBe(1);
    const rest = (await api.get(`${widgets()}?limit=1&continue=${first.metadata.continue}`)).body;
    expect([...first.items, ...rest.items].map((item: Document) => item.metadata.name)).toEqual(['a', 'blue']);
    const printed = (await api.get(widgets(), table)).body;
    expect(printed.columnDefinitions.map(({ name, priority }: Document) => [name, priority])).toEqual([
      ['Name', 0],
      ['Color', 0],
      ['Replicas', 1],
      ['Age', 0],
    ]);
    expect(printed.rows[1].cells.slice(0, 3)).toEqual(['blue', 'blue', 3]);
    expect(printed.rows[0].cells[2]).toBeNull();
    const meta = { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' };
    expect((await api.get(widgets(), meta)).body.items[0].spec).toBeUndefined();
    expect((await api.get(widgets('a'), { accept: 'application/vnd.kubernetes.protobuf' })).status).toBe(406);
  });

  test('are patched, but not strategically', async () => {
    await api.made(widgets(), widget('patched'));
    const merged = await api.patch(widgets('patched'), { spec: { replicas: 2 } });
    expect(merged.body).toMatchObject({ spec: { color: 'red', replicas: 2 }, metadata: { generation: 2 } });
    const json = { 'content-type': 'application/json-patch+json' };
    const replaced = await api.patch(widgets('patched'), [{ op: 'remove', path: '/spec/replicas' }], json);
    expect(replaced.body.spec).toEqual({ color: 'red' });
    const strategic = await api.patch(
      widgets('patched'),
      {},
      { 'content-type': 'application/strategic-merge-patch+json' },
    );
    expect(strategic.status).toBe(415);
    const renamed = await api.patch(widgets('patched'), { kind: 'Gadget' });
    expect(renamed.body.message).toBe(
      'Gadget.test.io "patched" is invalid: kind: Invalid value: "Gadget": must be Widget',
    );
  });

  test('are applied, each manager owning its fields', async () => {
    const apply = (manager: string, spec: object) =>
      api.request('PATCH', `${widgets('applied')}?fieldManager=${manager}`, widget('applied', spec), {
        'content-type': 'application/apply-patch+yaml',
      });
    expect((await apply('one', { color: 'blue' })).status).toBe(201);
    expect((await apply('two', { replicas: 4 })).body.spec).toEqual({ color: 'blue', replicas: 4 });
    const conflict = await apply('two', { color: 'red' });
    expect([conflict.status, conflict.body.details.causes[0].field]).toEqual([409, '.spec.color']);
    expect((await apply('one', {})).body.spec).toEqual({ color: 'red', replicas: 4 });
  });

  test('have a status and a scale apart from their spec', async () => {
    await api.made(widgets(), widget('scaled', { replicas: 1 }));
    const status = { replicas: 1, selector: 'a=b' };
    const reported = (await api.patch(`${widgets('scaled')}/status`, { status, spec: { replicas: 9 } })).body;
    expect(reported).toMatchObject({ spec: { replicas: 1 }, status, metadata: { generation: 1 } });
    const scale = (await api.get(`${widgets('scaled')}/scale`)).body;
    expect(scale).toMatchObject({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 1 }, status });
    const scaled = await api.put(`${widgets('scaled')}/scale`, { ...scale, spec: { replicas: 5 } });
    expect(scaled.body.spec).toEqual({ replicas: 5 });
    const after = (await api.get(widgets('scaled'))).body;
    expect(after).toMatchObject({ spec: { replicas: 5 }, status, metadata: { generation: 2 } });
    const unknown = await api.get(`${widgets('scaled')}/logs`);
    expect([unknown.status, unknown.body.message]).toEqual([404, 'widgets.test.io "scaled" not found']);
  });

  test('are watched, also by selectors', async () => {
    const { metadata } = (await api.get(widgets())).body;
    const from = `resourceVersion=${metadata.resourceVersion}`;
    const all = await api.watch(`${widgets()}?${from}`);
    const blue = await api.watch(`${widgets()}?${from}&fieldSelector=spec.color%3Dblue`);
    await api.made(widgets(), widget('seen'));
    await api.patch(widgets('seen'), { spec: { color: 'blue' } });
    await api.patch(widgets('seen'), { spec: { color: 'red' } });
    await api.delete(widgets('seen'));
    expect(summary(await all.until(({ type }) => type === 'DELETED'))).toEqual([
      'ADDED seen',
      'MODIFIED seen',
      'MODIFIED seen',
      'DELETED seen',
    ]);
    expect(summary(await blue.until(({ type }) => type === 'DELETED'))).toEqual(['ADDED seen', 'DELETED seen']);
    all.close();
    blue.close();
  });

  test('are in OpenAPI and aggregated discovery, whose tags change with them', async () => {
    const url = async () => JSON.parse((await api.get('/openapi/v3')).body).paths['apis/test.io/v1'].serverRelativeURL;
    const before = await url();
    const { body } = await api.get('/openapi/v3/apis/test.io/v1');
    expect(body.components.schemas['io.test.v1.Widget'].properties.spec.properties.color).toEqual({
      type: 'string',
      enum: ['red', 'blue'],
      default: 'red',
    });
    expect(Object.keys(body.paths)).toContain('/apis/test.io/v1/namespaces/{namespace}/widgets/{name}/scale');
    const v2 = (await api.get('/openapi/v2')).body;
    expect(v2.definitions['io.test.v1.Widget'].properties.spec.properties.color.enum).toEqual(['red', 'blue']);
    const aggregated = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' };
    const tag = (await api.get('/apis', aggregated)).headers['etag'];
    await api.patch(`${crds}/widgets.test.io`, { spec: { names: { shortNames: ['wdg'] } } });
    await until('the short name', async () => (await api.get('/apis', aggregated)).headers['etag'] !== tag);
    const groups = (await api.get('/apis', aggregated)).body.items as Document[];
    const group = groups.find(({ metadata }) => metadata.name === 'test.io');
    expect(group.versions[0].resources[0]).toMatchObject({ resource: 'widgets', shortNames: ['wdg'] });
    // Same schema, same document.
    expect(await url()).toBe(before);
  });
});

describe('versions', () => {
  const things = (version: string, name = '') => path('versions.io', version, 'things', name);
  const thing = (version: string, name: string, spec: object) => ({
    apiVersion: `versions.io/${version}`,
    kind: 'Thing',
    metadata: { name },
    spec,
  });

  test('show one object each in its own schema; the storage version may change', async () => {
    const v1 = { name: 'v1', served: true, storage: true, schema: specSchema({ a: { type: 'string' } }) };
    const v2 = {
      name: 'v2',
      served: true,
      storage: false,
      schema: specSchema({ a: { type: 'string' }, b: { type: 'string', default: 'new' } }),
    };
    await established(api, definition('versions.io', 'Thing', { versions: [v1, { ...v2, deprecated: true }] }));
    await api.made(things('v1'), thing('v1', 'x', { a: '1' }));
    const asV2 = await api.get(things('v2', 'x'));
    expect(asV2.body).toMatchObject({ apiVersion: 'versions.io/v2', spec: { a: '1' } });
    expect(asV2.headers['warning']).toBe('299 - "versions.io/v2 Thing is deprecated"');
    const watch = await api.watch(`${things('v2')}?resourceVersion=${asV2.body.metadata.resourceVersion}`);
    await api.made(things('v2'), thing('v2', 'y', { a: '2', b: 'set' }));
    expect((await api.get(things('v1', 'y'))).body.spec).toEqual({ a: '2' });
    await api.patch(things('v1', 'x'), { spec: { a: '3' } });
    const seen = await watch.until(({ type }) => type === 'MODIFIED');
    expect(seen.map(({ object }) => [object.apiVersion, object.spec])).toEqual([
      ['versions.io/v2', { a: '2' }],
      ['versions.io/v2', { a: '3' }],
    ]);
    watch.close();

    await api.patch(`${crds}/things.versions.io`, {
      spec: {
        versions: [
          { ...v1, storage: false },
          { ...v2, storage: true },
        ],
      },
    });
    const stored = async () => (await api.get(`${crds}/things.versions.io`)).body.status.storedVersions;
    expect(await stored()).toEqual(['v1', 'v2']);
    await until('the storage version', async () => (await api.get(things('v2', 'x'))).headers['warning'] === undefined);
    expect((await api.get(things('v2'))).body.items.map((item: Document) => [item.apiVersion, item.spec])).toEqual([
      ['versions.io/v2', { a: '3' }],
      ['versions.io/v2', { a: '2' }],
    ]);
    // An update that changes nothing else writes the object anew, once.
    const before = (await api.get(things('v2', 'x'))).body;
    const rewritten = (await api.put(things('v2', 'x'), before)).body;
    expect(rewritten.metadata.resourceVersion).not.toBe(before.metadata.resourceVersion);
    const again = (await api.put(things('v2', 'x'), rewritten)).body;
    expect(again.metadata.resourceVersion).toBe(rewritten.metadata.resourceVersion);
  });

  test('that are no longer served are gone, the others stay', async () => {
    const versions = [anyVersion('v1'), anyVersion('v1beta1')];
    await established(api, definition('fewer.io', 'Thing', { versions }));
    await api.made(path('fewer.io', 'v1', 'things'), { ...thing('v1', 'x', {}), apiVersion: 'fewer.io/v1' });
    const watch = await api.watch(path('fewer.io', 'v1', 'things'));
    await watch.next();
    await api.patch(`${crds}/things.fewer.io`, { spec: { versions: [anyVersion('v1')] } });
    await until('v1beta1 to go', async () => (await api.get(path('fewer.io', 'v1beta1', 'things'))).status === 404);
    expect((await api.get('/apis/fewer.io')).body.versions).toHaveLength(1);
    await api.patch(path('fewer.io', 'v1', 'things', 'x'), { spec: { still: 'watched' } });
    expect((await watch.next()).object.spec).toEqual({ still: 'watched' });
    watch.close();
    await until('its APIService to go', async () => {
      return (await api.get('/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.fewer.io')).status === 404;
    });
  });
});

describe('scope', () => {
  test('of a cluster leaves no room for namespaces, and the other way round', async () => {
    await established(api, definition('scope.io', 'Zone', { scope: 'Cluster' }));
    const zone = { apiVersion: 'scope.io/v1', kind: 'Zone', metadata: { name: 'z' } };
    expect((await api.post('/apis/scope.io/v1/zones', zone)).status).toBe(201);
    expect((await api.post(path('scope.io', 'v1', 'zones'), zone)).body).toBe('404 page not found\n');
    expect((await api.get('/apis/scope.io/v1/zones?fieldSelector=metadata.namespace%3Dx')).body.message).toBe(
      'field label not supported: metadata.namespace',
    );
    await established(api, definition('scope.io', 'Room'));
    const room = { ...zone, kind: 'Room' };
    expect((await api.post('/apis/scope.io/v1/rooms', room)).body).toBe('404 page not found\n');
    expect((await api.get('/apis/scope.io/v1/rooms')).status).toBe(200);
  });
});
