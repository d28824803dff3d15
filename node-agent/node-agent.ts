// The agent of one or many nodes in one process: registers them, follows their pods with one informer, and gives each pod a worker
// (pkg/kubelet/kubelet.go). What runs the containers is each node's `Runtime`.
import type { Logger } from 'pino';
import type { Client } from '../client/client.ts';
import type { Clock } from '../client/clock.ts';
import { realClock } from '../client/clock.ts';
import { EventRecorder } from '../client/events/event-recorder.ts';
import { Informers } from '../client/informers.ts';
import { Node, Pod } from '../client/kinds.ts';
import type { NodeDescription } from './node/node-object.ts';
import { type NodeTimes, RegisteredNode, standardNodeTimes } from './node/registered-node.ts';
import { type BackoffTimes, crashLoopBackoff } from './pods/crash-backoff.ts';
import { isTerminalPhase } from './pods/pod.ts';
import { type PodContext, PodWorker } from './pods/pod-worker.ts';
import { StatusWriter } from './pods/status-writer.ts';
import type { Runtime } from './runtime.ts';
import { TimerWheel } from './timer-wheel.ts';

export interface AgentNode {
  description: NodeDescription;
  runtime: Runtime;
}

export interface NodeAgentOptions {
  client: Client;
  log: Logger;
  clock?: Clock;
  /** Records events of pods and nodes; on by default. */
  events?: boolean;
  times?: Partial<NodeTimes>;
  /** Of containers that end again and again. */
  backoff?: BackoffTimes;
  /** Requests for registrations and statuses that are under way at once. */
  concurrency?: number;
}

/** An annotation of a node with which it plays dead: no lease, no status, nothing is done for its pods. */
export const stoppedAnnotation = 'hollow.pgplane.io/stopped';

const heartbeatTickMs = 250;
const standardConcurrency = 64;
/** Events are written by so many recorders, each one event at a time; a node's always by the same. */
const recorders = 16;
const component = 'kubelet';

interface Running extends AgentNode {
  registered: RegisteredNode;
  context: PodContext;
  workers: Map<string, PodWorker>;
  state: 'running' | 'stopped' | 'gone';
}

/** It is `new`, `started` (all nodes are registered and their pods followed), `stopped`. */
export class NodeAgent {
  readonly #options: NodeAgentOptions;
  readonly #clock: Clock;
  readonly #heartbeats: TimerWheel;
  readonly #informers: Informers;
  readonly #recorders: EventRecorder[];
  readonly #statuses: StatusWriter;
  readonly #nodes = new Map<string, Running>();
  #stopped = false;

  constructor(nodes: readonly AgentNode[], options: NodeAgentOptions) {
    const { client, log, clock = realClock, concurrency = standardConcurrency } = options;
    this.#options = options;
    this.#clock = clock;
    this.#heartbeats = new TimerWheel(clock, heartbeatTickMs);
    this.#informers = new Informers(client, { log, clock });
    this.#statuses = new StatusWriter({ client, log, clock, concurrency });
    const count = options.events === false ? 0 : Math.min(recorders, nodes.length);
    this.#recorders = Array.from({ length: count }, () => new EventRecorder({ client, component, log, clock }));
    for (const [index, node] of nodes.entries())
      this.#nodes.set(node.description.name, this.#running(node, index, nodes.length));
  }

