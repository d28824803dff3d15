// disruption-controller: says in each PodDisruptionBudget how many Pods may be evicted, and takes back the word that a Pod is about to be
// disrupted when it is not (pkg/controller/disruption/disruption.go).
import { selectorFromObject } from '../../apimachinery/selectors.ts';
import { timestamp } from '../../client/clock.ts';
import { Controller, type ReconcileResult } from '../../client/controller.ts';
import { RestMapper } from '../../client/discovery.ts';
import { isConflict, isNotFound } from '../../client/errors.ts';
import {
  Deployment,
  Pod,
  PodDisruptionBudget,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
} from '../../client/kinds.ts';
import { keyOf } from '../../client/resource.ts';
import type { ControllerContext, ControllerDescriptor, Runnable } from '../manager/descriptor.ts';
import { isPodTerminal } from '../shared/active-pods.ts';
import { messageOf } from '../shared/aggregate.ts';
import { printGoLabelSelector } from '../shared/go-label-selector.ts';
import { expectedPods, type ScaleSources } from './expected-pods.ts';
import {
  type BudgetStatus,
  budgetStatus,
  countHealthy,
  desiredHealthy,
  disruptedPods,
  failedStatus,
  needsScale,
} from './status.ts';

/** How long the condition DisruptionTarget may stand without the Pod being deleted (stalePodDisruptionTimeout). */
const staleDisruptionMs = 120_000;
const component = 'disruption-controller';
const account = 'disruption-controller';
/** Where its events say that they come from. */
const eventSource = 'controllermanager';

/** Milliseconds until the Pod's DisruptionTarget is stale; undefined where it has none. */
export function staleDisruptionInMs(pod: Pod, nowMs: number): number | undefined {
  const target = pod.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  if (pod.metadata.deletionTimestamp !== undefined || isPodTerminal(pod)) return undefined;
  if (target?.status !== 'True' || target.reason === 'TerminationByKubelet') return undefined;
  return Math.max(0, Date.parse(target.lastTransitionTime ?? '') + staleDisruptionMs - nowMs);
}

