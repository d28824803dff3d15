// What clients built on client-go do: bodies, answers and watches in protobuf.
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JsonObject, KubeObject } from '../../apimachinery/object.ts';
import { decodeProtobuf } from '../../apimachinery/protobuf/decode.ts';
import { encodeProtobuf } from '../../apimachinery/protobuf/encode.ts';
import { type Cluster, startCluster } from '../../testing/index.ts';

const protobuf = 'application/vnd.kubernetes.protobuf';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ storage: 'memory' });
});
afterAll(() => cluster.stop());

interface Call {
  accept?: string;
  /** Sent as protobuf, or as it is. */
  body?: JsonObject | KubeObject | Buffer;
}

async function open(method: string, path: string, { accept = protobuf, body }: Call): Promise<IncomingMessage> {
  const sent = body === undefined || Buffer.isBuffer(body) ? body : encodeProtobuf(body);
  const headers = {
    authorization: `Bearer ${cluster.token}`,
    'content-type': protobuf,
    // Node leaves it out of a DELETE.
    ...(sent === undefined ? {} : { 'content-length': sent.length }),
    accept,
  };
  const request = https.request(`${cluster.url}${path}`, { method, headers, ca: cluster.certificateAuthority });
  request.end(sent);
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return answer;
}

interface Answer {
  status: number | undefined;
  type: string | undefined;
  body: Buffer;
  /** The body where it is protobuf. */
  object: KubeObject;
}

async function call(method: string, path: string, options: Call = {}): Promise<Answer> {
  const answer = await open(method, path, options);
  const body = Buffer.concat(await answer.toArray());
  const type = answer.headers['content-type'];
  const object = type === protobuf && !accepts(options, 'as=') ? decodeProtobuf(body) : ({} as KubeObject);
  return { status: answer.statusCode, type, body, object };
}

function accepts({ accept = '' }: Call, what: string): boolean {
  return accept.includes(what);
}

function configMap(name: string, data: Record<string, string>): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

function continueOf(list: KubeObject): string {
  return (list.metadata as { continue?: string }).continue ?? '';
}

const configMaps = '/api/v1/namespaces/default/configmaps';

describe('objects', () => {
  test('are created, read, updated and deleted', async () => {
    const created = await call('POST', configMaps, { body: configMap('one', { a: 'b' }) });
    expect(created).toMatchObject({ status: 201, type: protobuf, object: { kind: 'ConfigMap', data: { a: 'b' } } });
    const read = await call('GET', `${configMaps}/one`);
    expect(read.body).toEqual(created.body);
    const changed = { ...read.object, data: { a: 'c' } };
    const updated = await call('PUT', `${configMaps}/one`, { body: changed });
    expect(updated).toMatchObject({
      status: 200,
      object: { data: { a: 'c' }, metadata: { uid: read.object.metadata.uid } },
    });
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: 'another' } };
    expect(await call('DELETE', `${configMaps}/one`, { body: options })).toMatchObject({ status: 409 });
    const gone = await call('DELETE', `${configMaps}/one`, { body: { apiVersion: 'v1', kind: 'DeleteOptions' } });
    expect(gone).toMatchObject({ status: 200, object: { kind: 'Status', status: 'Success' } });
  });

  test('are the same as in JSON', async () => {
    const containers = [{ name: 'c', image: 'i', resources: { limits: { cpu: '1.5', memory: '64Mi' } } }];
    const spec = { containers, automountServiceAccountToken: false };
    const pods = '/api/v1/namespaces/default/pods';
    const dryRun = `${pods}?dryRun=All`;
    await call('POST', '/api/v1/namespaces/default/serviceaccounts', {
      body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } },
    });
    const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec };
    const inProtobuf = await call('POST', dryRun, { body });
    const inJson = await call('POST', dryRun, { body, accept: 'application/json' });
    const { metadata: _, ...rest } = JSON.parse(inJson.body.toString()) as KubeObject;
    expect(inProtobuf).toMatchObject({ status: 201, object: rest });
  });

  test('come as lists, and as metadata alone', async () => {
    for (const name of ['x', 'y']) await call('POST', configMaps, { body: configMap(name, { [name]: '' }) });
    const list = await call('GET', `${configMaps}?limit=1`);
    expect(list.object).toMatchObject({ kind: 'ConfigMapList', metadata: { continue: expect.anything() } });
    expect(list.object['items']).toHaveLength(1);
    const next = await call('GET', `${configMaps}?continue=${encodeURIComponent(continueOf(list.object))}`);
    const items = [...list.object['items'], ...next.object['items']] as KubeObject[];
    expect(items.find(({ metadata }) => metadata.name === 'x')).toMatchObject({ data: { x: '' } });
    const metadata = `${protobuf};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`;
    const partial = await call('GET', configMaps, { accept: metadata });
    expect(partial).toMatchObject({ status: 200, type: protobuf });
    const { body } = partial;
    expect([body.includes('PartialObjectMetadataList'), body.includes('\x01x'), body.includes('\x01y')]).toEqual([
      true,
      true,
      true,
    ]);
  });
});

