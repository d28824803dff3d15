import type { KubeObject } from '../../../apimachinery/object.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { defaultTo, ensure, listOf, semanticEqual } from '../fields.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';

const specDefinition = 'io.k8s.api.storage.v1.CSIDriverSpec';

function setDefaults(object: KubeObject): void {
  const spec = ensure(object, 'spec');
  defaultTo(spec, 'attachRequired', true);
  defaultTo(spec, 'podInfoOnMount', false);
  defaultTo(spec, 'storageCapacity', false);
  defaultTo(spec, 'fsGroupPolicy', 'ReadWriteOnceWithFSType');
  if (listOf(spec['volumeLifecycleModes']).length === 0) spec['volumeLifecycleModes'] = ['Persistent'];
  defaultTo(spec, 'requiresRepublish', false);
  defaultTo(spec, 'seLinuxMount', false);
}

/** VolumeLimitScaling is off by default: the field is kept only where it is stored already. */
function dropDisabledFields(object: KubeObject, old?: KubeObject): void {
  if (old?.['spec']?.preventPodSchedulingIfMissing === undefined) delete object['spec']?.preventPodSchedulingIfMissing;
}

function warnings(object: KubeObject, old: KubeObject | undefined): string[] {
  const { tokenRequests, serviceAccountTokenInSecrets } = object['spec'] ?? {};
  const changed = old === undefined || !semanticEqual(old['spec']?.tokenRequests, tokenRequests);
  if (!changed || listOf(tokenRequests).length === 0 || serviceAccountTokenInSecrets !== undefined) return [];
  return [
    'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes',
  ];
}

/** storage.k8s.io/v1 CSIDriver. */
export const csiDriver: ResourceDescriptor = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  resource: 'csidrivers',
  singular: 'csidriver',
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'hL6j/rwBV5w=',
  stored: true,
  subresources: [],
  printer: {
    columns: [
      nameColumn,
      fieldColumn('AttachRequired', specDefinition, 'attachRequired', { type: 'boolean' }),
      fieldColumn('PodInfoOnMount', specDefinition, 'podInfoOnMount', { type: 'boolean' }),
      fieldColumn('StorageCapacity', specDefinition, 'storageCapacity', { type: 'boolean' }),
      fieldColumn('TokenRequests', specDefinition, 'tokenRequests'),
      fieldColumn('RequiresRepublish', specDefinition, 'requiresRepublish'),
      fieldColumn('Modes', specDefinition, 'volumeLifecycleModes'),
      ageColumn,
    ],
    cells(object, { now }) {
      const spec = object['spec'] ?? {};
      const tokens = spec.tokenRequests && listOf(spec.tokenRequests).map((request) => request['audience'] ?? '');
      return [
        object.metadata.name ?? '',
        spec.attachRequired ?? true,
        spec.podInfoOnMount ?? false,
        spec.storageCapacity ?? false,
        tokens === undefined ? '<unset>' : tokens.join(','),
        spec.requiresRepublish ?? false,
        ((spec.volumeLifecycleModes ?? []) as string[]).join(',') || '<none>',
        age(object, now),
      ];
    },
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: false,
  // Upstream counts changes of the spec from an unset generation.
  hasGeneration: false,
  setDefaults,
  prepareForCreate: (object) => dropDisabledFields(object),
  prepareForUpdate(object, old) {
    dropDisabledFields(object, old);
    if (!semanticEqual(object['spec'], old['spec'])) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  warnings,
};
