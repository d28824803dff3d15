// Why each node was turned down, and what that reads like (pkg/scheduler/framework/types.go NodeToStatus, Diagnosis, FitError).
import type { NodeInfo } from './node-info.ts';
import { type Code, Status } from './status.ts';

export class NodeStatuses {
  readonly #statuses = new Map<string, Status>();
  /** Of nodes that were not looked at. */
  absent: Status = new Status('UnschedulableAndUnresolvable', '');

  get size(): number {
    return this.#statuses.size;
  }

  set(nodeName: string, status: Status): void {
    this.#statuses.set(nodeName, status);
  }

  get(nodeName: string): Status {
    return this.#statuses.get(nodeName) ?? this.absent;
  }

  values(): IterableIterator<Status> {
    return this.#statuses.values();
  }

  /** The nodes, of those given, that were turned down with this code. */
  nodesWith(code: Code, nodes: readonly NodeInfo[]): NodeInfo[] {
    return nodes.filter(({ name }) => this.get(name).code === code);
  }
}

/** Why a pod fits nowhere. */
export class Diagnosis {
  readonly nodes = new NodeStatuses();
  unschedulablePlugins = new Set<string>();
  pendingPlugins = new Set<string>();
  preFilterMessage = '';
  postFilterMessage = '';

  addPlugin({ plugin, code }: Status): void {
    if (plugin === '') return;
    if (code === 'Pending') this.pendingPlugins.add(plugin);
    else if (code === 'Unschedulable' || code === 'UnschedulableAndUnresolvable') this.unschedulablePlugins.add(plugin);
  }
}

/** `0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. …` */
export function fitMessage(allNodes: number, diagnosis: Diagnosis): string {
  const { nodes, preFilterMessage, postFilterMessage } = diagnosis;
  let message = `0/${allNodes} nodes are available:`;
  if (preFilterMessage !== '') message += ` ${preFilterMessage}.`;
  else {
    const reasons = histogram(nodes, allNodes);
    if (reasons.length > 0) message += ` ${reasons.join(', ')}.`;
  }
  return postFilterMessage === '' ? message : `${message} ${postFilterMessage}`;
}

function histogram(nodes: NodeStatuses, allNodes: number): string[] {
  const counts = new Map<string, number>();
  const count = (reason: string, by: number) => counts.set(reason, (counts.get(reason) ?? 0) + by);
  for (const { reasons } of nodes.values()) for (const reason of reasons) count(reason, 1);
  const absent = allNodes - nodes.size;
  if (absent > 0) for (const reason of nodes.absent.reasons) count(reason, absent);
  return [...counts].map(([reason, times]) => `${times} ${reason}`).sort();
}

/** A pod fits on no node. */
export class FitError extends Error {
  readonly diagnosis: Diagnosis;
  readonly allNodes: number;

  constructor(allNodes: number, diagnosis: Diagnosis) {
    super();
    this.name = 'FitError';
    this.allNodes = allNodes;
    this.diagnosis = diagnosis;
  }

  /** Worked out when it is read, because preemption adds its words later. */
  override get message(): string {
    return fitMessage(this.allNodes, this.diagnosis);
  }
}

/** ErrNoNodesAvailable. */
export class NoNodesError extends Error {
  constructor() {
    super('no nodes available to schedule pods');
    this.name = 'NoNodesError';
  }
}
