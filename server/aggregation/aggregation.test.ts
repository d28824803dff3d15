// The pure parts of aggregation, in tables.
import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../apimachinery/object.ts';
import { MemoryObjects } from '../auth/memory-objects.ts';
import { checkService, withAvailability } from './availability.ts';
import { mergeOpenApiV2, type OpenApiV2 } from './openapi-merge.ts';
import { answerHeaders, forwardedHeaders } from './proxy-headers.ts';
import { toDiscovery } from './remote-documents.ts';
import { resolveService } from './service-resolver.ts';

const metadata = (name: string, more: object = {}) => ({ name, namespace: 'ns', ...more });
const made = (kind: string, name: string, fields: object, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: metadata(name, more),
  ...fields,
});
const service = (spec: object) =>
  made('Service', 's', { spec: { type: 'ClusterIP', ports: [{ name: 'a', port: 443 }], ...spec } });
const slice = (name: string, addressType: string, address: string, ready: boolean | undefined, port = 'a') =>
  made(
    'EndpointSlice',
    name,
    { addressType, endpoints: [{ addresses: [address], conditions: { ready } }], ports: [{ name: port, port: 6443 }] },
    { labels: { 'kubernetes.io/service-name': 's' } },
  );

async function cluster(objects: KubeObject[]): Promise<MemoryObjects> {
  const resources: Record<string, string> = {
    Service: 'services',
    EndpointSlice: 'endpointslices.discovery.k8s.io',
    Endpoints: 'endpoints',
  };
  const memory = new MemoryObjects();
  for (const object of objects) await memory.create(resources[object.kind]!, 'ns', object);
  return memory;
}

describe('a Service is resolved', () => {
  const endpoints = made('Endpoints', 's', {
    subsets: [{ addresses: [{ ip: '10.0.0.9' }], ports: [{ name: 'a', port: 8443 }] }],
  });
  const cases: [what: string, objects: KubeObject[], address: string][] = [
    ['to its external name', [service({ type: 'ExternalName', externalName: 'x.example.com' })], 'x.example.com:443'],
    [
      'to a ready endpoint',
      [service({}), slice('1', 'IPv4', '10.0.0.1', false), slice('2', 'IPv4', '10.0.0.2', true)],
      '10.0.0.2:6443',
    ],
    ['to one whose readiness is not known', [service({}), slice('1', 'IPv4', '10.0.0.1', undefined)], '10.0.0.1:6443'],
    [
      'to its first IP family',
      [service({ ipFamilies: ['IPv6'] }), slice('1', 'IPv4', '10.0.0.1', true), slice('2', 'IPv6', 'fd00::1', true)],
      'fd00::1:6443',
    ],
    ['to Endpoints where there are no slices', [service({}), endpoints], '10.0.0.9:8443'],
  ];
  test.each(cases)('%s', async (_, objects, address) => {
    const { host, port } = resolveService(await cluster(objects), 'ns', 's', 443);
    expect(`${host}:${port}`).toBe(address);
  });

  const refused: [what: string, objects: KubeObject[], error: string][] = [
    ['that is not there', [], 'service "s" not found'],
    ['without the port', [service({ ports: [] })], 'no service port 443 found for service "s"'],
    ['without endpoints', [service({})], 'no endpoints available for service "s"'],
  ];
  test.each(refused)('never one %s', async (_, objects, error) => {
    const memory = await cluster(objects);
    expect(() => resolveService(memory, 'ns', 's', 443)).toThrow(error);
  });
});

describe('availability', () => {
  const cases: [reason: string | undefined, message: string | undefined, objects: KubeObject[]][] = [
    ['ServiceNotFound', 'service/s in "ns" is not present', []],
    ['ServicePortError', 'service/s in "ns" is not listening on port 443', [service({ ports: [{ port: 80 }] })]],
    ['EndpointsNotFound', 'cannot find endpointslices for service/s in "ns"', [service({})]],
    [
      'MissingEndpoints',
      'endpointslices for service/s in "ns" have no addresses with port name "a"',
      [service({}), slice('1', 'IPv4', '10.0.0.1', true, 'other')],
    ],
    [undefined, undefined, [service({}), slice('1', 'IPv4', '10.0.0.1', true)]],
    [undefined, undefined, [service({ type: 'ExternalName', ports: [] })]],
  ];
  test.each(cases)('%s: %s', async (reason, message, objects) => {
    const found = checkService(await cluster(objects), { service: { namespace: 'ns', name: 's', port: 443 } });
    expect([found?.reason, found?.message]).toEqual([reason, message]);
  });

  test('the condition is written when it changes; its time is of the last change of status', () => {
    const no = { status: 'False', reason: 'A', message: 'a' } as const;
    const first = withAvailability(made('APIService', 'x', { status: {} }), no, 't1')!;
    expect(first['status'].conditions).toEqual([{ type: 'Available', lastTransitionTime: 't1', ...no }]);
    expect(withAvailability(first, no, 't2')).toBeUndefined();
    const second = withAvailability(first, { ...no, reason: 'B' }, 't2')!;
    expect(second['status'].conditions[0]).toMatchObject({ reason: 'B', lastTransitionTime: 't1' });
    const third = withAvailability(second, { status: 'True', reason: 'Passed', message: '' }, 't3')!;
    expect(third['status'].conditions).toHaveLength(1);
    expect(third['status'].conditions[0].lastTransitionTime).toBe('t3');
  });
});

