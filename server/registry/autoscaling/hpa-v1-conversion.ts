// autoscaling/v1 at the edge (pkg/apis/autoscaling/v1/conversion.go). v1 knows one metric, the cpu utilization; the other metrics, the
// behavior, and of the status the metrics and conditions travel as JSON in annotations.
import type { KubeObject } from '../../../apimachinery/object.ts';
import { quantityOf } from '../../../apimachinery/quantity.ts';
import { type Fields, listOf } from '../fields.ts';

/** The cpu utilization in per cent that an autoscaler without metrics aims at. */
export const defaultCPUUtilization = 80;

const metricsAnnotation = 'autoscaling.alpha.kubernetes.io/metrics';
const currentMetricsAnnotation = 'autoscaling.alpha.kubernetes.io/current-metrics';
const conditionsAnnotation = 'autoscaling.alpha.kubernetes.io/conditions';
const behaviorAnnotation = 'autoscaling.alpha.kubernetes.io/behavior';
const roundTripAnnotations = [
  metricsAnnotation,
  behaviorAnnotation,
  'autoscaling.alpha.kubernetes.io/scale-down-tolerance',
  'autoscaling.alpha.kubernetes.io/scale-up-tolerance',
  currentMetricsAnnotation,
  conditionsAnnotation,
];

/** JSON objects have no undefined: fields that are unset are left out. */
function compact(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

function isCPUUtilization(metric: Fields): boolean {
  const resource = metric['resource'] as Fields | undefined;
  return (
    metric['type'] === 'Resource' &&
    resource?.['name'] === 'cpu' &&
    resource['target']?.averageUtilization !== undefined
  );
}

/** A stored v2 object as v1 shows it. */
export function fromStoredToV1(object: KubeObject): KubeObject {
  const spec = (object['spec'] ?? {}) as Fields;
  const status = (object['status'] ?? {}) as Fields;
  const metrics = listOf(spec['metrics']);
  const annotations = withoutRoundTrip(object.metadata.annotations);
  const others = metrics.filter((metric) => !isCPUUtilization(metric)).map((metric) => metricToV1(metric, specToV1));
  if (others.length > 0) annotations[metricsAnnotation] = JSON.stringify(others);
  const current = listOf(status['currentMetrics']).map((metric) => metricToV1(metric, statusToV1));
  if (current.length > 0) annotations[currentMetricsAnnotation] = JSON.stringify(current);
  if (spec['behavior']) annotations[behaviorAnnotation] = JSON.stringify(behaviorToInternal(spec['behavior']));
  const conditions = listOf(status['conditions']).map(conditionToV1);
  if (conditions.length > 0) annotations[conditionsAnnotation] = JSON.stringify(conditions);
  return {
    apiVersion: 'autoscaling/v1',
    kind: object.kind,
    metadata: withAnnotations(object.metadata, annotations),
    spec: compact({
      scaleTargetRef: spec['scaleTargetRef'],
      minReplicas: spec['minReplicas'],
      maxReplicas: spec['maxReplicas'],
      targetCPUUtilizationPercentage: metrics.find(isCPUUtilization)?.['resource'].target.averageUtilization,
    }),
    status: compact({
      observedGeneration: status['observedGeneration'],
      lastScaleTime: status['lastScaleTime'],
      currentReplicas: status['currentReplicas'] ?? 0,
      desiredReplicas: status['desiredReplicas'] ?? 0,
      currentCPUUtilizationPercentage: currentCPU(status),
    }),
  };
}

/** A v1 object in the form that is stored. Annotations that cannot be read are passed over. */
export function toStoredFromV1(object: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: target, ...spec } = (object['spec'] ?? {}) as Fields;
  const { currentCPUUtilizationPercentage: currentTarget, ...status } = (object['status'] ?? {}) as Fields;
  const annotations = object.metadata.annotations ?? {};
  const read = (name: string): unknown => readJson(annotations[name]);
  const others = read(metricsAnnotation);
  const metrics = (Array.isArray(others) ? (others as Fields[]) : []).map((metric) => metricFromV1(metric, specFromV1));
  // The default is part of the conversion, and not only of defaulting: applies in several versions see it.
  if ((target !== undefined && target !== null) || metrics.length === 0) {
    metrics.push({
      resource: { name: 'cpu', target: { averageUtilization: target ?? defaultCPUUtilization, type: 'Utilization' } },
      type: 'Resource',
    });
  }
  spec['metrics'] = metrics;
  const behavior = behaviorFromInternal(read(behaviorAnnotation));
  if (behavior) spec['behavior'] = behavior;
  const current = read(currentMetricsAnnotation);
  if (Array.isArray(current)) {
    status['currentMetrics'] = (current as Fields[]).map((metric) => metricFromV1(metric, statusFromV1));
  } else if (currentTarget !== undefined && currentTarget !== null) {
    status['currentMetrics'] = [
      { resource: { current: { averageUtilization: currentTarget }, name: 'cpu' }, type: 'Resource' },
    ];
  }
  const conditions = read(conditionsAnnotation);
  if (Array.isArray(conditions)) status['conditions'] = conditions;
  return {
    apiVersion: 'autoscaling/v2',
    kind: object.kind,
    metadata: withAnnotations(object.metadata, withoutRoundTrip(annotations)),
    spec,
    status,
  };
}

function readJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function withoutRoundTrip(annotations: Record<string, string> | undefined): Record<string, string> {
  const copy = { ...annotations };
  for (const name of roundTripAnnotations) delete copy[name];
  return copy;
}

function withAnnotations(
  metadata: KubeObject['metadata'],
  annotations: Record<string, string>,
): KubeObject['metadata'] {
  const { annotations: _, ...rest } = metadata;
  return Object.keys(annotations).length === 0 ? rest : { ...rest, annotations };
}

function currentCPU(status: Fields): number | undefined {
  const found = listOf(status['currentMetrics']).findLast(
    (metric) =>
      metric['type'] === 'Resource' &&
      metric['resource']?.name === 'cpu' &&
      metric['resource'].current?.averageUtilization !== undefined,
  );
  return found?.['resource'].current.averageUtilization;
}

function conditionToV1(condition: Fields): Fields {
  const { type, status, lastTransitionTime = null, reason, message } = condition;
  return {
    type,
    status,
    lastTransitionTime,
    ...compact({ reason: reason || undefined, message: message || undefined }),
  };
}

// One metric source each way; the order of the fields is that of Go's structs, since the text of the annotation shows it.
type Convert = Readonly<Record<string, (source: Fields) => Fields>>;

const sources = ['object', 'pods', 'resource', 'containerResource', 'external'];

function metricToV1(metric: Fields, convert: Convert): Fields {
  const made: Fields = { type: metric['type'] };
  for (const name of sources) if (metric[name]) made[name] = convert[name]!(metric[name]);
  return made;
}

function metricFromV1(metric: Fields, convert: Convert): Fields {
  const made: Fields = {};
  for (const name of sources) if (metric[name]) made[name] = convert[name]!(metric[name]);
  made['type'] = metric['type'];
  return made;
}

function referenceToV1({ kind, name, apiVersion }: Fields): Fields {
  return compact({ kind, name, apiVersion });
}

const specToV1: Convert = {
  object: ({ describedObject, metric, target }) =>
    compact({
      target: referenceToV1(describedObject ?? {}),
      metricName: metric?.name,
      targetValue: target?.value ?? '0',
      selector: metric?.selector,
      averageValue: target?.averageValue,
    }),
  pods: ({ metric, target }) =>
    compact({ metricName: metric?.name, targetAverageValue: target?.averageValue ?? '0', selector: metric?.selector }),
  resource: ({ name, target }) =>
    compact({
      name,
      targetAverageUtilization: target?.averageUtilization,
      targetAverageValue: target?.averageValue,
    }),
  containerResource: ({ name, target, container }) =>
    compact({
      name,
      targetAverageUtilization: target?.averageUtilization,
      targetAverageValue: target?.averageValue,
      container,
    }),
  external: ({ metric, target }) =>
    compact({
      metricName: metric?.name,
      metricSelector: metric?.selector,
      targetValue: target?.value,
      targetAverageValue: target?.averageValue,
    }),
};

const statusToV1: Convert = {
  object: ({ describedObject, metric, current }) =>
    compact({
      target: referenceToV1(describedObject ?? {}),
      metricName: metric?.name,
      currentValue: current?.value ?? '0',
      selector: metric?.selector,
      averageValue: current?.averageValue,
    }),
  pods: ({ metric, current }) =>
    compact({
      metricName: metric?.name,
      currentAverageValue: current?.averageValue ?? '0',
      selector: metric?.selector,
    }),
  resource: ({ name, current }) =>
    compact({
      name,
      currentAverageUtilization: current?.averageUtilization,
      currentAverageValue: current?.averageValue ?? '0',
    }),
  containerResource: ({ name, current, container }) =>
    compact({
      name,
      currentAverageUtilization: current?.averageUtilization,
      currentAverageValue: current?.averageValue ?? '0',
      container,
    }),
  external: ({ metric, current }) =>
    compact({
      metricName: metric?.name,
      metricSelector: metric?.selector,
      currentValue: current?.value ?? '0',
      currentAverageValue: current?.averageValue,
    }),
};

