import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { DocumentAnswer } from '../discovery/document.ts';
import { allVerbs, type ResourceDescriptor, statusSubresource, statusVerbs } from '../registry/descriptor.ts';
import { OpenApi } from './openapi.ts';

function resource(more: Partial<ResourceDescriptor>): ResourceDescriptor {
  return {
    group: '',
    version: 'v1',
    kind: 'Pod',
    resource: 'pods',
    singular: 'pod',
    namespaced: true,
    verbs: allVerbs,
    storageVersionHash: '',
    stored: true,
    subresources: [],
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
    hasGeneration: false,
    ...more,
  };
}

const exec = { group: '', version: 'v1', kind: 'PodExecOptions' };
const proxy = { group: '', version: 'v1', kind: 'NodeProxyOptions' };
const openApi = new OpenApi([
  resource({
    subresources: [
      statusSubresource(),
      { name: 'exec', verbs: ['create', 'get'], kind: exec },
      { name: 'log', verbs: ['get'] },
    ],
  }),
  resource({
    kind: 'Node',
    resource: 'nodes',
    singular: 'node',
    namespaced: false,
    subresources: [{ name: 'proxy', verbs: ['create', 'delete', 'get', 'patch', 'update'], kind: proxy }],
  }),
  resource({
    group: 'apps',
    kind: 'Deployment',
    resource: 'deployments',
    singular: 'deployment',
    subresources: [
      statusSubresource(),
      { name: 'scale', verbs: statusVerbs, kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' } },
    ],
  }),
  resource({
    group: 'rbac.authorization.k8s.io',
    kind: 'ClusterRole',
    resource: 'clusterroles',
    singular: 'clusterrole',
    namespaced: false,
  }),
]);

interface Asked {
  accept?: string;
  ifNoneMatch?: string;
  acceptEncoding?: string;
}

function get(url: string, { accept, ifNoneMatch, acceptEncoding }: Asked = {}): Promise<DocumentAnswer | undefined> {
  const { pathname, searchParams } = new URL(url, 'https://localhost');
  return openApi.answer({ path: pathname, query: searchParams, accept, ifNoneMatch, acceptEncoding });
}

// biome-ignore lint/suspicious/noExplicitAny: documents are read as what they should be.
type AnyDocument = any;

async function json(url: string): Promise<AnyDocument> {
  return JSON.parse((await get(url))!.body.toString());
}

/** Every $ref in a document. */
function refsOf(value: unknown, found: string[] = []): string[] {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, item] of Object.entries(value)) {
    if (key === '$ref' && typeof item === 'string') found.push(item);
    else refsOf(item, found);
  }
  return found;
}

function resolve(document: AnyDocument, ref: string): unknown {
  return ref
    .slice(2)
    .split('/')
    .reduce((at, key) => at?.[key], document);
}

/** The length-delimited fields of a protobuf message by number. */
function protobufFields(message: Buffer): Map<number, Buffer[]> {
  const fields = new Map<number, Buffer[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    if (tag % 8 === 0) varint();
    else {
      const length = varint();
      const known = fields.get(Math.floor(tag / 8)) ?? [];
      fields.set(Math.floor(tag / 8), [...known, message.subarray(at, at + length)]);
      at += length;
    }
  }
  return fields;
}

