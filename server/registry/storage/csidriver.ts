import { duplicate, type FieldError, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { validateImmutableField } from '../../../apimachinery/validation.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { defaultTo, ensure, type Fields, listOf } from '../fields.ts';
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

const fsGroupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType'];
const lifecycleModes = ['Persistent', 'Ephemeral'];
const minTokenSeconds = 600;

function validateTokenRequests(requests: readonly Fields[], field: string): FieldError[] {
  const audiences = new Set<string>();
  return requests.flatMap(({ audience = '', expirationSeconds: seconds }, index) => {
    const path = `${field}[${index}]`;
    if (audiences.has(audience)) return [duplicate(`${path}.audience`, audience)];
    audiences.add(audience);
    if (seconds === undefined) return [];
    const errors: FieldError[] = [];
    if (seconds < minTokenSeconds)
      errors.push(invalid(`${path}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'));
    if (seconds > 2 ** 32)
      errors.push(invalid(`${path}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'));
    return errors;
  });
}

function validate(object: KubeObject): FieldError[] {
  const spec = (object['spec'] ?? {}) as Fields;
  const errors: FieldError[] = [];
  // Upstream's own spelling of the first path.
  if (spec['attachRequired'] === undefined) errors.push(required('spec.attachedRequired'));
  for (const part of ['podInfoOnMount', 'storageCapacity'])
    if (spec[part] === undefined) errors.push(required(`spec.${part}`));
  const { fsGroupPolicy, nodeAllocatableUpdatePeriodSeconds: period, serviceAccountTokenInSecrets: inSecrets } = spec;
  const tokenRequests = listOf(spec['tokenRequests']);
  if (fsGroupPolicy !== undefined && !fsGroupPolicies.includes(fsGroupPolicy))
    errors.push(notSupported('spec.fsGroupPolicy', fsGroupPolicy, fsGroupPolicies));
  errors.push(...validateTokenRequests(tokenRequests, 'spec.tokenRequests'));
  for (const mode of (spec['volumeLifecycleModes'] ?? []) as string[])
    if (!lifecycleModes.includes(mode)) errors.push(notSupported('spec.volumeLifecycleModes', mode, lifecycleModes));
  if (spec['seLinuxMount'] === undefined) errors.push(required('spec.seLinuxMount'));
  if (period !== undefined && period < 10)
    errors.push(
      invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds'),
    );
  if (inSecrets !== undefined && tokenRequests.length === 0)
    errors.push(
      invalid(
        'spec.serviceAccountTokenInSecrets',
        inSecrets,
        'serviceAccountTokenInSecrets is set but no tokenRequests are specified',
      ),
    );
  return errors;
}

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const spec = object['spec'] ?? {};
  const before = old['spec'] ?? {};
  return [
    ...validate(object),
    ...validateImmutableField(spec.attachRequired, before.attachRequired, 'spec.attachedRequired'),
    ...validateImmutableField(spec.volumeLifecycleModes, before.volumeLifecycleModes, 'spec.volumeLifecycleModes'),
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
      fieldColumn('RequiresRepublish', specDefinition, 'requiresRepublish', { type: 'boolean' }),
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
  returnsDeletedObject: true,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: false,
  // Upstream counts changes of the spec from an unset generation.
  hasGeneration: false,
  setDefaults,
  validate,
  validateUpdate,
  prepareForCreate: (object) => dropDisabledFields(object),
  prepareForUpdate(object, old) {
    dropDisabledFields(object, old);
    if (!semanticEqual(object['spec'], old['spec'])) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  warnings,
};