function identifier(name: unknown, selector: unknown): Fields {
  return compact({ name, selector });
}

function utilizationTarget(source: Fields): Fields {
  const utilization = source['targetAverageUtilization'];
  return compact({
    averageUtilization: utilization,
    averageValue: source['targetAverageValue'],
    type: utilization === undefined || utilization === null ? 'AverageValue' : 'Utilization',
  });
}

const specFromV1: Convert = {
  object(source) {
    const hasAverage = source['averageValue'] !== undefined && source['averageValue'] !== null;
    // v1 cannot leave the value out: beside an average, zero means unset.
    const value =
      hasAverage && quantityOf(source['targetValue']).nanos === 0n ? undefined : (source['targetValue'] ?? '0');
    return {
      describedObject: referenceToV1(source['target'] ?? {}),
      metric: identifier(source['metricName'], source['selector']),
      target: compact({ averageValue: source['averageValue'], type: hasAverage ? 'AverageValue' : 'Value', value }),
    };
  },
  pods: (source) => ({
    metric: identifier(source['metricName'], source['selector']),
    target: { averageValue: source['targetAverageValue'] ?? '0', type: 'AverageValue' },
  }),
  resource: (source) => ({ name: source['name'], target: utilizationTarget(source) }),
  containerResource: (source) => ({
    container: source['container'],
    name: source['name'],
    target: utilizationTarget(source),
  }),
  external(source) {
    const hasValue = source['targetValue'] !== undefined && source['targetValue'] !== null;
    return {
      metric: identifier(source['metricName'], source['metricSelector']),
      target: compact({
        averageValue: source['targetAverageValue'],
        type: hasValue ? 'Value' : 'AverageValue',
        value: source['targetValue'],
      }),
    };
  },
};

function utilizationCurrent(source: Fields): Fields {
  return compact({
    averageUtilization: source['currentAverageUtilization'],
    averageValue: source['currentAverageValue'] ?? '0',
  });
}

const statusFromV1: Convert = {
  object: (source) => ({
    current: compact({ averageValue: source['averageValue'], value: source['currentValue'] ?? '0' }),
    describedObject: referenceToV1(source['target'] ?? {}),
    metric: identifier(source['metricName'], source['selector']),
  }),
  pods: (source) => ({
    current: { averageValue: source['currentAverageValue'] ?? '0' },
    metric: identifier(source['metricName'], source['selector']),
  }),
  resource: (source) => ({ current: utilizationCurrent(source), name: source['name'] }),
  containerResource: (source) => ({
    container: source['container'],
    current: utilizationCurrent(source),
    name: source['name'],
  }),
  external: (source) => ({
    current: compact({ averageValue: source['currentAverageValue'], value: source['currentValue'] ?? '0' }),
    metric: identifier(source['metricName'], source['metricSelector']),
  }),
};

/** The behavior annotation holds upstream's internal form: the fields in capitals, and unset ones as null. */
function behaviorToInternal(behavior: Fields): Fields {
  return { ScaleUp: rulesToInternal(behavior['scaleUp']), ScaleDown: rulesToInternal(behavior['scaleDown']) };
}

function rulesToInternal(rules: Fields | null | undefined): Fields | null {
  if (!rules) return null;
  return {
    StabilizationWindowSeconds: rules['stabilizationWindowSeconds'] ?? null,
    SelectPolicy: rules['selectPolicy'] ?? null,
    Policies: rules['policies']
      ? listOf(rules['policies']).map((p) => ({
          Type: p['type'] ?? '',
          Value: p['value'] ?? 0,
          PeriodSeconds: p['periodSeconds'] ?? 0,
        }))
      : null,
    Tolerance: rules['tolerance'] ?? null,
  };
}

/** Go reads field names in any case. */
function lowerCased(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([field, item]) => [field.toLowerCase(), item]));
}

function behaviorFromInternal(value: unknown): Fields | undefined {
  const { scaleup, scaledown } = lowerCased(value);
  const behavior = compact({ scaleDown: rulesFromInternal(scaledown), scaleUp: rulesFromInternal(scaleup) });
  return Object.keys(behavior).length === 0 ? undefined : behavior;
}

function rulesFromInternal(value: unknown): Fields | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const rules = lowerCased(value);
  return compact({
    policies: Array.isArray(rules['policies'])
      ? rules['policies'].map(lowerCased).map((p) => ({
          periodSeconds: p['periodseconds'] ?? 0,
          type: p['type'] ?? '',
          value: p['value'] ?? 0,
        }))
      : undefined,
    selectPolicy: rules['selectpolicy'],
    stabilizationWindowSeconds: rules['stabilizationwindowseconds'],
    tolerance: rules['tolerance'],
  });
}
