import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { toScale } from './scale.ts';

test('a scale is the replicas of a workload and whom they are', () => {
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default', uid: 'u', resourceVersion: '7', labels: { a: 'b' } },
    spec: { replicas: 3, selector: { matchLabels: { app: 'web' } } },
    status: { replicas: 2 },
  } as unknown as KubeObject;
  expect(toScale(deployment)).toMatchObject({
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'web', namespace: 'default', uid: 'u', resourceVersion: '7' },
    spec: { replicas: 3 },
    status: { replicas: 2, selector: 'app=web' },
  });
});
