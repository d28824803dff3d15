// GET of collections: paging at one revision, resourceVersion and its match, label and field selectors.
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { ApiClient, apps, configMap, core, type Document, namespaces, pod } from './support/client.ts';

jest.setTimeout(30_000);

let cluster: Cluster;
let api: ApiClient;
beforeAll(async () => {
  cluster = await startCluster();
  api = new ApiClient(cluster);
});
afterAll(() => cluster.stop());

const names = (list: Document): string[] => list.items.map(({ metadata }: Document) => metadata.name);

async function namespace(name: string): Promise<string> {
  await api.made(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return `${namespaces}/${name}`;
}

const secret = (name: string, labels: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, labels },
  type: 'example.com/t',
});

describe('limit and continue', () => {
  test('pages show one exact revision while writers go on', async () => {
    const path = `${await namespace('paged')}/secrets`;
    const all = Array.from({ length: 10 }, (_, i) => `s${i}`);
    for (const name of all) await api.made(path, secret(name));
    const first = (await api.get(`${path}?limit=4`)).body;
    expect(names(first)).toEqual(all.slice(0, 4));
    expect(first.metadata.remainingItemCount).toBe(6);
    await api.delete(`${path}/s5`);
    await api.made(path, secret('s55'));
    await api.patch(`${path}/s6`, { metadata: { labels: { changed: 'yes' } } });
    const second = (await api.get(`${path}?limit=4&continue=${first.metadata.continue}`)).body;
    expect(names(second)).toEqual(all.slice(4, 8));
    expect(second.items[2].metadata.labels).toBeUndefined();
    expect(second.metadata).toMatchObject({
      resourceVersion: first.metadata.resourceVersion,
      remainingItemCount: 2,
    });
    const last = (await api.get(`${path}?limit=4&continue=${second.metadata.continue}`)).body;
    expect(names(last)).toEqual(all.slice(8));
    expect(last.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
  });

  test('pages across namespaces cover everything once', async () => {
    const seen: string[] = [];
    for (let token = ''; ; ) {
      const { body } = await api.get(`/api/v1/configmaps?limit=1&continue=${token}`);
      seen.push(...body.items.map(({ metadata }: Document) => `${metadata.namespace}/${metadata.name}`));
      token = body.metadata.continue ?? '';
      if (token === '') break;
    }
    const whole = (await api.get('/api/v1/configmaps')).body;
    expect(seen).toEqual(whole.items.map(({ metadata }: Document) => `${metadata.namespace}/${metadata.name}`));
  });

  test('with a selector the number that remains is not said', async () => {
    const path = `${await namespace('selected')}/secrets`;
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await api.made(path, secret(name, name === 'b' ? {} : { take: 'me' }));
    const first = (await api.get(`${path}?limit=2&labelSelector=take`)).body;
    expect(names(first)).toEqual(['a', 'c']);
    expect(first.metadata).toHaveProperty('continue');
    expect(first.metadata).not.toHaveProperty('remainingItemCount');
    const rest = (await api.get(`${path}?limit=2&labelSelector=take&continue=${first.metadata.continue}`)).body;
    expect(names(rest)).toEqual(['d', 'e']);
    expect(rest.metadata).not.toHaveProperty('continue');
  });

  test('an expired token is 410 with a fresh one that goes on from the present', async () => {
    const path = `${await namespace('expired')}/secrets`;
    for (const name of ['a', 'b', 'c', 'd']) await api.made(path, secret(name));
    const first = (await api.get(`${path}?limit=2`)).body;
    await api.delete(`${path}/c`);
    await api.made(path, secret('e'));
    await cluster.storage.compact(await cluster.storage.currentRevision());
    const gone = await api.get(`${path}?limit=2&continue=${first.metadata.continue}`);
    expect({ status: gone.status, reason: gone.body.reason }).toEqual({ status: 410, reason: 'Expired' });
    expect(gone.body.message).toMatch(
      /^The provided continue parameter is too old to display a consistent list result/,
    );
    const rest = (await api.get(`${path}?continue=${gone.body.metadata.continue}`)).body;
    expect(names(rest)).toEqual(['d', 'e']);
  });

  test('bad tokens, and a token with a resourceVersion, are refused', async () => {
    const list = core('configmaps');
    const bad = await api.get(`${list}?continue=%21%21`);
    expect({ status: bad.status, reason: bad.body.reason }).toEqual({ status: 400, reason: 'BadRequest' });
    const { body } = await api.get(`/api/v1/configmaps?limit=1`);
    const both = await api.get(`${list}?continue=${body.metadata.continue}&resourceVersion=5`);
    expect({ status: both.status, message: both.body.message }).toEqual({
      status: 400,
      message: 'specifying resource version is not allowed when using continue',
    });
    const outside = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: 3, start: '../../x\u0000' }));
    expect((await api.get(`${list}?continue=${outside.toString('base64url')}`)).status).toBe(400);
  });
});

