import { describe, expect, test } from '@jest/globals';
import { decodeProtobuf } from '../../apimachinery/protobuf/decode.ts';
import { StatusError } from '../../apimachinery/status.ts';
import { scaleSubresource } from '../registry/autoscaling/scale.ts';
import { allVerbs, type ResourceDescriptor, statusSubresource } from '../registry/descriptor.ts';
import { Discovery } from './discovery.ts';
import type { DocumentAnswer } from './document.ts';
import { compareVersions } from './groups.ts';

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

const same = (object: never): never => object;

const discovery = new Discovery(
  [
    resource({ group: 'example.com', version: 'v1beta1', kind: 'Widget', resource: 'widgets', singular: 'widget' }),
    resource({
      group: 'autoscaling',
      kind: 'Scaler',
      resource: 'scalers',
      singular: 'scaler',
      otherVersions: [{ version: 'v2', fromStored: same, toStored: same }],
    }),
    resource({
      group: 'apps',
      kind: 'Deployment',
      resource: 'deployments',
      singular: 'deployment',
      shortNames: ['deploy'],
      categories: ['all'],
      storageVersionHash: 'hash=',
      subresources: [statusSubresource(), scaleSubresource('apps', 'deployments')],
    }),
    resource({ subresources: [statusSubresource()] }),
    resource({ kind: 'Node', resource: 'nodes', singular: 'node', namespaced: false }),
  ],
  { serverAddress: () => '192.0.2.1:6443' },
);

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

function get(path: string, accept?: string, ifNoneMatch?: string): DocumentAnswer | undefined {
  return discovery.answer({ path, query: new URLSearchParams(), accept, ifNoneMatch });
}

function json(path: string, accept?: string): unknown {
  return JSON.parse(get(path, accept)!.body.toString());
}

describe('the legacy form', () => {
  test('/api', () => {
    expect(json('/api')).toEqual({
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '192.0.2.1:6443' }],
    });
  });

  test('groups stand in the order of priority, the preferred version first', () => {
    const v2 = { groupVersion: 'autoscaling/v2', version: 'v2' };
    const scalers = {
      name: 'autoscaling',
      versions: [v2, { groupVersion: 'autoscaling/v1', version: 'v1' }],
      preferredVersion: v2,
    };
    const { groups } = json('/apis') as { groups: { name: string }[] };
    expect(groups.map(({ name }) => name)).toEqual(['apps', 'autoscaling', 'example.com']);
    expect(groups[1]).toEqual(scalers);
    expect(json('/apis/autoscaling/')).toEqual({ kind: 'APIGroup', apiVersion: 'v1', ...scalers });
  });

  test('resources, and subresources with a kind of their own', () => {
    const deployments = { namespaced: true, kind: 'Deployment' };
    expect(json('/apis/apps/v1')).toEqual({
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: 'apps/v1',
      resources: [
        {
          ...deployments,
          name: 'deployments',
          singularName: 'deployment',
          verbs: allVerbs,
          shortNames: ['deploy'],
          categories: ['all'],
          storageVersionHash: 'hash=',
        },
        {
          ...deployments,
          name: 'deployments/scale',
          singularName: '',
          group: 'autoscaling',
          version: 'v1',
          kind: 'Scale',
          verbs: ['get', 'patch', 'update'],
        },
        { ...deployments, name: 'deployments/status', singularName: '', verbs: ['get', 'patch', 'update'] },
      ],
    });
    expect(json('/api/v1')).not.toHaveProperty('apiVersion');
  });

  test('as YAML', () => {
    const answer = get('/api', 'application/yaml')!;
    expect(answer.contentType).toBe('application/yaml');
    expect(answer.body.toString()).toContain('kind: APIVersions\n');
  });
});

describe('the aggregated form', () => {
  test('all groups in one document', () => {
    const { items } = json('/apis', aggregated) as {
      items: { metadata: object; versions: { resources: object[] }[] }[];
    };
    expect(items.map(({ metadata }) => metadata)).toEqual([
      { name: 'apps' },
      { name: 'autoscaling' },
      { name: 'example.com' },
    ]);
    expect(items[0]!.versions).toEqual([
      {
        version: 'v1',
        freshness: 'Current',
        resources: [
          {
            resource: 'deployments',
            responseKind: { group: '', version: '', kind: 'Deployment' },
            scope: 'Namespaced',
            singularResource: 'deployment',
            verbs: allVerbs,
            shortNames: ['deploy'],
            categories: ['all'],
            subresources: [
              {
                subresource: 'scale',
                responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
                verbs: ['get', 'patch', 'update'],
              },
              {
                subresource: 'status',
                responseKind: { group: '', version: '', kind: 'Deployment' },
                verbs: ['get', 'patch', 'update'],
              },
            ],
          },
        ],
      },
    ]);
    expect(json('/api', aggregated)).toMatchObject({ apiVersion: 'apidiscovery.k8s.io/v2', items: [{ metadata: {} }] });
  });

  test('its content type says what it is, and its hash saves sending it again', () => {
    const first = get('/apis', `application/cbor,${aggregated},application/json`)!;
    expect(first.contentType).toBe(aggregated);
    expect(first.headers).toMatchObject({ Vary: 'Accept', ETag: expect.stringMatching(/^"[0-9A-F]{128}"$/) });
    const second = get('/apis', aggregated, first.headers['ETag'])!;
    expect([second.status, second.body.length]).toEqual([304, 0]);
  });

  test('protobuf has the older form only', () => {
    const answer = get('/apis', `application/vnd.kubernetes.protobuf,${aggregated}`)!;
    expect(answer.contentType).toBe('application/vnd.kubernetes.protobuf');
    expect(decodeProtobuf(answer.body)).toMatchObject({
      kind: 'APIGroupList',
      groups: expect.arrayContaining([expect.objectContaining({ name: 'apps' })]),
    });
  });

  test('the older version of it', () => {
    const answer = get('/api', aggregated.replace('v2', 'v2beta1'))!;
    expect(answer.contentType).toBe(aggregated.replace('v2', 'v2beta1'));
    expect(JSON.parse(answer.body.toString())).toMatchObject({ apiVersion: 'apidiscovery.k8s.io/v2beta1' });
  });

  test('paths without an aggregated form fall back to what else the client takes', () => {
    expect(get('/apis/apps', `${aggregated},application/json`)!.contentType).toBe('application/json');
    expect(() => get('/apis/apps', aggregated)).toThrow(StatusError);
  });
});

test('unknown paths have no document', () => {
  expect([get('/apis/nosuch'), get('/apis/apps/v9'), get('/api/v2'), get('/')]).toEqual(Array(4).fill(undefined));
});

test('only what is served is acceptable', () => {
  expect(() => get('/api', 'text/html')).toThrow(
    'only the following media types are accepted: application/json, application/yaml',
  );
  expect(get('/api', 'text/html, */*;q=0.8')!.contentType).toBe('application/json');
  expect(get('/api', 'application/json;q=0.1, application/yaml')!.contentType).toBe('application/yaml');
});

test('versions sort as clients expect', () => {
  const sorted = ['v10', 'v2', 'v1', 'v2beta2', 'v1beta1', 'v3alpha1', 'abc', 'v0'];
  expect([...sorted].reverse().sort(compareVersions)).toEqual(sorted);
});
