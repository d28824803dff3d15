import { duplicate, type FieldError, invalid, required } from '../../../apimachinery/field.ts';
import { byteLength, isQualifiedName } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { invalidEach, validateImmutableField, validateNonnegativeField } from '../../../apimachinery/validation.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { type Fields, listOf } from '../fields.ts';
import { age, ageColumn, column, nameColumn } from '../print.ts';
import { validateCSIDriverName } from './validation.ts';

const maxNodeIdBytes = 256;

function validateTopologyKeys(keys: readonly string[], field: string): FieldError[] {
  return keys.flatMap((key, index) => [
    ...(key === '' ? [required(field)] : []),
    ...(keys.indexOf(key) < index ? [duplicate(field, key)] : []),
    ...invalidEach(field, key, isQualifiedName(key)),
  ]);
}

function validateDriver(driver: Fields, field: string): FieldError[] {
  const { name = '', nodeID = '', allocatable } = driver;
  const errors = validateCSIDriverName(name, `${field}.name`);
  if (nodeID === '') errors.push(required(`${field}.nodeID`));
  if (byteLength(nodeID) > maxNodeIdBytes)
    errors.push(invalid(`${field}.nodeID`, nodeID, `must be ${maxNodeIdBytes} characters or less`));
  errors.push(...validateNonnegativeField(allocatable?.count, `${field}.allocatable.count`));
  return errors;
}

function driversOf(object: KubeObject): readonly Fields[] {
  return listOf(object['spec']?.drivers);
}

function validate(object: KubeObject): FieldError[] {
  const names = new Set<string>();
  return driversOf(object).flatMap((driver, index) => {
    const field = `spec.drivers[${index}]`;
    const name = (driver['name'] ?? '') as string;
    const repeated = names.has(name) ? [duplicate(`${field}.name`, name)] : [];
    names.add(name);
    return [
      ...validateDriver(driver, field),
      ...repeated,
      ...validateTopologyKeys(driver['topologyKeys'] ?? [], field),
    ];
  });
}

/** The driver as Go prints its internal type. */
function driverWithoutAllocatable({ name = '', nodeID = '', topologyKeys }: Fields): Fields {
  return { Name: name, NodeID: nodeID, TopologyKeys: topologyKeys ?? null, Allocatable: null };
}

/** An entry may come and go; while it stays, only what can be allocated changes. */
function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const changed = driversOf(old).flatMap((before) =>
    driversOf(object)
      .filter((driver) => driver['name'] === before['name'])
      .flatMap((driver) =>
        validateImmutableField(driverWithoutAllocatable(driver), driverWithoutAllocatable(before), 'spec.drivers'),
      ),
  );
  return [...validate(object), ...changed];
}

/** storage.k8s.io/v1 CSINode. */
export const csiNode: ResourceDescriptor = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  resource: 'csinodes',
  singular: 'csinode',
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'Pe62DkZtjuo=',
  stored: true,
  subresources: [],
  printer: {
    columns: [
      nameColumn,
      column('Drivers', 'Drivers indicates the number of CSI drivers registered on the node', { type: 'integer' }),
      ageColumn,
    ],
    cells: (object, { now }) => [object.metadata.name ?? '', listOf(object['spec']?.drivers).length, age(object, now)],
  },
  returnsDeletedObject: true,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: false,
  hasGeneration: false,
  validate,
  validateUpdate,
};
