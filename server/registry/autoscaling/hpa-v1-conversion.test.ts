import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { fromStoredToV1, toStoredFromV1 } from './hpa-v1-conversion.ts';

const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };

test('CPU utilisation is a field of v1, other metrics are an annotation, and nothing is lost', () => {
  const pods = { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '5' } };
  const cpu = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } };
  const stored = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web' },
    spec: {
      scaleTargetRef: target,
      maxReplicas: 3,
      metrics: [
        { type: 'Pods', pods },
        { type: 'Resource', resource: cpu },
      ],
    },
    status: { currentReplicas: 1, desiredReplicas: 1 },
  } as unknown as KubeObject;
  const v1 = fromStoredToV1(structuredClone(stored));
  expect(v1['spec']).toEqual({ scaleTargetRef: target, maxReplicas: 3, targetCPUUtilizationPercentage: 60 });
  expect(v1.metadata.annotations!['autoscaling.alpha.kubernetes.io/metrics']).toContain('"metricName":"queue"');
  const back = toStoredFromV1(v1);
  expect(back['spec'].metrics).toEqual(expect.arrayContaining(stored['spec'].metrics));
  expect(back['spec'].metrics).toHaveLength(2);
});
