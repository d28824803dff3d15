// One autoscaler, looked at once: what its metrics propose, what its limits and behaviours make of that, and the target's new size
// (pkg/controller/podautoscaler/horizontal.go reconcileAutoscaler).
import { isDeepStrictEqual } from 'node:util';
import { parseApiVersion } from '../../apimachinery/object.ts';
import { quantityOf } from '../../apimachinery/quantity.ts';
import { type LabelSelector, parseLabelSelector } from '../../apimachinery/selectors.ts';
import type { Client } from '../../client/client.ts';
import { type Clock, timestamp } from '../../client/clock.ts';
import type { DiscoveredResource, RestMapper } from '../../client/discovery.ts';
import { retryOnConflict } from '../../client/errors.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import { deepCopy } from '../../client/freeze.ts';
import { HorizontalPodAutoscaler, type Pod } from '../../client/kinds.ts';
import { type ApiObject, keyOf } from '../../client/resource.ts';
import type { Lister } from '../../client/store.ts';
import { messageOf } from '../shared/aggregate.ts';
import { MetricError, type MetricStatus, proposalOf } from './metric-proposals.ts';
import type { MetricsClient } from './metrics-client.ts';
import type { ReadinessTimes, Tolerances } from './replica-calculator.ts';
import { type History, normalize, normalizeWithBehavior, recordScaling } from './stabilization.ts';

type HPA = HorizontalPodAutoscaler & {
  spec: NonNullable<HorizontalPodAutoscaler['spec']>;
  status: NonNullable<HorizontalPodAutoscaler['status']>;
};

interface Scale extends ApiObject {
  spec?: { replicas?: number };
  status?: { replicas?: number; selector?: string };
}

export interface AutoscalerOptions {
  client: Client;
  metrics: MetricsClient;
  mapper: RestMapper;
  recorder: EventRecorder;
  pods: Lister<Pod>;
  times: ReadinessTimes;
  /** A fraction. */
  tolerance: number;
  downscaleStabilizationMs: number;
  clock: Clock;
}

/** What the metrics ask for; `error` where some say nothing. */
interface Computed {
  replicas: number;
  name: string;
  statuses: MetricStatus[];
  error?: Error;
}

/** What is to be done, and why; `keep` where the number is not to be touched. */
interface Decision {
  replicas: number;
  reason: string;
  keep?: boolean;
  statuses?: MetricStatus[];
  error?: Error;
}

/** The metrics say too little to decide anything. */
class NotComputed extends Error {
  readonly statuses: MetricStatus[];

  constructor(cause: Error, statuses: MetricStatus[]) {
    super(cause.message, { cause });
    this.statuses = statuses;
  }
}

export class Autoscaler {
  readonly #options: AutoscalerOptions;
  readonly #histories = new Map<string, History>();
  /** The Pods of each autoscaler, as far as it has been looked at. */
  readonly #selectors = new Map<string, { namespace: string; name: string; selector: LabelSelector }>();

  constructor(options: AutoscalerOptions) {
    this.#options = options;
  }

  /** The autoscaler is gone. */
  forget(key: string): void {
    this.#histories.delete(key);
    this.#selectors.delete(key);
  }

