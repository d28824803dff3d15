// Defaults of storage and network.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { admit, attributes, object, put, resetState } from '../harness.ts';

beforeEach(resetState);

describe('defaults of storage and network', () => {
  test('the newest default storage class, for claims without one', async () => {
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    await put('storageclasses.storage.k8s.io', '', object('StorageClass', 'b', {}, { annotations }));
    await put('storageclasses.storage.k8s.io', '', object('StorageClass', 'a', {}, { annotations }));
    const claim = (spec: object) =>
      attributes('persistentvolumeclaims', {
        namespace: 'dev',
        object: object('PersistentVolumeClaim', 'c', { spec }),
      });
    expect((await admit(claim({})))?.['spec'].storageClassName).toBe('a');
    expect((await admit(claim({ storageClassName: '' })))?.['spec'].storageClassName).toBe('');
    expect((await admit(claim({})))?.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
  });

  test('the default ingress class; finalizers; the taint of a new node', async () => {
    const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' };
    await put('ingressclasses.networking.k8s.io', '', object('IngressClass', 'nginx', {}, { annotations }));
    const ingress = attributes('ingresses', { namespace: 'dev', object: object('Ingress', 'i', { spec: {} }) });
    expect((await admit(ingress))?.['spec'].ingressClassName).toBe('nginx');
    const legacy = object('Ingress', 'i', { spec: {} }, { annotations: { 'kubernetes.io/ingress.class': 'x' } });
    expect((await admit(attributes('ingresses', { namespace: 'dev', object: legacy })))?.['spec']).toEqual({});
    expect(
      (await admit(attributes('persistentvolumes', { object: object('PersistentVolume', 'v') })))?.metadata.finalizers,
    ).toEqual(['kubernetes.io/pv-protection']);
    expect(
      (await admit(attributes('volumeattributesclasses', { object: object('X', 'v') })))?.metadata.finalizers,
    ).toEqual(['kubernetes.io/vac-protection']);
    expect((await admit(attributes('nodes', { object: object('Node', 'n') })))?.['spec'].taints).toEqual([
      { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
    ]);
  });

  test('claims grow when bound and allowed', async () => {
    await put('storageclasses.storage.k8s.io', '', object('StorageClass', 'grows', { allowVolumeExpansion: true }));
    const claim = (storage: string, storageClassName: string, phase: string) =>
      object('PersistentVolumeClaim', 'c', {
        spec: { storageClassName, resources: { requests: { storage } } },
        status: { phase },
      });
    const grow = (to: string, name = 'grows', phase = 'Bound') =>
      admit(
        attributes('persistentvolumeclaims', {
          operation: 'UPDATE',
          namespace: 'dev',
          object: claim(to, name, phase),
          old: claim('1Gi', name, phase),
        }),
      );
    await grow('2Gi');
    await grow('1024Mi', 'fixed');
    await expect(grow('2Gi', 'fixed')).rejects.toThrow(
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    );
    await expect(grow('2Gi', 'grows', 'Pending')).rejects.toThrow(
      'Only bound persistent volume claims can be expanded',
    );
  });
});
