// Watches over the nodes: says that those are Unknown which have fallen silent, has them tainted at the rate of their zone, and marks their Pods
// as not ready (monitorNodeHealth, handleDisruption and doNoExecuteTaintingPass of pkg/controller/nodelifecycle/node_lifecycle_controller.go).
//
// A zone is `Initial`, `Normal`, `PartialDisruption` (too many silent nodes: few or none are tainted) or `FullDisruption`. When all zones
// are fully disrupted it is rather we who are cut off: nothing is tainted, and taints are taken away.
import type { Logger } from 'pino';
import { type Clock, sleep, timestamp } from '../../client/clock.ts';
import { isConflict, isNotFound } from '../../client/errors.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { Lease, Node, Pod } from '../../client/kinds.ts';
import type { ResourceClient } from '../../client/resource-client.ts';
import type { Lister } from '../../client/store.ts';
import { forEachLimited } from '../shared/periodic.ts';
import { patchPodCondition, updatedPodCondition } from '../shared/pod-status.ts';
import { hasTaint, swapTaints, type Taint } from '../shared/taints.ts';
import {
  type GracePeriods,
  type Judgement,
  judgeNode,
  type NodeCondition,
  type NodeHealth,
  readyConditionOf,
  type ZoneState,
  zoneKeyOf,
  zoneStateOf,
} from './node-health.ts';
import { TaintQueue } from './taint-queue.ts';

const attempts = 5;
const retryMs = 20;
const concurrency = 8;
const leaseNamespace = 'kube-node-lease';

export const notReadyTaint: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' };
export const unreachableTaint: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };

export interface MonitorOptions {
  nodes: Lister<Node>;
  leases: Lister<Lease>;
  podsOf(nodeName: string): Pod[];
  nodeClient: ResourceClient<Node>;
  podClient: ResourceClient<Pod>;
  events: EventRecorder;
  grace: GracePeriods;
  /** Nodes a second: in a healthy zone, in a large one that is not. */
  evictionRate: number;
  secondaryEvictionRate: number;
  largeClusterThreshold: number;
  unhealthyZoneThreshold: number;
  log: Logger;
  clock: Clock;
}

export class NodeMonitor {
  readonly #options: MonitorOptions;
  /** Nodes that were announced, by name, with their uid. */
  readonly #known = new Map<string, string>();
  readonly #health = new Map<string, NodeHealth>();
  readonly #zones = new Map<string, { state: ZoneState; queue: TaintQueue }>();
  /** Nodes whose Pods could not all be marked. */
  readonly #retry = new Set<string>();

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  /** One look at all nodes. */
  async run(): Promise<void> {
    const nodes = this.#options.nodes.list();
    await this.#announce(nodes);
    const byZone = new Map<string, (NodeCondition | undefined)[]>();
    await forEachLimited(concurrency, nodes, async (node) => {
      const judgement = await this.#update(node);
      if (judgement === undefined) return;
      const { current } = judgement;
      if (node.metadata.labels?.['node.kubernetes.io/exclude-disruption'] === undefined) {
        const zone = byZone.get(zoneKeyOf(node));
        if (zone === undefined) byZone.set(zoneKeyOf(node), [current]);
        else zone.push(current);
      }
      await this.#follow(node, judgement);
    });
    await this.#disruption(byZone, nodes);
  }