  /** Throws what kept it from deciding, or from doing what was decided; events and conditions say it already. */
  async reconcile(shared: HorizontalPodAutoscaler): Promise<void> {
    const hpa = deepCopy(shared) as HPA;
    hpa.status ??= { desiredReplicas: 0 };
    const { kind, name } = hpa.spec.scaleTargetRef;
    const reference = `${kind}/${hpa.metadata.namespace}/${name}`;
    const { resource, scale } = await this.#target(shared, hpa, reference);
    this.#condition(
      hpa,
      'AbleToScale',
      true,
      'SucceededGetScale',
      "the HPA controller was able to get the target's current scale",
    );
    const current = scale.spec?.replicas ?? 0;
    this.#history(hpa, current);
    let decision: Decision;
    try {
      decision = await this.#decide(hpa, scale);
    } catch (error) {
      if (!(error instanceof NotComputed)) throw error;
      this.#setStatus(hpa, current, hpa.status.desiredReplicas, error.statuses);
      await this.#write(shared, hpa);
      this.#options.recorder.event(hpa, 'Warning', 'FailedComputeMetricsReplicas', error.message);
      const message = `failed to compute desired number of replicas based on listed metrics for ${reference}: ${error.message}`;
      throw new Error(message, { cause: error });
    }
    const { replicas, keep = replicas === current, statuses = [] } = decision;
    if (!keep) await this.#rescale(shared, hpa, { resource, scale, decision, reference });
    this.#setStatus(hpa, current, keep ? current : replicas, statuses);
    if (!keep) hpa.status.lastScaleTime = timestamp(this.#options.clock.now());
    await this.#write(shared, hpa);
    if (decision.error !== undefined) throw decision.error;
  }