describe('headers', () => {
  const forwarded = {
    user: { name: 'jane', uid: 'u', groups: ['a', 'b'], extra: { 'x/y z%': ['1', '2'] } },
    auditId: 'audit',
    remoteAddress: '1.2.3.4',
  };
  test('of the request: credentials, identity and the connection’s own are not passed on', () => {
    const headers = forwardedHeaders(
      {
        ':path': '/x',
        host: 'me',
        authorization: 'Bearer x',
        connection: 'keep-alive, x-hop',
        'x-hop': 'gone',
        'transfer-encoding': 'chunked',
        'impersonate-user': 'root',
        'x-remote-uid': 'evil',
        'x-remote-extra-a': 'evil',
        'x-forwarded-for': '9.9.9.9',
        accept: 'application/json',
      },
      forwarded,
    );
    expect(headers).toEqual({
      accept: 'application/json',
      'x-forwarded-for': '9.9.9.9, 1.2.3.4',
      'audit-id': 'audit',
      'X-Remote-User': 'jane',
      'X-Remote-Uid': 'u',
      'X-Remote-Group': ['a', 'b'],
      'X-Remote-Extra-x%2Fy%20z%25': ['1', '2'],
    });
  });

  test('of the answer', () => {
    const raw = ['Connection', 'close', 'Set-Cookie', 'a', 'Set-Cookie', 'b', 'Transfer-Encoding', 'chunked'];
    expect(answerHeaders(raw)).toEqual(['Set-Cookie', 'a', 'Set-Cookie', 'b']);
  });
});

test('legacy discovery becomes the aggregated form, subresources within their resources', () => {
  const base = { namespaced: true, kind: 'Flunder', verbs: ['get'] };
  expect(
    toDiscovery([
      { ...base, name: 'flunders', singularName: 'flunder', shortNames: ['fl'] },
      { ...base, name: 'flunders/scale', group: 'autoscaling', version: 'v1', kind: 'Scale' },
    ]),
  ).toEqual([
    {
      resource: 'flunders',
      responseKind: { group: '', version: '', kind: 'Flunder' },
      scope: 'Namespaced',
      singularResource: 'flunder',
      verbs: ['get'],
      shortNames: ['fl'],
      subresources: [
        { subresource: 'scale', responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: ['get'] },
      ],
    },
  ]);
});

test('definitions of OpenAPI v2: the same are shared, others of the same name get another, unneeded ones stay away', () => {
  const ref = (name: string) => ({ $ref: `#/definitions/${name}` });
  const total: OpenApiV2 = {
    paths: { '/own': {} },
    definitions: { Same: { type: 'object' }, Other: { type: 'string' }, Other_v2: { type: 'number' } },
  };
  const remote: OpenApiV2 = {
    paths: { '/apis/g/v/x': ref('Top'), '/apis/g/v2/x': ref('Unneeded') },
    definitions: {
      Top: { properties: { same: ref('Same'), other: ref('Other') } },
      Same: { type: 'object' },
      Other: { type: 'boolean' },
      Unneeded: {},
    },
  };
  mergeOpenApiV2(total, remote, '/apis/g/v');
  expect(total.paths).toEqual({ '/own': {}, '/apis/g/v/x': ref('Top') });
  expect(total.definitions).toEqual({
    Same: { type: 'object' },
    Other: { type: 'string' },
    Other_v2: { type: 'number' },
    Other_v3: { type: 'boolean' },
    Top: { properties: { same: ref('Same'), other: ref('Other_v3') } },
  });
  expect(remote.definitions!['Top']).toEqual({ properties: { same: ref('Same'), other: ref('Other') } });
});
