// ReplicaSet (pkg/registry/apps/replicaset).
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import { scaleSubresource } from '../autoscaling/scale.ts';
import { defaultPodTemplate } from '../core/pod-defaults.ts';
import { podNameWarning } from '../core/pod-name-warning.ts';
import { podTemplateWarnings } from '../core/pod-warnings.ts';
import { allVerbs, keepStatus, type ResourceDescriptor, statusSubresource } from '../descriptor.ts';
import { defaultTo, ensure, type Fields } from '../fields.ts';
import {
  age,
  ageColumn,
  containerCells,
  containersColumn,
  fieldColumn,
  formatLabelSelector,
  imagesColumn,
  nameColumn,
} from '../print.ts';
import {
  validateReplicaSet,
  validateReplicaSetStatusUpdate,
  validateReplicaSetUpdate,
} from './replicaset-validation.ts';

const specFields = 'io.k8s.api.apps.v1.ReplicaSetSpec';
const statusFields = 'io.k8s.api.apps.v1.ReplicaSetStatus';

export const replicaSet: ResourceDescriptor = {
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  resource: 'replicasets',
  singular: 'replicaset',
  namespaced: true,
  shortNames: ['rs'],
  categories: ['all'],
  verbs: allVerbs,
  storageVersionHash: 'P1RzHs8/mWQ=',
  stored: true,
  subresources: [
    scaleSubresource('apps', 'replicasets'),
    statusSubresource({ validateUpdate: validateReplicaSetStatusUpdate }),
  ],
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
        formatLabelSelector(spec['selector']),
      ];
    },
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  setDefaults(object) {
    const spec = ensure(object, 'spec');
    defaultTo(spec, 'replicas', 1);
    defaultPodTemplate(ensure(spec, 'template'));
    defaultTo(ensure(object, 'status'), 'replicas', 0);
  },
  prepareForCreate(object) {
    object['status'] = { replicas: 0 };
  },
  prepareForUpdate: keepStatus,
  validateName: nameIsDNSSubdomain,
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  warnings(object, old) {
    const warnings = podTemplateWarnings(object['spec']?.template, old?.['spec']?.template, 'spec.template');
    return old === undefined ? [...podNameWarning(object.metadata.name), ...warnings] : warnings;
  },
};
