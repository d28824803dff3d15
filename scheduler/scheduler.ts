// The scheduler: takes one pod after the other from the queue, finds it a node, and binds it while the next one is looked at
// (pkg/scheduler/scheduler.go, schedule_one.go).
//
// It is `new`, `started`, `stopped`. Finding a node is one uninterrupted piece of work; between two of them, a few milliseconds apart,
// everything else gets its turn.
import type { Logger } from 'pino';
import type { Client } from '../client/client.ts';
import { type Clock, realClock } from '../client/clock.ts';
import { Informers } from '../client/informers.ts';
import type { Pod } from '../client/kinds.ts';
import { Algorithm, statusOf } from './algorithm.ts';
import { SchedulerCache } from './cache/cache.ts';
import type { SchedulerConfiguration } from './config/types.ts';
import { addEventHandlers } from './event-handlers.ts';
import { Extender } from './extender.ts';
import { CycleState } from './framework/cycle-state.ts';
import { assignedPodDelete } from './framework/events.ts';
import { Diagnosis, FitError, NoNodesError } from './framework/node-statuses.ts';
import type { Answer } from './framework/plugin.ts';
import { PodInfo, type QueuedPod } from './framework/pod-info.ts';
import { failure, Status } from './framework/status.ts';
import type { WaitingPod } from './framework/waiting-pods.ts';
import { type PluginFactory, pluginRegistry } from './plugins/registry.ts';
import { podInformer } from './pod-informer.ts';
import { patchPodStatus } from './pod-status.ts';
import { makeProfile, type Profile } from './profile.ts';
import { type QueueProfile, SchedulingQueue } from './queue/scheduling-queue.ts';

/** What an attempt came to. */
export type AttemptResult = 'scheduled' | 'unschedulable' | 'error';

export interface SchedulerOptions {
  client: Client;
  /** For events; `client` without it. */
  eventClient?: Client;
  configuration: SchedulerConfiguration;
  log: Logger;
  clock?: Clock;
  /** Plugins beside those there are. */
  plugins?: Readonly<Record<string, PluginFactory>>;
  assumedPodTtlMs?: number;
  /** After so long a pod that was turned away is tried again although nothing has happened. */
  maxUnschedulableMs?: number;
  /** Told of each attempt, and how long finding a node took. */
  onAttempt?: (result: AttemptResult, algorithmMs: number) => void;
}

/** After so long of finding nodes everything else gets its turn. */
const sliceMs = 5;
/** So many pods are being bound at once. */
const maxBindings = 256;
/** events.k8s.io/v1 notes are no longer. */
const noteLimit = 1024;

/** A pod on its way to a node. */
interface Placement {
  queued: QueuedPod;
  /** The pod with its node. */
  info: PodInfo;
  nodeName: string;
  state: CycleState;
  profile: Profile;
}

export class Scheduler {
  readonly queue: SchedulingQueue;
  readonly cache: SchedulerCache;
  readonly informers: Informers;
  readonly #options: SchedulerOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #profiles = new Map<string, Profile>();
  readonly #extenders: Extender[];
  readonly #algorithm: Algorithm;
  readonly #stopping = new AbortController();
  readonly #bindings = new Set<Promise<void>>();
  readonly #writes = new Set<Promise<void>>();
  #bindingRoom: (() => void) | undefined;
  #running: Promise<void> | undefined;

