// What a pod requests and is limited to in all (k8s.io/component-helpers/resource helpers.go).

import { type Fields, listOf } from '../fields.ts';
import type { KubeObject } from '../object.ts';
import { isPodLevelResource } from '../pod-resources.ts';
import type { Quantity } from '../quantity.ts';
import { addInto, amountsOf, raiseTo } from './amounts.ts';

export type Which = 'requests' | 'limits';
type Sums = Map<string, Quantity>;

/** A resize that its node cannot carry out counts as what the node has granted. */
function isResizeInfeasible(status: Fields): boolean {
  const pending = listOf(status['conditions']).find(({ type }) => type === 'PodResizePending');
  return pending?.['reason'] === 'Infeasible';
}

/** While a resize is under way: the most of what is asked for, granted and in force. */
function effective(spec: unknown, state: Fields, which: Which, infeasible: boolean): Sums {
  const actuated = amountsOf(state['resources']?.[which]);
  const granted = which === 'requests' ? raiseTo(actuated, amountsOf(state['allocatedResources'])) : actuated;
  return infeasible ? granted : raiseTo(granted, amountsOf(spec as Fields | undefined));
}

/** Amounts of a container by name, with its status where that counts. */
function containerAmounts(pod: KubeObject, which: Which, useStatus: boolean): (container: Fields) => Sums {
  const status = (pod['status'] ?? {}) as Fields;
  const states = new Map<string, Fields>();
  if (useStatus) {
    for (const state of [...listOf(status['containerStatuses']), ...listOf(status['initContainerStatuses'])])
      if (state['resources']) states.set(state['name'], state);
  }
  if (states.size === 0) return (container) => amountsOf(container['resources']?.[which]);
  const infeasible = isResizeInfeasible(status);
  return (container) => {
    const state = states.get(container['name']);
    const spec = container['resources']?.[which];
    return state === undefined ? amountsOf(spec) : effective(spec, state, which, infeasible);
  };
}

/**
 * The sum over containers and sidecars, or what the hungriest init container needs beside the sidecars started before it,
 * whichever is more; then what is said for the whole pod. `useStatus` counts what a resize has not given back yet,
 * `overhead` the runtime's own needs.
 */
export function podAmounts(
  pod: KubeObject,
  which: Which,
  { useStatus, overhead }: { useStatus: boolean; overhead: boolean },
): Sums {
  const spec = (pod['spec'] ?? {}) as Fields;
  const ofContainer = containerAmounts(pod, which, useStatus);
  const specOnly = containerAmounts(pod, which, false);
  const total: Sums = new Map();
  for (const container of listOf(spec['containers'])) addInto(total, ofContainer(container));
  const sidecars: Sums = new Map();
  const initPeak: Sums = new Map();
  for (const container of listOf(spec['initContainers'])) {
    if (container['restartPolicy'] === 'Always') {
      const own = ofContainer(container);
      addInto(total, own);
      raiseTo(initPeak, addInto(sidecars, own));
    } else raiseTo(initPeak, addInto(specOnly(container), sidecars));
  }
  raiseTo(total, initPeak);
  takePodLevel(total, pod, which, useStatus);
  if (overhead) addOverhead(total, spec['overhead'], which);
  return total;
}

function takePodLevel(total: Sums, pod: KubeObject, which: Which, useStatus: boolean): void {
  const own = pod['spec']?.resources?.[which] as Fields | undefined;
  if (!own) return;
  const status = (pod['status'] ?? {}) as Fields;
  const amounts =
    useStatus && status['resources'] ? effective(own, status, which, isResizeInfeasible(status)) : amountsOf(own);
  for (const name of Object.keys(own)) {
    const amount = amounts.get(name);
    if (isPodLevelResource(name) && amount !== undefined) total.set(name, amount);
  }
}

/** Limits grow only where there is one. */
function addOverhead(total: Sums, overhead: Fields | undefined, which: Which): void {
  const amounts = [...amountsOf(overhead)].filter(([name]) => which === 'requests' || total.get(name)?.nanos);
  addInto(total, new Map(amounts));
}
