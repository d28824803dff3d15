import { duplicate, type FieldError, notSupported, required } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { validateImmutableField, validateLabelName } from '../../../apimachinery/validation.ts';
import { deprecatedNodeLabel } from '../core/node-label-warnings.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { defaultTo, type Fields, listOf } from '../fields.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';
import { validateParameters, validateProvisioner } from './validation.ts';

const definition = 'io.k8s.api.storage.v1.StorageClass';
const defaultAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

const reclaimPolicies = ['Delete', 'Retain'];
const bindingModes = ['Immediate', 'WaitForFirstConsumer'];

function validateTopologyRequirement(requirement: Fields, field: string): FieldError[] {
  const key = (requirement['key'] ?? '') as string;
  // Without values the object holds a null.
  const values = (requirement['values'] ?? []) as string[];
  const seen = new Set<string>();
  const repeated = values.flatMap((value, index) => {
    if (seen.has(value)) return [duplicate(`${field}.values[${index}]`, value)];
    seen.add(value);
    return [];
  });
  return [
    ...(values.length === 0 ? [required(`${field}.values`)] : []),
    ...repeated,
    ...validateLabelName(key, `${field}.key`),
  ];
}

/** The requirements of a term as a set of values for each key, in one text to compare terms by. */
function topologyTerm(term: Fields): string {
  const valuesOf = new Map<string, string[]>();
  for (const { key, values } of listOf(term['matchLabelExpressions']))
    valuesOf.set(key ?? '', [...new Set((values ?? []) as string[])].sort());
  return JSON.stringify([...valuesOf].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function validateTopologies(terms: readonly Fields[]): FieldError[] {
  const equalTerms = new Map<string, number>();
  return terms.flatMap((term, index) => {
    const field = `allowedTopologies[${index}].matchLabelExpressions`;
    const keys = new Set<string>();
    const errors = listOf(term['matchLabelExpressions']).flatMap((expression, i) => {
      const key = (expression['key'] ?? '') as string;
      const repeated = keys.has(key) ? [duplicate(`${field}[${i}].key`, key)] : [];
      keys.add(key);
      return [...validateTopologyRequirement(expression, `${field}[${i}]`), ...repeated];
    });
    const text = topologyTerm(term);
    const earlier = equalTerms.get(text) ?? 0;
    equalTerms.set(text, earlier + 1);
    // Once for each earlier one, as upstream; a hundred are enough of that.
    for (let i = 0; i < Math.min(earlier, 100); i++) errors.push(duplicate(field, ''));
    return errors;
  });
}

function validate(object: KubeObject): FieldError[] {
  const { provisioner = '', parameters, reclaimPolicy = '', volumeBindingMode: mode } = object;
  const errors = [
    ...validateProvisioner(provisioner, 'provisioner'),
    ...validateParameters(parameters, true, 'parameters'),
  ];
  if (reclaimPolicy !== '' && !reclaimPolicies.includes(reclaimPolicy))
    errors.push(notSupported('reclaimPolicy', reclaimPolicy, reclaimPolicies));
  if (mode === undefined) errors.push(required('volumeBindingMode'));
  else if (!bindingModes.includes(mode)) errors.push(notSupported('volumeBindingMode', mode, bindingModes));
  return [...errors, ...validateTopologies(listOf(object['allowedTopologies']))];
}

function warnings(object: KubeObject): string[] {
  return listOf(object['allowedTopologies']).flatMap((term, i) =>
    listOf(term['matchLabelExpressions']).flatMap((expression, j) => {
      const message = deprecatedNodeLabel(expression['key']);
      return message === undefined ? [] : [`allowedTopologies[${i}].matchLabelExpressions[${j}].key: ${message}`];
    }),
  );
}

/** storage.k8s.io/v1 StorageClass. */
export const storageClass: ResourceDescriptor = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  resource: 'storageclasses',
  singular: 'storageclass',
  shortNames: ['sc'],
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'K+m6uJwbjGY=',
  stored: true,
  subresources: [],
  printer: {
    columns: [
      nameColumn,
      fieldColumn('Provisioner', definition, 'provisioner'),
      fieldColumn('ReclaimPolicy', definition, 'reclaimPolicy'),
      fieldColumn('VolumeBindingMode', definition, 'volumeBindingMode'),
      fieldColumn('AllowVolumeExpansion', definition, 'allowVolumeExpansion'),
      ageColumn,
    ],
    cells(object, { now }) {
      const isDefault = defaultAnnotations.some((name) => object.metadata.annotations?.[name] === 'true');
      return [
        `${object.metadata.name ?? ''}${isDefault ? ' (default)' : ''}`,
        object['provisioner'] ?? '',
        object['reclaimPolicy'] ?? 'Delete',
        object['volumeBindingMode'] ?? 'Immediate',
        object['allowVolumeExpansion'] ?? false,
        age(object, now),
      ];
    },
  },
  returnsDeletedObject: true,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  setDefaults(object) {
    defaultTo(object, 'reclaimPolicy', 'Delete');
    defaultTo(object, 'volumeBindingMode', 'Immediate');
  },
  validate,
  validateUpdate: (object, old) => [
    ...validate(object),
    ...['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'].flatMap((field) =>
      validateImmutableField(object[field], old[field], field),
    ),
  ],
  warnings,
};
