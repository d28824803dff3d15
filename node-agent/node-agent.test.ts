// The agent with simulated nodes against a real server.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Client } from '../client/client.ts';
import { Pod } from '../client/kinds.ts';
import { adminClient, silentLog } from '../client/testing/clients.ts';
import type { Transport } from '../client/transport.ts';
import { until } from '../conformance/support/until.ts';
import { type Cluster, startCluster } from '../testing/index.ts';
import { hollowNodes } from './hollow/hollow-nodes.ts';
import { NodeAgent } from './node-agent.ts';

jest.setTimeout(60_000);

let cluster: Cluster;
let client: Client;
let transport: Transport;
let agent: NodeAgent;

beforeEach(async () => {
  cluster = await startCluster({ storage: 'memory' });
  ({ client, transport } = adminClient(cluster, { userAgent: 'kubelet' }));
});

afterEach(async () => {
  await agent.stop();
  await transport.close();
  await cluster.stop();
});

test('smoke', async () => {
  const nodes = await hollowNodes(client, { count: 2, kubeletVersion: 'v1.36.2' });
  agent = new NodeAgent(nodes, { client, log: (await import('pino')).default({ level: 'debug' }) });
  await agent.start();
  await client.resource(Pod).create({
    metadata: { name: 'a', namespace: 'default' },
    spec: { nodeName: 'hollow-0', containers: [{ name: 'c', image: 'nginx' }] },
  } as never);
  const pod = await until('it runs', async () => {
    const found = await client.resource(Pod).get({ namespace: 'default', name: 'a' });
    return found.status?.phase === 'Running' && found;
  });
  await client.resource(Pod).delete(pod.metadata);
  await until('it is gone', async () => (await client.resource(Pod).list({ namespace: 'default' })).items.length === 0);
  void silentLog;
  void expect;
});