describe('OpenAPI v3', () => {
  let core: AnyDocument;
  let apps: AnyDocument;
  beforeAll(async () => {
    core = await json('/openapi/v3/api/v1');
    apps = await json('/openapi/v3/apis/apps/v1');
  });

  test('the index names every document with its hash', async () => {
    const { paths } = await json('/openapi/v3');
    expect(Object.keys(paths)).toEqual([
      '.well-known/openid-configuration',
      'api',
      'api/v1',
      'apis',
      'apis/apps',
      'apis/apps/v1',
      'apis/rbac.authorization.k8s.io',
      'apis/rbac.authorization.k8s.io/v1',
      'openid/v1/jwks',
      'version',
    ]);
    const answer = await get(paths['apis/apps/v1'].serverRelativeURL);
    expect(answer).toMatchObject({ status: 200, headers: { 'Cache-Control': 'public, immutable' } });
  });

  test('an old hash leads to the new document', async () => {
    const answer = await get('/openapi/v3/version?hash=0123');
    expect(answer).toMatchObject({ status: 301 });
    expect((await get(answer!.headers['Location']!))!.status).toBe(200);
  });

  test('operations are named as upstream names them', () => {
    const ids = (document: AnyDocument, path: string): string[] =>
      Object.values<AnyDocument>(document.paths[path]).flatMap((operation) => operation.operationId ?? []);
    const deployments = '/apis/apps/v1/namespaces/{namespace}/deployments';
    expect(ids(apps, deployments)).toEqual([
      'listAppsV1NamespacedDeployment',
      'createAppsV1NamespacedDeployment',
      'deleteAppsV1CollectionNamespacedDeployment',
    ]);
    expect(ids(apps, `${deployments}/{name}`)).toEqual([
      'readAppsV1NamespacedDeployment',
      'replaceAppsV1NamespacedDeployment',
      'patchAppsV1NamespacedDeployment',
      'deleteAppsV1NamespacedDeployment',
    ]);
    expect(ids(apps, `${deployments}/{name}/scale`)).toContain('readAppsV1NamespacedDeploymentScale');
    expect(ids(apps, '/apis/apps/v1/deployments')).toEqual(['listAppsV1DeploymentForAllNamespaces']);
    expect(ids(apps, '/apis/apps/v1/watch/deployments')).toEqual(['watchAppsV1DeploymentListForAllNamespaces']);
    expect(ids(core, '/api/v1/nodes/{name}/proxy/{path}')).toContain('connectCoreV1OptionsNodeProxyWithPath');
    expect(ids(core, '/api/v1/namespaces/{namespace}/pods/{name}/exec')).toEqual([
      'connectCoreV1GetNamespacedPodExec',
      'connectCoreV1PostNamespacedPodExec',
    ]);
  });

  test('kubectl finds fieldValidation and dryRun on patches', () => {
    const { patch } = apps.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'];
    expect(patch.parameters.map(({ name }: { name: string }) => name)).toEqual([
      'dryRun',
      'fieldManager',
      'fieldValidation',
      'force',
    ]);
    expect(patch['x-kubernetes-group-version-kind']).toEqual({ group: 'apps', version: 'v1', kind: 'Deployment' });
  });

  test('types carry what clients merge by', () => {
    const { properties, required } = core.components.schemas['io.k8s.api.core.v1.PodSpec'];
    expect(required).toEqual(['containers']);
    expect(properties.containers).toMatchObject({
      type: 'array',
      items: { $ref: '#/components/schemas/io.k8s.api.core.v1.Container' },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'name',
    });
    expect(properties.containers.description).not.toBe('');
    expect(properties.restartPolicy.enum).toEqual(['Always', 'Never', 'OnFailure']);
  });

  test('every reference leads somewhere', () => {
    for (const document of [core, apps]) {
      const dangling = refsOf(document).filter((ref) => resolve(document, ref) === undefined);
      expect(dangling).toEqual([]);
    }
  });

  test('a document names only kinds of its own group version and of the core group', () => {
    const kinds =
      apps.components.schemas['io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions']['x-kubernetes-group-version-kind'];
    expect(kinds.map(({ group }: { group: string }) => group)).toEqual(['', 'apps']);
  });
});

describe('OpenAPI v2', () => {
  test('all paths and definitions in one document, nothing dangling', async () => {
    const document = await json('/openapi/v2');
    expect(document).toMatchObject({ swagger: '2.0', info: { title: 'Kubernetes', version: '1.36' } });
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/version/', '/api/v1/nodes', '/apis/apps/v1/deployments']),
    );
    expect(refsOf(document).filter((ref) => resolve(document, ref) === undefined)).toEqual([]);
    const { tags } = document.paths['/apis/rbac.authorization.k8s.io/v1/clusterroles'].get;
    expect(tags).toEqual(['rbacAuthorization_v1']);
  });
});