  /** Taints the nodes that wait for it, as far as the rates of their zones allow. */
  async taint(): Promise<void> {
    for (const { queue } of this.#zones.values()) await queue.work((name) => this.#taint(name));
  }

  /** Status of Ready as this monitor last knew it; undefined for a node without, or not known. */
  readyStatusOf(nodeName: string): string | undefined {
    return this.#health.get(nodeName)?.ready?.status;
  }

  /** Marks Pods of a node that is not ready as not ready. Throws what failed last, after all have been tried. */
  async markPodsNotReady(pods: readonly Pod[]): Promise<void> {
    const { podClient, events, clock } = this.#options;
    let failure: unknown;
    for (const pod of pods) {
      const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
      if (ready === undefined) continue;
      const condition = updatedPodCondition(pod, { ...ready, status: 'False' }, clock.now());
      if (condition === undefined) continue;
      try {
        await patchPodCondition(podClient, pod, condition);
      } catch (error) {
        if (isNotFound(error)) continue;
        failure = error;
      }
      events.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    }
    if (failure !== undefined) throw failure;
  }

  async #announce(nodes: readonly Node[]): Promise<void> {
    const there = new Set(nodes.map(({ metadata }) => metadata.name));
    for (const node of nodes) {
      const { name, uid } = node.metadata;
      this.#zone(node);
      if (this.#known.has(name)) continue;
      this.#known.set(name, uid);
      this.#record(name, uid, 'RegisteredNode', `Registered Node ${name} in Controller`);
      await this.#reachable(node);
    }
    for (const [name, uid] of this.#known) {
      if (there.has(name)) continue;
      this.#record(name, uid, 'RemovingNode', `Removing Node ${name} from Controller`);
      this.#known.delete(name);
      this.#health.delete(name);
      this.#retry.delete(name);
      for (const { queue } of this.#zones.values()) queue.remove(name);
    }
  }

  #zone(node: Node): { state: ZoneState; queue: TaintQueue } {
    const key = zoneKeyOf(node);
    let zone = this.#zones.get(key);
    if (zone === undefined) {
      const { evictionRate, clock } = this.#options;
      zone = { state: 'Initial', queue: new TaintQueue(evictionRate, clock) };
      this.#zones.set(key, zone);
    }
    return zone;
  }

  /** Judges a node, and writes its conditions where they change. Undefined where the node is gone or cannot be written. */
  async #update(node: Node): Promise<Judgement | undefined> {
    const { nodeClient, leases, grace, clock, log } = this.#options;
    const { name } = node.metadata;
    let current = node;
    for (let n = 1; ; n++) {
      const lease = leases.get(leaseNamespace, name);
      const judgement = judgeNode(this.#health.get(name), current, lease, clock.now(), grace);
      this.#health.set(name, judgement.health);
      const { conditions } = judgement;
      if (conditions === undefined) return judgement;
      try {
        await nodeClient.updateStatus({ ...current, status: { ...current.status, conditions } });
        const ready = judgement.current!;
        judgement.health.ready = { status: ready.status, heartbeat: ready.lastHeartbeatTime ?? '' };
        return judgement;
      } catch (error) {
        if (isNotFound(error)) return undefined;
        if (n === attempts) {
          log.warn({ err: error, node: name }, 'the health of a node could not be written');
          return undefined;
        }
        if (!isConflict(error)) await sleep(clock, retryMs);
      }
      const fresh = await nodeClient.get({ name }).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      if (fresh === undefined) return undefined;
      current = fresh;
    }
  }

  /** What follows from the state of a node: taints, an event, its Pods. */
  async #follow(node: Node, { observed, current }: Judgement): Promise<void> {
    if (current === undefined) return;
    const { name, uid } = node.metadata;
    await this.#taintByState(node, current.status);
    const ended = current.status !== 'True' && observed === 'True';
    if (ended) this.#say(name, uid, 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    if (ended || (this.#retry.has(name) && observed !== 'True')) {
      try {
        await this.markPodsNotReady(this.#options.podsOf(name));
      } catch (error) {
        this.#options.log.warn({ err: error, node: name }, 'Pods of a node could not be marked as not ready');
        this.#retry.add(name);
        return;
      }
    }
    this.#retry.delete(name);
  }

