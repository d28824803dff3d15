// daemonset-controller: one Pod on each node that matches; the scheduler binds them (pkg/controller/daemon/daemon_controller.go).
import { isDeepStrictEqual } from 'node:util';
import { type LabelSelector, selectorFromObject } from '../../apimachinery/selectors.ts';
import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import { type Change, Controller, type ReconcileResult } from '../../client/controller.ts';
import { isNamespaceTerminating, isNotFound } from '../../client/errors.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { Informer } from '../../client/informer.ts';
import { ControllerRevision, DaemonSet, Node, Pod } from '../../client/kinds.ts';
import { keyOf } from '../../client/resource.ts';
import type { ControllerContext, ControllerDescriptor } from '../manager/descriptor.ts';
import { isPodTerminal, nextAvailabilityCheckMs } from '../shared/active-pods.ts';
import { aggregate, failuresOf } from '../shared/aggregate.ts';
import { controlledBy, indexByController } from '../shared/by-controller.ts';
import { claim, controllerOf } from '../shared/controller-ref.ts';
import { Expectations } from '../shared/expectations.ts';
import { PodControl } from '../shared/pod-control.ts';
import { ownerKeysOf, type PodOwners, resolveController } from '../shared/pod-handlers.ts';
import { slowStartBatch } from '../shared/slow-start.ts';
import { WrittenRevisions } from '../shared/written-revisions.ts';
import { daemonTemplate, forNode, placementOf, targetNodeName } from './daemon-pods.ts';
import { calculateStatus, hasCounts } from './daemon-set-status.ts';
import { FailedPodsBackoff } from './failed-pods-backoff.ts';
import { cleanUpHistory, constructHistory, type HistoryClients, hashOf } from './history.ts';
import { type DaemonState, type Plan, placementPlan, updatePlan } from './plan.ts';

const account = 'daemon-set-controller';
const component = 'daemonset-controller';
/** Pods created or deleted in one go (BurstReplicas). */
const burstReplicas = 250;
/** After the first attempt. */
const statusUpdateRetries = 1;
/** Before the caches are looked at again that did not show what was written. */
const staleRetryMs = 20;