  /** Throws for a configuration that cannot work. */
  constructor(options: SchedulerOptions) {
    const { client, configuration, log, clock = realClock, assumedPodTtlMs = 0 } = options;
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.cache = new SchedulerCache({ clock, assumedPodTtlMs });
    this.informers = new Informers(client, { log, clock });
    this.#extenders = configuration.extenders.map((extender) => new Extender(extender));
    const { percentageOfNodesToScore } = configuration;
    const extenders = this.#extenders;
    this.#algorithm = new Algorithm({ nodes: this.cache, extenders, percentageOfNodesToScore, log });
    this.queue = this.#makeQueue();
    this.#makeProfiles();
    addEventHandlers({
      informers: this.informers,
      cache: this.cache,
      queue: this.queue,
      frameworks: new Map([...this.#profiles].map(([name, { framework }]) => [name, framework])),
      hints: [...this.#profiles.values()].flatMap(({ queue }) => queue.hints),
    });
  }

  #makeQueue(): SchedulingQueue {
    const { configuration, maxUnschedulableMs } = this.#options;
    const profiles = {
      get: (name: string): QueueProfile | undefined => this.#profiles.get(name)?.queue,
      values: () => [...this.#profiles.values()].map(({ queue }) => queue),
    };
    return new SchedulingQueue({
      less: (a, b) => this.#firstProfile.framework.less(a, b),
      profiles,
      initialBackoffMs: configuration.podInitialBackoffSeconds * 1000,
      maxBackoffMs: configuration.podMaxBackoffSeconds * 1000,
      ...(maxUnschedulableMs === undefined ? {} : { maxUnschedulableMs }),
      clock: this.#clock,
    });
  }

  /** All profiles sort alike. */
  get #firstProfile(): Profile {
    return this.#profiles.values().next().value!;
  }

  #makeProfiles(): void {
    const { client, eventClient = client, configuration, log, plugins = {} } = this.#options;
    for (const profile of configuration.profiles) {
      const made = makeProfile(profile, {
        client,
        eventClient,
        informers: this.informers,
        nodes: this.cache,
        nominator: this.queue.nominator,
        extenders: this.#extenders,
        registry: { ...pluginRegistry, ...plugins },
        activate: (pods) => this.queue.activate(pods),
        log,
        clock: this.#clock,
        signal: this.#stopping.signal,
      });
      this.#profiles.set(profile.schedulerName, made);
    }
  }

  /** Resolves when all that is there is known and scheduling has begun. Rejects when it is stopped before. */
  async start(): Promise<void> {
    this.informers.start();
    await this.informers.synced(this.#stopping.signal);
    this.#running ??= this.#run();
  }

  /** Resolves when nothing runs any more; pods that were being bound may or may not be. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the scheduler is stopped'));
    this.queue.close();
    this.#bindingRoom?.();
    for (const { framework } of this.#profiles.values())
      for (const waiting of framework.waitingPods()) waiting.reject('', 'the scheduler is stopped');
    await this.#running;
    await Promise.all([...this.#bindings, ...this.#writes]);
    await this.informers.stop();
    await Promise.all([...this.#profiles.values()].map(({ recorder }) => recorder.close()));
    for (const extender of this.#extenders) extender.close();
    this.cache.close();
  }

  /** A pod that a Permit plugin makes wait. */
  waitingPod(uid: string): WaitingPod | undefined {
    for (const { framework } of this.#profiles.values()) {
      const waiting = framework.waitingPod(uid);
      if (waiting !== undefined) return waiting;
    }
    return undefined;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let sliceBegan = performance.now();
    while (!signal.aborted) {
      const queued = this.queue.pop();
      if (queued === undefined) {
        await this.queue.wait();
        sliceBegan = performance.now();
        continue;
      }
      try {
        await this.#scheduleOne(queued);
      } catch (error) {
        // A mistake of ours: the pod is let go until something happens to it.
        this.#log.error({ err: error, pod: queued.info.key }, 'scheduling failed');
        this.queue.done(queued.info.uid);
      }
      if (this.#bindings.size >= maxBindings) await this.#roomForBinding();
      if (performance.now() - sliceBegan < sliceMs) continue;
      await new Promise((resolve) => setImmediate(resolve));
      sliceBegan = performance.now();
    }
  }

  #roomForBinding(): Promise<void> {
    return new Promise((resolve) => {
      this.#bindingRoom = resolve;
    });
  }

  async #scheduleOne(queued: QueuedPod): Promise<void> {
    const { pod, info } = queued;
    const profile = this.#profiles.get(pod.spec?.schedulerName ?? '');
    if (profile === undefined || this.#isNeedless(pod, profile)) {
      this.queue.done(info.uid);
      return;
    }
    const state = new CycleState();
    const began = performance.now();
    let nodeName: string;
    try {
      nodeName = await this.#algorithm.schedule(profile.framework, state, info);
    } catch (error) {
      await this.#noNode(queued, profile, state, error, began);
      return;
    }
    this.#options.onAttempt?.('scheduled', performance.now() - began);
    this.#place(queued, profile, state, nodeName);
  }

  #isNeedless(pod: Pod, { recorder }: Profile): boolean {
    const { namespace, name, uid, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined) {
      const note = `skip schedule deleting pod: ${namespace}/${name}`;
      recorder.event(pod, undefined, 'Warning', 'FailedScheduling', 'Scheduling', note);
      return true;
    }
    return this.cache.isAssumed(uid);
  }

