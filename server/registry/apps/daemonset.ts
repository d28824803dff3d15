// DaemonSet (pkg/registry/apps/daemonset).
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { defaultPodTemplate } from '../core/pod-defaults.ts';
import { podTemplateWarnings } from '../core/pod-warnings.ts';
import { allVerbs, keepStatus, type ResourceDescriptor, statusSubresource } from '../descriptor.ts';
import { defaultTo, defaultZero, ensure, type Fields } from '../fields.ts';
import {
  age,
  ageColumn,
  containerCells,
  containersColumn,
  fieldColumn,
  formatLabelSelector,
  formatLabels,
  imagesColumn,
  nameColumn,
} from '../print.ts';
import { validateDaemonSet, validateDaemonSetStatusUpdate, validateDaemonSetUpdate } from './daemonset-validation.ts';

const specFields = 'io.k8s.api.apps.v1.DaemonSetSpec';
const statusFields = 'io.k8s.api.apps.v1.DaemonSetStatus';

/** What was spec.templateGeneration in older versions; apps/v1 keeps it here. */
export const templateGenerationAnnotation = 'deprecated.daemonset.template.generation';

const requiredStatus = ['currentNumberScheduled', 'desiredNumberScheduled', 'numberMisscheduled', 'numberReady'];

export const daemonSet: ResourceDescriptor = {
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  resource: 'daemonsets',
  singular: 'daemonset',
  namespaced: true,
  shortNames: ['ds'],
  categories: ['all'],
  verbs: allVerbs,
  storageVersionHash: 'dd7pWHUlMKQ=',
  stored: true,
  subresources: [statusSubresource({ validateUpdate: validateDaemonSetStatusUpdate })],
  versionAnnotations: [templateGenerationAnnotation],
  printer: {
    columns: [
      nameColumn,
      fieldColumn('Desired', statusFields, 'desiredNumberScheduled', { type: 'integer' }),
      fieldColumn('Current', statusFields, 'currentNumberScheduled', { type: 'integer' }),
      fieldColumn('Ready', statusFields, 'numberReady', { type: 'integer' }),
      fieldColumn('Up-to-date', statusFields, 'updatedNumberScheduled', { type: 'integer' }),
      fieldColumn('Available', statusFields, 'numberAvailable', { type: 'integer' }),
      fieldColumn('Node Selector', 'io.k8s.api.core.v1.PodSpec', 'nodeSelector'),
      ageColumn,
      containersColumn,
      imagesColumn,
      fieldColumn('Selector', specFields, 'selector', { wide: true }),
    ],
    cells(object, { now }) {
      const spec = (object['spec'] ?? {}) as Fields;
      const status = (object['status'] ?? {}) as Fields;
      return [
        object.metadata.name ?? '',
        status['desiredNumberScheduled'] ?? 0,
        status['currentNumberScheduled'] ?? 0,
        status['numberReady'] ?? 0,
        status['updatedNumberScheduled'] ?? 0,
        status['numberAvailable'] ?? 0,
        formatLabels(spec['template']?.spec?.nodeSelector),
        age(object, now),
        ...containerCells(spec['template']?.spec?.containers),
        formatLabelSelector(spec['selector']),
      ];
    },
  },
  versionedForm: withTemplateGeneration,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  setDefaults(object) {
    defaultDaemonSetSpec(ensure(object, 'spec'));
    defaultStatus(ensure(object, 'status'));
  },
  prepareForCreate(object) {
    object['status'] = defaultStatus({});
    setTemplateGeneration(object, Math.max(1, templateGeneration(object)));
  },
  prepareForUpdate(object, old) {
    keepStatus(object, old);
    const isTemplateChanged = !semanticEqual(object['spec'].template, old['spec'].template);
    setTemplateGeneration(object, templateGeneration(old) + (isTemplateChanged ? 1 : 0));
  },
  validateName: nameIsDNSSubdomain,
  validate: validateDaemonSet,
  validateUpdate: validateDaemonSetUpdate,
  warnings: (object, old) => podTemplateWarnings(object['spec']?.template, old?.['spec']?.template, 'spec.template'),
};

/** SetDefaults_DaemonSet. */
function defaultDaemonSetSpec(spec: Fields): void {
  const strategy = ensure(spec, 'updateStrategy');
  defaultZero(strategy, 'type', 'RollingUpdate');
  if (strategy['type'] === 'RollingUpdate') {
    const rollingUpdate = ensure(strategy, 'rollingUpdate');
    defaultTo(rollingUpdate, 'maxUnavailable', 1);
    defaultTo(rollingUpdate, 'maxSurge', 0);
  }
  defaultTo(spec, 'revisionHistoryLimit', 10);
  defaultPodTemplate(ensure(spec, 'template'));
}

function defaultStatus(status: Fields): Fields {
  for (const field of requiredStatus) defaultTo(status, field, 0);
  return status;
}

/** 0 where the annotation is missing or no number. */
export function templateGeneration(object: KubeObject): number {
  const value = object.metadata.annotations?.[templateGenerationAnnotation] ?? '';
  return /^[+-]?[0-9]+$/.test(value) ? Number(value) : 0;
}

function setTemplateGeneration(object: KubeObject, generation: number): void {
  object.metadata.annotations ??= {};
  object.metadata.annotations[templateGenerationAnnotation] = String(generation);
}

/** Where nobody has written the annotation, the field of the internal form that it stands for is zero. */
function withTemplateGeneration(object: KubeObject): KubeObject {
  const { annotations } = object.metadata;
  if (annotations?.[templateGenerationAnnotation] !== undefined) return object;
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [templateGenerationAnnotation]: '0' } },
  };
}
