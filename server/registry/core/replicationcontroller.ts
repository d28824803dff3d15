// ReplicationController (pkg/registry/core/replicationcontroller).
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import { scaleSubresource } from '../autoscaling/scale.ts';
import { allVerbs, keepStatus, type ResourceDescriptor, statusSubresource } from '../descriptor.ts';
import { defaultTo, ensure, type Fields } from '../fields.ts';
import {
  age,
  ageColumn,
  containerCells,
  containersColumn,
  fieldColumn,
  formatLabels,
  imagesColumn,
  nameColumn,
} from '../print.ts';
import { defaultPodTemplate } from './pod-defaults.ts';
import { podNameWarning } from './pod-name-warning.ts';
import { podTemplateWarnings } from './pod-warnings.ts';
import {
  validateReplicationController,
  validateReplicationControllerStatusUpdate,
} from './replicationcontroller-validation.ts';

const specFields = 'io.k8s.api.core.v1.ReplicationControllerSpec';
const statusFields = 'io.k8s.api.core.v1.ReplicationControllerStatus';

export const replicationController: ResourceDescriptor = {
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  resource: 'replicationcontrollers',
  singular: 'replicationcontroller',
  namespaced: true,
  shortNames: ['rc'],
  categories: ['all'],
  verbs: allVerbs,
  storageVersionHash: 'Jond2If31h0=',
  stored: true,
  subresources: [
    scaleSubresource('', 'replicationcontrollers'),
    statusSubresource({ validateUpdate: validateReplicationControllerStatusUpdate }),
  ],
  selectableFields: { 'status.replicas': (object) => String(object['status']?.replicas ?? 0) },
  printer: {
    columns: [
      nameColumn,
      fieldColumn('Desired', specFields, 'replicas', { type: 'integer' }),
      fieldColumn('Current', statusFields, 'replicas', { type: 'integer' }),
      fieldColumn('Ready', statusFields, 'readyReplicas', { type: 'integer' }),
      ageColumn,
      containersColumn,
      imagesColumn,
      fieldColumn('Selector', specFields, 'selector', { wide: true }),
    ],
    cells(object, { now }) {
      const spec = (object['spec'] ?? {}) as Fields;
      return [
        object.metadata.name ?? '',
        spec['replicas'] ?? 0,
        object['status']?.replicas ?? 0,
        object['status']?.readyReplicas ?? 0,
        age(object, now),
        ...containerCells(spec['template']?.spec?.containers),
        formatLabels(spec['selector']),
      ];
    },
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  setDefaults(object) {
    const spec = ensure(object, 'spec');
    defaultTo(spec, 'replicas', 1);
    const template = spec['template'] as Fields | null | undefined;
    if (template) {
      defaultPodTemplate(template);
      copyTemplateLabels(object.metadata, template, spec);
    }
    if (object['status']) defaultTo(object['status'], 'replicas', 0);
  },
  prepareForCreate(object) {
    object['status'] = { replicas: 0 };
  },
  prepareForUpdate: keepStatus,
  validateName: nameIsDNSSubdomain,
  validatesGenerateName: false,
  validate: validateReplicationController,
  validateUpdate: validateReplicationController,
  warnings(object, old) {
    const warnings = podTemplateWarnings(object['spec']?.template, old?.['spec']?.template, 'spec.template');
    return old === undefined ? [...podNameWarning(object.metadata.name), ...warnings] : warnings;
  },
  defaultGarbageCollectionPolicy: 'OrphanDependents',
};

/** SetDefaults_ReplicationController: labels and selector are the template's labels where left out. */
function copyTemplateLabels(metadata: Fields, template: Fields, spec: Fields): void {
  const labels = template['metadata']?.labels as Record<string, string> | undefined;
  if (!labels || Object.keys(labels).length === 0) return;
  if (Object.keys(spec['selector'] ?? {}).length === 0) spec['selector'] = { ...labels };
  if (Object.keys(metadata['labels'] ?? {}).length === 0) metadata['labels'] = { ...labels };
}