function build({ informers, client, recorder: recorderOf, log, clock }: ControllerContext): Runnable {
  const api = client(account);
  const recorder = recorderOf(eventSource);
  const budgets = informers.of(PodDisruptionBudget);
  const pods = informers.of(Pod);
  const replicationControllers = informers.of(ReplicationController);
  const replicaSets = informers.of(ReplicaSet);
  const deployments = informers.of(Deployment);
  const statefulSets = informers.of(StatefulSet);
  const sources: ScaleSources = {
    replicationControllers: replicationControllers.lister,
    replicaSets: replicaSets.lister,
    deployments: deployments.lister,
    statefulSets: statefulSets.lister,
    client: api,
    mapper: new RestMapper(api, () => clock.now()),
  };

  const podsOf = ({ metadata: { namespace }, spec }: PodDisruptionBudget): Pod[] => {
    const selector = spec?.selector;
    return selector == null ? [] : pods.lister.list({ namespace, selector: selectorFromObject(selector) });
  };

  /** The budget that the Pod counts in; several are a mistake that is said. */
  const budgetOf = (pod: Pod): PodDisruptionBudget | undefined => {
    const { namespace, name, labels } = pod.metadata;
    const matching = budgets.lister
      .list({ namespace })
      .filter(({ spec }) => spec?.selector != null && selectorFromObject(spec.selector).matches(labels));
    const [first] = matching;
    if (first !== undefined && matching.length > 1) {
      const quoted = `${JSON.stringify(namespace)}/${JSON.stringify(name)}`;
      const message = `Pod ${quoted} matches multiple PodDisruptionBudgets.  Chose ${JSON.stringify(first.metadata.name)} arbitrarily.`;
      recorder.event(pod, 'Warning', 'MultiplePodDisruptionBudgets', message);
    }
    return first;
  };

  const write = async (budget: PodDisruptionBudget, status: BudgetStatus): Promise<void> => {
    await api.resource(PodDisruptionBudget).updateStatus({ ...budget, status });
  };

  const countExpected = async (budget: PodDisruptionBudget, matching: readonly Pod[]): Promise<number> => {
    if (!needsScale(budget)) return matching.length;
    const { count, unmanaged } = await expectedPods(matching, sources);
    if (unmanaged.length > 0) {
      const selector = printGoLabelSelector(budget.spec?.selector);
      const message =
        `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. As a result, the status of the ` +
        'PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ' +
        '".spec.minAvailable" field of the PDB to an integer value.';
      recorder.event(budget, 'Warning', 'UnmanagedPods', message);
    }
    return count;
  };

  const calculate = async (budget: PodDisruptionBudget): Promise<ReconcileResult> => {
    const matching = podsOf(budget);
    if (matching.length === 0) recorder.event(budget, 'Normal', 'NoPods', 'No matching pods found');
    let expected: number;
    let desired: number;
    try {
      expected = await countExpected(budget, matching);
      desired = desiredHealthy(budget, expected);
    } catch (error) {
      const message = `Failed to calculate the number of expected pods: ${messageOf(error)}`;
      recorder.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', message);
      throw error;
    }
    const now = clock.now();
    const { remaining, late, recheckMs } = disruptedPods(matching, budget, now);
    for (const pod of late) {
      // Upstream says the namespace twice.
      const { namespace } = budget.metadata;
      const message = `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`;
      recorder.event(pod, 'Warning', 'NotDeleted', message);
    }
    const counts = {
      currentHealthy: countHealthy(matching, remaining, now),
      desiredHealthy: desired,
      expectedPods: expected,
      disruptedPods: remaining,
    };
    const status = budgetStatus(budget, counts, now);
    if (status !== undefined) await write(budget, status);
    return recheckMs === undefined ? {} : { requeueAfterMs: Math.max(1, recheckMs - now) };
  };

  const reconcile = async (key: string): Promise<ReconcileResult> => {
    const budget = budgets.lister.getByKey(key);
    if (budget === undefined) return {};
    try {
      return await calculate(budget);
    } catch (error) {
      if (isNotFound(error)) return {};
      if (isConflict(error)) throw error;
      log.warn({ key, err: error }, 'failed to sync a disruption budget');
      // Better none may go than one too many.
      const status = failedStatus(budget, messageOf(error), clock.now());
      await write(budget, status);
      return {};
    }
  };

  const clearStale = async (key: string): Promise<ReconcileResult> => {
    const pod = pods.lister.getByKey(key);
    const waitMs = pod === undefined ? undefined : staleDisruptionInMs(pod, clock.now());
    if (pod === undefined || waitMs === undefined) return {};
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const { generation, uid, resourceVersion } = pod.metadata;
    const condition = {
      type: 'DisruptionTarget',
      status: 'False',
      reason: null,
      message: null,
      lastTransitionTime: timestamp(clock.now()),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    };
    const patch = { metadata: { uid, resourceVersion }, status: { conditions: [condition] } };
    await api.resource(Pod).patch(pod.metadata, 'strategic', patch, { subresource: 'status' });
    return {};
  };

  const controller = new Controller({ name: component, reconcile, log, clock })
    .watch(budgets)
    .watch(pods, ({ object }) => {
      const budget = budgetOf(object);
      return budget === undefined ? [] : [keyOf(budget)];
    })
    .needs(replicationControllers)
    .needs(replicaSets)
    .needs(deployments)
    .needs(statefulSets);
  const stale = new Controller({ name: component, reconcile: clearStale, log, clock }).watch(
    pods,
    ({ type, object }) =>
      type === 'delete' || staleDisruptionInMs(object, clock.now()) === undefined ? [] : [keyOf(object)],
  );
  return {
    async start() {
      await Promise.all([controller.start(), stale.start()]);
    },
    async stop() {
      await Promise.all([controller.stop(), stale.stop()]);
    },
  };
}

export const disruption: ControllerDescriptor = { name: component, aliases: ['disruption'], build };
