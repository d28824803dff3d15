// How full a node would be with the pod, and what that is worth
// (pkg/scheduler/framework/plugins/noderesources/{resource_allocation,least_allocated,most_allocated,requested_to_capacity_ratio}.go).
import type { Pod } from '../../../client/kinds.ts';
import type { ResourceSpec, ScoringStrategy, UtilizationShapePoint } from '../../config/plugin-args.ts';
import type { NodeInfo } from '../../framework/node-info.ts';
import { maxNodeScore } from '../../framework/plugin.ts';
import {
  defaultMemoryRequest,
  defaultMilliCPURequest,
  isScalarResourceName,
  podRequests,
} from '../../framework/resources.ts';

/** Scores in configuration go up to 10. */
const maxCustomPriorityScore = 10;

/** What a resource is worth that is requested, with the pod, of what there is; 0 to 100. */
type ResourceScore = (requested: number, capacity: number) => number;

const leastAllocated: ResourceScore = (requested, capacity) =>
  requested > capacity ? 0 : Math.trunc(((capacity - requested) * maxNodeScore) / capacity);

const mostAllocated: ResourceScore = (requested, capacity) =>
  Math.trunc((Math.min(requested, capacity) * maxNodeScore) / capacity);

/** A line through the points; level before the first and after the last. */
export function brokenLinear(shape: readonly UtilizationShapePoint[]): (utilization: number) => number {
  return (utilization) => {
    for (let i = 0; i < shape.length; i++) {
      const point = shape[i]!;
      if (utilization > point.utilization) continue;
      if (i === 0) return point.score;
      const before = shape[i - 1]!;
      const rise = (point.score - before.score) * (utilization - before.utilization);
      return before.score + Math.trunc(rise / (point.utilization - before.utilization));
    }
    return shape.at(-1)!.score;
  };
}

function requestedToCapacityRatio(shape: readonly UtilizationShapePoint[]): ResourceScore {
  const scale = maxNodeScore / maxCustomPriorityScore;
  const line = brokenLinear(shape.map(({ utilization, score }) => ({ utilization, score: score * scale })));
  return (requested, capacity) => line(requested > capacity ? 100 : Math.trunc((requested * 100) / capacity));
}

/** What the node offers and what its pods ask for, of one resource. */
function capacityOf(node: NodeInfo, resource: string): number {
  const { allocatable } = node;
  if (resource === 'cpu') return allocatable.milliCPU;
  if (resource === 'memory') return allocatable.memory;
  if (resource === 'ephemeral-storage') return allocatable.ephemeralStorage;
  return allocatable.scalar?.get(resource) ?? 0;
}

export function allocatedOf(node: NodeInfo, resource: string, exact: boolean): number {
  const { requested } = node;
  if (resource === 'cpu') return exact ? requested.milliCPU : node.nonZeroMilliCPU;
  if (resource === 'memory') return exact ? requested.memory : node.nonZeroMemory;
  if (resource === 'ephemeral-storage') return requested.ephemeralStorage;
  return requested.scalar?.get(resource) ?? 0;
}

/** What the pod asks for, resource by resource. `exact`: nothing is assumed for containers that ask for nothing. */
export function requestList(pod: Pod, resources: readonly ResourceSpec[], exact: boolean): number[] {
  const missing = { cpu: defaultMilliCPURequest, memory: defaultMemoryRequest };
  const amounts = podRequests(pod, exact ? { useStatus: true } : { useStatus: true, missing });
  return resources.map(({ name }) => amounts.get(name) ?? 0);
}

export interface ResourceScorer {
  requestsOf(pod: Pod): number[];
  score(requests: readonly number[], node: NodeInfo): number;
}

/** Throws for a strategy that does not exist. */
export function resourceScorer({ type, resources, requestedToCapacityRatio: ratio }: ScoringStrategy, exact: boolean) {
  const shape = ratio?.shape ?? [];
  const worth =
    type === 'MostAllocated'
      ? mostAllocated
      : type === 'RequestedToCapacityRatio'
        ? requestedToCapacityRatio(shape)
        : leastAllocated;
  const byRatio = type === 'RequestedToCapacityRatio';
  const specs = resources.map(({ name, weight }) => ({ name, weight, scalar: isScalarResourceName(name) }));
  const scorer: ResourceScorer = {
    requestsOf: (pod) => requestList(pod, resources, exact),
    score(requests, node) {
      let sum = 0;
      let weights = 0;
      for (let i = 0; i < specs.length; i++) {
        const { name, weight, scalar } = specs[i]!;
        if (scalar && requests[i] === 0) continue;
        const capacity = capacityOf(node, name);
        if (capacity === 0) continue;
        const score = worth(allocatedOf(node, name, exact) + requests[i]!, capacity);
        // Of this strategy a resource that is worth nothing does not count at all.
        if (byRatio && score <= 0) continue;
        sum += score * weight;
        weights += weight;
      }
      if (weights === 0) return 0;
      return byRatio ? Math.round(sum / weights) : Math.trunc(sum / weights);
    },
  };
  return scorer;
}

/** How evenly resources are used: 100 less the standard deviation of their fractions, in hundredths. */
function balance(fractions: readonly number[], count: number): number {
  let deviation = 0;
  if (count === 2) deviation = Math.abs((fractions[0]! - fractions[1]!) / 2);
  else if (count > 2) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += fractions[i]!;
    const mean = sum / count;
    let squares = 0;
    for (let i = 0; i < count; i++) squares += (fractions[i]! - mean) ** 2;
    deviation = Math.sqrt(squares / count);
  }
  return Math.trunc((1 - deviation) * maxNodeScore);
}

/** What the pod does to the balance of a node (balanced_allocation.go): about 75, more where it gets better. */
export function balancedScorer(resources: readonly ResourceSpec[]): ResourceScorer {
  const specs = resources.map(({ name }) => ({ name, scalar: isScalarResourceName(name) }));
  const after: number[] = [];
  const before: number[] = [];
  return {
    requestsOf: (pod) => requestList(pod, resources, true),
    score(requests, node) {
      let count = 0;
      for (let i = 0; i < specs.length; i++) {
        const { name, scalar } = specs[i]!;
        if (scalar && requests[i] === 0) continue;
        const capacity = capacityOf(node, name);
        if (capacity === 0) continue;
        const allocated = allocatedOf(node, name, true);
        after[count] = Math.min(1, (allocated + requests[i]!) / capacity);
        before[count] = Math.min(1, allocated / capacity);
        count++;
      }
      const half = maxNodeScore / 2;
      return half + Math.trunc((half + balance(after, count) - balance(before, count)) / 2);
    },
  };
}
