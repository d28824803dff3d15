// The controller of ReplicaSets, and of ReplicationControllers, which differ in their selector only: keeps as many Pods as it is told
// (pkg/controller/replicaset/replica_set.go; pkg/controller/replication wraps the same).
import type { LabelSelector } from '../../apimachinery/selectors.ts';
import type { Clock } from '../../client/clock.ts';
import { Controller, type ReconcileResult } from '../../client/controller.ts';
import { isNamespaceTerminating, isNotFound } from '../../client/errors.ts';
import type { Informer } from '../../client/informer.ts';
import { Pod } from '../../client/kinds.ts';
import { keyOf, type Resource } from '../../client/resource.ts';
import type { ResourceClient } from '../../client/resource-client.ts';
import type { ControllerContext } from '../manager/descriptor.ts';
import { inDeletionOrder, isPodActive, isPodTerminating, nextAvailabilityCheckMs } from '../shared/active-pods.ts';
import { failuresOf } from '../shared/aggregate.ts';
import { controlledBy, indexByController } from '../shared/by-controller.ts';
import { claim, controllerOf, isControlledBy } from '../shared/controller-ref.ts';
import { Expectations } from '../shared/expectations.ts';
import { PodControl } from '../shared/pod-control.ts';
import { ownerKeysOf, type PodOwners } from '../shared/pod-handlers.ts';
import { slowStartBatch } from '../shared/slow-start.ts';
import { calculateStatus, hasStatus, type ReplicaOwner, type ReplicaStatus } from './replica-status.ts';

export interface ReplicasControllerOptions<T extends ReplicaOwner> {
  name: string;
  resource: Resource<T>;
  /** Whose identity it has, and where its events come from. */
  account: string;
  workers: number;
  selectorOf(owner: T): LabelSelector;
  /** Whether the status counts Pods that are being deleted. */
  countsTerminating: boolean;
}

/** Pods created or deleted in one go (BurstReplicas). */
const burstReplicas = 500;
/** After the first attempt. */
const statusUpdateRetries = 1;

export class ReplicasController<T extends ReplicaOwner> {
  /** What the manager runs. */
  readonly controller: Controller;
  readonly #options: ReplicasControllerOptions<T>;
  readonly #api: ResourceClient<T>;
  readonly #sets: Informer<T>;
  readonly #pods: Informer<Pod>;
  readonly #podControl: PodControl;
  readonly #expectations: Expectations;
  readonly #clock: Clock;

