// One pass over one Deployment: makes the ReplicaSet of its template, moves replicas to it, says how far that is
// (pkg/controller/deployment/sync.go, rolling.go, recreate.go, rollback.go).
//
// What is written comes back as it is on the server and takes the place of what was read, so that one pass may write several times.
import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import type { Clock } from '../../client/clock.ts';
import type { ReconcileResult } from '../../client/controller.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '../../client/errors.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { Deployment, Pod, ReplicaSet } from '../../client/kinds.ts';
import type { NewObject } from '../../client/resource.ts';
import type { ResourceClient } from '../../client/resource-client.ts';
import type { Lister } from '../../client/store.ts';
import { isPodTerminal } from '../shared/active-pods.ts';
import { messageOf } from '../shared/aggregate.ts';
import { findCondition, withCondition } from '../shared/conditions.ts';
import {
  byRevision,
  desiredReplicasAnnotation,
  hasAnnotations,
  lastRevision,
  maxRevision,
  newReplicaSetAnnotations,
  notedSize,
  revisionAnnotation,
  revisionOf,
  rollbackToAnnotation,
  rolledBackAnnotations,
  sizeAnnotations,
} from './annotations.ts';
import {
  allOf,
  calculateStatus,
  type DeploymentCondition,
  type DeploymentStatus,
  deadlineCheckMs,
  deploymentCondition,
  isComplete,
  type ReplicaSets,
  rolloutStatus,
} from './deployment-status.ts';
import { newReplicaSet, templateWithoutHash } from './new-replica-set.ts';
import { proportionalSizes } from './proportions.ts';
import {
  active,
  actualReplicas,
  availableReplicas,
  availableReplicasOf,
  byCreation,
  equalIgnoringHash,
  findActiveOrLatest,
  findNewReplicaSet,
  replicasOf,
  specReplicas,
} from './replica-sets.ts';
import {
  isRollingUpdate,
  maxUnavailable,
  newReplicaSetReplicas,
  progressDeadlineSeconds,
  revisionHistoryLimit,
} from './strategy.ts';

export interface DeploymentSyncOptions {
  deployments: ResourceClient<Deployment>;
  replicaSets: ResourceClient<ReplicaSet>;
  cachedReplicaSets: Lister<ReplicaSet>;
  podsOf(set: ReplicaSet): readonly Pod[];
  recorder: EventRecorder;
  clock: Clock;
}

export class DeploymentSync {
  readonly #options: DeploymentSyncOptions;
  #deployment: Deployment;
  #sets: readonly ReplicaSet[];

  /** Of a Deployment as it is cached, with the ReplicaSets that it controls. */
  constructor(options: DeploymentSyncOptions, deployment: Deployment, sets: readonly ReplicaSet[]) {
    this.#options = options;
    this.#deployment = deployment;
    this.#sets = sets;
  }