  /** The target's resource and its scale. */
  async #target(
    shared: HorizontalPodAutoscaler,
    hpa: HPA,
    reference: string,
  ): Promise<{ resource: DiscoveredResource; scale: Scale }> {
    const { client, mapper, recorder } = this.#options;
    const { apiVersion = '', kind, name } = hpa.spec.scaleTargetRef;
    let what = 'unable to determine resource for scale target reference';
    try {
      const resource = await mapper.findAnyVersion(apiVersion, kind);
      const { group } = parseApiVersion(apiVersion);
      if (resource === undefined)
        throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`);
      what = `failed to query scale subresource for ${reference}`;
      const key = { namespace: hpa.metadata.namespace, name };
      return { resource, scale: await client.resource(resource).getSubresource<Scale>(key, 'scale') };
    } catch (error) {
      const message = messageOf(error);
      recorder.event(hpa, 'Warning', 'FailedGetScale', message);
      const condition = `the HPA controller was unable to get the target's current scale: ${message}`;
      this.#condition(hpa, 'AbleToScale', false, 'FailedGetScale', condition);
      await this.#write(shared, hpa);
      throw new Error(`${what}: ${message}`, { cause: error });
    }
  }

  async #decide(hpa: HPA, scale: Scale): Promise<Decision> {
    const { maxReplicas, minReplicas = 1, behavior } = hpa.spec;
    const currentReplicas = scale.spec?.replicas ?? 0;
    if (currentReplicas === 0) {
      const message = 'scaling is disabled since the replica count of the target is zero';
      this.#condition(hpa, 'ScalingActive', false, 'ScalingDisabled', message);
      return { replicas: 0, reason: '', keep: true };
    }
    if (currentReplicas > maxReplicas)
      return { replicas: maxReplicas, reason: 'Current number of replicas above Spec.MaxReplicas' };
    if (currentReplicas < minReplicas)
      return { replicas: minReplicas, reason: 'Current number of replicas below Spec.MinReplicas' };
    const computed = await this.#compute(hpa, scale);
    const history = this.#history(hpa, currentReplicas);
    const limits = { currentReplicas, minReplicas, maxReplicas };
    const times = { windowMs: this.#options.downscaleStabilizationMs, nowMs: this.#options.clock.now() };
    const normalized =
      behavior == null
        ? normalize(computed.replicas, limits, history, times)
        : normalizeWithBehavior(computed.replicas, limits, history, { behavior, ...times });
    const { ableToScale, limited, replicas } = normalized;
    this.#condition(hpa, 'AbleToScale', true, ableToScale.reason, ableToScale.message);
    this.#condition(hpa, 'ScalingLimited', limited.holds, limited.reason, limited.message);
    let reason = '';
    if (computed.replicas > currentReplicas) reason = `${computed.name} above target`;
    if (computed.replicas < currentReplicas) reason = 'All metrics below target';
    const { statuses, error } = computed;
    return { replicas, reason, statuses, ...(error === undefined ? {} : { error }) };
  }

  /** The most that a metric proposes. Throws NotComputed where none does, or where those that do propose less. */
  async #compute(hpa: HPA, scale: Scale): Promise<Computed> {
    const { namespace } = hpa.metadata;
    const { clock, metrics: client, times } = this.#options;
    const { metrics = [] } = hpa.spec;
    const selector = scale.status?.selector ?? '';
    const pods = this.#podsOf(hpa, selector);
    const specReplicas = scale.spec?.replicas ?? 0;
    const statusReplicas = scale.status?.replicas ?? 0;
    const tolerances = this.#tolerances(hpa);
    const counts = { specReplicas, statusReplicas, tolerances, times, nowMs: clock.now() };
    const context = { client, namespace, selector, pods, ...counts };
    const statuses: MetricStatus[] = [];
    const failures: MetricError[] = [];
    let best = { replicas: 0, name: '' };
    for (const spec of metrics) {
      try {
        const { replicas, name, status } = await proposalOf(spec, context);
        statuses.push(status);
        if (best.replicas === 0 || replicas > best.replicas) best = { replicas, name };
      } catch (error) {
        if (!(error instanceof MetricError)) throw error;
        statuses.push({ type: '' });
        failures.push(error);
        this.#options.recorder.event(hpa, 'Warning', error.reason, error.detail);
      }
    }
    const [first] = failures;
    if (first === undefined) {
      this.#valid(hpa, best.name);
      return { ...best, statuses };
    }
    const message = `invalid metrics (${failures.length} invalid out of ${metrics.length}), first error is: ${first.message}`;
    const error = new Error(message, { cause: first });
    if (failures.length >= metrics.length || best.replicas < specReplicas) {
      const condition = `the HPA was unable to compute the replica count: ${first.detail}`;
      this.#condition(hpa, 'ScalingActive', false, first.reason, condition);
      throw new NotComputed(error, statuses);
    }
    this.#valid(hpa, best.name);
    return { ...best, statuses, error };
  }

  #valid(hpa: HPA, name: string): void {
    const message = `the HPA was able to successfully calculate a replica count from ${name}`;
    this.#condition(hpa, 'ScalingActive', true, 'ValidMetricFound', message);
  }

  /** The target's Pods, which no other autoscaler may have. Throws NotComputed. */
  #podsOf(hpa: HPA, text: string): Pod[] {
    const { namespace, name } = hpa.metadata;
    const invalid = (reason: string, message: string, condition = message, event = reason) => {
      this.#options.recorder.event(hpa, 'Warning', event, message);
      this.#condition(hpa, 'ScalingActive', false, reason, condition);
      return new NotComputed(new Error(message), []);
    };
    if (text === '') {
      const condition = "the HPA target's scale is missing a selector";
      throw invalid('InvalidSelector', 'selector is required', condition, 'SelectorRequired');
    }
    let selector: LabelSelector;
    try {
      selector = parseLabelSelector(text);
    } catch (error) {
      const message = `couldn't convert selector into a corresponding internal selector object: ${messageOf(error)}`;
      throw invalid('InvalidSelector', message);
    }
    this.#selectors.set(keyOf(hpa), { namespace, name, selector });
    const pods = this.#options.pods.list({ namespace, selector });
    const rivals = [...this.#selectors.values()].filter(
      (other) => other.namespace === namespace && pods.some(({ metadata }) => other.selector.matches(metadata.labels)),
    );
    if (rivals.length <= 1) return pods;
    const names = rivals.map((rival) => `{${rival.name} ${rival.namespace}}`).join(' ');
    throw invalid('AmbiguousSelector', `pods by selector ${text} are controlled by multiple HPAs: [${names}]`);
  }

  async #rescale(
    shared: HorizontalPodAutoscaler,
    hpa: HPA,
    change: { resource: DiscoveredResource; scale: Scale; decision: Decision; reference: string },
  ): Promise<void> {
    const { client, recorder, clock } = this.#options;
    const { resource, decision, reference } = change;
    const { replicas, reason } = decision;
    const current = change.scale.spec?.replicas ?? 0;
    const api = client.resource(resource);
    let { scale } = change;
    try {
      await retryOnConflict(async () => {
        try {
          await api.updateSubresource(scale.metadata, 'scale', { ...scale, spec: { ...scale.spec, replicas } });
        } catch (error) {
          scale = await api.getSubresource<Scale>(scale.metadata, 'scale').catch(() => scale);
          throw error;
        }
      }, clock);
    } catch (error) {
      const message = messageOf(error);
      recorder.event(hpa, 'Warning', 'FailedRescale', `New size: ${replicas}; reason: ${reason}; error: ${message}`);
      const condition = `the HPA controller was unable to update the target scale: ${message}`;
      this.#condition(hpa, 'AbleToScale', false, 'FailedUpdateScale', condition);
      this.#setStatus(hpa, current, hpa.status.desiredReplicas, decision.statuses ?? []);
      await this.#write(shared, hpa);
      throw new Error(`failed to rescale ${reference}: ${message}`, { cause: error });
    }
    const condition = `the HPA controller was able to update the target scale to ${replicas}`;
    this.#condition(hpa, 'AbleToScale', true, 'SucceededRescale', condition);
    recorder.event(hpa, 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${reason}`);
    const { behavior } = hpa.spec;
    if (behavior != null) recordScaling(this.#history(hpa, current), behavior, current, replicas, clock.now());
  }

  /** What is remembered of it; the number at the first sight counts as recommended. */
  #history(hpa: HPA, currentReplicas: number): History {
    const key = keyOf(hpa);
    let history = this.#histories.get(key);
    if (history === undefined) {
      const recommendations = [{ atMs: this.#options.clock.now(), replicas: currentReplicas }];
      history = { recommendations, ups: [], downs: [] };
      this.#histories.set(key, history);
    }
    return history;
  }

  #tolerances({ spec: { behavior } }: HPA): Tolerances {
    const { tolerance } = this.#options;
    const fraction = (value: unknown) => (value == null ? tolerance : Number(quantityOf(value).nanos) / 1e9);
    return {
      scaleDown: fraction(behavior?.scaleDown?.tolerance),
      scaleUp: fraction(behavior?.scaleUp?.tolerance),
    };
  }

  #condition(hpa: HPA, type: string, holds: boolean, reason: string, message: string): void {
    const status = holds ? 'True' : 'False';
    hpa.status.conditions ??= [];
    const { conditions } = hpa.status;
    const index = conditions.findIndex((condition) => condition.type === type);
    const old = conditions[index];
    const now = timestamp(this.#options.clock.now());
    const lastTransitionTime = old?.status === status ? (old.lastTransitionTime ?? now) : now;
    const next = { type, status, lastTransitionTime, reason, message };
    if (old === undefined) conditions.push(next);
    else conditions[index] = next;
  }

  #setStatus(hpa: HPA, currentReplicas: number, desiredReplicas: number, currentMetrics: MetricStatus[]): void {
    const { lastScaleTime, conditions } = hpa.status;
    hpa.status = {
      currentReplicas,
      desiredReplicas,
      currentMetrics,
      ...(conditions === undefined ? {} : { conditions }),
      ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    };
  }

  async #write(shared: HorizontalPodAutoscaler, hpa: HPA): Promise<void> {
    if (isDeepStrictEqual(comparable(shared.status), comparable(hpa.status))) return;
    try {
      await this.#options.client.resource(HorizontalPodAutoscaler).updateStatus(hpa);
    } catch (error) {
      this.#options.recorder.event(hpa, 'Warning', 'FailedUpdateStatus', messageOf(error));
      throw new Error(`failed to update status for ${hpa.metadata.name}: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** Without the difference between what is empty and what is not there. */
function comparable(status: HorizontalPodAutoscaler['status']): object {
  const {
    currentReplicas = 0,
    desiredReplicas = 0,
    currentMetrics = [],
    conditions = [],
    lastScaleTime,
  } = status ?? {};
  return { currentReplicas, desiredReplicas, currentMetrics, conditions, lastScaleTime };
}
