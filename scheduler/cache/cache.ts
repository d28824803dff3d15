// What the scheduler believes about nodes and the pods on them, the ones that it has just sent there included
// (pkg/scheduler/backend/cache/cache.go). Upstream schedules from a snapshot that it brings up to date before each cycle, by generation;
// here a cycle is one thread's uninterrupted work, so that the cache itself is the snapshot and only the ordered list is kept.
//
// States of a pod: `assumed` (sent to a node, not heard of since), `added` (the API server says so too), `expired` (assumed for too long).
import type { Clock, Timer } from '../../client/clock.ts';
import type { Node, Pod } from '../../client/kinds.ts';
import type { NodeLister } from '../framework/handle.ts';
import { type ImageState, NodeInfo } from '../framework/node-info.ts';
import { PodInfo } from '../framework/pod-info.ts';
import { NodeTree, zoneKey } from './node-tree.ts';

interface PodState {
  info: PodInfo;
  nodeName: string;
  assumed: boolean;
  expiry: Timer | undefined;
}

export interface CacheOptions {
  clock: Clock;
  /** How long a pod that was bound may go unheard of before its place is given up; 0, upstream's, for ever. */
  assumedPodTtlMs?: number;
}

export class SchedulerCache implements NodeLister {
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #nodes = new Map<string, NodeInfo>();
  readonly #zones = new Map<string, string>();
  readonly #tree = new NodeTree();
  readonly #pods = new Map<string, PodState>();
  readonly #images = new Map<string, ImageState>();
  readonly #imagesOf = new Map<string, Map<string, ImageState>>();
  readonly #withAffinity = new Set<NodeInfo>();
  readonly #withRequiredAntiAffinity = new Set<NodeInfo>();
  #list: NodeInfo[] | undefined;

  constructor({ clock, assumedPodTtlMs = 0 }: CacheOptions) {
    this.#clock = clock;
    this.#ttlMs = assumedPodTtlMs;
  }

  list(): readonly NodeInfo[] {
    this.#list ??= this.#tree.list().map((name) => this.#nodes.get(name)!);
    return this.#list;
  }

  get(name: string): NodeInfo | undefined {
    const node = this.#nodes.get(name);
    return node?.known ? node : undefined;
  }

  *withAffinityPods(): Iterable<NodeInfo> {
    for (const node of this.#withAffinity) if (node.known) yield node;
  }

  *withRequiredAntiAffinityPods(): Iterable<NodeInfo> {
    for (const node of this.#withRequiredAntiAffinity) if (node.known) yield node;
  }

  get podCount(): number {
    return this.#pods.size;
  }

  addNode(node: Node): NodeInfo {
    const { name } = node.metadata;
    const info = this.#nodeInfo(name);
    const zone = zoneKey(node);
    const before = this.#zones.get(name);
    if (before !== zone) {
      if (before !== undefined) this.#tree.remove(before, name);
      this.#tree.add(zone, name);
      this.#zones.set(name, zone);
      this.#list = undefined;
    }
    info.setNode(node);
    this.#setImages(node, info);
    return info;
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    const zone = this.#zones.get(name);
    if (info === undefined || zone === undefined) return;
    this.#tree.remove(zone, name);
    this.#zones.delete(name);
    this.#dropImages(name, new Map());
    info.removeNode();
    this.#list = undefined;
    this.#forgetIfEmpty(info);
  }

  /** Counts the pod to its node before anybody says that it is there. Throws where it is known already. */
  assumePod(info: PodInfo, nodeName: string): void {
    if (this.#pods.has(info.uid)) throw new Error(`pod ${info.key} is in the cache, so can't be assumed`);
    this.#put(info, nodeName, true);
  }

  /** Binding has been answered: from now on its time runs. */
  finishBinding(uid: string): void {
    const state = this.#pods.get(uid);
    if (state === undefined || !state.assumed || this.#ttlMs === 0) return;
    state.expiry = this.#clock.setTimeout(() => this.#take(uid), this.#ttlMs);
  }

  /** It does not get there after all. */
  forgetPod(uid: string): void {
    if (this.#pods.get(uid)?.assumed) this.#take(uid);
  }

  isAssumed(uid: string): boolean {
    return this.#pods.get(uid)?.assumed === true;
  }

  podInfo(uid: string): PodInfo | undefined {
    return this.#pods.get(uid)?.info;
  }

  /** The API server has it on its node: confirms what was assumed, or corrects it. */
  addPod(pod: Pod): void {
    this.#take(pod.metadata.uid);
    this.#put(new PodInfo(pod), pod.spec!.nodeName!, false);
  }

  removePod(pod: Pod): void {
    this.#take(pod.metadata.uid);
  }

  /** Ends what waits. */
  close(): void {
    for (const { expiry } of this.#pods.values()) expiry?.clear();
  }

  #put(info: PodInfo, nodeName: string, assumed: boolean): void {
    const node = this.#nodeInfo(nodeName);
    node.addPod(info);
    this.#pods.set(info.uid, { info, nodeName, assumed, expiry: undefined });
    this.#index(node);
  }

  #take(uid: string): void {
    const state = this.#pods.get(uid);
    if (state === undefined) return;
    state.expiry?.clear();
    this.#pods.delete(uid);
    const node = this.#nodes.get(state.nodeName)!;
    node.removePod(uid);
    this.#index(node);
    this.#forgetIfEmpty(node);
  }

  #index(node: NodeInfo): void {
    if (node.podsWithAffinity.length > 0) this.#withAffinity.add(node);
    else this.#withAffinity.delete(node);
    if (node.podsWithRequiredAntiAffinity.length > 0) this.#withRequiredAntiAffinity.add(node);
    else this.#withRequiredAntiAffinity.delete(node);
  }

  #nodeInfo(name: string): NodeInfo {
    let info = this.#nodes.get(name);
    if (info === undefined) {
      info = new NodeInfo(name);
      this.#nodes.set(name, info);
    }
    return info;
  }

  #forgetIfEmpty(info: NodeInfo): void {
    if (!info.known && info.pods.length === 0) this.#nodes.delete(info.name);
  }

  #setImages(node: Node, info: NodeInfo): void {
    const { name } = node.metadata;
    const images = new Map<string, ImageState>();
    for (const { names = [], sizeBytes = 0 } of node.status?.images ?? []) {
      for (const image of names) {
        let state = this.#images.get(image);
        if (state === undefined) {
          state = { sizeBytes, nodes: new Set() };
          this.#images.set(image, state);
        }
        state.nodes.add(name);
        images.set(image, state);
      }
    }
    this.#dropImages(name, images);
    if (images.size > 0) this.#imagesOf.set(name, images);
    info.images = images;
  }

  /** The node has these images only. */
  #dropImages(name: string, kept: ReadonlyMap<string, ImageState>): void {
    for (const [image, state] of this.#imagesOf.get(name) ?? []) {
      if (kept.has(image)) continue;
      state.nodes.delete(name);
      if (state.nodes.size === 0) this.#images.delete(image);
    }
    this.#imagesOf.delete(name);
  }
}