describe('reviews and subresources', () => {
  test('a token', async () => {
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    await call('POST', accounts, { body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } } });
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } };
    const { status, object } = await call('POST', `${accounts}/robot/token`, { body: request });
    expect({ status, token: object['status'].token.split('.').length }).toEqual({ status: 201, token: 3 });
  });

  test('an access review', async () => {
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
    };
    const answer = await call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { body: review });
    expect(answer).toMatchObject({ status: 201, object: { status: { allowed: true } } });
  });
});

describe('errors', () => {
  test('are Status in protobuf', async () => {
    expect(await call('GET', `${configMaps}/none`)).toMatchObject({
      status: 404,
      type: protobuf,
      object: { kind: 'Status', reason: 'NotFound', message: 'configmaps "none" not found', details: { name: 'none' } },
    });
  });

  test.each<[string, string, Call, number, string]>([
    ['bytes that are nothing', 'POST', { body: Buffer.from('k8s\0\x0a\xff') }, 400, 'ConfigMap'],
    ['another kind', 'POST', { body: { apiVersion: 'v1', kind: 'Secret' } }, 400, 'Secret in version "v1" cannot be'],
    ['a patch in protobuf', 'PATCH', { body: configMap('x', {}) }, 415, '415: Unsupported Media Type'],
  ])('%s', async (_, method, options, code, words) => {
    const path = method === 'PATCH' ? `${configMaps}/x` : configMaps;
    const { status, object } = await call(method, path, options);
    expect({ status, message: object['message'] }).toEqual({ status: code, message: expect.stringContaining(words) });
  });
});

describe('watches', () => {
  /** Reads `count` frames, then hangs up. */
  async function events(answer: IncomingMessage, count: number): Promise<Buffer[]> {
    const frames: Buffer[] = [];
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of answer) {
      rest = Buffer.concat([rest, chunk as Buffer]);
      while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
        const end = 4 + rest.readUInt32BE();
        frames.push(rest.subarray(4, end));
        rest = rest.subarray(end);
      }
      if (frames.length >= count) break;
    }
    return frames;
  }

  /** `TYPE name` of a frame: the type is field 1 of the event, the object a whole body at its end. */
  function read(frame: Buffer): string {
    const type = frame.subarray(2, 2 + frame[1]!).toString();
    const { metadata } = decodeProtobuf(frame.subarray(frame.indexOf('k8s\0')));
    return `${type} ${metadata.name ?? Object.keys(metadata.annotations ?? {}).join()}`;
  }

  test('are frames of events, from what is there to what changes', async () => {
    const secrets = '/api/v1/namespaces/watched/secrets';
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'watched' } };
    await call('POST', '/api/v1/namespaces', { body: namespace });
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { key: 'AP8=' } };
    await call('POST', secrets, { body: secret });
    const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const answer = await open('GET', `${secrets}?${query}`, {});
    expect(answer.headers['content-type']).toBe(`${protobuf};stream=watch`);
    const seen = events(answer, 4);
    await call('PUT', `${secrets}/s`, { body: { ...secret, data: {} } });
    await call('DELETE', `${secrets}/s`);
    const changes = ['MODIFIED s', 'DELETED s'];
    expect((await seen).map(read)).toEqual(['ADDED s', 'BOOKMARK k8s.io/initial-events-end', ...changes]);
  });
});
