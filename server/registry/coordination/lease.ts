import { type FieldError, forbidden, invalid, notSupported } from '../../../apimachinery/field.ts';
import { isQualifiedName } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { invalidEach } from '../../../apimachinery/validation.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';

/** CoordinatedLeaderElection is off by default: its fields are kept only where they are stored already. */
function dropDisabledFields(object: KubeObject, old?: KubeObject): void {
  const spec = object['spec'];
  if (!spec) return;
  for (const field of ['strategy', 'preferredHolder']) if (old?.['spec']?.[field] === undefined) delete spec[field];
}

function validateStrategy(strategy: string): FieldError[] {
  // Upstream's path names the field twice.
  const field = 'spec.strategy.strategy';
  if (strategy.includes('/')) return invalidEach(field, strategy, isQualifiedName(strategy));
  return strategy === 'OldestEmulationVersion' ? [] : [notSupported(field, strategy, ['OldestEmulationVersion'])];
}

function validate(object: KubeObject): FieldError[] {
  const { leaseDurationSeconds: seconds, leaseTransitions, strategy, preferredHolder = '' } = object['spec'] ?? {};
  const errors: FieldError[] = [];
  if (seconds !== undefined && seconds <= 0)
    errors.push(invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0'));
  if (leaseTransitions !== undefined && leaseTransitions < 0)
    errors.push(invalid('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0'));
  if (strategy !== undefined) errors.push(...validateStrategy(strategy));
  if (preferredHolder !== '' && (strategy ?? '') === '')
    errors.push(forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined'));
  return errors;
}

/** coordination.k8s.io/v1 Lease. */
export const lease: ResourceDescriptor = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  resource: 'leases',
  singular: 'lease',
  namespaced: true,
  verbs: allVerbs,
  storageVersionHash: 'gqkMMb/YqFM=',
  stored: true,
  subresources: [],
  printer: {
    columns: [nameColumn, fieldColumn('Holder', 'io.k8s.api.coordination.v1.LeaseSpec', 'holderIdentity'), ageColumn],
    cells: (object, { now }) => [object.metadata.name ?? '', object['spec']?.holderIdentity ?? '', age(object, now)],
  },
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  hasGeneration: false,
  validate,
  validateUpdate: validate,
  prepareForCreate: (object) => dropDisabledFields(object),
  prepareForUpdate: (object, old) => dropDisabledFields(object, old),
};