class DaemonSetsController {
  readonly controller: Controller;
  readonly #sets: Informer<DaemonSet>;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #revisions: Informer<ControllerRevision>;
  readonly #clients: HistoryClients;
  readonly #podControl: PodControl;
  readonly #recorder: EventRecorder;
  readonly #expectations: Expectations;
  readonly #written = new WrittenRevisions();
  readonly #backoff: FailedPodsBackoff;
  readonly #context: ControllerContext;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { informers, flags, log, clock } = context;
    this.#sets = informers.of(DaemonSet);
    this.#pods = informers.of(Pod);
    this.#nodes = informers.of(Node);
    this.#revisions = informers.of(ControllerRevision);
    indexByController(this.#pods);
    indexByController(this.#revisions);
    const client = context.client(account);
    this.#recorder = context.recorder(component);
    this.#podControl = new PodControl(client, this.#recorder);
    const [sets, revisions] = [client.resource(DaemonSet), client.resource(ControllerRevision)];
    this.#clients = { sets, revisions, pods: this.#podControl.pods };
    this.#expectations = new Expectations(clock);
    this.#backoff = new FailedPodsBackoff(clock);
    const owners: PodOwners<DaemonSet> = {
      kind: 'DaemonSet',
      lister: this.#sets.lister,
      wouldAdopt: (set, { metadata }) => wouldAdopt(set, metadata.labels),
      expectations: this.#expectations,
    };
    const workers = flags['concurrent-daemonset-syncs'];
    this.controller = new Controller({ name: component, workers, reconcile: (key) => this.#reconcile(key), log, clock })
      .watch(this.#sets, ({ type, object }) => {
        const key = keyOf(object);
        if (type === 'delete') this.#expectations.delete(key);
        return [key];
      })
      .watch(this.#pods, (change) => ownerKeysOf(change, owners))
      .watch(this.#revisions, (change) => this.#keysOfRevision(change))
      .watch(this.#nodes, (change) => this.#keysOfNode(change));
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    const set = this.#sets.lister.getByKey(key);
    if (set === undefined) {
      this.#expectations.delete(key);
      return this.#written.delete(key);
    }
    if (!this.#written.shown(key)) return { requeueAfterMs: staleRetryMs };
    const selector = selectorFromObject(set.spec?.selector);
    if (selector.empty) {
      const words = 'This daemon set is selecting all pods. A non-empty selector is required.';
      this.#recorder.event(set, 'Warning', 'SelectingAll', words);
      return;
    }
    if (set.metadata.deletionTimestamp !== undefined) return;
    const pods = await this.#claimPods(set, selector);
    const history = await constructHistory(this.#clients, set, await this.#claimRevisions(set, selector), pods);
    this.#written.wrote(key, this.#revisions, history.current);
    const state = this.#stateOf(set, pods, hashOf(history.current));
    if (!this.#expectations.satisfied(key)) return this.#writeStatus(state, false);
    let waitMs: number | undefined;
    const errors: unknown[] = [];
    try {
      waitMs = await this.#manage(key, state);
      await cleanUpHistory(this.#clients, set, history.old, pods);
    } catch (error) {
      errors.push(error);
    }
    const result = await this.#writeStatus(state, true);
    if (errors.length > 0) throw errors[0];
    const delays = [waitMs, result?.requeueAfterMs].filter((delay) => delay !== undefined);
    return delays.length === 0 ? undefined : { requeueAfterMs: Math.min(...delays) };
  }

  #stateOf(set: DaemonSet, pods: readonly Pod[], hash: string): DaemonState {
    const byNode = new Map<string, Pod[]>();
    for (const pod of pods) {
      // Ended and going: it does not keep its successor away.
      if (isPodTerminal(pod) && pod.metadata.deletionTimestamp !== undefined) continue;
      const nodeName = targetNodeName(pod);
      if (nodeName === undefined) continue;
      const present = byNode.get(nodeName);
      if (present === undefined) byNode.set(nodeName, [pod]);
      else present.push(pod);
    }
    const nodes = this.#nodes.lister.list();
    return { set, nodes, pods: byNode, placement: placementOf(set), hash, nowMs: this.#context.clock.now() };
  }

  /** Creates and deletes what is to be; gives when to look again because of Pods that failed. */
  async #manage(key: string, state: DaemonState): Promise<number | undefined> {
    let waitMs: number | undefined;
    const plan = placementPlan(state, (pod, nodeName) => {
      const wait = this.#meetEnded(state.set, pod, nodeName);
      if (wait > 0) waitMs = Math.min(waitMs ?? wait, wait);
      return wait > 0 ? 'wait' : 'replace';
    });
    await this.#carryOut(key, state, plan);
    const rolls = state.set.spec?.updateStrategy?.type === 'RollingUpdate';
    if (rolls && this.#expectations.satisfied(key)) await this.#carryOut(key, state, updatePlan(state));
    return waitMs;
  }

  /** How long a Pod that has ended waits to be replaced; 0 for not at all. */
  #meetEnded(set: DaemonSet, { metadata, status }: Pod, nodeName: string): number {
    const pod = `daemon pod ${metadata.namespace}/${metadata.name} on node ${nodeName}`;
    if (status?.phase === 'Succeeded') {
      this.#recorder.event(set, 'Normal', 'SucceededDaemonPod', `Found succeeded ${pod}, will try to delete it`);
      return 0;
    }
    const key = `${set.metadata.uid}/${set.status?.observedGeneration ?? 0}/${nodeName}`;
    const waitMs = this.#backoff.waitMs(key);
    if (waitMs > 0) return waitMs;
    this.#backoff.next(key);
    this.#recorder.event(set, 'Warning', 'FailedDaemonPod', `Found failed ${pod}, will try to kill it`);
    return 0;
  }

  async #carryOut(key: string, { set, hash }: DaemonState, plan: Plan): Promise<void> {
    const nodeNames = plan.create.slice(0, burstReplicas);
    const pods = plan.delete.slice(0, burstReplicas);
    this.#expectations.expect(key, nodeNames.length, pods.map(keyOf));
    const errors: unknown[] = [];
    if (nodeNames.length > 0) {
      const template = daemonTemplate(set, hash);
      const { successes, error } = await slowStartBatch(nodeNames.length, async (index) => {
        try {
          await this.#podControl.create(forNode(template, nodeNames[index]!), set);
        } catch (error) {
          // Everything of this namespace is going to be deleted; nothing to try again.
          if (!isNamespaceTerminating(error)) throw error;
        }
      });
      this.#expectations.creationObserved(key, nodeNames.length - successes);
      if (error !== undefined) errors.push(error);
    }
    const failures = await failuresOf(pods, async (pod) => {
      try {
        await this.#podControl.delete(pod.metadata, set);
      } catch (error) {
        this.#expectations.deletionObserved(key, keyOf(pod));
        if (!isNotFound(error)) throw error;
      }
    });
    errors.push(...failures);
    if (errors.length > 0) throw aggregate(errors);
  }

  /** Where counts or the generation differ; where somebody wrote in between, once more. Says when to look again. */
  async #writeStatus(state: DaemonState, observesGeneration: boolean): Promise<{ requeueAfterMs: number } | undefined> {
    const { set } = state;
    const { generation = 0 } = set.metadata;
    const counts = calculateStatus(state);
    const isBehind = observesGeneration && (set.status?.observedGeneration ?? 0) < generation;
    if (isBehind || !hasCounts(set, counts)) {
      const status = { ...counts, ...(observesGeneration ? { observedGeneration: generation } : {}) };
      await this.#updateStatus(set, status);
    }
    const minReadySeconds = set.spec?.minReadySeconds ?? 0;
    if (minReadySeconds === 0 || counts.numberReady === counts.numberAvailable) return undefined;
    const pods = [...state.pods.values()].flat();
    return { requeueAfterMs: nextAvailabilityCheckMs(pods, minReadySeconds, state.nowMs) ?? minReadySeconds * 1000 };
  }

  async #updateStatus(set: DaemonSet, status: NonNullable<DaemonSet['status']>): Promise<void> {
    for (let current = set, retries = 0; ; retries++) {
      try {
        const updated = await this.#clients.sets.updateStatus({ ...current, status });
        this.#written.wrote(keyOf(set), this.#sets, updated);
        return;
      } catch (error) {
        if (retries >= statusUpdateRetries) throw error;
        current = await this.#clients.sets.get(set.metadata);
      }
    }
  }

  #claimPods(set: DaemonSet, selector: LabelSelector): Promise<Pod[]> {
    const pods = controlledBy(this.#pods.lister, set, { orphans: true });
    const fresh = () => this.#clients.sets.get(set.metadata);
    return claim(pods, { owner: set, selector, client: this.#podControl.pods, fresh });
  }

  #claimRevisions(set: DaemonSet, selector: LabelSelector): Promise<ControllerRevision[]> {
    const revisions = controlledBy(this.#revisions.lister, set, { orphans: true });
    const fresh = () => this.#clients.sets.get(set.metadata);
    return claim(revisions, { owner: set, selector, client: this.#clients.revisions, fresh });
  }

  #keysOfRevision({ type, object, old }: Change<ControllerRevision>): string[] {
    if (type === 'update' && old?.metadata.resourceVersion === object.metadata.resourceVersion) return [];
    const { namespace, labels } = object.metadata;
    const reference = controllerOf(object);
    if (reference === undefined)
      return this.#sets.lister
        .list({ namespace })
        .filter((set) => wouldAdopt(set, labels))
        .map(keyOf);
    // One that is new is the controller's own.
    if (type === 'add') return [];
    const owner = resolveController(namespace, reference, { kind: 'DaemonSet', lister: this.#sets.lister });
    return owner === undefined ? [] : [keyOf(owner)];
  }

  /** The sets for which a new node, or a node's new labels or taints, may make a difference. */
  #keysOfNode({ type, object: node, old }: Change<Node>): string[] {
    if (type === 'delete') return [];
    const sets = this.#sets.lister.list();
    if (old === undefined) return sets.map(keyOf);
    const unchanged =
      semanticEqual(old.metadata.labels, node.metadata.labels) && semanticEqual(old.spec?.taints, node.spec?.taints);
    if (unchanged) return [];
    const concerned = sets.filter((set) => {
      const placement = placementOf(set);
      return !isDeepStrictEqual(placement(old), placement(node));
    });
    return concerned.map(keyOf);
  }
}

function wouldAdopt({ spec }: DaemonSet, labels: Record<string, string> | undefined): boolean {
  const selector = selectorFromObject(spec?.selector);
  return !selector.empty && selector.matches(labels);
}

export const daemonSet: ControllerDescriptor = {
  name: 'daemonset-controller',
  aliases: ['daemonset'],
  build: (context) => new DaemonSetsController(context).controller,
};
