// StatefulSet (pkg/registry/apps/statefulset).
import { nameIsDNSLabel } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { scaleSubresource } from '../autoscaling/scale.ts';
import { claimSpecWarnings } from '../core/claim-warnings.ts';
import { defaultClaim } from '../core/persistentvolumeclaim.ts';
import { defaultPodTemplate } from '../core/pod-defaults.ts';
import { podTemplateWarnings } from '../core/pod-warnings.ts';
import { allVerbs, keepStatus, type ResourceDescriptor, statusSubresource } from '../descriptor.ts';
import { defaultTo, defaultZero, ensure, type Fields, listOf } from '../fields.ts';
import { age, ageColumn, column, containerCells, containersColumn, imagesColumn, nameColumn } from '../print.ts';
import {
  validateStatefulSet,
  validateStatefulSetStatusUpdate,
  validateStatefulSetUpdate,
} from './statefulset-validation.ts';

export const statefulSet: ResourceDescriptor = {
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  resource: 'statefulsets',
  singular: 'statefulset',
  namespaced: true,
  shortNames: ['sts'],
  categories: ['all'],
  verbs: allVerbs,
  storageVersionHash: 'H+vl74LkKdo=',
  stored: true,
  subresources: [
    scaleSubresource('apps', 'statefulsets'),
    statusSubresource({ validateUpdate: validateStatefulSetStatusUpdate }),
  ],
  printer: {
    columns: [
      nameColumn,
      column('Ready', 'Number of the pod with ready state'),
      ageColumn,
      containersColumn,
      imagesColumn,
    ],
    cells: (object, { now }) => [
      object.metadata.name ?? '',
      `${object['status']?.readyReplicas ?? 0}/${object['spec']?.replicas ?? 0}`,
      age(object, now),
      ...containerCells(object['spec']?.template?.spec?.containers),
    ],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  setDefaults(object) {
    defaultStatefulSetSpec(ensure(object, 'spec'));
    const status = ensure(object, 'status');
    defaultTo(status, 'replicas', 0);
    defaultTo(status, 'availableReplicas', 0);
  },
  prepareForCreate(object) {
    object['status'] = { replicas: 0, availableReplicas: 0 };
    dropMaxUnavailable(object);
  },
  prepareForUpdate(object, old) {
    keepStatus(object, old);
    if (old['spec']?.updateStrategy?.rollingUpdate?.maxUnavailable === undefined) dropMaxUnavailable(object);
  },
  // Pods are named after the set.
  validateName: nameIsDNSLabel,
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  warnings: statefulSetWarnings,
};

/** SetDefaults_StatefulSet. */
function defaultStatefulSetSpec(spec: Fields): void {
  defaultZero(spec, 'podManagementPolicy', 'OrderedReady');
  const strategy = ensure(spec, 'updateStrategy');
  if (!strategy['type']) {
    strategy['type'] = 'RollingUpdate';
    ensure(strategy, 'rollingUpdate');
  }
  if (strategy['type'] === 'RollingUpdate' && strategy['rollingUpdate'])
    defaultTo(strategy['rollingUpdate'], 'partition', 0);
  const retention = ensure(spec, 'persistentVolumeClaimRetentionPolicy');
  defaultZero(retention, 'whenDeleted', 'Retain');
  defaultZero(retention, 'whenScaled', 'Retain');
  defaultTo(spec, 'replicas', 1);
  defaultTo(spec, 'revisionHistoryLimit', 10);
  defaultPodTemplate(ensure(spec, 'template'));
  for (const claim of listOf(spec['volumeClaimTemplates'])) {
    claim['apiVersion'] = 'v1';
    claim['kind'] = 'PersistentVolumeClaim';
    ensure(claim, 'metadata');
    defaultClaim(claim);
  }
}

/** The field is behind a gate that is off (MaxUnavailableStatefulSet). */
function dropMaxUnavailable(object: KubeObject): void {
  delete object['spec'].updateStrategy?.rollingUpdate?.maxUnavailable;
}

function statefulSetWarnings(object: KubeObject, old: KubeObject | undefined): string[] {
  const spec = (object['spec'] ?? {}) as Fields;
  const warnings = podTemplateWarnings(spec['template'], old?.['spec']?.template, 'spec.template');
  listOf(spec['volumeClaimTemplates']).forEach((claim, i) => {
    const path = `spec.volumeClaimTemplates[${i}]${old === undefined ? '' : '.Spec'}`;
    warnings.push(...claimSpecWarnings(claim['spec'] ?? {}, path));
  });
  if (spec['revisionHistoryLimit'] < 0) {
    warnings.push(
      'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
    );
  }
  return warnings;
}
