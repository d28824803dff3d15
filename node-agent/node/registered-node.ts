// One node in the API: registers itself, renews its lease, reports its status (pkg/kubelet/kubelet_node_status.go,
// k8s.io/component-helpers/apimachinery/lease/controller.go).
//
// States: `new` · `registered` (leases and statuses go out) · `stopped` (nothing goes out: to the cluster the node is dead).
import type { Logger } from 'pino';
import type { Client } from '../../client/client.ts';
import { type Clock, microTimestamp, type Timer, timestamp } from '../../client/clock.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../../client/errors.ts';
import { Lease, Node } from '../../client/kinds.ts';
import type { Image } from '../runtime.ts';
import { defaultLabels, type NodeDescription, newNode, nodeStatus } from './node-object.ts';

export interface NodeTimes {
  /** Of the lease; it is renewed four times as often. */
  leaseDurationMs: number;
  /** How often a changed status is told. */
  statusUpdateMs: number;
  /** How often one that has not changed is. */
  statusReportMs: number;
}

export const standardNodeTimes: Readonly<NodeTimes> = {
  leaseDurationMs: 40_000,
  statusUpdateMs: 10_000,
  statusReportMs: 300_000,
};

export interface RegisteredNodeOptions {
  client: Client;
  /** Coarse: what is due at about the same time goes out together. */
  heartbeatClock: Clock;
  clock: Clock;
  log: Logger;
  times: Readonly<NodeTimes>;
  /** From 0 up to 1: when within a period this node's turn is, so that nodes do not come all at once. */
  phase: number;
  images(): readonly Image[];
}

export const leaseNamespace = 'kube-node-lease';

export class RegisteredNode {
  readonly description: NodeDescription;
  readonly #options: RegisteredNodeOptions;
  readonly #timers = new Set<Timer>();
  #stopping = new AbortController();
  #node: Node | undefined;
  #lease: Lease | undefined;
  #imagesChanged = false;
  #reportedMs = 0;

  constructor(description: NodeDescription, options: RegisteredNodeOptions) {
    this.description = description;
    this.#options = options;
  }

  get name(): string {
    return this.description.name;
  }

  /** What the API has of it; undefined before it is registered. */
  get node(): Node | undefined {
    return this.#node;
  }

  /** Creates the node, or takes over the one that is there, and begins its heartbeats. Throws what the server answers. */
  async register(): Promise<void> {
    const { client, clock } = this.#options;
    this.#stopping = new AbortController();
    const { signal } = this.#stopping;
    const nodes = client.resource(Node);
    try {
      const node = newNode(this.description, this.#options.images(), timestamp(clock.now()));
      this.#node = await nodes.create(node, { signal });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      this.#node = await this.#takeOver(await nodes.get({ name: this.name }, { signal }));
    }
    this.#reportedMs = clock.now();
    await this.#renew();
    this.#heartbeats();
  }

  /** Its heartbeats end; the node and its lease stay as they are. Idempotent. */
  stop(): void {
    this.#stopping.abort(new Error('the node is stopped'));
    for (const timer of this.#timers) timer.clear();
    this.#timers.clear();
  }

  imagesChanged(): void {
    this.#imagesChanged = true;
  }

  async #takeOver(there: Node): Promise<Node> {
    const { client } = this.#options;
    const { name, labels, nodeInfo, annotations } = this.description;
    const metadata = { labels: { ...defaultLabels(name, nodeInfo), ...labels }, annotations };
    const { signal } = this.#stopping;
    const updated = await client.resource(Node).patch({ name }, 'strategic', { metadata }, { signal });
    this.#node = updated;
    return this.#report(there);
  }

  /** Patches as the kubelet does: what others have set is left alone. */
  async #report(before: Node): Promise<Node> {
    const { client, clock, images } = this.#options;
    const status = nodeStatus(this.description, images(), before.status, timestamp(clock.now()));
    const options = { subresource: 'status', signal: this.#stopping.signal };
    return client.resource(Node).patch({ name: this.name }, 'strategic', { status }, options);
  }

  #heartbeats(): void {
    const { times, phase } = this.#options;
    const renewMs = times.leaseDurationMs / 4;
    this.#every(renewMs, phase * renewMs, () => this.#renew());
    this.#every(times.statusUpdateMs, phase * times.statusUpdateMs, () => this.#reportIfDue());
  }

  /** Calls once a period, the first time after `firstMs`; failures are logged, and it goes on. */
  #every(periodMs: number, firstMs: number, act: () => Promise<unknown>): void {
    const { signal } = this.#stopping;
    const { heartbeatClock, log } = this.#options;
    const arm = (delayMs: number) => {
      const timer = heartbeatClock.setTimeout(() => {
        this.#timers.delete(timer);
        if (signal.aborted) return;
        arm(periodMs);
        act().catch((error) => {
          if (!signal.aborted) log.warn({ err: error, node: this.name }, 'a heartbeat of a node failed');
        });
      }, delayMs);
      this.#timers.add(timer);
    };
    arm(firstMs);
  }

  async #reportIfDue(): Promise<void> {
    const { clock, times } = this.#options;
    const due = clock.now() - this.#reportedMs >= times.statusReportMs;
    if (!this.#imagesChanged && !due) return;
    this.#imagesChanged = false;
    this.#node = await this.#report(this.#node!);
    this.#reportedMs = clock.now();
  }

  async #renew(): Promise<void> {
    const { client, clock } = this.#options;
    const { signal } = this.#stopping;
    const leases = client.resource(Lease);
    const renewTime = microTimestamp(clock.now());
    try {
      this.#lease =
        this.#lease === undefined
          ? await leases.create(this.#newLease(renewTime), { signal })
          : await leases.update({ ...this.#lease, spec: { ...this.#lease.spec, renewTime } }, { signal });
    } catch (error) {
      if (isAlreadyExists(error) || isConflict(error)) {
        const there = await leases.get({ namespace: leaseNamespace, name: this.name }, { signal });
        const { spec } = this.#newLease(renewTime);
        this.#lease = await leases.update({ ...there, spec: { ...there.spec, ...spec } }, { signal });
      } else if (isNotFound(error)) this.#lease = undefined;
      else throw error;
    }
  }

  #newLease(renewTime: string) {
    const { uid } = this.#node!.metadata;
    return {
      metadata: {
        name: this.name,
        namespace: leaseNamespace,
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: this.name, uid }],
      },
      spec: {
        holderIdentity: this.name,
        leaseDurationSeconds: this.#options.times.leaseDurationMs / 1000,
        renewTime,
      },
    };
  }
}
