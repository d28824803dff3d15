// PodDisruptionBudget (pkg/registry/policy/poddisruptionbudget).
import { nameIsPathSegment } from '../../../apimachinery/names.ts';
import { allVerbs, keepStatus, type ResourceDescriptor, statusSubresource } from '../descriptor.ts';
import { defaultTo, ensure, type Fields } from '../fields.ts';
import { age, ageColumn, column, nameColumn } from '../print.ts';
import {
  validatePodDisruptionBudget,
  validatePodDisruptionBudgetStatusUpdate,
} from './poddisruptionbudget-validation.ts';

const requiredStatus = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'];

export const podDisruptionBudget: ResourceDescriptor = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  resource: 'poddisruptionbudgets',
  singular: 'poddisruptionbudget',
  namespaced: true,
  shortNames: ['pdb'],
  verbs: allVerbs,
  storageVersionHash: 'EVWiDmWqyJw=',
  stored: true,
  subresources: [statusSubresource({ validateUpdate: validatePodDisruptionBudgetStatusUpdate })],
  printer: {
    columns: [
      nameColumn,
      column('Min Available', 'The minimum number of pods that must be available.'),
      column('Max Unavailable', 'The maximum number of pods that may be unavailable.'),
      column('Allowed Disruptions', 'Calculated number of pods that may be disrupted at this time.', {
        type: 'integer',
      }),
      ageColumn,
    ],
    cells: (object, { now }) => [
      object.metadata.name ?? '',
      formatBound(object['spec']?.minAvailable),
      formatBound(object['spec']?.maxUnavailable),
      object['status']?.disruptionsAllowed ?? 0,
      age(object, now),
    ],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: false,
  hasGeneration: true,
  setDefaults(object) {
    ensure(object, 'spec');
    defaultStatus(ensure(object, 'status'));
  },
  prepareForCreate(object) {
    object['status'] = defaultStatus({});
  },
  prepareForUpdate: keepStatus,
  validateName: nameIsPathSegment,
  metadataLast: true,
  validate: validatePodDisruptionBudget,
  validateUpdate: validatePodDisruptionBudget,
};

function defaultStatus(status: Fields): Fields {
  for (const field of requiredStatus) defaultTo(status, field, 0);
  return status;
}

function formatBound(value: number | string | null | undefined): string {
  return value === undefined || value === null ? 'N/A' : String(value);
}
