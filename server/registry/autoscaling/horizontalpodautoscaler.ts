// HorizontalPodAutoscaler: stored as autoscaling/v2, served as v1 too (pkg/registry/autoscaling/horizontalpodautoscaler).
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import { canonicalizeField } from '../core/resource-lists.ts';
import { allVerbs, keepStatus, type ResourceDescriptor, statusSubresource } from '../descriptor.ts';
import { defaultTo, ensure, type Fields, listOf } from '../fields.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';
import { formatMetrics } from './hpa-printer.ts';
import { defaultCPUUtilization, fromStoredToV1, toStoredFromV1 } from './hpa-v1-conversion.ts';
import { validateHorizontalPodAutoscaler, validateHorizontalPodAutoscalerStatusUpdate } from './hpa-validation.ts';

const specFields = 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec';
const statusFields = 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus';

export const horizontalPodAutoscaler: ResourceDescriptor = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  resource: 'horizontalpodautoscalers',
  singular: 'horizontalpodautoscaler',
  namespaced: true,
  shortNames: ['hpa'],
  categories: ['all'],
  verbs: allVerbs,
  storageVersionHash: 'qwQve8ut294=',
  stored: true,
  otherVersions: [{ version: 'v1', fromStored: fromStoredToV1, toStored: toStoredFromV1 }],
  subresources: [statusSubresource({ validateUpdate: validateHorizontalPodAutoscalerStatusUpdate })],
  printer: {
    columns: [
      nameColumn,
      fieldColumn('Reference', specFields, 'scaleTargetRef'),
      fieldColumn('Targets', specFields, 'metrics'),
      fieldColumn('MinPods', specFields, 'minReplicas'),
      fieldColumn('MaxPods', specFields, 'maxReplicas'),
      fieldColumn('Replicas', statusFields, 'currentReplicas'),
      ageColumn,
    ],
    cells(object, { now }) {
      const spec = (object['spec'] ?? {}) as Fields;
      const target = (spec['scaleTargetRef'] ?? {}) as Fields;
      return [
        object.metadata.name ?? '',
        `${target['kind'] ?? ''}/${target['name'] ?? ''}`,
        formatMetrics(listOf(spec['metrics']), listOf(object['status']?.currentMetrics)),
        spec['minReplicas'] === undefined ? '<unset>' : String(spec['minReplicas']),
        spec['maxReplicas'] ?? 0,
        object['status']?.currentReplicas ?? 0,
        age(object, now),
      ];
    },
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  setDefaults(object) {
    defaultSpec(ensure(object, 'spec'));
    defaultStatus(ensure(object, 'status'));
  },
  prepareForCreate(object) {
    object['status'] = defaultStatus({});
  },
  prepareForUpdate: keepStatus,
  validateName: nameIsDNSSubdomain,
  validate: (object) => validateHorizontalPodAutoscaler(object, undefined),
  validateUpdate: validateHorizontalPodAutoscaler,
};

/** SetDefaults_HorizontalPodAutoscaler of v2. */
function defaultSpec(spec: Fields): void {
  ensure(spec, 'scaleTargetRef');
  defaultTo(spec, 'minReplicas', 1);
  if (listOf(spec['metrics']).length === 0) {
    const target = { averageUtilization: defaultCPUUtilization, type: 'Utilization' };
    spec['metrics'] = [{ resource: { name: 'cpu', target }, type: 'Resource' }];
  }
  for (const metric of listOf(spec['metrics'])) canonicalizeTarget(metric);
  const behavior = spec['behavior'] as Fields | null | undefined;
  if (behavior) {
    behavior['scaleUp'] = withDefaults(behavior['scaleUp'], 0, [
      { periodSeconds: 15, type: 'Pods', value: 4 },
      { periodSeconds: 15, type: 'Percent', value: 100 },
    ]);
    // How long scaling down waits by default is a flag of the controller, so it stays unset here.
    behavior['scaleDown'] = withDefaults(behavior['scaleDown'], undefined, [
      { periodSeconds: 15, type: 'Percent', value: 100 },
    ]);
  }
}

function canonicalizeTarget(metric: Fields): void {
  for (const source of ['object', 'pods', 'resource', 'containerResource', 'external']) {
    const target = metric[source]?.target as Fields | undefined;
    if (target) for (const field of ['value', 'averageValue']) canonicalizeField(target, field);
  }
}

function withDefaults(rules: Fields | null | undefined, seconds: number | undefined, policies: Fields[]): Fields {
  const made: Fields = { ...rules };
  if (seconds !== undefined) defaultTo(made, 'stabilizationWindowSeconds', seconds);
  defaultTo(made, 'selectPolicy', 'Max');
  defaultTo(made, 'policies', policies);
  canonicalizeField(made, 'tolerance');
  return made;
}

function defaultStatus(status: Fields): Fields {
  defaultTo(status, 'currentMetrics', null);
  defaultTo(status, 'desiredReplicas', 0);
  return status;
}
