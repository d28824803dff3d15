// A node with the pods that it has, summed up as they come and go (pkg/scheduler/framework/types.go NodeInfo).
import type { Node } from '../../client/kinds.ts';
import type { PodInfo } from './pod-info.ts';
import { addResource, allocatableOf, emptyResource, type Resource } from './resources.ts';
import { keepsAway, type Taint } from './taints.ts';
import { UsedPorts } from './used-ports.ts';

/** An image that some nodes have. */
export interface ImageState {
  sizeBytes: number;
  /** The nodes that have it. */
  nodes: Set<string>;
}

export class NodeInfo {
  readonly name: string;
  /** Undefined where pods are known of a node that is not, or no longer, known. */
  #node: Node | undefined;
  pods: PodInfo[] = [];
  podsWithAffinity: PodInfo[] = [];
  podsWithRequiredAntiAffinity: PodInfo[] = [];
  requested: Resource = emptyResource();
  nonZeroMilliCPU = 0;
  nonZeroMemory = 0;
  allocatable: Resource = emptyResource();
  allowedPods = 0;
  usedPorts = new UsedPorts();
  /** How many of its pods use a claim, by the claim's key. */
  claimUses = new Map<string, number>();
  images: ReadonlyMap<string, ImageState> = new Map();
  /** The taints that keep pods away, and those that make it less welcome. */
  taints: readonly Taint[] = [];
  softTaints: readonly Taint[] = [];
  unschedulable = false;
  /** Grows with every change of its pods or itself. */
  generation = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Nodes that are scheduled to are known. */
  get node(): Node {
    return this.#node!;
  }

  get known(): boolean {
    return this.#node !== undefined;
  }

  get labels(): Readonly<Record<string, string>> {
    return this.#node?.metadata.labels ?? {};
  }

  setNode(node: Node): void {
    this.#node = node;
    const { resource, pods } = allocatableOf(node.status?.allocatable);
    this.allocatable = resource;
    this.allowedPods = pods;
    const taints = node.spec?.taints ?? [];
    this.taints = taints.filter(keepsAway);
    this.softTaints = taints.filter(({ effect }) => effect === 'PreferNoSchedule');
    this.unschedulable = node.spec?.unschedulable === true;
    this.generation++;
  }

  /** The node is gone; its pods may still be there. */
  removeNode(): void {
    this.#node = undefined;
    this.generation++;
  }

  addPod(info: PodInfo): void {
    this.pods.push(info);
    if (info.hasAffinity) this.podsWithAffinity.push(info);
    if (info.hasRequiredAntiAffinity) this.podsWithRequiredAntiAffinity.push(info);
    this.#account(info, 1);
  }

  /** False where it has no such pod. */
  removePod(uid: string): boolean {
    const info = takeOut(this.pods, uid);
    if (info === undefined) return false;
    if (info.hasAffinity) takeOut(this.podsWithAffinity, uid);
    if (info.hasRequiredAntiAffinity) takeOut(this.podsWithRequiredAntiAffinity, uid);
    this.#account(info, -1);
    return true;
  }

  #account(info: PodInfo, sign: 1 | -1): void {
    const { resource, nonZeroMilliCPU, nonZeroMemory } = info.taken;
    addResource(this.requested, resource, sign);
    this.nonZeroMilliCPU += sign * nonZeroMilliCPU;
    this.nonZeroMemory += sign * nonZeroMemory;
    for (const port of info.hostPorts) {
      if (sign > 0) this.usedPorts.add(port);
      else this.usedPorts.remove(port);
    }
    for (const key of info.claimKeys) {
      const uses = (this.claimUses.get(key) ?? 0) + sign;
      if (uses > 0) this.claimUses.set(key, uses);
      else this.claimUses.delete(key);
    }
    this.generation++;
  }

  /** A copy whose pods may be taken away and added on trial. */
  clone(): NodeInfo {
    const copy = new NodeInfo(this.name);
    if (this.#node !== undefined) copy.#node = this.#node;
    copy.pods = [...this.pods];
    copy.podsWithAffinity = [...this.podsWithAffinity];
    copy.podsWithRequiredAntiAffinity = [...this.podsWithRequiredAntiAffinity];
    copy.requested = { ...this.requested, scalar: this.requested.scalar && new Map(this.requested.scalar) };
    copy.nonZeroMilliCPU = this.nonZeroMilliCPU;
    copy.nonZeroMemory = this.nonZeroMemory;
    copy.allocatable = this.allocatable;
    copy.allowedPods = this.allowedPods;
    copy.usedPorts = this.usedPorts.clone();
    copy.claimUses = new Map(this.claimUses);
    copy.images = this.images;
    copy.taints = this.taints;
    copy.softTaints = this.softTaints;
    copy.unschedulable = this.unschedulable;
    copy.generation = this.generation;
    return copy;
  }
}

function takeOut(pods: PodInfo[], uid: string): PodInfo | undefined {
  const index = pods.findIndex((info) => info.uid === uid);
  if (index < 0) return undefined;
  const found = pods[index]!;
  const last = pods.pop()!;
  if (index < pods.length) pods[index] = last;
  return found;
}