  constructor(options: ReplicasControllerOptions<T>, { informers, client, recorder, log, clock }: ControllerContext) {
    const { name, resource, account, workers, selectorOf } = options;
    this.#options = options;
    this.#clock = clock;
    const api = client(account);
    this.#api = api.resource(resource);
    this.#podControl = new PodControl(api, recorder(account));
    this.#expectations = new Expectations(clock);
    this.#sets = informers.of(resource);
    this.#pods = informers.of(Pod);
    indexByController(this.#sets);
    indexByController(this.#pods);
    const owners: PodOwners<T> = {
      kind: resource.kind,
      lister: this.#sets.lister,
      wouldAdopt: (set, orphan) => {
        const selector = selectorOf(set);
        return !selector.empty && selector.matches(orphan.metadata.labels);
      },
      expectations: this.#expectations,
    };
    this.controller = new Controller({ name, workers, reconcile: (key) => this.#reconcile(key), log, clock })
      .watch(this.#sets, ({ type, object }) => {
        const key = keyOf(object);
        if (type === 'delete') this.#expectations.delete(key);
        return [key];
      })
      .watch(this.#pods, (change) => ownerKeysOf(change, owners));
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    const set = this.#sets.lister.getByKey(key);
    if (set === undefined) {
      this.#expectations.delete(key);
      return;
    }
    const mayManage = this.#expectations.satisfied(key) && set.metadata.deletionTimestamp === undefined;
    const selector = this.#options.selectorOf(set);
    const pods = controlledBy(this.#pods.lister, set, { orphans: true });
    const active = await this.#claim(set, selector, pods.filter(isPodActive));
    const failure = mayManage ? await this.#manage(key, set, active) : undefined;
    const terminating = this.#options.countsTerminating
      ? pods.filter((pod) => isPodTerminating(pod) && isControlledBy(pod, set) && selector.matches(pod.metadata.labels))
          .length
      : undefined;
    const now = this.#clock.now();
    const status = calculateStatus(set, { active, terminating, failure }, now);
    await this.#writeStatus(set, status);
    if (failure !== undefined) throw failure;
    const { minReadySeconds = 0 } = set.spec ?? {};
    if (minReadySeconds === 0 || status.readyReplicas === status.availableReplicas) return;
    return { requeueAfterMs: nextAvailabilityCheckMs(active, minReadySeconds, now) ?? minReadySeconds * 1000 };
  }

  #claim(set: T, selector: LabelSelector, pods: readonly Pod[]): Promise<Pod[]> {
    const client = this.#podControl.pods;
    return claim(pods, { owner: set, selector, client, fresh: () => this.#api.get(set.metadata) });
  }

  /** Creates what is missing, deletes what is too much. Gives what failed, if anything did. */
  async #manage(key: string, set: T, active: readonly Pod[]): Promise<unknown> {
    const surplus = active.length - (set.spec?.replicas ?? 0);
    const count = Math.min(Math.abs(surplus), burstReplicas);
    if (surplus < 0) return this.#create(key, set, count);
    if (surplus > 0) return this.#delete(key, set, this.#podsToDelete(set, active, count));
    return undefined;
  }

  async #create(key: string, set: T, count: number): Promise<unknown> {
    this.#expectations.expectCreations(key, count);
    const { successes, error } = await slowStartBatch(count, async () => {
      try {
        await this.#podControl.create(set.spec!.template!, set);
      } catch (error) {
        // Everything of this namespace is going to be deleted; nothing to try again.
        if (!isNamespaceTerminating(error)) throw error;
      }
    });
    if (successes < count) this.#expectations.creationObserved(key, count - successes);
    return error;
  }

  async #delete(key: string, set: T, pods: readonly Pod[]): Promise<unknown> {
    this.#expectations.expectDeletions(key, pods.map(keyOf));
    const failures = await failuresOf(pods, async (pod) => {
      try {
        await this.#podControl.delete(pod.metadata, set);
      } catch (error) {
        this.#expectations.deletionObserved(key, keyOf(pod));
        if (!isNotFound(error)) throw error;
      }
    });
    return failures[0];
  }

  /** Those that are the least loss, where it is not all. */
  #podsToDelete(set: T, active: readonly Pod[], count: number): readonly Pod[] {
    if (count >= active.length) return active;
    const onNode = new Map<string | undefined, number>();
    for (const { spec } of this.#relatedPods(set).filter(isPodActive))
      onNode.set(spec?.nodeName, (onNode.get(spec?.nodeName) ?? 0) + 1);
    const rankOf = ({ spec }: Pod) => onNode.get(spec?.nodeName) ?? 0;
    return inDeletionOrder(active, rankOf, this.#clock.now()).slice(0, count);
  }

  /** The Pods of all sets that the same controller has. */
  #relatedPods(set: T): Pod[] {
    const controller = controllerOf(set);
    if (controller === undefined) return [];
    const sets = controlledBy(this.#sets.lister, { metadata: { uid: controller.uid } });
    return sets.flatMap((related) => controlledBy(this.#pods.lister, related));
  }

  /** Writes a status that differs; where somebody wrote in between, once more. */
  async #writeStatus(set: T, wanted: ReplicaStatus): Promise<void> {
    if (hasStatus(set, wanted)) return;
    const status = { ...wanted, observedGeneration: set.metadata.generation };
    for (let current = set, retries = 0; ; retries++) {
      try {
        await this.#api.updateStatus({ ...current, status });
        return;
      } catch (error) {
        if (retries >= statusUpdateRetries) throw error;
        current = await this.#api.get(set.metadata);
      }
    }
  }
}
