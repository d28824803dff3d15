// managedFields between an object and its Scale, which is written with owners of its own for the one field that both share
// (apimachinery/pkg/util/managedfields scalehandler.go).
import type { JsonObject } from '../object.ts';
import { difference, hasPath, isEmptySet, pathSet } from './field-set.ts';
import { type Managers, storedManagers, writeManagedFields } from './managers.ts';

const scaleVersion = 'autoscaling/v1';
const replicasInScale = ['f:spec', 'f:replicas'];

/**
 * Where objects have their replicas, as a path of elements, by apiVersion. A version that is missing is not served; one without a path
 * has no Scale.
 */
export type ReplicasPaths = Readonly<Record<string, readonly string[] | undefined>>;

/** The managedFields of an object as its Scale has them: who owns the replicas. */
export function scaleFields(parent: readonly JsonObject[] | undefined, paths: ReplicasPaths): JsonObject[] | undefined {
  const managers: Managers = new Map();
  for (const [key, entry] of storedManagers(parent)) {
    const path = paths[entry.apiVersion];
    if (path === undefined || !hasPath(entry.set, path)) continue;
    managers.set(key, { ...entry, apiVersion: scaleVersion, set: pathSet(replicasInScale) });
  }
  return writeManagedFields(managers);
}

/** The managedFields of an object of `apiVersion` after a write of its Scale that left `scale` there. */
export function parentFields(
  parent: readonly JsonObject[] | undefined,
  scale: readonly JsonObject[] | undefined,
  apiVersion: string,
  paths: ReplicasPaths,
): JsonObject[] | undefined {
  const own = storedManagers(parent);
  const left = storedManagers(scale);
  const managers: Managers = new Map();
  for (const [key, entry] of own) {
    if (!Object.hasOwn(paths, entry.apiVersion)) continue;
    const path = paths[entry.apiVersion];
    if (path === undefined || !hasPath(entry.set, path) || left.has(key)) {
      managers.set(key, entry);
      left.delete(key);
      continue;
    }
    const set = difference(entry.set, pathSet(path));
    if (!isEmptySet(set)) managers.set(key, { ...entry, set });
  }
  for (const [key, entry] of left) {
    const path = paths[apiVersion];
    if (path === undefined || !hasPath(entry.set, replicasInScale)) continue;
    managers.set(key, { ...entry, apiVersion, set: pathSet(path), time: own.get(key)?.time });
  }
  return writeManagedFields(managers);
}
