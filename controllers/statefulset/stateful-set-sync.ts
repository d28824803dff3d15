// One pass over one stateful set: Pods in order, or all at once, then those to be scaled away, then those of an older revision
// (pkg/controller/statefulset/stateful_set_control.go updateStatefulSet).
import type { Pod, StatefulSet } from '../../client/kinds.ts';
import { isPodAvailable } from '../shared/active-pods.ts';
import { templateOf } from '../shared/controller-revisions.ts';
import { slowStartBatch } from '../shared/slow-start.ts';
import { identityMatches, podRevision, type Replica, storageMatches } from './identity.ts';
import type { StatefulPodControl } from './stateful-pod-control.ts';
import {
  isCreated,
  isRunningAndReady,
  isTerminating,
  isUnavailable,
  minReadySecondsOf,
  partition,
  type Revisions,
  type StatefulSetStatus,
  statusOf,
  toUpdate,
} from './stateful-set-status.ts';

/** What a step says of one Pod: wait for it, and do nothing more in this pass, or go on. */
type Step = 'wait' | 'next';

export interface StatefulSetPass {
  set: StatefulSet;
  revisions: Revisions;
  pods: readonly Pod[];
  control: StatefulPodControl;
  nowMs: number;
}

/** The status after the pass, and what it failed with. */
export interface PassResult {
  status: StatefulSetStatus;
  error?: unknown;
}

function atRevision(set: StatefulSet, revision: Revisions['current']): StatefulSet {
  return { ...set, spec: { ...set.spec!, template: templateOf(revision) } };
}

/** Does what can be done now. */
export async function passOver(pass: StatefulSetPass): Promise<PassResult> {
  const { set, revisions, pods, control, nowMs } = pass;
  const before = statusOf(set, revisions, pods, nowMs);
  if (set.metadata.deletionTimestamp !== undefined) return { status: before };
  const sets = { current: atRevision(set, revisions.current), update: atRevision(set, revisions.update) };
  const { wanted, condemned } = partition(set, sets, revisions, pods);
  const result = (error?: unknown): PassResult => ({
    status: statusOf(set, revisions, [...wanted, ...condemned], nowMs),
    error,
  });
  const isBurst = set.spec?.podManagementPolicy === 'Parallel';
  const steps = new PodSteps(pass, sets.update, wanted, condemned, isBurst);
  for (const step of steps.inOrder) {
    try {
      if ((await step()) === 'wait') return result();
    } catch (error) {
      return result(error);
    }
  }
  const { status } = result();
  let currentReplicas = status.currentReplicas ?? 0;
  try {
    for (const pod of toUpdate(set, wanted, revisions.update.metadata.name, nowMs)) {
      await control.delete(set, pod);
      if (podRevision(pod) === revisions.current.metadata.name) currentReplicas -= 1;
    }
  } catch (error) {
    return { status: { ...status, currentReplicas }, error };
  }
  return { status: { ...status, currentReplicas } };
}

class PodSteps {
  readonly #pass: StatefulSetPass;
  readonly #updateSet: StatefulSet;
  readonly #wanted: readonly Replica[];
  readonly #condemned: readonly Replica[];
  readonly #isBurst: boolean;
  readonly #firstUnavailable: Replica | undefined;

  constructor(
    pass: StatefulSetPass,
    updateSet: StatefulSet,
    wanted: readonly Replica[],
    condemned: readonly Replica[],
    isBurst: boolean,
  ) {
    this.#pass = pass;
    this.#updateSet = updateSet;
    this.#wanted = wanted;
    this.#condemned = condemned;
    this.#isBurst = isBurst;
    const { set, nowMs } = pass;
    this.#firstUnavailable = [...wanted, ...[...condemned].reverse()].find((pod) => isUnavailable(set, pod, nowMs));
  }

  get inOrder(): readonly (() => Promise<Step>)[] {
    return [
      () => this.#forAll(this.#wanted, (pod) => this.#establish(pod)),
      () => this.#forAll(this.#condemned, (pod) => this.#releaseClaims(pod)),
      () => this.#forAll(this.#condemned, (pod) => this.#condemn(pod)),
    ];
  }

  /** In order until one is to be waited for; where Pods are managed in parallel, all. */
  async #forAll(pods: readonly Replica[], step: (pod: Replica) => Promise<Step>): Promise<Step> {
    if (this.#isBurst) {
      const { error } = await slowStartBatch(pods.length, async (index) => void (await step(pods[index]!)));
      if (error !== undefined) throw error;
      return 'next';
    }
    for (const pod of pods) if ((await step(pod)) === 'wait') return 'wait';
    return 'next';
  }

  /** Makes a Pod that is wanted be there, run, and have its identity and claims. */
  async #establish(pod: Replica): Promise<Step> {
    const { set, control, nowMs } = this.#pass;
    const { phase } = pod.status ?? {};
    if (phase === 'Failed' || phase === 'Succeeded') {
      if (!isTerminating(pod)) await control.delete(set, pod);
      return 'wait';
    }
    if (!isCreated(pod)) {
      if (control.hasStaleClaim(set, pod)) return 'wait';
      await control.create(set, pod);
      return 'wait';
    }
    if (phase === 'Pending') await control.createMissingClaims(set, pod);
    const settled = !isTerminating(pod) && isRunningAndReady(pod) && isPodAvailable(pod, minReadySecondsOf(set), nowMs);
    if (!settled && !this.#isBurst) return 'wait';
    const matches =
      identityMatches(set, pod) && storageMatches(set, pod) && control.claimsMatchRetentionPolicy(this.#updateSet, pod);
    if (!matches) await control.update(this.#updateSet, pod as Pod);
    return 'next';
  }

  async #releaseClaims(pod: Replica): Promise<Step> {
    const { control } = this.#pass;
    if (!control.claimsMatchRetentionPolicy(this.#updateSet, pod))
      await control.updateClaimsForRetentionPolicy(this.#updateSet, pod);
    return 'next';
  }

  /** One at a time, and only while all others are available; the first that is not may go. */
  async #condemn(pod: Replica): Promise<Step> {
    const { set, control, nowMs } = this.#pass;
    if (isTerminating(pod)) return 'wait';
    const blocked = isUnavailable(set, pod, nowMs) && pod !== this.#firstUnavailable;
    if (blocked && !this.#isBurst) return 'wait';
    await control.delete(set, pod);
    return 'wait';
  }
}
