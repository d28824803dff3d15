// statefulset-controller: Pods with names and claims of their own, in order (pkg/controller/statefulset/stateful_set.go).
import { type LabelSelector, selectorFromObject } from '../../apimachinery/selectors.ts';
import { Controller, type ReconcileResult } from '../../client/controller.ts';
import { retryOnConflict } from '../../client/errors.ts';
import type { Informer } from '../../client/informer.ts';
import { ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet } from '../../client/kinds.ts';
import { keyOf } from '../../client/resource.ts';
import type { ResourceClient } from '../../client/resource-client.ts';
import type { ControllerContext, ControllerDescriptor } from '../manager/descriptor.ts';
import { nextAvailabilityCheckMs } from '../shared/active-pods.ts';
import { controlledBy, indexByController } from '../shared/by-controller.ts';
import { claim } from '../shared/controller-ref.ts';
import {
  byRevisionNumber,
  createRevision,
  equalRevisions,
  newRevision,
  nextRevisionNumber,
  renumberRevision,
  truncateRevisions,
} from '../shared/controller-revisions.ts';
import { ownerKeysOf, type PodOwners } from '../shared/pod-handlers.ts';
import { WrittenRevisions } from '../shared/written-revisions.ts';
import { isMemberOf, podRevision } from './identity.ts';
import { StatefulPodControl } from './stateful-pod-control.ts';
import {
  completed,
  differs,
  minReadySecondsOf,
  type Revisions,
  type StatefulSetStatus,
} from './stateful-set-status.ts';
import { passOver } from './stateful-set-sync.ts';

const account = 'statefulset-controller';
/** Before the caches are looked at again that did not show what was written. */
const staleRetryMs = 20;

class StatefulSetController {
  readonly #sets: Informer<StatefulSet>;
  readonly #pods: Informer<Pod>;
  readonly #revisions: Informer<ControllerRevision>;
  readonly #api: ResourceClient<StatefulSet>;
  readonly #revisionsApi: ResourceClient<ControllerRevision>;
  readonly #control: StatefulPodControl;
  readonly #written = new WrittenRevisions();
  readonly #context: ControllerContext;
  readonly controller: Controller;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { informers, recorder, flags, log, clock } = context;
    this.#sets = informers.of(StatefulSet);
    this.#pods = informers.of(Pod);
    this.#revisions = informers.of(ControllerRevision);
    const claims = informers.of(PersistentVolumeClaim);
    indexByController(this.#pods);
    indexByController(this.#revisions);
    const client = context.client(account);
    this.#api = client.resource(StatefulSet);
    this.#revisionsApi = client.resource(ControllerRevision);
    const written = this.#written;
    this.#control = new StatefulPodControl({ client, pods: this.#pods, claims, recorder: recorder(account), written });
    const owners: PodOwners<StatefulSet> = {
      kind: 'StatefulSet',
      lister: this.#sets.lister,
      wouldAdopt: (set, orphan) => {
        const selector = selectorFromObject(set.spec?.selector);
        return !selector.empty && selector.matches(orphan.metadata.labels);
      },
    };
    const workers = flags['concurrent-statefulset-syncs'];
    this.controller = new Controller({ name: account, workers, reconcile: (key) => this.#reconcile(key), log, clock })
      .watch(this.#sets)
      .watch(this.#pods, (change) => ownerKeysOf(change, owners))
      .needs(this.#revisions)
      .needs(claims);
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    const set = this.#sets.lister.getByKey(key);
    if (set === undefined) return this.#written.delete(key);
    if (!this.#written.shown(key)) return { requeueAfterMs: staleRetryMs };
    const selector = selectorFromObject(set.spec?.selector);
    const fresh = () => this.#api.get(set.metadata);
    const history = await this.#history(set, selector);
    const candidates = controlledBy(this.#pods.lister, set, { orphans: true });
    const filter = (pod: Pod) => isMemberOf(set, pod);
    const pods = await claim(candidates, { owner: set, selector, filter, client: this.#control.pods, fresh });
    const nowMs = this.#context.clock.now();
    const revisions = await this.#syncRevisions(set, history);
    const { status, error } = await passOver({ set, revisions, pods, control: this.#control, nowMs });
    const written = await this.#writeStatus(set, completed(set, status));
    await this.#truncate(set, pods, history, revisions);
    if (error !== undefined) throw error;
    const minReadySeconds = minReadySecondsOf(set);
    if (minReadySeconds === 0 || written.readyReplicas === written.availableReplicas) return;
    return { requeueAfterMs: nextAvailabilityCheckMs(pods, minReadySeconds, nowMs) ?? minReadySeconds * 1000 };
  }

  /** The set's revisions, oldest first; orphans are adopted. */
  async #history(set: StatefulSet, selector: LabelSelector): Promise<ControllerRevision[]> {
    const candidates = controlledBy(this.#revisions.lister, set, { orphans: true });
    const fresh = () => this.#api.get(set.metadata);
    const claimed = await claim(candidates, { owner: set, selector, client: this.#revisionsApi, fresh });
    return claimed.sort(byRevisionNumber);
  }

  /** The revision of the present template, made or taken up again, and the one that most Pods are still of. */
  async #syncRevisions(set: StatefulSet, history: readonly ControllerRevision[]): Promise<Revisions> {
    const collisions = set.status?.collisionCount ?? 0;
    const wanted = newRevision(set, nextRevisionNumber(history), collisions, set.metadata.annotations);
    const latest = history.at(-1);
    const equal = history.findLast((revision) => equalRevisions(revision, wanted));
    let update: ControllerRevision;
    let collisionCount = collisions;
    if (latest !== undefined && equal !== undefined && equalRevisions(latest, equal)) {
      update = latest;
    } else if (equal !== undefined) {
      update = await renumberRevision(this.#revisionsApi, equal, wanted.revision);
      this.#written.wrote(keyOf(set), this.#revisions, update);
    } else {
      const created = await createRevision(this.#revisionsApi, set, wanted, collisions);
      update = created.revision;
      collisionCount = created.collisionCount;
      this.#written.wrote(keyOf(set), this.#revisions, update);
    }
    const current = history.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
    return { current, update, collisionCount };
  }

  /** Revisions that no Pod is of go beyond the limit, oldest first. */
  async #truncate(
    set: StatefulSet,
    pods: readonly Pod[],
    history: readonly ControllerRevision[],
    { current, update }: Revisions,
  ): Promise<void> {
    const live = new Set([current.metadata.name, update.metadata.name, ...pods.map(podRevision)]);
    const unused = history.filter(({ metadata }) => !live.has(metadata.name));
    await truncateRevisions(this.#revisionsApi, unused, set.spec?.revisionHistoryLimit ?? -1);
  }

  async #writeStatus(set: StatefulSet, status: StatefulSetStatus): Promise<StatefulSetStatus> {
    if (!differs(set, status)) return status;
    let current: StatefulSet | undefined = set;
    const updated = await retryOnConflict(async () => {
      const onto = current ?? (await this.#api.get(set.metadata));
      current = undefined;
      return this.#api.updateStatus({ ...onto, status });
    });
    this.#written.wrote(keyOf(set), this.#sets, updated);
    return status;
  }
}

export const statefulSet: ControllerDescriptor = {
  name: 'statefulset-controller',
  aliases: ['statefulset'],
  build: (context) => new StatefulSetController(context).controller,
};