  async run(): Promise<ReconcileResult> {
    if (this.#deployment.metadata.deletionTimestamp !== undefined)
      return this.#writeCounts(await this.#syncRevision(false));
    await this.#notePause();
    if (this.#deployment.spec?.paused) return this.#scaleOnly();
    const rollbackTo = this.#rollbackTo();
    if (rollbackTo !== undefined) return this.#rollBack(rollbackTo);
    if (await this.#isScaled()) return this.#scaleOnly();
    const type = this.#deployment.spec?.strategy?.type;
    if (type === 'Recreate') return this.#recreate();
    if (type === 'RollingUpdate') return this.#rollingUpdate();
    throw new Error(`unexpected deployment strategy type: ${type}`);
  }

  /** Old ReplicaSets, none of whose replicas is needed any more, go down; then the new one comes up. */
  async #recreate(): Promise<ReconcileResult> {
    let sets = await this.#syncRevision(false);
    const scaled = await this.#scaleAll(active(sets.old), () => 0);
    if (scaled || this.#oldPodsRun(sets)) return this.#writeRollout(this.#current());
    if (sets.newSet === undefined) sets = await this.#syncRevision(true);
    await this.#scale(sets.newSet!, replicasOf(this.#deployment));
    return this.#finish();
  }

  #oldPodsRun({ newSet, old }: ReplicaSets): boolean {
    if (actualReplicas(old) > 0) return true;
    return this.#sets.some((set) => set !== newSet && this.#options.podsOf(set).some((pod) => !isPodTerminal(pod)));
  }

  /** The new ReplicaSet grows as far as the surge lets it, old ones shrink as far as enough stay available; one of both in a pass. */
  async #rollingUpdate(): Promise<ReconcileResult> {
    const sets = await this.#syncRevision(true);
    if (await this.#growNew(sets)) return this.#writeRollout(this.#current());
    if (await this.#shrinkOld(sets)) return this.#writeRollout(this.#current());
    return this.#finish();
  }

  async #finish(): Promise<ReconcileResult> {
    if (isComplete(this.#deployment, this.#deployment.status)) await this.#cleanUp(this.#current().old);
    return this.#writeRollout(this.#current());
  }

  async #growNew(sets: ReplicaSets): Promise<boolean> {
    const newSet = sets.newSet!;
    const size = replicasOf(newSet);
    const replicas = replicasOf(this.#deployment);
    if (size === replicas) return false;
    const wanted = size > replicas ? replicas : newReplicaSetReplicas(this.#deployment, allOf(sets), size);
    return this.#scale(newSet, wanted);
  }

  async #shrinkOld({ newSet, old }: ReplicaSets): Promise<boolean> {
    const withReplicas = active(old).sort(byCreation);
    if (withReplicas.length === 0) return false;
    const minAvailable = replicasOf(this.#deployment) - maxUnavailable(this.#deployment);
    const newUnavailable = replicasOf(newSet!) - availableReplicasOf(newSet!);
    const most = specReplicas([...old, newSet!]) - minAvailable - newUnavailable;
    if (most <= 0) return false;
    // First those that do no work anyway.
    let left = most;
    const cleaned = await this.#scaleAll(withReplicas, (set) => {
      const unhealthy = Math.max(0, Math.min(left, replicasOf(set) - availableReplicasOf(set)));
      left -= unhealthy;
      return replicasOf(set) - unhealthy;
    });
    const now = this.#current();
    let spare = availableReplicas(allOf(now)) - minAvailable;
    const shrunk = await this.#scaleAll(active(now.old).sort(byCreation), (set) => {
      const fewer = Math.max(0, Math.min(spare, replicasOf(set)));
      spare -= fewer;
      return replicasOf(set) - fewer;
    });
    return cleaned || shrunk;
  }

  /** A size that the ReplicaSets do not know yet: they are scaled before anything is rolled out. */
  async #isScaled(): Promise<boolean> {
    const sets = await this.#syncRevision(false);
    const replicas = replicasOf(this.#deployment);
    return active(allOf(sets)).some((set) => {
      const desired = notedSize(set, desiredReplicasAnnotation);
      return desired !== undefined && desired !== replicas;
    });
  }

  async #scaleOnly(): Promise<ReconcileResult> {
    await this.#scaleSets(await this.#syncRevision(false));
    if (this.#deployment.spec?.paused && this.#rollbackTo() === undefined) await this.#cleanUp(this.#current().old);
    return this.#writeCounts(this.#current());
  }

  async #scaleSets({ newSet, old }: ReplicaSets): Promise<void> {
    const replicas = replicasOf(this.#deployment);
    const only = findActiveOrLatest(newSet, old);
    if (only !== undefined) {
      await this.#scale(only, replicas);
    } else if (newSet !== undefined && this.#isSaturated(newSet)) {
      await this.#scaleAll(active(old), () => 0);
    } else if (isRollingUpdate(this.#deployment)) {
      const sizes = proportionalSizes(this.#deployment, newSet === undefined ? old : [...old, newSet]);
      for (const { set, replicas } of sizes) await this.#resize(set, replicas);
    }
  }

  /** The new ReplicaSet has and can do all that is wanted, and knows it. */
  #isSaturated(newSet: ReplicaSet): boolean {
    const replicas = replicasOf(this.#deployment);
    return (
      replicasOf(newSet) === replicas &&
      notedSize(newSet, desiredReplicasAnnotation) === replicas &&
      availableReplicasOf(newSet) === replicas
    );
  }

  /** True when any was scaled. */
  async #scaleAll(sets: readonly ReplicaSet[], sizeOf: (set: ReplicaSet) => number): Promise<boolean> {
    let scaled = false;
    for (const set of sets) if (await this.#scale(set, sizeOf(set))) scaled = true;
    return scaled;
  }

  /** True when it had another size. */
  async #scale(set: ReplicaSet, replicas: number): Promise<boolean> {
    return replicasOf(set) === replicas ? false : this.#resize(set, replicas);
  }

  /** Also notes the size of the Deployment. */
  async #resize(set: ReplicaSet, replicas: number): Promise<boolean> {
    const before = replicasOf(set);
    const noted = sizeAnnotations(this.#deployment);
    if (before === replicas && hasAnnotations(set, noted)) return false;
    const annotations = { ...set.metadata.annotations, ...noted };
    await this.#updateSet({
      ...set,
      metadata: { ...set.metadata, annotations },
      spec: { ...set.spec!, replicas },
    });
    if (before === replicas) return false;
    const direction = before < replicas ? 'up' : 'down';
    this.#event(
      'Normal',
      'ScalingReplicaSet',
      `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${replicas}`,
    );
    return true;
  }

  /** The new ReplicaSet, with its revision, and the old ones; the new one is made where `create` says so and there is none. */
  async #syncRevision(create: boolean): Promise<ReplicaSets> {
    const { newSet, old } = this.#current();
    const revision = maxRevision(old) + 1;
    if (newSet !== undefined) await this.#noteRevision(newSet, revision);
    else if (create) await this.#create(old, revision);
    return this.#current();
  }

  #current(): ReplicaSets {
    const newSet = findNewReplicaSet(this.#deployment, this.#sets);
    return { newSet, old: this.#sets.filter((set) => set !== newSet) };
  }

  async #noteRevision(found: ReplicaSet, revision: number): Promise<void> {
    let set = found;
    const annotations = newReplicaSetAnnotations(this.#deployment, set.metadata.annotations, revision);
    const minReadySeconds = this.#deployment.spec?.minReadySeconds ?? 0;
    if (!hasAnnotations(set, annotations) || (set.spec?.minReadySeconds ?? 0) !== minReadySeconds)
      set = await this.#updateSet({
        ...set,
        metadata: { ...set.metadata, annotations },
        spec: { ...set.spec!, minReadySeconds },
      });
    const { conditions } = this.#deployment.status ?? {};
    const unknown =
      progressDeadlineSeconds(this.#deployment) !== undefined && findCondition(conditions, 'Progressing') === undefined;
    const words = `Found new replica set ${JSON.stringify(set.metadata.name)}`;
    const condition = unknown ? this.#progressing('True', 'FoundNewReplicaSet', words) : undefined;
    await this.#writeRevision(set.metadata.annotations?.[revisionAnnotation], condition);
  }

  async #create(old: readonly ReplicaSet[], revision: number): Promise<void> {
    const wanted = newReplicaSet(this.#deployment, old, revision);
    const { set, existed } = await this.#createSet(wanted);
    this.#sets = [...this.#sets, set];
    if (existed) return this.#writeRevision(String(revision));
    const { name } = set.metadata;
    const replicas = replicasOf(set);
    if (replicas > 0) this.#event('Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${replicas}`);
    const words = `Created new replica set ${JSON.stringify(name)}`;
    const hasDeadline = progressDeadlineSeconds(this.#deployment) !== undefined;
    await this.#writeRevision(
      String(revision),
      hasDeadline ? this.#progressing('True', 'NewReplicaSetCreated', words) : undefined,
    );
  }

  /** Another ReplicaSet of that name counts as a collision, after which the next attempt takes another name. */
  async #createSet(wanted: NewObject<ReplicaSet>): Promise<{ set: ReplicaSet; existed: boolean }> {
    try {
      return { set: await this.#options.replicaSets.create(wanted), existed: false };
    } catch (error) {
      if (isAlreadyExists(error)) {
        const set = this.#ownSetOf(wanted.metadata.name!);
        if (set !== undefined) return { set, existed: true };
        const { status } = this.#deployment;
        await this.#writeStatus({ ...status, collisionCount: (status?.collisionCount ?? 0) + 1 });
      } else if (!isNamespaceTerminating(error)) {
        await this.#noteFailure(wanted.metadata.name!, error);
      }
      throw error;
    }
  }

  /** The ReplicaSet of this name, should it be ours and of this template after all: made a moment ago. Throws when the cache does not show it. */
  #ownSetOf(name: string): ReplicaSet | undefined {
    const { metadata, spec } = this.#deployment;
    const set = this.#options.cachedReplicaSets.get(metadata.namespace, name);
    if (set === undefined) throw new Error(`replicasets.apps ${JSON.stringify(name)} not found`);
    const ours = set.metadata.ownerReferences?.some(({ controller, uid }) => controller && uid === metadata.uid);
    return ours && equalIgnoringHash(spec?.template, set.spec?.template) ? set : undefined;
  }

  async #noteFailure(name: string, error: unknown): Promise<void> {
    const words = `Failed to create new replica set ${JSON.stringify(name)}: ${messageOf(error)}`;
    this.#event('Warning', 'ReplicaSetCreateError', words);
    if (progressDeadlineSeconds(this.#deployment) === undefined) return;
    const condition = this.#progressing('False', 'ReplicaSetCreateError', words);
    const { status } = this.#deployment;
    await this.#writeStatus({ ...status, conditions: withCondition(status?.conditions, condition) });
  }

  /** The deadline does not run while a rollout is paused. */
  async #notePause(): Promise<void> {
    const { spec, status } = this.#deployment;
    const current = findCondition(status?.conditions, 'Progressing');
    if (progressDeadlineSeconds(this.#deployment) === undefined || current?.reason === 'ProgressDeadlineExceeded')
      return;
    const paused = spec?.paused ?? false;
    if (paused === (current?.reason === 'DeploymentPaused')) return;
    const condition = paused
      ? this.#progressing('Unknown', 'DeploymentPaused', 'Deployment is paused')
      : this.#progressing('Unknown', 'DeploymentResumed', 'Deployment is resumed');
    await this.#writeStatus({ ...status, conditions: withCondition(status?.conditions, condition) });
  }

  #progressing(status: string, reason: string, message: string): DeploymentCondition {
    return deploymentCondition('Progressing', status, reason, message, this.#options.clock.now());
  }

  /** Old ReplicaSets beyond the limit go, the oldest first, once they have nothing left. */
  async #cleanUp(old: readonly ReplicaSet[]): Promise<void> {
    const limit = revisionHistoryLimit(this.#deployment);
    if (limit === undefined) return;
    const alive = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined).sort(byRevision);
    for (const set of alive.slice(0, Math.max(0, alive.length - limit))) {
      const { status, metadata } = set;
      const seen = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
      if (status?.replicas || replicasOf(set) !== 0 || !seen) continue;
      await this.#options.replicaSets.delete(metadata).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
      this.#sets = this.#sets.filter((other) => other !== set);
    }
  }

  /** The revision that an annotation, of extensions/v1beta1 once, asks for; 0 is the last one. */
  #rollbackTo(): number | undefined {
    const text = this.#deployment.metadata.annotations?.[rollbackToAnnotation];
    return text !== undefined && /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
  }

  async #rollBack(asked: number): Promise<void> {
    const all = allOf(await this.#syncRevision(true));
    const revision = asked === 0 ? lastRevision(all) : asked;
    const set = revision === 0 ? undefined : all.find((set) => revisionOf(set) === revision);
    const { metadata, spec } = this.#deployment;
    if (set === undefined) {
      const what = revision === 0 ? 'last revision' : 'the revision to rollback to';
      this.#event('Warning', 'DeploymentRollbackRevisionNotFound', `Unable to find ${what}.`);
      await this.#updateWithoutRollback(this.#deployment);
    } else if (equalIgnoringHash(spec?.template, set.spec?.template)) {
      const words = `The rollback revision contains the same template as current deployment ${JSON.stringify(metadata.name)}`;
      this.#event('Warning', 'DeploymentRollbackTemplateUnchanged', words);
      await this.#updateWithoutRollback(this.#deployment);
    } else {
      const annotations = rolledBackAnnotations(metadata.annotations, set.metadata.annotations);
      const template = templateWithoutHash(set.spec!.template!);
      await this.#updateWithoutRollback({
        ...this.#deployment,
        metadata: { ...metadata, annotations },
        spec: { ...spec!, template },
      });
      const words = `Rolled back deployment ${JSON.stringify(metadata.name)} to revision ${revision}`;
      this.#event('Normal', 'DeploymentRollback', words);
    }
  }

  async #updateWithoutRollback(deployment: Deployment): Promise<void> {
    const { [rollbackToAnnotation]: _, ...annotations } = deployment.metadata.annotations ?? {};
    this.#deployment = await this.#options.deployments.update({
      ...deployment,
      metadata: { ...deployment.metadata, annotations },
    });
  }

  /** The counts, where they differ. */
  async #writeCounts(sets: ReplicaSets): Promise<void> {
    const status = calculateStatus(this.#deployment, sets, this.#options.clock.now());
    if (!semanticEqual(this.#deployment.status, status)) await this.#writeStatus(status);
  }

  /** The counts and the progress, where they differ; otherwise says when the deadline is to be looked at. */
  async #writeRollout(sets: ReplicaSets): Promise<ReconcileResult> {
    const now = this.#options.clock.now();
    const status = rolloutStatus(this.#deployment, sets, now);
    if (!semanticEqual(this.#deployment.status, status)) {
      await this.#writeStatus(status);
      return;
    }
    const requeueAfterMs = deadlineCheckMs(this.#deployment, status, now);
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  }

  /** Notes the revision on the Deployment, with a condition, where anything of that is new. */
  async #writeRevision(revision: string | undefined, condition?: DeploymentCondition): Promise<void> {
    const { metadata, status } = this.#deployment;
    const known = metadata.annotations?.[revisionAnnotation] === revision;
    if (condition === undefined && (known || revision === undefined)) return;
    const annotations =
      revision === undefined ? metadata.annotations : { ...metadata.annotations, [revisionAnnotation]: revision };
    this.#deployment = { ...this.#deployment, metadata: { ...metadata, ...(annotations ? { annotations } : {}) } };
    const conditions = condition && withCondition(status?.conditions, condition);
    await this.#writeStatus({ ...status, ...(conditions === undefined ? {} : { conditions }) });
  }

  async #writeStatus(status: DeploymentStatus): Promise<void> {
    this.#deployment = await this.#options.deployments.updateStatus({ ...this.#deployment, status });
  }

  async #updateSet(changed: ReplicaSet): Promise<ReplicaSet> {
    const set = await this.#options.replicaSets.update(changed);
    this.#sets = this.#sets.map((other) => (other.metadata.uid === set.metadata.uid ? set : other));
    return set;
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#options.recorder.event(this.#deployment, type, reason, message);
  }
}
