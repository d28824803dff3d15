// Which Pods nobody else will delete (pkg/controller/podgc/gc_controller.go).
import type { Node, Pod } from '../../client/kinds.ts';

const outOfServiceTaint = 'node.kubernetes.io/out-of-service';

export interface Collectable {
  /** Ended long ago, beyond the number that is kept. */
  terminated: Pod[];
  /** Being deleted on a node that is out of service and not ready. */
  outOfService: Pod[];
  /** Being deleted, and were never on a node. */
  unscheduled: Pod[];
}

/** `threshold` ended Pods are kept; 0 keeps all. `nodeOf` finds a node by name. */
export function collectable(
  pods: readonly Pod[],
  nodeOf: (name: string) => Node | undefined,
  threshold: number,
): Collectable {
  const ended = threshold > 0 ? pods.filter(isTerminated) : [];
  const going = pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  return {
    terminated: ended.sort(byEvictionAndCreation).slice(0, Math.max(0, ended.length - threshold)),
    outOfService: going.filter(({ spec }) => isOutOfService(nodeOf(spec?.nodeName ?? ''))).sort(byEvictionAndCreation),
    unscheduled: going.filter(({ spec }) => !spec?.nodeName),
  };
}

function isTerminated({ status }: Pod): boolean {
  return !['Pending', 'Running', 'Unknown'].includes(status?.phase ?? '');
}

function isOutOfService(node: Node | undefined): boolean {
  if (node === undefined) return false;
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status !== 'True' && (node.spec?.taints ?? []).some(({ key }) => key === outOfServiceTaint);
}

function isEvicted({ status }: Pod): boolean {
  return status?.phase === 'Failed' && status.reason === 'Evicted';
}

/** Evicted ones first, then the oldest. */
function byEvictionAndCreation(a: Pod, b: Pod): number {
  const evicted = Number(isEvicted(b)) - Number(isEvicted(a));
  if (evicted !== 0) return evicted;
  const [left = '', right = ''] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp].map((at) => at ?? '');
  if (left !== right) return left < right ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
