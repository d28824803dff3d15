import { type FieldError, forbidden, notSupported, required } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { validateImmutableField } from '../../../apimachinery/validation.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { defaultTo } from '../fields.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';

const definition = 'io.k8s.api.scheduling.v1.PriorityClass';

const highestUserDefinablePriority = 1_000_000_000;
const systemPrefix = 'system-';
const systemClasses: ReadonlyMap<string, number> = new Map([
  ['system-node-critical', 2_000_001_000],
  ['system-cluster-critical', 2_000_000_000],
]);

/** Why a class with the reserved prefix is none of the two that the system makes; undefined where it is. */
function systemClassError(object: KubeObject, name: string): string | undefined {
  const value = systemClasses.get(name);
  if (value === undefined) return `${name} is not a known system priority class`;
  if (object['value'] !== value) return `value of ${name} PriorityClass must be ${value}`;
  return object['globalDefault'] === true ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

function validate(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const name = object.metadata.name ?? '';
  const policy = object['preemptionPolicy'];
  if (name.startsWith(systemPrefix)) {
    const why = systemClassError(object, name);
    const rule = `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${why}`;
    if (why !== undefined) errors.push(forbidden('metadata.name', rule));
  } else if (object['value'] > highestUserDefinablePriority) {
    const rule = `maximum allowed value of a user defined priority is ${highestUserDefinablePriority}`;
    errors.push(forbidden('value', rule));
  }
  if (policy === '') errors.push(required('preemptionPolicy'));
  else if (policy !== undefined && policy !== 'PreemptLowerPriority' && policy !== 'Never')
    errors.push(notSupported('preemptionPolicy', policy, ['PreemptLowerPriority', 'Never']));
  return errors;
}

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const changed = (object['value'] ?? 0) !== (old['value'] ?? 0);
  return [
    ...(changed ? [forbidden('value', 'may not be changed in an update.')] : []),
    ...validateImmutableField(object['preemptionPolicy'], old['preemptionPolicy'], 'preemptionPolicy'),
  ];
}

/** scheduling.k8s.io/v1 PriorityClass. */
export const priorityClass: ResourceDescriptor = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  resource: 'priorityclasses',
  singular: 'priorityclass',
  shortNames: ['pc'],
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: '1QwjyaZjj3Y=',
  stored: true,
  subresources: [],
  printer: {
    columns: [
      nameColumn,
      fieldColumn('Value', definition, 'value', { type: 'integer' }),
      fieldColumn('Global-Default', definition, 'globalDefault', { type: 'boolean' }),
      ageColumn,
      fieldColumn('PreemptionPolicy', definition, 'preemptionPolicy'),
    ],
    cells: (object, { now }) => [
      object.metadata.name ?? '',
      object['value'] ?? 0,
      object['globalDefault'] ?? false,
      age(object, now),
      object['preemptionPolicy'] ?? '',
    ],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  // Upstream sets 1 on create and never counts.
  generationChanged: () => false,
  validate,
  validateUpdate,
  setDefaults(object) {
    defaultTo(object, 'preemptionPolicy', 'PreemptLowerPriority');
  },
};