describe('how documents are sent', () => {
  test('compressed where the client takes it, and not again where it has it', async () => {
    const plain = (await get('/openapi/v2'))!;
    const zipped = (await get('/openapi/v2', { acceptEncoding: 'gzip' }))!;
    expect(zipped.headers['Content-Encoding']).toBe('gzip');
    expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true);
    const again = (await get('/openapi/v2', { ifNoneMatch: plain.headers['ETag']! }))!;
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  test('v2 also as protobuf, v3 only as JSON', async () => {
    const asked = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    const answer = (await get('/openapi/v2', { accept: asked }))!;
    expect(answer.contentType).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
    expect((await get('/openapi/v3', { accept: asked }))!.contentType).toBe('text/plain; charset=utf-8');
    await expect(get('/openapi/v3/version', { accept: asked })).rejects.toMatchObject({ status: { code: 406 } });
    // Document: swagger = 1, info = 2 { title = 1, version = 2 }, paths = 8.
    const fields = protobufFields(answer.body);
    expect([...fields.keys()]).toEqual([1, 2, 8, 9, 10, 12, 13]);
    expect(fields.get(1)![0]!.toString()).toBe('2.0');
    expect(protobufFields(fields.get(2)![0]!).get(1)![0]!.toString()).toBe('Kubernetes');
    const definitions = protobufFields(fields.get(9)![0]!).get(1)!.map(protobufFields);
    const pod = definitions.find((d) => d.get(1)![0]!.toString() === 'io.k8s.api.core.v1.Pod')!;
    const extension = protobufFields(protobufFields(pod.get(2)![0]!).get(31)![0]!);
    expect(extension.get(1)![0]!.toString()).toBe('x-kubernetes-group-version-kind');
    expect(protobufFields(extension.get(2)![0]!).get(2)![0]!.toString()).toBe(
      '[{"group":"","version":"v1","kind":"Pod"}]\n',
    );
  });

  test('unknown paths have no document', async () => {
    expect(await get('/openapi/v3/apis/nosuch/v1')).toBeUndefined();
    expect(await get('/openapi/v4')).toBeUndefined();
  });
});

// What the documents of kube-apiserver 1.36.2 were found to have in every operation, without those documents.
describe('what holds for every operation', () => {
  const protobuf = 'application/vnd.kubernetes.protobuf';
  const objects = ['application/json', 'application/yaml', protobuf];
  const lists = [...objects, 'application/json;stream=watch', `${protobuf};stream=watch`];
  let operations: { path: string; method: string; operation: AnyDocument; shared: AnyDocument[] }[];
  let v2: AnyDocument;

  beforeAll(async () => {
    v2 = await json('/openapi/v2');
    operations = Object.entries<AnyDocument>(v2.paths).flatMap(([path, { parameters = [], ...methods }]) =>
      Object.entries<AnyDocument>(methods).map(([method, operation]) => ({
        path,
        method,
        operation,
        shared: parameters,
      })),
    );
  });

  test('operation ids are unique, and every operation has a tag, https and a 401', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operation } of operations) {
      expect(operation.tags).toHaveLength(1);
      expect(operation.schemes).toEqual(['https']);
      expect(operation.responses['401']).toEqual({ description: 'Unauthorized' });
    }
  });

  test('what is written and taken follows from the action', () => {
    for (const { operation } of operations) {
      const action = operation['x-kubernetes-action'];
      if (['list', 'watch', 'watchlist'].includes(action)) expect(operation.produces).toEqual(lists);
      if (['put', 'post', 'patch', 'delete', 'deletecollection'].includes(action))
        expect(operation.produces).toEqual(objects);
      if (action === 'patch') expect(operation.consumes).toHaveLength(4);
      else if (action !== undefined) expect(operation.consumes).toEqual(['*/*']);
    }
  });

  test('parameters are in the document once, but for names, dryRun, fieldValidation and bodies of a kind', () => {
    for (const { operation, shared } of operations) {
      for (const parameter of [...shared, ...(operation.parameters ?? [])]) {
        if (parameter.$ref === undefined)
          expect(['name', 'dryRun', 'fieldValidation', 'body']).toContain(parameter.name);
        else expect(resolve(v2, parameter.$ref)).toMatchObject({ name: /([^/]+)-.{8}$/.exec(parameter.$ref)![1] });
      }
    }
  });

  test('v3 has the same operations with the same answers', async () => {
    const index = await json('/openapi/v3');
    const inV3 = new Map<string, string[]>();
    for (const { serverRelativeURL } of Object.values<AnyDocument>(index.paths)) {
      for (const [, methods] of Object.entries<AnyDocument>((await json(serverRelativeURL)).paths)) {
        for (const operation of Object.values<AnyDocument>(methods).filter((value) => value.operationId))
          inV3.set(operation.operationId, Object.keys(operation.responses['200'].content).sort());
      }
    }
    expect([...inV3.keys()].sort()).toEqual(operations.map(({ operation }) => operation.operationId).sort());
    for (const { operation } of operations)
      expect({ id: operation.operationId, types: inV3.get(operation.operationId) }).toEqual({
        id: operation.operationId,
        types: [...operation.produces].sort(),
      });
  });
});
