import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApiClient, type Document } from '../../../conformance/api/support/client.ts';
import { until } from '../../../conformance/support/until.ts';
import { type Cluster, startCluster } from '../../../testing/index.ts';
import { danglingCondition } from './dangling.ts';

const base = '/apis/flowcontrol.apiserver.k8s.io/v1';
const spec = { priorityLevelConfiguration: { name: 'mine' }, matchingPrecedence: 500, rules: [] };

let cluster: Cluster;
let api: ApiClient;
beforeAll(async () => {
  cluster = await startCluster({ storage: 'memory' });
  api = new ApiClient(cluster);
});
afterAll(() => cluster.stop());

async function condition(): Promise<Document> {
  return (await api.get(`${base}/flowschemas/s`)).body.status?.conditions?.[0];
}

test('the condition says whether the level is there, and nothing where it says so already', () => {
  const schema = { apiVersion: 'x', kind: 'FlowSchema', metadata: { name: 's' }, spec };
  const dangling = danglingCondition(schema, false, 't');
  expect(dangling).toEqual({
    type: 'Dangling',
    status: 'True',
    lastTransitionTime: 't',
    reason: 'NotFound',
    message:
      'This FlowSchema references the PriorityLevelConfiguration object named "mine" but there is no such object',
  });
  const status = { conditions: [dangling] };
  expect(danglingCondition({ ...schema, status }, false, 't2')).toBeUndefined();
  expect(danglingCondition({ ...schema, status }, true, 't2')).toMatchObject({ status: 'False', reason: 'Found' });
});

describe('in a server', () => {
  test('it is there after the create, follows the level, and is another manager’s', async () => {
    const made = await api.made(`${base}/flowschemas`, { metadata: { name: 's' }, spec });
    expect(made.status).toEqual({});
    expect(await condition()).toMatchObject({ type: 'Dangling', status: 'True' });
    const { managedFields } = (await api.get(`${base}/flowschemas/s`)).body.metadata;
    expect(
      managedFields.map(({ manager, operation, subresource }: Document) => [manager, operation, subresource]),
    ).toContainEqual(['api-priority-and-fairness-config-consumer-v1', 'Apply', 'status']);
    const level = {
      metadata: { name: 'mine' },
      spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } },
    };
    await api.made(`${base}/prioritylevelconfigurations`, level);
    await until('the level to be found', async () => (await condition()).status === 'False');
    await api.delete(`${base}/prioritylevelconfigurations/mine`);
    await until('the level to be missed', async () => (await condition()).status === 'True');
  });
});
