import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { normalizeObject } from '../../apimachinery/decode/decode.ts';
import { apiVersionOf, type KubeObject } from '../../apimachinery/object.ts';
import type { ResourceDescriptor } from './descriptor.ts';
import { fieldAccessor } from './field-labels.ts';
import { findResource, resources } from './registry.ts';

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

// Kinds that upstream stores in another group or version.
const storedUpstreamAs: Record<string, { group: string; version: string }> = {
  'apiextensions.k8s.io/CustomResourceDefinition': { group: 'apiextensions.k8s.io', version: 'v1beta1' },
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': { group: 'admissionregistration.k8s.io', version: 'v1beta1' },
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding': {
    group: 'admissionregistration.k8s.io',
    version: 'v1beta1',
  },
  'events.k8s.io/Event': { group: '', version: 'v1' },
};

test.each(stored.map((descriptor) => [descriptor.kind, descriptor] as const))('%s', (_, descriptor) => {
  // Upstream's discovery.StorageVersionHash: eight bytes of the hash of what is stored.
  const { group, version } = storedUpstreamAs[`${descriptor.group}/${descriptor.kind}`] ?? descriptor;
  const gvk = `${group}/${version}/${descriptor.kind}`;
  expect(createHash('sha256').update(gvk).digest().subarray(0, 8).toString('base64')).toBe(
    descriptor.storageVersionHash,
  );
  for (const subresource of descriptor.subresources)
    if (subresource.name === 'status') expect(subresource.prepareForUpdate).toBeDefined();
  // Every hook copes with an object that has nothing but metadata, in the form in which it comes from decoding.
  const object = normalizeObject(newObject(descriptor), descriptor);
  const context = { user: { name: 'u', groups: [] }, namespace: 'n', timestamp: '2026-01-01T00:00:00Z', dryRun: false };
  descriptor.setDefaults?.(object);
  descriptor.prepareForCreate?.(object, context);
  expect(Array.isArray(descriptor.validate?.(object) ?? [])).toBe(true);
  const old = normalizeObject(structuredClone(object), descriptor);
  descriptor.prepareForUpdate?.(object, old, context);
  expect(Array.isArray(descriptor.validateUpdate?.(object, old) ?? [])).toBe(true);
  if (descriptor.printer === undefined) return;
  const cells = descriptor.printer.cells(object, { now: Date.parse('2026-01-01T00:01:00Z') });
  expect(cells).toContain('a');
  expect(cells.length).toBeGreaterThanOrEqual(descriptor.printer.columns.length);
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
