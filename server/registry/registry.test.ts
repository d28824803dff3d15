import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { apiVersionOf, type KubeObject } from '../../apimachinery/object.ts';
import type { ResourceDescriptor } from './descriptor.ts';
import { fieldAccessor, findResource, resources } from './registry.ts';

const stored = resources.filter((descriptor) => descriptor.stored);

function named(group: string, resource: string): ResourceDescriptor {
  return findResource(group, 'v1', resource)!;
}

function newObject(descriptor: ResourceDescriptor): KubeObject {
  const apiVersion = apiVersionOf(descriptor.group, descriptor.version);
  return { apiVersion, kind: descriptor.kind, metadata: { name: 'a', creationTimestamp: '2026-01-01T00:00:00Z' } };
}

test('every name is there once', () => {
  const names = resources.map(({ group, version, resource }) => `${group}/${version}/${resource}`);
  expect(new Set(names).size).toBe(names.length);
  const kinds = resources.map(({ group, version, kind }) => `${group}/${version}/${kind}`);
  expect(new Set(kinds).size).toBe(kinds.length);
});

// Kinds that upstream still stores in an older version.
const storedUpstreamIn: Record<string, string> = {
  CustomResourceDefinition: 'v1beta1',
  MutatingAdmissionPolicy: 'v1beta1',
  MutatingAdmissionPolicyBinding: 'v1beta1',
};

test.each(stored.map((descriptor) => [descriptor.kind, descriptor] as const))('%s', (_, descriptor) => {
  // Upstream's discovery.StorageVersionHash: eight bytes of the hash of what is stored.
  const version = storedUpstreamIn[descriptor.kind] ?? descriptor.version;
  const gvk = `${apiVersionOf(descriptor.group, version)}/${descriptor.kind}`;
  expect(createHash('sha256').update(gvk).digest().subarray(0, 8).toString('base64')).toBe(
    descriptor.storageVersionHash,
  );
  for (const subresource of descriptor.subresources)
    if (subresource.name === 'status') expect(subresource.prepareForUpdate).toBeDefined();
  // Every hook copes with an object that has nothing but metadata.
  const object = newObject(descriptor);
  const context = { user: { name: 'u', groups: [] }, namespace: 'n', timestamp: '2026-01-01T00:00:00Z', dryRun: false };
  descriptor.setDefaults?.(object);
  descriptor.prepareForCreate?.(object, context);
  expect(Array.isArray(descriptor.validate?.(object) ?? [])).toBe(true);
  descriptor.prepareForUpdate?.(object, newObject(descriptor), context);
  expect(Array.isArray(descriptor.validateUpdate?.(object, newObject(descriptor)) ?? [])).toBe(true);
  const cells = descriptor.printer?.cells(object, { now: Date.parse('2026-01-01T00:01:00Z') }) ?? ['a'];
  expect(cells[0]).toBe('a');
});

describe('fieldAccessor', () => {
  const object = { apiVersion: '', kind: '', metadata: { name: 'a' }, spec: { signerName: 's', nodeName: 'n' } };

  test('reads metadata and what the kind declares', () => {
    const csr = named('certificates.k8s.io', 'certificatesigningrequests');
    expect(fieldAccessor(csr, 'metadata.name')(object)).toBe('a');
    expect(fieldAccessor(csr, 'spec.signerName')(object)).toBe('s');
    expect(fieldAccessor(named('storage.k8s.io', 'storageclasses'), 'metadata.namespace')(object)).toBe('');
  });

  test.each([
    [
      'certificates.k8s.io',
      'certificatesigningrequests',
      'metadata.namespace',
      'field label not supported: metadata.namespace',
    ],
    [
      'resource.k8s.io',
      'resourceslices',
      'x',
      'field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: x',
    ],
    [
      'storage.k8s.io',
      'storageclasses',
      'spec.x',
      '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
  ])('%s %s refuses %s', (group, resource, label, message) => {
    expect(() => fieldAccessor(named(group, resource), label)).toThrow(message);
  });
});
