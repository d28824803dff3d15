// Which changes of objects free something of a quota (pkg/quota/v1/install/update_filter.go).
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../apimachinery/object.ts';
import { attributesClasses } from '../../apimachinery/quota/claim-evaluator.ts';
import { holdsResources, isTerminating } from '../../apimachinery/quota/pod-evaluator.ts';

type Freed = (old: KubeObject, object: KubeObject, nowMs: number) => boolean;

/** By resource; deletions free something of every resource, updates only of these. */
const freedByUpdate: Readonly<Record<string, Freed>> = {
  pods: (old, object, nowMs) =>
    containerResourcesChanged(old, object) ||
    isTerminating(old) !== isTerminating(object) ||
    (holdsResources(old, nowMs) && !holdsResources(object, nowMs)),
  services: (old, object) => old['spec']?.type !== object['spec']?.type,
  persistentvolumeclaims: (old, object) =>
    old['status']?.allocatedResources?.storage !== object['status']?.allocatedResources?.storage ||
    attributesClasses(old).symmetricDifference(attributesClasses(object)).size > 0,
};

/** Whether quotas are to be counted anew after an update of an object of this resource (`pods`). */
export function isReplenishedBy(groupResource: string, old: KubeObject, object: KubeObject, nowMs: number): boolean {
  return freedByUpdate[groupResource]?.(old, object, nowMs) ?? false;
}

type Statuses = readonly { name: string; resources?: unknown }[] | undefined;

function containerResourcesChanged(old: KubeObject, object: KubeObject): boolean {
  return ['containerStatuses', 'initContainerStatuses'].some((list) => {
    const before: Statuses = old['status']?.[list];
    const after: Statuses = object['status']?.[list];
    if (before === after || before === undefined) return false;
    return before.some(({ name, resources }) => {
      const now = after?.find((status) => status.name === name);
      return now !== undefined && !isDeepStrictEqual(now.resources, resources);
    });
  });
}
