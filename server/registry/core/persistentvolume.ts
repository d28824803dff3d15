// PersistentVolume (pkg/registry/core/persistentvolume).
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import {
  allVerbs,
  keepStatus,
  type RequestContext,
  type ResourceDescriptor,
  statusSubresource,
} from '../descriptor.ts';
import { defaultTo, defaultZero, ensure, type Fields, keepAllButStatus, listOf } from '../fields.ts';
import { age, ageColumn, column, fieldColumn, formatAccessModes, nameColumn } from '../print.ts';
import { nodeSelectorTermWarnings } from './node-label-warnings.ts';
import { validatePersistentVolume, validatePersistentVolumeUpdate } from './persistentvolume-validation.ts';
import { defaultResourceList } from './resource-lists.ts';
import { sourceDefaults } from './volume-defaults.ts';

const specFields = 'io.k8s.api.core.v1.PersistentVolumeSpec';
const statusFields = 'io.k8s.api.core.v1.PersistentVolumeStatus';

/** The annotation that named a volume's class before storageClassName did. */
export const betaStorageClassAnnotation = 'volume.beta.kubernetes.io/storage-class';

export const persistentVolume: ResourceDescriptor = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  resource: 'persistentvolumes',
  singular: 'persistentvolume',
  namespaced: false,
  shortNames: ['pv'],
  verbs: allVerbs,
  storageVersionHash: 'HN/zwEC+JgM=',
  stored: true,
  subresources: [statusSubresource({ prepareForUpdate: prepareStatusUpdate })],
  printer: {
    columns: [
      nameColumn,
      fieldColumn('Capacity', specFields, 'capacity'),
      fieldColumn('Access Modes', specFields, 'accessModes'),
      fieldColumn('Reclaim Policy', specFields, 'persistentVolumeReclaimPolicy'),
      fieldColumn('Status', statusFields, 'phase'),
      fieldColumn('Claim', specFields, 'claimRef'),
      column('StorageClass', 'StorageClass of the pv'),
      column('VolumeAttributesClass', 'VolumeAttributesClass of the pv'),
      fieldColumn('Reason', statusFields, 'reason'),
      ageColumn,
      fieldColumn('VolumeMode', specFields, 'volumeMode', { wide: true }),
    ],
    cells(object, { now }) {
      const spec = (object['spec'] ?? {}) as Fields;
      const status = (object['status'] ?? {}) as Fields;
      const claim = spec['claimRef'] as Fields | undefined;
      return [
        object.metadata.name ?? '',
        spec['capacity']?.storage ?? '0',
        formatAccessModes(spec['accessModes']),
        spec['persistentVolumeReclaimPolicy'] ?? '',
        object.metadata.deletionTimestamp === undefined ? (status['phase'] ?? '') : 'Terminating',
        claim ? `${claim['namespace'] ?? ''}/${claim['name'] ?? ''}` : '',
        object.metadata.annotations?.[betaStorageClassAnnotation] ?? spec['storageClassName'] ?? '',
        spec['volumeAttributesClassName'] ?? '<unset>',
        status['reason'] ?? '',
        age(object, now),
        spec['volumeMode'] ?? '<unset>',
      ];
    },
  },
  returnsDeletedObject: true,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  setDefaults(object) {
    defaultZero(ensure(object, 'status'), 'phase', 'Pending');
    const spec = ensure(object, 'spec');
    defaultZero(spec, 'persistentVolumeReclaimPolicy', 'Retain');
    defaultTo(spec, 'volumeMode', 'Filesystem');
    defaultResourceList(spec['capacity']);
    for (const source of ['hostPath', 'rbd', 'iscsi', 'azureDisk', 'scaleIO']) {
      if (spec[source]) sourceDefaults[source]!(spec[source]);
    }
  },
  prepareForCreate(object, { timestamp }) {
    object['status'] = { phase: 'Pending', lastPhaseTransitionTime: timestamp };
  },
  prepareForUpdate: keepStatus,
  validateName: nameIsDNSSubdomain,
  validate: validatePersistentVolume,
  validateUpdate: validatePersistentVolumeUpdate,
  warnings,
};

/** The time of the last change of phase is kept by the server where the client does not say. */
function prepareStatusUpdate(object: KubeObject, old: KubeObject, context: RequestContext): void {
  keepAllButStatus(object, old, context);
  const status = ensure(object, 'status');
  const oldStatus = (old['status'] ?? {}) as Fields;
  const time = status['lastPhaseTransitionTime'] as string | null | undefined;
  const oldTime = oldStatus['lastPhaseTransitionTime'] as string | undefined;
  if (status['phase'] === oldStatus['phase']) {
    if (!time && oldTime) status['lastPhaseTransitionTime'] = oldTime;
  } else if (!time || time === oldTime) {
    status['lastPhaseTransitionTime'] = context.timestamp;
  }
}

const deprecatedAnnotations: readonly (readonly [string, string])[] = [
  [betaStorageClassAnnotation, 'deprecated since v1.8; use "storageClassName" attribute instead'],
  ['volume.beta.kubernetes.io/mount-options', 'deprecated since v1.31; use "mountOptions" attribute instead'],
];

const deprecatedSources: readonly (readonly [string, string])[] = [
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

function warnings(object: KubeObject): string[] {
  const spec = (object['spec'] ?? {}) as Fields;
  const found: string[] = [];
  for (const [key, message] of deprecatedAnnotations) {
    if (object.metadata.annotations?.[key] !== undefined) found.push(`metadata.annotations[${key}]: ${message}`);
  }
  if (spec['persistentVolumeReclaimPolicy'] === 'Recycle') {
    found.push(
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    );
  }
  listOf(spec['nodeAffinity']?.required?.nodeSelectorTerms).forEach((term, i) => {
    found.push(...nodeSelectorTermWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${i}]`));
  });
  for (const [source, message] of deprecatedSources) {
    if (spec[source]) found.push(`spec.${source === 'storageos' ? 'storageOS' : source}: ${message}`);
  }
  return found;
}
