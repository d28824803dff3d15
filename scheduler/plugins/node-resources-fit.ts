// What a pod asks for is there, and how well it fills the node (pkg/scheduler/framework/plugins/noderesources/fit.go).
import type { Node, Pod } from '../../client/kinds.ts';
import type { NodeResourcesFitArgs } from '../config/plugin-args.ts';
import { action } from '../framework/events.ts';
import { NodeInfo } from '../framework/node-info.ts';
import type { Plugin } from '../framework/plugin.ts';
import { amountIn, isExtendedResourceName, podRequests, type Resource, resourceOf } from '../framework/resources.ts';
import { Status } from '../framework/status.ts';
import { takesRoom, when } from './shared/hints.ts';
import { resourceScorer } from './shared/resource-scorers.ts';

const name = 'NodeResourcesFit';
const filterKey = `PreFilter${name}`;
const scoreKey = `PreScore${name}`;

/** True where the profile leaves the resource to an extender. */
type Ignored = (resource: string) => boolean;

/** A resource that is backed by devices, where the node does not offer it itself, is the matter of another plugin. */
export type Delegated = (resource: string) => boolean;

export interface Insufficient {
  resource: string;
  reason: string;
  /** The node could not hold it even if it were empty. */
  unresolvable: boolean;
}

function requestOf(pod: Pod): Resource {
  return resourceOf(podRequests(pod));
}

function isNothing({ milliCPU, memory, ephemeralStorage, scalar }: Resource): boolean {
  return milliCPU === 0 && memory === 0 && ephemeralStorage === 0 && scalar === undefined;
}

/** All that the node lacks; allocates only where it lacks something. */
export function insufficientResources(
  request: Resource,
  node: NodeInfo,
  ignored: Ignored,
  delegated: Delegated,
): Insufficient[] | undefined {
  const { allocatable, requested } = node;
  let lacking: Insufficient[] | undefined;
  const lacks = (resource: string, reason: string, unresolvable: boolean) => {
    lacking ??= [];
    lacking.push({ resource, reason, unresolvable });
  };
  if (node.pods.length + 1 > node.allowedPods) lacks('pods', 'Too many pods', false);
  const { milliCPU, memory, ephemeralStorage, scalar } = request;
  if (milliCPU > 0 && milliCPU > allocatable.milliCPU - requested.milliCPU)
    lacks('cpu', 'Insufficient cpu', milliCPU > allocatable.milliCPU);
  if (memory > 0 && memory > allocatable.memory - requested.memory)
    lacks('memory', 'Insufficient memory', memory > allocatable.memory);
  if (ephemeralStorage > 0 && ephemeralStorage > allocatable.ephemeralStorage - requested.ephemeralStorage)
    lacks('ephemeral-storage', 'Insufficient ephemeral-storage', ephemeralStorage > allocatable.ephemeralStorage);
  if (scalar !== undefined) {
    for (const [resource, amount] of scalar) {
      if (amount === 0 || ignored(resource)) continue;
      const offered = allocatable.scalar?.get(resource) ?? 0;
      if (offered === 0 && delegated(resource)) continue;
      if (amount > offered - (requested.scalar?.get(resource) ?? 0))
        lacks(resource, `Insufficient ${resource}`, amount > offered);
    }
  }
  return lacking;
}

function ignoredBy({ ignoredResources, ignoredResourceGroups }: NodeResourcesFitArgs): Ignored {
  const resources = new Set(ignoredResources);
  const groups = new Set(ignoredResourceGroups);
  if (resources.size === 0 && groups.size === 0) return () => false;
  return (resource) =>
    isExtendedResourceName(resource) && (resources.has(resource) || groups.has(resource.split('/')[0]!));
}

/** Most nodes that refuse a pod refuse it for the same reasons: each list of reasons is made once. */
function statuses(): (lacking: readonly Insufficient[]) => Status {
  const known = new Map<string, Status>();
  return (lacking) => {
    let key = '';
    for (const { resource, unresolvable } of lacking) key += unresolvable ? `!${resource}\n` : `${resource}\n`;
    let status = known.get(key);
    if (status === undefined) {
      const code = lacking.some(({ unresolvable }) => unresolvable) ? 'UnschedulableAndUnresolvable' : 'Unschedulable';
      const reasons = lacking.map(({ reason }) => reason);
      status = new Status(code, name, reasons);
      if (known.size >= 1000) known.clear();
      known.set(key, status);
    }
    return status;
  };
}

function wrapped(node: Node): NodeInfo {
  const info = new NodeInfo(node.metadata.name);
  info.setNode(node);
  return info;
}

/** Whether what the pod asks for has grown (isSchedulableAfterNodeChange). */
function offersMore(request: Resource, old: NodeInfo, fresh: NodeInfo, delegated: Delegated): boolean {
  if (fresh.allowedPods > old.allowedPods) return true;
  if (isNothing(request)) return false;
  for (const resource of ['cpu', 'memory', 'ephemeral-storage', ...(request.scalar?.keys() ?? [])]) {
    if (amountIn(request, resource) === 0) continue;
    const now = amountIn(fresh.allocatable, resource);
    if (now > amountIn(old.allocatable, resource)) return true;
    if (now === 0 && delegated(resource)) return true;
  }
  return false;
}

/** Whether a pod that was resized holds less of something that this one asks for. */
function freesSomething(pod: Pod, old: Pod, fresh: Pod): boolean {
  if (fresh.metadata.uid === pod.metadata.uid) return true;
  if (!fresh.spec?.nodeName) return false;
  const before = podRequests(old, { useStatus: true });
  const after = podRequests(fresh, { useStatus: true });
  for (const [resource, amount] of podRequests(pod, { useStatus: true }))
    if (amount > 0 && (before.get(resource) ?? 0) > (after.get(resource) ?? 0)) return true;
  return false;
}

export function nodeResourcesFit(args: NodeResourcesFitArgs, delegated: Delegated = () => false): Plugin {
  const ignored = ignoredBy(args);
  const none: Ignored = () => false;
  const refusal = statuses();
  const scorer = resourceScorer(args.scoringStrategy, false);
  return {
    name,
    preFilter(state, { pod }) {
      state.write(filterKey, requestOf(pod));
      return undefined;
    },
    filter(state, _pod, node) {
      const lacking = insufficientResources(state.read<Resource>(filterKey)!, node, ignored, delegated);
      return lacking === undefined ? undefined : refusal(lacking);
    },
    preScore(state, { pod }) {
      state.write(scoreKey, scorer.requestsOf(pod));
      return undefined;
    },
    score: (state, _pod, node) => scorer.score(state.read<number[]>(scoreKey)!, node),
    events: () => [
      {
        event: { resource: 'Pod', action: action.delete | action.updatePodScaleDown },
        hint: (pod, old, fresh) =>
          when(fresh === undefined ? takesRoom(old as Pod) : freesSomething(pod, old as Pod, fresh as Pod)),
      },
      {
        event: { resource: 'Node', action: action.add | action.updateNodeAllocatable },
        hint: (pod, old, fresh) => {
          const request = requestOf(pod);
          const node = wrapped(fresh as Node);
          if (insufficientResources(request, node, none, delegated) !== undefined) return 'QueueSkip';
          return when(old === undefined || offersMore(request, wrapped(old as Node), node, delegated));
        },
      },
      { event: { resource: 'DeviceClass', action: action.add | action.update } },
    ],
  };
}
