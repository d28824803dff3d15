// Brings default objects into being: one way for all of them, every create in flight at once so that they share a commit.

import type { KubeObject } from '../../apimachinery/object.ts';
import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import { StatusError } from '../../apimachinery/status.ts';
import type { ObjectReader, ObjectWriter } from '../registry/objects.ts';

export interface DefaultObject {
  /** `configmaps`, `roles.rbac.authorization.k8s.io`, … */
  resource: string;
  /** As it is created, namespace in its metadata. */
  object: KubeObject;
  /** Written to the status subresource after the create, where the server itself is what observes it. */
  status?: unknown;
  /** What the object that exists must become; undefined: it is fine. Absent: whatever exists is fine. */
  reconcile?(existing: KubeObject): KubeObject | undefined;
}

export interface Objects {
  reader: ObjectReader;
  writer: ObjectWriter;
}

const conflictAttempts = 3;

function isReason(error: unknown, reason: string): boolean {
  return error instanceof StatusError && error.reason === reason;
}

async function createMissing({ writer }: Objects, wanted: DefaultObject): Promise<void> {
  const { resource, object, status } = wanted;
  const namespace = object.metadata.namespace ?? '';
  try {
    const created = await writer.create(resource, namespace, structuredClone(object));
    if (status !== undefined) await writer.updateStatus(resource, namespace, { ...created, status });
  } catch (error) {
    // Another server of this cluster makes the same objects.
    if (!isReason(error, 'AlreadyExists') && !isReason(error, 'Conflict')) throw error;
  }
}

/** Creates the object, or brings it up to date. Somebody else doing the same at the same time is fine. */
export async function ensureObject(objects: Objects, wanted: DefaultObject): Promise<void> {
  const { resource, object } = wanted;
  const namespace = object.metadata.namespace ?? '';
  for (let attempt = 1; ; attempt++) {
    const existing = objects.reader.resource(resource).get(namespace, object.metadata.name!);
    if (existing === undefined) return await createMissing(objects, wanted);
    const changed = wanted.reconcile?.(existing);
    if (changed === undefined) return;
    try {
      await objects.writer.update(resource, namespace, changed);
      return;
    } catch (error) {
      if (!isReason(error, 'Conflict') || attempt >= conflictAttempts) throw error;
      // The cache may not have what the conflict is about yet; without a precondition the last attempt decides.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** All at once. Rejects, after every one was tried, with the failures by name. */
export async function ensureObjects(objects: Objects, wanted: readonly DefaultObject[]): Promise<void> {
  const results = await Promise.allSettled(wanted.map((one) => ensureObject(objects, one)));
  const failures = results.flatMap((result, index) => {
    if (result.status === 'fulfilled') return [];
    const { resource, object } = wanted[index]!;
    return [`${resource} ${object.metadata.name}: ${(result.reason as Error).message}`];
  });
  if (failures.length > 0) throw new Error(`default objects could not be made: ${failures.join('; ')}`);
}

/** A reconcile function for objects of which the server owns some top-level fields and leaves the rest to others. */
export function ownsFields(wanted: KubeObject, fields: readonly string[]): NonNullable<DefaultObject['reconcile']> {
  return (existing) => {
    if (fields.every((field) => semanticEqual(existing[field], wanted[field]))) return undefined;
    const owned = Object.fromEntries(fields.map((field) => [field, wanted[field]]));
    return { ...existing, ...owned };
  };
}
