// Two API servers on one database, and a server whose connections to the database break.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { until } from '../support/until.ts';
import { ApiClient, configMap, core, summary } from './support/client.ts';
import { type SecondServer, startSecondServer } from './support/second-server.ts';

jest.setTimeout(30_000);

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

describe('two servers on one database', () => {
  test('a write through one is in the next consistent read through the other', async () => {
    for (let i = 0; i < 20; i++) {
      const [writer, reader] = i % 2 === 0 ? [one, two] : [two, one];
      const made = await writer.made(core('configmaps'), configMap(`seen-${i}`));
      expect((await reader.get(core('configmaps', `seen-${i}`))).body).toEqual(made);
      const list = (await reader.get(core('configmaps'))).body;
      expect(Number(list.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(made.metadata.resourceVersion));
      await writer.patch(core('configmaps', `seen-${i}`), { data: { a: String(i) } });
      expect((await reader.get(core('configmaps', `seen-${i}`))).body.data).toEqual({ a: String(i) });
      await writer.delete(core('configmaps', `seen-${i}`));
      expect((await reader.get(core('configmaps', `seen-${i}`))).status).toBe(404);
    }
  });

  test('a watch through one tells what is written through the other, in the order of revisions', async () => {
    const { metadata } = (await one.get(core('configmaps'))).body;
    const watches = await Promise.all(
      [one, two].map((api) => api.watch(`${core('configmaps')}?resourceVersion=${metadata.resourceVersion}`)),
    );
    await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? one : two).made(core('configmaps'), configMap(`both-${i}`))),
    );
    await one.made(core('configmaps'), configMap('both-end'));
    const [first, other] = await Promise.all(
      watches.map((watch) => watch.until(({ object }) => object.metadata.name === 'both-end')),
    );
    expect(first).toHaveLength(41);
    expect(other).toEqual(first);
    const revisions = first!.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    for (const watch of watches) watch.close();
  });

  test('a conflict is seen across both, and each increment of a racing counter counts once', async () => {
    const old = await one.made(core('configmaps'), configMap('race', { data: { n: '0' } }));
    const path = core('configmaps', 'race');
    await two.patch(path, { data: { n: '0', seen: 'yes' } });
    // Also where it would change nothing of what this server may still hold.
    expect((await one.put(path, old)).status).toBe(409);
    let conflicts = 0;
    const increments = async (api: ApiClient) => {
      for (let done = 0; done < 10; ) {
        const { body } = await api.get(path);
        const { status } = await api.put(path, { ...body, data: { n: String(Number(body.data.n) + 1) } });
        if (status === 200) done++;
        else conflicts++;
        expect([200, 409]).toContain(status);
      }
    };
    await Promise.all([one, two, one, two].map(increments));
    expect((await one.get(path)).body.data.n).toBe('40');
    expect(conflicts).toBeGreaterThan(0);
  });

  test('what writes nothing is decided on what is stored, not on what one server still holds', async () => {
    const path = core('configmaps', 'stale');
    for (let i = 0; i < 15; i++) {
      const old = await one.made(core('configmaps'), configMap('stale', { data: { n: '0' } }));
      await two.patch(path, { data: { n: '1' } });
      expect((await one.patch(path, { data: { n: '0' } })).body.data).toEqual({ n: '0' });
      expect((await two.delete(path)).status).toBe(200);
      const again = await two.made(core('configmaps'), configMap('stale'));
      const preconditions = { uid: again.metadata.uid };
      const answer = await one.delete(path, { kind: 'DeleteOptions', apiVersion: 'v1', preconditions });
      expect({ status: answer.status, uid: answer.body.details?.uid }).toEqual({ status: 200, uid: preconditions.uid });
      expect((await two.put(path, old)).status).toBe(404);
    }
  });

  test('one name is made once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? one : two).post(core('configmaps'), configMap('once'))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)]);
  });

  test('a resourceVersion of one is understood by the other', async () => {
    const made = await one.made(core('configmaps'), configMap('carried'));
    const answer = await two.get(`${core('configmaps')}?resourceVersion=${made.metadata.resourceVersion}`);
    expect(answer.status).toBe(200);
    const updated = await two.put(core('configmaps', 'carried'), { ...made, data: { a: 'b' } });
    expect(updated.status).toBe(200);
  });
});

describe('broken connections', () => {
  async function terminate(role: string): Promise<number> {
    const client = new Client(cluster.database!);
    await client.connect();
    const text = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()`;
    const { rowCount } = await client.query(text, [`pgplane ${role}`]);
    await client.end();
    return rowCount ?? 0;
  }

  test('a watch outlives the listener of its server and misses nothing', async () => {
    const { metadata } = (await one.get(core('configmaps'))).body;
    const watch = await one.watch(`${core('configmaps')}?resourceVersion=${metadata.resourceVersion}`);
    const names: string[] = [];
    for (let i = 0; i < 12; i++) {
      // One that was terminated just now may not have come back yet.
      if (i % 4 === 1) await until('a listener to terminate', async () => (await terminate('listener')) > 0);
      await two.made(core('configmaps'), configMap(`kept-${i}`));
      names.push(`ADDED kept-${i}`);
    }
    expect(summary(await watch.until(({ object }) => object.metadata.name === 'kept-11'))).toEqual(names);
    watch.close();
  });
});