  /** The names of the nodes that have not been stopped. */
  get nodes(): string[] {
    return [...this.#nodes.values()]
      .filter(({ state }) => state === 'running')
      .map(({ registered }) => registered.name);
  }

  /** Resolves when every node is registered and has its pods, or when it is stopped before. Throws what the server answers. */
  async start(): Promise<void> {
    const waiting = [...this.#nodes.values()];
    const { concurrency = standardConcurrency } = this.#options;
    const work = async () => {
      for (let next = waiting.pop(); next !== undefined && !this.#stopped; next = waiting.pop())
        await next.registered.register();
    };
    try {
      await Promise.all(Array.from({ length: concurrency }, work));
      if (this.#stopped) return;
      this.#follow();
      await this.#informers.synced();
    } catch (error) {
      if (!this.#stopped) throw error;
    }
  }

  /** Ends; nodes, pods and containers are left as they are. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { registered, workers } of this.#nodes.values()) {
      registered.stop();
      for (const worker of workers.values()) worker.abandon();
    }
    this.#heartbeats.close();
    await Promise.all([
      this.#informers.stop(),
      this.#statuses.close(),
      ...this.#recorders.map((recorder) => recorder.close()),
      ...[...this.#nodes.values()].map(({ runtime }) => runtime.close()),
    ]);
  }

  /** A node plays dead: its lease is not renewed, and nothing is done for its pods. Throws for a node that is not here. */
  stopNode(name: string): void {
    const node = this.#node(name);
    if (node.state !== 'running') return;
    node.state = 'stopped';
    node.registered.stop();
    for (const worker of node.workers.values()) worker.abandon();
    node.workers.clear();
  }

  /** A node that plays dead comes back, with the containers that it had. Throws for a node that is not here. */
  async startNode(name: string): Promise<void> {
    const node = this.#node(name);
    if (node.state !== 'stopped') return;
    node.state = 'running';
    await node.registered.register();
    const pods = this.#informers.of(Pod, assigned).lister.byIndex(byNode, name);
    const there = new Set(pods.map(({ metadata }) => metadata.uid));
    for (const uid of node.runtime.podUids()) if (!there.has(uid)) await node.runtime.removePod(uid);
    for (const pod of pods) this.#add(pod);
  }

  #node(name: string): Running {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`there is no node ${name} here`);
    return node;
  }

  #running(node: AgentNode, index: number, count: number): Running {
    const { client, log, backoff = crashLoopBackoff, times } = this.#options;
    const clock = this.#clock;
    const { description, runtime } = node;
    const workers = new Map<string, PodWorker>();
    const registered = new RegisteredNode(description, {
      client,
      clock,
      log,
      heartbeatClock: this.#heartbeats,
      times: { ...standardNodeTimes, ...times },
      phase: index / count,
      images: () => runtime.images(),
    });
    const recorder = this.#recorders[index % Math.max(1, this.#recorders.length)];
    const context: PodContext = {
      runtime,
      hostIPs: description.addresses,
      backoff,
      clock,
      log,
      writeStatus: (pod, status, finished) => this.#statuses.set(pod, status, finished),
      event: (pod, type, reason, message, fieldPath) =>
        recorder?.event(pod, type, reason, message, {
          host: description.name,
          ...(fieldPath === undefined ? {} : { fieldPath }),
        }),
      imagesChanged: () => registered.imagesChanged(),
    };
    runtime.onChange((uid) => workers.get(uid)?.sync());
    return { ...node, registered, context, workers, state: 'running' };
  }

  #follow(): void {
    const nodes = this.#informers.of(Node);
    nodes.addHandler({
      add: (node) => this.#nodeChanged(node),
      update: (old, node) => this.#nodeChanged(node, playsDead(old)),
      delete: ({ metadata }) => this.#nodeGone(metadata.name),
    });
    const pods = this.#informers.of(Pod, assigned);
    pods.addIndex(byNode, ({ spec }) => [spec!.nodeName!]);
    pods.addHandler({
      add: (pod) => this.#add(pod),
      update: (old, pod) => this.#update(old, pod),
      delete: (pod) => this.#remove(pod),
    });
    this.#informers.start();
  }

  #nodeChanged(changed: Node, wasDead = false): void {
    const { name } = changed.metadata;
    const node = this.#nodes.get(name);
    if (node === undefined || node.state === 'gone') return;
    if (playsDead(changed)) this.stopNode(name);
    else if (wasDead)
      this.startNode(name).catch((error) => this.#options.log.warn({ err: error, node: name }, 'a node did not start'));
  }

  /** A kubelet does not make its node anew either. */
  #nodeGone(name: string): void {
    if (!this.#nodes.has(name)) return;
    this.stopNode(name);
    this.#node(name).state = 'gone';
  }

  #add(pod: Pod): void {
    const node = this.#nodes.get(pod.spec!.nodeName!);
    if (node?.state !== 'running') return;
    const { uid } = pod.metadata;
    if (node.runtime.pod(uid) === undefined) node.runtime.recover(pod);
    const worker = new PodWorker(pod, node.context);
    node.workers.set(uid, worker);
    worker.sync();
  }

  #update(old: Pod, pod: Pod): void {
    const worker = this.#nodes.get(pod.spec!.nodeName!)?.workers.get(pod.metadata.uid);
    if (worker === undefined) this.#add(pod);
    else if (concerns(old, pod)) worker.update(pod);
    else worker.refresh(pod);
  }

  #remove(pod: Pod): void {
    const node = this.#nodes.get(pod.spec!.nodeName!);
    const { uid } = pod.metadata;
    const worker = node?.workers.get(uid);
    if (worker === undefined) return;
    node!.workers.delete(uid);
    this.#statuses.forget(uid);
    worker.remove();
  }
}

const assigned = { fieldSelector: 'spec.nodeName!=' };
const byNode = 'pods by node';

function playsDead({ metadata }: Node): boolean {
  return metadata.annotations?.[stoppedAnnotation] === 'true';
}

/** Whether there may be something to do: not for the echo of a status that was written here. */
function concerns(old: Pod, pod: Pod): boolean {
  const a = old.metadata;
  const b = pod.metadata;
  return (
    a.generation !== b.generation ||
    a.deletionTimestamp !== b.deletionTimestamp ||
    a.deletionGracePeriodSeconds !== b.deletionGracePeriodSeconds ||
    pod.spec!.readinessGates !== undefined ||
    // Somebody else has ended it.
    (isTerminalPhase(pod.status?.phase) && !isTerminalPhase(old.status?.phase)) ||
    JSON.stringify(a.annotations) !== JSON.stringify(b.annotations)
  );
}