describe('resourceVersion', () => {
  let path: string;
  let past: string;
  let now: string;
  beforeAll(async () => {
    path = `${await namespace('versions')}/secrets`;
    past = (await api.made(path, secret('a'))).metadata.resourceVersion;
    now = (await api.made(path, secret('b'))).metadata.resourceVersion;
  });

  test('unset is the newest, 0 is anything, N is not older', async () => {
    for (const query of ['', '?resourceVersion=0', `?resourceVersion=${past}`]) {
      const { status, body } = await api.get(path + query);
      expect({ query, status, names: names(body) }).toEqual({ query, status: 200, names: ['a', 'b'] });
      expect(Number(body.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(now));
    }
  });

  test.each([
    ['NotOlderThan', '', ['a', 'b']],
    ['Exact', '', ['a']],
    ['', '&limit=5', ['a']],
    ['NotOlderThan', '&limit=5', ['a', 'b']],
  ])('N with match %j %s', async (match, more, expected) => {
    const matching = match === '' ? '' : `&resourceVersionMatch=${match}`;
    const { body } = await api.get(`${path}?resourceVersion=${past}${matching}${more}`);
    expect(names(body)).toEqual(expected);
    if (expected.length === 1) expect(body.metadata.resourceVersion).toBe(past);
  });

  test('0 gives everything, whatever the limit', async () => {
    const { body } = await api.get(`${path}?resourceVersion=0&limit=1`);
    expect(names(body)).toEqual(['a', 'b']);
    expect(body.metadata).not.toHaveProperty('continue');
  });

  test.each([
    [
      'resourceVersionMatch=Exact',
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
    [
      'resourceVersionMatch=Exact&resourceVersion=0',
      'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    ],
    [
      'resourceVersionMatch=Some&resourceVersion=1',
      'resourceVersionMatch: Unsupported value: "Some": supported values: "Exact", "NotOlderThan", ""',
    ],
    ['sendInitialEvents=true', 'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list'],
  ])('%s is refused', async (query, message) => {
    const { status, body } = await api.get(`${path}?${query}`);
    expect({ status, message: body.message }).toEqual({
      status: 422,
      message: `ListOptions.meta.k8s.io "" is invalid: ${message}`,
    });
  });

  test('a revision of the future is 504 with its cause and Retry-After', async () => {
    const queries = ['resourceVersion=99999999', 'resourceVersion=99999999&resourceVersionMatch=Exact'];
    // The server waits 3 s for it to come; both at once.
    const answers = await Promise.all(queries.map((query) => api.get(`${path}?${query}`)));
    for (const [i, { status, headers, body }] of answers.entries()) {
      const query = queries[i];
      expect({ query, status, reason: body.reason, retry: headers['retry-after'] }).toEqual({
        query,
        status: 504,
        reason: 'Timeout',
        retry: '1',
      });
      expect(body.message).toMatch(/^Timeout: Too large resource version: 99999999, current: \d+$/);
      expect(body.details.causes).toEqual([
        { reason: 'ResourceVersionTooLarge', message: 'Too large resource version' },
      ]);
    }
  });

  test('a compacted revision is 410', async () => {
    await api.made(path, secret('after'));
    await cluster.storage.compact(await cluster.storage.currentRevision());
    const { status, body } = await api.get(`${path}?resourceVersion=${past}&resourceVersionMatch=Exact`);
    expect({ status, reason: body.reason }).toEqual({ status: 410, reason: 'Expired' });
  });

  test('what is no number is refused', async () => {
    expect((await api.get(`${path}?resourceVersion=abc`)).status).toBe(400);
  });

  test('of a GET: 0 and N are served, the future is not', async () => {
    expect((await api.get(`${path}/a?resourceVersion=0`)).status).toBe(200);
    expect((await api.get(`${path}/a?resourceVersion=${now}`)).status).toBe(200);
    expect((await api.get(`${path}/a?resourceVersion=99999999`)).status).toBe(504);
  });
});

describe('label selectors', () => {
  let path: string;
  beforeAll(async () => {
    path = `${await namespace('labels')}/configmaps`;
    await api.made(path, configMap('one', {}, { labels: { tier: 'front', n: '1' } }));
    await api.made(path, configMap('two', {}, { labels: { tier: 'back', n: '2' } }));
    await api.made(path, configMap('three', {}, { labels: { n: '3', empty: '' } }));
  });

  test.each([
    ['tier=front', ['one']],
    ['tier==front', ['one']],
    ['tier!=front', ['three', 'two']],
    ['tier in (front,back)', ['one', 'two']],
    ['tier notin (front)', ['three', 'two']],
    ['tier', ['one', 'two']],
    ['!tier', ['three']],
    ['n>1', ['three', 'two']],
    ['n<3,tier', ['one', 'two']],
    ['empty=', ['three']],
    ['tier=front,n=2', []],
    ['', ['one', 'three', 'two']],
  ])('%s', async (selector, expected) => {
    const { body } = await api.get(`${path}?labelSelector=${encodeURIComponent(selector)}`);
    expect(names(body).filter((name) => name !== 'kube-root-ca.crt')).toEqual(expected);
  });

  test('one that does not parse is refused', async () => {
    const { status, body } = await api.get(`${path}?labelSelector=${encodeURIComponent('a in (')}`);
    expect({ status, reason: body.reason }).toEqual({ status: 400, reason: 'BadRequest' });
    expect(body.message).toMatch(/^unable to parse requirement/);
  });
});

describe('field selectors', () => {
  beforeAll(async () => {
    await api.made(core('pods'), pod('on-node', { nodeName: 'n1', restartPolicy: 'Never', schedulerName: 'mine' }));
    await api.made(core('pods'), pod('off-node', { hostNetwork: true }));
    const status = { phase: 'Running', podIPs: [{ ip: '10.0.0.7' }], podIP: '10.0.0.7' };
    expect((await api.patch(`${core('pods', 'on-node')}/status`, { status })).status).toBe(200);
    await api.made(core('secrets'), secret('typed'));
    await api.made(core('services'), {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'headless' },
      spec: { clusterIP: 'None', ports: [{ port: 1 }] },
    });
    await api.made('/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n1' },
      spec: { unschedulable: true },
    });
    await api.made('/apis/batch/v1/namespaces/default/jobs', {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'job' },
      spec: { template: { spec: { ...pod('x').spec, restartPolicy: 'Never' } } },
    });
    await api.made(core('replicationcontrollers'), {
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { name: 'rc' },
      spec: { replicas: 0, selector: { a: 'b' }, template: { metadata: { labels: { a: 'b' } }, spec: pod('x').spec } },
    });
    await api.made('/apis/certificates.k8s.io/v1/certificatesigningrequests', signingRequest());
    await api.made(core('events'), {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'event', namespace: 'default' },
      type: 'Warning',
      reason: 'Because',
      source: { component: 'tester' },
      reportingComponent: 'tester',
      reportingInstance: 'i',
      involvedObject: {
        kind: 'Pod',
        namespace: 'default',
        name: 'on-node',
        uid: 'u-1',
        apiVersion: 'v1',
        resourceVersion: '7',
        fieldPath: 'spec.x',
      },
    });
  });

  /** A request that the server takes; what it asks for does not matter here. */
  function signingRequest(): Document {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null'];
    const pem = execFileSync('openssl', ['req', '-new', ...key, '-subj', '/CN=me'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'csr' },
      spec: { request: pem.toString('base64'), signerName: 'example.com/signer', usages: ['client auth'] },
    };
  }

  const csrs = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  const events = core('events');
  test.each([
    [core('pods'), 'metadata.name=on-node', ['on-node']],
    [core('pods'), 'metadata.name!=on-node', ['off-node']],
    ['/api/v1/pods', 'metadata.namespace=default', ['off-node', 'on-node']],
    [core('pods'), 'spec.nodeName=n1', ['on-node']],
    [core('pods'), 'spec.nodeName=', ['off-node']],
    [core('pods'), 'spec.host=n1', ['on-node']],
    [core('pods'), 'spec.restartPolicy=Never', ['on-node']],
    [core('pods'), 'spec.schedulerName=mine', ['on-node']],
    [core('pods'), 'spec.serviceAccountName=default', ['off-node', 'on-node']],
    [core('pods'), 'spec.hostNetwork=true', ['off-node']],
    [core('pods'), 'status.phase=Running', ['on-node']],
    [core('pods'), 'status.phase!=Running', ['off-node']],
    [core('pods'), 'status.podIP=10.0.0.7', ['on-node']],
    [core('pods'), 'status.nominatedNodeName=', ['off-node', 'on-node']],
    [core('pods'), 'status.phase=Running,spec.nodeName=n2', []],
    [core('secrets'), 'type=example.com/t', ['typed']],
    [core('services'), 'spec.clusterIP=None', ['headless']],
    [core('services'), 'spec.type=ClusterIP', ['headless', 'kubernetes']],
    ['/api/v1/nodes', 'spec.unschedulable=true', ['n1']],
    ['/api/v1/namespaces', 'status.phase=Active,metadata.name=default', ['default']],
    [core('replicationcontrollers'), 'status.replicas=0', ['rc']],
    ['/apis/batch/v1/namespaces/default/jobs', 'status.successful=0', ['job']],
    [csrs, 'spec.signerName=example.com/signer', ['csr']],
    [events, 'involvedObject.kind=Pod', ['event']],
    [events, 'involvedObject.namespace=default', ['event']],
    [events, 'involvedObject.name=on-node', ['event']],
    [events, 'involvedObject.uid=u-1', ['event']],
    [events, 'involvedObject.apiVersion=v1', ['event']],
    [events, 'involvedObject.resourceVersion=7', ['event']],
    [events, 'involvedObject.fieldPath=spec.x', ['event']],
    [events, 'reason=Because', ['event']],
    [events, 'reportingComponent=tester', ['event']],
    [events, 'source=tester', ['event']],
    [events, 'type=Warning', ['event']],
    ['/apis/events.k8s.io/v1/namespaces/default/events', 'regarding.name=on-node', ['event']],
    ['/apis/events.k8s.io/v1/namespaces/default/events', 'reportingController=tester', ['event']],
  ])('%s %s', async (path, selector, expected) => {
    const { status, body } = await api.get(`${path}?fieldSelector=${encodeURIComponent(selector)}`);
    expect({ status, message: body.message }).toEqual({ status: 200, message: undefined });
    expect(names(body)).toEqual(expected);
  });

  test.each([
    [core('pods'), 'spec.hostname=x', 'field label not supported: spec.hostname'],
    [core('secrets'), 'data=x', 'field label not supported: data'],
    [core('services'), 'spec.ports=x', 'field label not supported: spec.ports'],
    ['/api/v1/namespaces', 'name=default', 'field label not supported: name'],
    ['/api/v1/nodes', 'spec.podCIDR=x', 'field label not supported: spec.podCIDR'],
    [
      core('configmaps'),
      'data.a=b',
      '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
    [
      apps('deployments'),
      'spec.replicas=1',
      '"spec.replicas" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
  ])('%s %s is refused', async (path, selector, message) => {
    for (const watch of ['', '&watch=true']) {
      const { status, body } = await api.get(`${path}?fieldSelector=${encodeURIComponent(selector)}${watch}`);
      expect({ status, reason: body.reason, message: body.message }).toEqual({
        status: 400,
        reason: 'BadRequest',
        message,
      });
    }
  });
});
