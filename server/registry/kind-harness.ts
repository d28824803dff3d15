// For tests of kinds: takes a body the way the generic store does, without a store.
import { normalizeObject } from '../../apimachinery/decode/decode.ts';
import { fieldErrorMessage } from '../../apimachinery/field.ts';
import { apiVersionOf, type KubeObject } from '../../apimachinery/object.ts';
import type { Cell, RequestContext, ResourceDescriptor } from './descriptor.ts';

/** What a test writes of an object: everything but its type, and metadata where the name does not matter. */
export type Body = Record<string, unknown>;

export const testContext: RequestContext = {
  user: { name: 'jane', uid: 'u-1', groups: ['dev', 'system:authenticated'], extra: { scope: ['a'] } },
  namespace: 'default',
  timestamp: '2026-01-01T00:00:00Z',
  dryRun: false,
};

function decoded(descriptor: ResourceDescriptor, body: Body): KubeObject {
  const apiVersion = apiVersionOf(descriptor.group, descriptor.version);
  const object = { apiVersion, kind: descriptor.kind, metadata: { name: 'a' }, ...structuredClone(body) };
  return normalizeObject(object as KubeObject, descriptor);
}

/** The object as it would be stored: decoded, defaulted, prepared. */
export function created(descriptor: ResourceDescriptor, body: Body): KubeObject {
  const object = decoded(descriptor, body);
  descriptor.setDefaults?.(object);
  descriptor.prepareForCreate?.(object, testContext);
  descriptor.canonicalize?.(object);
  return normalizeObject(object, descriptor);
}

/** What is wrong with creating it, metadata apart. */
export function createErrors(descriptor: ResourceDescriptor, body: Body): string[] {
  return (descriptor.validate?.(created(descriptor, body)) ?? []).map(fieldErrorMessage);
}

/** What an update of `old` (as `created` gives it) to `body` would store, through the object itself or a subresource. */
export function updated(descriptor: ResourceDescriptor, body: Body, old: KubeObject, subresource?: string): KubeObject {
  const object = decoded(descriptor, body);
  descriptor.setDefaults?.(object);
  const strategy = descriptor.subresources.find(({ name }) => name === subresource) ?? descriptor;
  strategy.prepareForUpdate?.(object, old, testContext);
  return object;
}

/** What is wrong with that update, metadata apart. */
export function updateErrors(
  descriptor: ResourceDescriptor,
  body: Body,
  old: KubeObject,
  subresource?: string,
): string[] {
  const strategy = descriptor.subresources.find(({ name }) => name === subresource) ?? descriptor;
  const object = updated(descriptor, body, old, subresource);
  return (strategy.validateUpdate?.(object, old) ?? []).map(fieldErrorMessage);
}

/** The row that `kubectl get -o wide` shows of it a minute after its creation. */
export function row(descriptor: ResourceDescriptor, body: Body): Cell[] {
  const object = created(descriptor, body);
  object.metadata.creationTimestamp = '2026-01-01T00:00:00Z';
  return descriptor.printer!.cells(object, { now: Date.parse('2026-01-01T00:01:00Z') });
}
