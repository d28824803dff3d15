// PersistentVolumeClaim (pkg/registry/core/persistentvolumeclaim, pkg/api/persistentvolumeclaim).
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { allVerbs, keepStatus, type ResourceDescriptor, statusSubresource } from '../descriptor.ts';
import { defaultZero, ensure, type Fields } from '../fields.ts';
import { age, ageColumn, column, fieldColumn, formatAccessModes, nameColumn } from '../print.ts';
import { claimSpecWarnings } from './claim-warnings.ts';
import { betaStorageClassAnnotation } from './persistentvolume.ts';
import { validateClaim, validateClaimStatusUpdate, validateClaimUpdate } from './persistentvolumeclaim-validation.ts';
import { defaultResourceList } from './resource-lists.ts';
import { defaultClaimSpec } from './volume-defaults.ts';

const specFields = 'io.k8s.api.core.v1.PersistentVolumeClaimSpec';
const statusFields = 'io.k8s.api.core.v1.PersistentVolumeClaimStatus';

export const persistentVolumeClaim: ResourceDescriptor = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  resource: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  namespaced: true,
  shortNames: ['pvc'],
  verbs: allVerbs,
  storageVersionHash: 'QWTyNDq0dC4=',
  stored: true,
  subresources: [statusSubresource({ validateUpdate: validateClaimStatusUpdate })],
  printer: {
    columns: [
      nameColumn,
      fieldColumn('Status', statusFields, 'phase'),
      fieldColumn('Volume', specFields, 'volumeName'),
      fieldColumn('Capacity', statusFields, 'capacity'),
      fieldColumn('Access Modes', statusFields, 'accessModes'),
      column('StorageClass', 'StorageClass of the pvc'),
      column('VolumeAttributesClass', 'VolumeAttributesClass of the pvc'),
      ageColumn,
      fieldColumn('VolumeMode', specFields, 'volumeMode', { wide: true }),
    ],
    cells(object, { now }) {
      const spec = (object['spec'] ?? {}) as Fields;
      const status = (object['status'] ?? {}) as Fields;
      const isBound = Boolean(spec['volumeName']);
      return [
        object.metadata.name ?? '',
        object.metadata.deletionTimestamp === undefined ? (status['phase'] ?? '') : 'Terminating',
        spec['volumeName'] ?? '',
        isBound ? (status['capacity']?.storage ?? '0') : '',
        isBound ? formatAccessModes(status['accessModes']) : '',
        object.metadata.annotations?.[betaStorageClassAnnotation] ?? spec['storageClassName'] ?? '',
        spec['volumeAttributesClassName'] ?? '<unset>',
        age(object, now),
        spec['volumeMode'] ?? '<unset>',
      ];
    },
  },
  returnsDeletedObject: true,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  setDefaults: defaultClaim,
  prepareForCreate(object) {
    object['status'] = { phase: 'Pending' };
    prepareDataSources(object['spec'], undefined);
  },
  prepareForUpdate(object, old) {
    keepStatus(object, old);
    prepareDataSources(object['spec'], old['spec']);
  },
  validateName: nameIsDNSSubdomain,
  validate: validateClaim,
  validateUpdate: validateClaimUpdate,
  warnings(object) {
    const annotated = object.metadata.annotations?.[betaStorageClassAnnotation] !== undefined;
    const message = `metadata.annotations[${betaStorageClassAnnotation}]: deprecated since v1.8; use "storageClassName" attribute instead`;
    return [...(annotated ? [message] : []), ...claimSpecWarnings(object['spec'] ?? {}, 'spec')];
  },
};

/** Defaults a claim, or a claim template of a StatefulSet, in place. */
export function defaultClaim(object: KubeObject | Fields): void {
  const status = ensure(object, 'status');
  defaultZero(status, 'phase', 'Pending');
  defaultResourceList(status['capacity']);
  defaultResourceList(status['allocatedResources']);
  defaultClaimSpec(ensure(object, 'spec'));
}

/**
 * `dataSource` and `dataSourceRef` mirror each other. As before there was a dataSourceRef, a dataSource of another kind than
 * a claim or a snapshot is dropped without a word, and references to other namespaces are off (alpha).
 */
function prepareDataSources(spec: Fields, old: Fields | undefined): void {
  if (spec['dataSourceRef']?.namespace && !old?.['dataSourceRef']) delete spec['dataSourceRef'];
  const oldInUse = Boolean(old?.['dataSource'] ?? old?.['dataSourceRef']);
  if (!oldInUse && !spec['dataSourceRef'] && !isClaimOrSnapshot(spec['dataSource'])) delete spec['dataSource'];
  if (spec['dataSource'] && !spec['dataSourceRef']) spec['dataSourceRef'] = reference(spec['dataSource']);
  else if (spec['dataSourceRef'] && !spec['dataSource'] && !spec['dataSourceRef'].namespace)
    spec['dataSource'] = reference(spec['dataSourceRef']);
}

function isClaimOrSnapshot(source: Fields | null | undefined): boolean {
  const group = source?.['apiGroup'] ?? '';
  if (source?.['kind'] === 'PersistentVolumeClaim') return group === '';
  return source?.['kind'] === 'VolumeSnapshot' && group === 'snapshot.storage.k8s.io';
}

function reference({ apiGroup, kind, name }: Fields): Fields {
  return { ...(apiGroup === undefined || apiGroup === null ? {} : { apiGroup }), kind, name };
}
