// What each metric of an autoscaler proposes, and what its status says (pkg/controller/podautoscaler/horizontal.go computeReplicasForMetric).
import { formatQuantity, type QuantityFormat, quantityMilliValue, quantityOf } from '../../apimachinery/quantity.ts';
import { printLabelSelector, selectorFromObject } from '../../apimachinery/selectors.ts';
import type { HorizontalPodAutoscaler, Pod } from '../../client/kinds.ts';
import { messageOf } from '../shared/aggregate.ts';
import { printGoLabelSelector } from '../shared/go-label-selector.ts';
import type { MetricsClient } from './metrics-client.ts';
import {
  type Proposal,
  type ReadinessTimes,
  replicasForAverage,
  replicasForUtilization,
  replicasForValue,
  replicasForValuePerPod,
  type Tolerances,
} from './replica-calculator.ts';

type Spec = NonNullable<HorizontalPodAutoscaler['spec']>;
export type MetricSpec = NonNullable<Spec['metrics']>[number];
export type MetricStatus = NonNullable<NonNullable<HorizontalPodAutoscaler['status']>['currentMetrics']>[number];
type MetricTarget = NonNullable<MetricSpec['resource']>['target'];

export interface MetricContext {
  client: MetricsClient;
  namespace: string;
  /** Of the target's Pods, as it was written. */
  selector: string;
  pods: readonly Pod[];
  specReplicas: number;
  statusReplicas: number;
  tolerances: Tolerances;
  times: ReadinessTimes;
  nowMs: number;
}

export interface MetricProposal {
  replicas: number;
  /** What the reason of a change names. */
  name: string;
  status: MetricStatus;
}

/** A metric that proposes nothing; `reason` is that of the event and the condition, `detail` what they say. */
export class MetricError extends Error {
  readonly reason: string;
  readonly detail: string;

  constructor(reason: string, prefix: string, cause: unknown) {
    const detail = messageOf(cause);
    super(prefix + detail, { cause });
    this.reason = reason;
    this.detail = detail;
  }
}

/** Throws MetricError. */
export async function proposalOf(spec: MetricSpec, context: MetricContext): Promise<MetricProposal> {
  const { type, resource, containerResource, object, pods, external } = spec;
  const attempt = async (reason: string, prefix: string, work: () => Promise<MetricProposal>) => {
    try {
      return await work();
    } catch (error) {
      throw new MetricError(reason, prefix, error);
    }
  };
  if (type === 'Resource' && resource)
    return attempt('FailedGetResourceMetric', `failed to get ${resource.name} resource metric value: `, () =>
      ofResource(resource, undefined, context),
    );
  if (type === 'ContainerResource' && containerResource) {
    const { container } = containerResource;
    const prefix = `failed to get ${container} container metric value: `;
    return attempt('FailedGetContainerResourceMetric', prefix, () => ofResource(containerResource, container, context));
  }
  if (type === 'Pods' && pods)
    return attempt('FailedGetPodsMetric', 'failed to get pods metric value: ', () => ofPods(pods, context));
  if (type === 'Object' && object)
    return attempt('FailedGetObjectMetric', 'failed to get object metric value: ', () => ofObject(object, context));
  if (type === 'External' && external)
    return attempt('FailedGetExternalMetric', `failed to get ${external.metric.name} external metric value: `, () =>
      ofExternal(external, context),
    );
  throw new MetricError('InvalidMetricSourceType', '', new Error(`unknown metric source type ${JSON.stringify(type)}`));
}

const milli = (value: unknown): number => Number(quantityMilliValue(quantityOf(value)));

function quantity(milliValue: number, format: QuantityFormat = 'DecimalSI'): string {
  return formatQuantity({ nanos: BigInt(Math.trunc(milliValue)) * 1_000_000n, format });
}

async function worded<T>(prefix: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(prefix + messageOf(error), { cause: error });
  }
}

async function ofResource(
  { name, target }: { name: string; target: MetricTarget },
  container: string | undefined,
  context: MetricContext,
): Promise<MetricProposal> {
  const { client, namespace, selector, specReplicas } = context;
  const { averageValue, averageUtilization } = target;
  if (averageValue == null && averageUtilization == null)
    throw new Error(
      'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
    );
  const what = averageValue == null ? 'utilization' : 'usage';
  const proposal = await worded(`failed to get ${name} ${what}: `, async () => {
    const metrics = await worded(`unable to get metrics for resource ${name}: `, () =>
      client.resource(name, namespace, selector, container),
    );
    const input = { ...context, metrics, currentReplicas: specReplicas };
    return averageValue == null
      ? replicasForUtilization(input, { utilization: averageUtilization!, resource: name, container })
      : replicasForAverage(input, milli(averageValue), name);
  });
  const { replicas, usage, utilization } = proposal;
  const current = {
    ...(utilization === undefined ? {} : { averageUtilization: utilization }),
    averageValue: quantity(usage, name === 'memory' ? 'BinarySI' : 'DecimalSI'),
  };
  const kind = container === undefined ? 'resource' : 'container resource';
  return {
    replicas,
    name: averageValue == null ? `${name} ${kind} utilization (percentage of request)` : `${name} resource`,
    status:
      container === undefined
        ? { type: 'Resource', resource: { name, current } }
        : { type: 'ContainerResource', containerResource: { name, container, current } },
  };
}