  async #taintByState(node: Node, status: string): Promise<void> {
    if (status === 'True') return this.#reachable(node);
    const [wanted, other] = status === 'False' ? [notReadyTaint, unreachableTaint] : [unreachableTaint, notReadyTaint];
    if (hasTaint(node, other)) return this.#swap(node, wanted, other);
    const { queue } = this.#zone(node);
    if (!hasTaint(node, wanted)) queue.remove(node.metadata.name);
    queue.add(node.metadata.name);
  }

  async #swap(node: Node, add: Taint, remove: Taint): Promise<void> {
    const timeAdded = timestamp(this.#options.clock.now());
    await this.#try(node, () => swapTaints(this.#options.nodeClient, node, [{ ...add, timeAdded }], [remove]));
  }

  /** The node is alive: it waits for no taint and has none. */
  async #reachable(node: Node): Promise<void> {
    this.#zone(node).queue.remove(node.metadata.name);
    if (!hasTaint(node, notReadyTaint) && !hasTaint(node, unreachableTaint)) return;
    await this.#try(node, () => swapTaints(this.#options.nodeClient, node, [], [notReadyTaint, unreachableTaint]));
  }

  /** The next look tries again. */
  async #try(node: Node, write: () => Promise<void>): Promise<boolean> {
    try {
      await write();
      return true;
    } catch (error) {
      if (isNotFound(error)) return true;
      this.#options.log.warn({ err: error, node: node.metadata.name }, 'the taints of a node could not be written');
      return false;
    }
  }

  /** Taints one node by its present state; milliseconds to wait where that failed. */
  async #taint(name: string): Promise<number | undefined> {
    const { nodes, nodeClient, clock } = this.#options;
    const node = nodes.get(undefined, name);
    if (node === undefined) return undefined;
    const status = readyConditionOf(node)?.status;
    if (status === undefined) return 50;
    if (status === 'True') return undefined;
    const [add, remove] = status === 'False' ? [notReadyTaint, unreachableTaint] : [unreachableTaint, notReadyTaint];
    const timeAdded = timestamp(clock.now());
    const written = await this.#try(node, () => swapTaints(nodeClient, node, [{ ...add, timeAdded }], [remove]));
    return written ? undefined : 0;
  }

  async #disruption(byZone: ReadonlyMap<string, (NodeCondition | undefined)[]>, nodes: readonly Node[]): Promise<void> {
    const { unhealthyZoneThreshold, clock } = this.#options;
    const states = new Map([...byZone].map(([zone, ready]) => [zone, zoneStateOf(ready, unhealthyZoneThreshold)]));
    for (const zone of this.#zones.keys()) if (!states.has(zone)) this.#zones.delete(zone);
    const allFull = [...states.values()].every((state) => state === 'FullDisruption');
    const allWereFull = [...this.#zones.values()].every(({ state }) => state === 'FullDisruption');
    if (allFull && allWereFull) return;
    if (allFull) {
      for (const node of nodes) await this.#reachable(node);
      for (const zone of this.#zones.values()) {
        zone.queue.perSecond = 0;
        zone.state = 'FullDisruption';
      }
      return;
    }
    // We can be reached again: everybody gets the full time to say so.
    if (allWereFull) for (const health of this.#health.values()) health.probeMs = clock.now();
    for (const [key, zone] of this.#zones) {
      const state = states.get(key)!;
      if (state === zone.state) continue;
      zone.queue.perSecond = this.#rateOf(state, byZone.get(key)!.length);
      zone.state = state;
    }
  }

  #rateOf(state: ZoneState, size: number): number {
    const { evictionRate, secondaryEvictionRate, largeClusterThreshold } = this.#options;
    if (state !== 'PartialDisruption') return evictionRate;
    return size > largeClusterThreshold ? secondaryEvictionRate : 0;
  }

  #record(name: string, uid: string, reason: string, event: string): void {
    this.#say(name, uid, reason, `Node ${name} event: ${event}`);
  }

  #say(name: string, uid: string, reason: string, message: string): void {
    this.#options.events.eventAbout({ apiVersion: 'v1', kind: 'Node', name, uid }, 'Normal', reason, message);
  }
}