  /** The pod fits nowhere, or something went wrong: PostFilter may help it. */
  async #noNode(queued: QueuedPod, profile: Profile, state: CycleState, error: unknown, began: number): Promise<void> {
    const status = statusOf(error);
    let nominatedNodeName: string | undefined = '';
    if (error instanceof FitError && profile.framework.plugins.postFilter.length > 0) {
      const answer = await profile.framework.postFilter(state, queued.info, error.diagnosis);
      error.diagnosis.postFilterMessage = answer.status?.message ?? '';
      nominatedNodeName = answer.nominatedNodeName;
    }
    this.#options.onAttempt?.(status.rejected ? 'unschedulable' : 'error', performance.now() - began);
    this.#failed(queued, profile, status, nominatedNodeName);
  }

  /** The pod goes to the node: counted there at once, bound in the background. */
  #place(queued: QueuedPod, profile: Profile, state: CycleState, nodeName: string): void {
    const { pod } = queued;
    const info = new PodInfo({ ...pod, spec: { ...pod.spec!, nodeName } });
    const { framework } = profile;
    this.cache.assumePod(info, nodeName);
    this.queue.nominator.delete(info.uid);
    const placement = { queued, info, nodeName, state, profile };
    const refused = framework.reserve(state, info, nodeName) ?? framework.permit(state, info, nodeName);
    if (refused !== undefined) {
      this.#giveUp(placement);
      this.#failed(queued, profile, refused.rejected ? onNode(nodeName, refused) : refused, '');
      return;
    }
    this.#track(this.#bindings, this.#bindingCycle(placement));
  }

  #giveUp({ profile, state, info, nodeName }: Placement): void {
    profile.framework.unreserve(state, info, nodeName);
    this.cache.forgetPod(info.uid);
  }

  async #bindingCycle(placement: Placement): Promise<void> {
    let status: Answer;
    try {
      status = await this.#bind(placement);
    } catch (error) {
      status = failure('', error);
    }
    const { queued, info, nodeName, profile } = placement;
    if (status === undefined) {
      this.cache.finishBinding(info.uid);
      const note = `Successfully assigned ${info.key} to ${nodeName}`;
      profile.recorder.event(info.pod, undefined, 'Normal', 'Scheduled', 'Binding', note);
      profile.framework.postBind(placement.state, info, nodeName);
      return;
    }
    this.#giveUp(placement);
    if (this.#stopping.signal.aborted) return;
    // What it had held is free again; this is nothing that would help the pod itself.
    const notItself = (other: Pod) => other.metadata.uid !== info.uid;
    if (status.rejected) this.#failed(queued, profile, status, '');
    this.queue.move(assignedPodDelete, info.pod, undefined, status.rejected ? notItself : undefined);
    if (!status.rejected) this.#failed(queued, profile, status, '');
  }

  async #bind({ info, nodeName, state, profile }: Placement): Promise<Answer> {
    const { framework } = profile;
    const { signal } = this.#stopping;
    if (framework.waitingPod(info.uid) !== undefined || framework.preBindNeeded(state, info, nodeName))
      this.#patch(info.pod, { nominatedNodeName: nodeName });
    const refused = await framework.waitOnPermit(info);
    if (refused !== undefined) return refused.rejected ? onNode(nodeName, refused) : refused;
    // From here on the pod is not turned away any more, at most tried again.
    this.queue.done(info.uid);
    const failed = await framework.preBind(state, info, nodeName, signal);
    if (failed !== undefined) return failed;
    for (const extender of this.#extenders) {
      if (!extender.isBinder || !extender.isInterested(info.pod)) continue;
      try {
        await extender.bind(info.pod, nodeName);
        return undefined;
      } catch (error) {
        if (!extender.ignorable) return failure('', error);
      }
    }
    return framework.bind(state, info, nodeName, signal);
  }

  /** Back into the queue, with an event and a condition that say why. */
  #failed(queued: QueuedPod, profile: Profile, status: Status, nominatedNodeName: string | undefined): void {
    const { error } = status;
    queued.unschedulablePlugins = new Set();
    queued.pendingPlugins = new Set();
    if (error instanceof FitError) {
      queued.unschedulablePlugins = error.diagnosis.unschedulablePlugins;
      queued.pendingPlugins = error.diagnosis.pendingPlugins;
    } else if (!(error instanceof NoNodesError) && !this.#stopping.signal.aborted)
      this.#log.error({ err: error, pod: queued.info.key }, 'scheduling a pod failed; it is tried again');
    const { namespace, name } = queued.pod.metadata;
    const cached = podInformer(this.informers).lister.get(namespace, name);
    const { uid } = queued.info;
    // Gone, made anew, or bound by somebody else meanwhile.
    if (cached === undefined || cached.metadata.uid !== uid || cached.spec?.nodeName) {
      this.queue.done(uid);
      return;
    }
    queued.info = new PodInfo(cached);
    this.queue.addUnschedulable(queued);
    this.queue.nominator.add(queued.info, nominatedNodeName);
    const message = error?.message ?? status.message;
    const reason = status.rejected ? 'Unschedulable' : 'SchedulerError';
    profile.recorder.event(cached, undefined, 'Warning', 'FailedScheduling', 'Scheduling', shortened(message));
    const condition = { type: 'PodScheduled', status: 'False', reason, message };
    this.#patch(cached, { condition, ...(nominatedNodeName === undefined ? {} : { nominatedNodeName }) });
  }

  #patch(pod: Pod, change: Parameters<typeof patchPodStatus>[2]): void {
    const { client } = this.#options;
    const { signal } = this.#stopping;
    const write = patchPodStatus(client, pod, change, this.#clock.now(), signal).catch((error: unknown) => {
      if (!signal.aborted)
        this.#log.warn({ err: error, pod: pod.metadata.name }, "a pod's status could not be written");
    });
    this.#track(this.#writes, write);
  }

  /** `work` does not reject. */
  #track(set: Set<Promise<void>>, work: Promise<void>): void {
    set.add(work);
    void work.finally(() => {
      set.delete(work);
      if (this.#bindings.size >= maxBindings) return;
      this.#bindingRoom?.();
      this.#bindingRoom = undefined;
    });
  }
}

/** Turned away after a node had been found: that node's refusal is all there is to say. */
function onNode(nodeName: string, refused: Status): Status {
  const diagnosis = new Diagnosis();
  diagnosis.nodes.set(nodeName, refused);
  diagnosis.addPlugin(refused);
  return new Status(refused.code, refused.plugin, [], new FitError(1, diagnosis));
}

function shortened(message: string): string {
  const suffix = ' ...';
  return message.length <= noteLimit ? message : message.slice(0, noteLimit - suffix.length) + suffix;
}