async function ofPods(
  { metric, target }: NonNullable<MetricSpec['pods']>,
  context: MetricContext,
): Promise<MetricProposal> {
  const { client, namespace, selector, specReplicas } = context;
  const metricSelector = printLabelSelector(selectorOf(metric));
  const metrics = await worded(`unable to get metric ${metric.name}: `, () =>
    client.pods(metric.name, namespace, selector, metricSelector),
  );
  const input = { ...context, metrics, currentReplicas: specReplicas };
  const { replicas, usage } = replicasForAverage(input, milli(target.averageValue), '');
  const status = { type: 'Pods', pods: { metric: identifier(metric), current: { averageValue: quantity(usage) } } };
  return { replicas, name: `pods metric ${metric.name}`, status };
}

async function ofObject(
  { metric, target, describedObject }: NonNullable<MetricSpec['object']>,
  context: MetricContext,
): Promise<MetricProposal> {
  const { client, namespace, specReplicas, statusReplicas, tolerances } = context;
  const { kind, name } = describedObject;
  const { value, averageValue } = target;
  const byValue = target.type === 'Value' && value != null;
  if (!byValue && !(target.type === 'AverageValue' && averageValue != null))
    throw new Error('invalid object metric source: neither a value target nor an average value target was set');
  const prefix = byValue ? '' : `failed to get ${metric.name} object metric: `;
  const usage = await worded(prefix, async () => {
    try {
      return await client.object(metric.name, namespace, describedObject, printLabelSelector(selectorOf(metric)));
    } catch (error) {
      const message = `unable to get metric ${metric.name}: ${kind} on ${namespace} ${name}/${messageOf(error)}`;
      throw new Error(message, { cause: error });
    }
  });
  const common = { metric: identifier(metric), describedObject };
  if (byValue) {
    const proposal = replicasForValue({ ...context, currentReplicas: specReplicas }, usage, milli(value));
    const status = { type: 'Object', object: { ...common, current: { value: quantity(proposal.usage) } } };
    return { replicas: proposal.replicas, name: `${kind} metric ${metric.name}`, status };
  }
  const proposal = replicasForValuePerPod(statusReplicas, usage, milli(averageValue), tolerances);
  const status = { type: 'Object', object: { ...common, current: { averageValue: quantity(proposal.usage) } } };
  return { replicas: proposal.replicas, name: externalName(metric), status };
}

async function ofExternal(
  { metric, target }: NonNullable<MetricSpec['external']>,
  context: MetricContext,
): Promise<MetricProposal> {
  const { client, namespace, specReplicas, statusReplicas, tolerances } = context;
  const { value, averageValue } = target;
  if (averageValue == null && value == null)
    throw new Error('invalid external metric source: neither a value target nor an average value target was set');
  const prefix =
    averageValue == null
      ? `failed to get external metric ${metric.name}: `
      : `failed to get ${metric.name} external metric: `;
  const proposal = await worded(prefix, async (): Promise<Proposal> => {
    const named = `${namespace}/${metric.name}/${printGoLabelSelector(metric.selector)}`;
    const values = await worded(`unable to get external metric ${named}: `, () =>
      client.external(metric.name, namespace, printLabelSelector(selectorOf(metric))),
    );
    const usage = values.reduce((sum, one) => sum + one, 0);
    return averageValue == null
      ? replicasForValue({ ...context, currentReplicas: specReplicas }, usage, milli(value))
      : replicasForValuePerPod(statusReplicas, usage, milli(averageValue), tolerances);
  });
  const shown = quantity(proposal.usage);
  const current = averageValue == null ? { value: shown } : { averageValue: shown };
  const status = { type: 'External', external: { metric: identifier(metric), current } };
  return { replicas: proposal.replicas, name: externalName(metric), status };
}

type Metric = NonNullable<MetricSpec['external']>['metric'];

/** A metric without a selector is selected by everything: an empty one. */
function selectorOf({ selector }: Metric) {
  return selectorFromObject(selector ?? {});
}

function identifier({ name, selector }: Metric): Metric {
  return selector == null ? { name } : { name, selector };
}

function externalName({ name, selector }: Metric): string {
  return `external metric ${name}(${printGoLabelSelector(selector)})`;
}
