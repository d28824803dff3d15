// The table of a custom resource: its name, then the columns that its definition names, or its age
// (apiextensions-apiserver pkg/registry/customresource/tableconvertor, pkg/apiserver/helpers.go).
import { normalizeTime, TimeError } from '../../apimachinery/decode/time.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { JSONPath } from '../../apimachinery/structural/jsonpath.ts';
import type { Cell, Printer, TableColumn } from '../registry/descriptor.ts';
import { describe } from '../registry/field-descriptions.ts';
import { age, column, nameColumn, timeSince } from '../registry/print.ts';
import type { CrdColumn } from './crd.ts';
import { pathFinder } from './path-finder.ts';

type ReadCell = (object: KubeObject, now: number) => Cell;

/** The age column of tables whose definition names none: unlike that of built-in kinds it is a date. */
const ageDate: TableColumn = Object.defineProperty(column('Age', '', { type: 'date' }), 'description', {
  enumerable: true,
  get: () => describe('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', 'creationTimestamp'),
});

export function customPrinter(columns: readonly CrdColumn[]): Printer {
  if (columns.length === 0) {
    return {
      columns: [nameColumn, ageDate],
      cells: (object, { now }) => [object.metadata.name ?? '', ageOf(object, now)],
    };
  }
  const readers = columns.map(cellReader);
  return {
    columns: [nameColumn, ...columns.map(tableColumn)],
    cells: (object, { now }) => [object.metadata.name ?? '', ...readers.map((read) => read(object, now))],
  };
}

/** The table of Scales of custom resources. */
export const scalePrinter: Printer = {
  columns: [
    nameColumn,
    column('Desired', 'Number of desired replicas', { type: 'integer' }),
    column('Available', 'Number of actual replicas', { type: 'integer' }),
    ageDate,
  ],
  cells: (object, { now }) => [
    object.metadata.name ?? '',
    (object['spec']?.replicas ?? null) as Cell,
    (object['status']?.replicas ?? null) as Cell,
    ageOf(object, now),
  ],
};

function ageOf(object: KubeObject, now: number): Cell {
  return object.metadata.creationTimestamp ? age(object, now) : null;
}

function tableColumn({ name, type, format, description, priority, jsonPath }: CrdColumn): TableColumn {
  return {
    name,
    type: type as TableColumn['type'],
    ...(format === undefined ? {} : { format }),
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority: (priority ?? 0) as TableColumn['priority'],
  };
}

function cellReader({ type, jsonPath }: CrdColumn): ReadCell {
  const find = pathFinder(jsonPath);
  return (object, now) => {
    const value = find(object);
    return value === undefined || value === null ? null : cellOf(type, value, now);
  };
}

function cellOf(type: string, value: unknown, now: number): Cell {
  switch (type) {
    case 'string':
      return JSONPath.print(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? dateOf(value, now) : null;
    default:
      return null;
  }
}

/** How long ago a time was. */
function dateOf(text: string, now: number): string {
  try {
    return timeSince(normalizeTime(text, 'Time'), now);
  } catch (error) {
    if (error instanceof TimeError) return '<invalid>';
    throw error;
  }
}
