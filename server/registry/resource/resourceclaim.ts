import type { FieldError } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { validateImmutableField } from '../../../apimachinery/validation.ts';
import { allVerbs, dropStatus, keepStatus, type ResourceDescriptor } from '../descriptor.ts';
import { listOf } from '../fields.ts';
import { internalForm } from '../internal-form.ts';
import { age, ageColumn, column, nameColumn } from '../print.ts';
import { statusOnlySubresource } from '../status-metadata.ts';
import { deviceId, validateClaimStatusUpdate } from './claim-status-validation.ts';
import { setClaimSpecDefaults } from './defaults.ts';
import { validateClaimSpec } from './request-validation.ts';

function state(object: KubeObject): string {
  const deleted = object.metadata.deletionTimestamp !== undefined;
  if (!object['status']?.allocation) return deleted ? 'deleted' : 'pending';
  const states = [...(deleted ? ['deleted'] : []), 'allocated'];
  if (listOf(object['status'].reservedFor).length > 0) states.push('reserved');
  return states.join(',');
}

/** The status of a device goes when its allocation goes. */
function dropDeallocatedDevices(object: KubeObject, old: KubeObject): void {
  const status = object['status'];
  if (!status?.devices) return;
  const gone = new Set(listOf(old['status']?.allocation?.devices?.results).map(deviceId));
  for (const result of listOf(status.allocation?.devices?.results)) gone.delete(deviceId(result));
  status.devices = listOf(status.devices).filter((device) => !gone.has(deviceId(device)));
  if (status.devices.length === 0) delete status.devices;
}

const plainStatus = statusOnlySubresource();
const status = statusOnlySubresource({
  prepareForUpdate(object, old, context) {
    plainStatus.prepareForUpdate?.(object, old, context);
    dropDeallocatedDevices(object, old);
  },
  validateUpdate: validateClaimStatusUpdate,
});

const specDefinition = 'io.k8s.api.resource.v1.ResourceClaimSpec';

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const [spec, oldSpec] = [object['spec'], old['spec']].map((part) => internalForm(part, specDefinition));
  return validateImmutableField(spec, oldSpec, 'spec');
}

/** resource.k8s.io/v1 ResourceClaim. */
export const resourceClaim: ResourceDescriptor = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  resource: 'resourceclaims',
  singular: 'resourceclaim',
  namespaced: true,
  verbs: allVerbs,
  storageVersionHash: 'wgAZaHcZxUg=',
  stored: true,
  subresources: [status],
  printer: {
    columns: [
      nameColumn,
      column('State', 'A summary of the current state (allocated, pending, reserved, etc.).'),
      ageColumn,
    ],
    cells: (object, { now }) => [object.metadata.name ?? '', state(object), age(object, now)],
  },
  returnsDeletedObject: true,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  setDefaults: (object) => setClaimSpecDefaults(object['spec']),
  prepareForCreate: dropStatus,
  validate: (object) => validateClaimSpec(object['spec'] ?? {}, 'spec'),
  validateUpdate,
  prepareForUpdate: keepStatus,
};
