// ResourceQuota through the API: words of refusals, what is counted, and exactness with 64 creators over one and two servers.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { ApiClient, configMap, type Document } from './support/client.ts';
import { type SecondServer, startSecondServer } from './support/second-server.ts';

jest.setTimeout(60_000);

let cluster: Cluster;
let second: SecondServer;
let one: ApiClient;
let two: ApiClient;
beforeAll(async () => {
  cluster = await startCluster();
  second = await startSecondServer(cluster);
  one = new ApiClient(cluster);
  two = second.api;
});
afterAll(async () => {
  await second.stop();
  await cluster.stop();
});

const within = (namespace: string, rest: string) => `/api/v1/namespaces/${namespace}/${rest}`;

/** A namespace with one quota whose status says what its controller would say of an empty namespace. */
async function namespaceWithQuota(namespace: string, hard: Record<string, string>): Promise<void> {
  await one.made('/api/v1/namespaces', { metadata: { name: namespace } });
  const made = await one.made(within(namespace, 'resourcequotas'), { metadata: { name: 'q' }, spec: { hard } });
  const used = Object.fromEntries(Object.keys(hard).map((name) => [name, '0']));
  const answer = await one.put(within(namespace, 'resourcequotas/q/status'), { ...made, status: { hard, used } });
  expect(answer.status).toBe(200);
  // A quota counts on a server from when that has heard of it: this read waits until the other one has.
  expect((await two.get(within(namespace, 'resourcequotas/q'))).body.status.hard).toEqual(hard);
}

async function used(namespace: string): Promise<Document> {
  return (await one.get(within(namespace, 'resourcequotas/q'))).body.status.used;
}

const pod = (name: string, cpu?: string) => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'i', ...(cpu ? { resources: { requests: { cpu } } } : {}) }] },
});

describe('a quota', () => {
  test('refuses what is too much in upstream’s words, and counts nothing for it', async () => {
    await namespaceWithQuota('words', { pods: '2', 'requests.cpu': '1' });
    expect((await one.post(within('words', 'pods'), pod('a', '600m'))).status).toBe(201);
    const refused = await one.post(within('words', 'pods'), pod('b', '500m'));
    expect(refused.status).toBe(403);
    expect(refused.body.message).toBe(
      'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1',
    );
    expect((await one.post(within('words', 'pods'), pod('c'))).body.message).toBe(
      'pods "c" is forbidden: failed quota: q: must specify requests.cpu for: c',
    );
    expect(await used('words')).toEqual({ pods: '1', 'requests.cpu': '600m' });
  });

  test('counts nothing for a dry run', async () => {
    await namespaceWithQuota('dry', { configmaps: '5' });
    expect((await one.post(`${within('dry', 'configmaps')}?dryRun=All`, configMap('a'))).status).toBe(201);
    expect(await used('dry')).toEqual({ configmaps: '0' });
  });

  test('without a status stops nothing; with limits and no usage everything', async () => {
    await one.made('/api/v1/namespaces', { metadata: { name: 'early' } });
    const made = await one.made(within('early', 'resourcequotas'), {
      metadata: { name: 'q' },
      spec: { hard: { pods: '0' } },
    });
    expect((await one.post(within('early', 'pods'), pod('a'))).status).toBe(201);
    await one.put(within('early', 'resourcequotas/q/status'), { ...made, status: { hard: { pods: '0' } } });
    expect((await one.post(within('early', 'pods'), pod('b'))).body.message).toBe(
      'pods "b" is forbidden: status unknown for quota: q, resources: pods',
    );
  });
});

describe('64 creators', () => {
  /** Each tries until it is refused; returns how many objects were made and the status codes of the rest. */
  async function race(namespace: string, apis: readonly ApiClient[], attempts: number) {
    const answers = await Promise.all(
      Array.from({ length: 64 }, async (_, creator) => {
        const statuses: number[] = [];
        for (let i = 0; i < attempts; i++) {
          const api = apis[creator % apis.length]!;
          statuses.push((await api.post(within(namespace, 'configmaps'), configMap(`c${creator}-${i}`))).status);
        }
        return statuses;
      }),
    );
    return answers.flat();
  }

  test.each([
    ['one server', 'solo', () => [one]],
    ['two servers', 'duo', () => [one, two]],
  ])('through %s make exactly as many objects as there is room for', async (_, namespace, apis) => {
    // A service account's CA bundle is in the namespace already.
    await namespaceWithQuota(namespace, { 'count/configmaps': '100' });
    const statuses = await race(namespace, apis(), 3);
    expect(statuses.filter((status) => status === 201)).toHaveLength(100);
    expect([...new Set(statuses)].sort()).toEqual([201, 403]);
    const made = (await one.get(within(namespace, 'configmaps'))).body.items as Document[];
    expect(made.filter(({ metadata }) => /^c\d/.test(metadata.name))).toHaveLength(100);
    expect(await used(namespace)).toEqual({ 'count/configmaps': '100' });
  });

  test('find the room again that one server freed, through the other, at once', async () => {
    await namespaceWithQuota('freed', { 'count/configmaps': '1' });
    await one.made(within('freed', 'configmaps'), configMap('a'));
    for (let i = 0; i < 10; i++) {
      const quota = (await two.get(within('freed', 'resourcequotas/q'))).body;
      const emptied = { ...quota, status: { ...quota.status, used: { 'count/configmaps': '0' } } };
      expect((await two.put(within('freed', 'resourcequotas/q/status'), emptied)).status).toBe(200);
      expect((await one.post(within('freed', 'configmaps'), configMap(`b${i}`))).status).toBe(201);
    }
  });
});
