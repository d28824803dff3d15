// Bounds and defaults of LimitRanges.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { admit, attributes, object, put, resetState } from '../harness.ts';
import type { AdmissionAttributes } from '../types.ts';

beforeEach(resetState);

describe('LimitRanger', () => {
  const range = (...limits: object[]) =>
    put('limitranges', 'dev', object('LimitRange', `r${limits.length}`, { spec: { limits } }));
  const pod = (spec: object, more: Partial<AdmissionAttributes> = {}) =>
    admit(
      attributes('pods', {
        namespace: 'dev',
        object: object('Pod', 'p', { spec: { automountServiceAccountToken: false, ...spec } }),
        ...more,
      }),
    );
  const container = (resources: object = {}) => ({ name: 'c', resources });

  test('defaults, and what it says about them', async () => {
    await range({ type: 'Container', default: { cpu: '1', memory: '1Gi' }, defaultRequest: { cpu: '100m' } });
    const made = await pod({ containers: [container({ limits: { memory: '2Gi' } })], initContainers: [{ name: 'i' }] });
    expect(made?.['spec'].containers[0].resources).toEqual({
      limits: { memory: '2Gi', cpu: '1' },
      requests: { cpu: '100m' },
    });
    expect(made?.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu request for container c; cpu limit for container c; cpu request for init container i; cpu, memory limit for init container i',
    });
  });

  test.each([
    [
      { type: 'Container', min: { cpu: '100m' } },
      {},
      'minimum cpu usage per Container is 100m.  No request is specified',
    ],
    [
      { type: 'Container', min: { cpu: '0.2' } },
      { requests: { cpu: '100m' } },
      'minimum cpu usage per Container is 200m, but request is 100m',
    ],
    [
      { type: 'Container', max: { memory: '1Gi' } },
      {},
      'maximum memory usage per Container is 1Gi.  No limit is specified',
    ],
    [
      { type: 'Container', max: { memory: '1Gi' } },
      { limits: { memory: '2Gi' } },
      'maximum memory usage per Container is 1Gi, but limit is 2Gi',
    ],
    [
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      { limits: { cpu: '1' }, requests: { cpu: '250m' } },
      'cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000',
    ],
    [
      { type: 'Pod', max: { cpu: '1' } },
      { limits: { cpu: '600m' } },
      'maximum cpu usage per Pod is 1, but limit is 1200m',
    ],
  ])('%j refuses %j', async (limit, resources, message) => {
    await range(limit);
    await expect(
      pod({ containers: [container(resources), { ...container(resources), name: 'd' }] }),
    ).rejects.toMatchObject({ code: 403, message: expect.stringContaining(message) });
  });

  test('a pod needs its containers with sidecars, or an init container with the sidecars before it', async () => {
    await range({ type: 'Pod', max: { cpu: '1' } });
    const cpu = (amount: string, more = {}) => ({ name: 'x', resources: { limits: { cpu: amount } }, ...more });
    await pod({ containers: [cpu('500m')], initContainers: [cpu('500m', { restartPolicy: 'Always' }), cpu('500m')] });
    await expect(
      pod({ containers: [cpu('1m')], initContainers: [cpu('500m', { restartPolicy: 'Always' }), cpu('501m')] }),
    ).rejects.toThrow('maximum cpu usage per Pod is 1, but limit is 1001m');
  });

  test('claims; nothing on ordinary pod updates and for what is going away', async () => {
    await range({ type: 'PersistentVolumeClaim', max: { storage: '1Gi' } }, { type: 'Container', min: { cpu: '1' } });
    const claim = object('PersistentVolumeClaim', 'c', { spec: { resources: { requests: { storage: '2Gi' } } } });
    await expect(admit(attributes('persistentvolumeclaims', { namespace: 'dev', object: claim }))).rejects.toThrow(
      'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi',
    );
    await pod({ containers: [container()] }, { operation: 'UPDATE', old: object('Pod', 'p') });
    const going = object('Pod', 'p', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    await pod({ containers: [container()] }, { operation: 'UPDATE', subresource: 'resize', old: going });
    await expect(
      pod({ containers: [container()] }, { operation: 'UPDATE', subresource: 'resize', old: object('Pod', 'p') }),
    ).rejects.toThrow('No request is specified');
  });
});
