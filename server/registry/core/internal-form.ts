// How a bad value that is a struct shows in an error: upstream prints the JSON of its internal type, which has Go's field names, in
// Go's order, and all the fields that are not set.
import type { ObjectMeta } from '../../../apimachinery/object.ts';
import type { Fields } from '../fields.ts';
import { internalTypes } from './internal-types.ts';

interface InternalField {
  goName: string;
  /** '' for embedded metadata. */
  jsonName: string;
  zero: unknown;
  /** The type of the value, or of a list's elements. */
  type?: string;
  kind: 'plain' | 'struct' | 'pointer' | 'list';
}

const fieldsByType = new Map<string, readonly InternalField[]>();

/** The value of the internal type (a key of internalTypes) that `value` is on the wire; null for one that is missing. */
export function asInternal(type: string, value: Fields | null | undefined): Fields | null {
  return value === undefined || value === null ? null : structForm(type, value);
}

/**
 * The same for types that internalTypes does not have. `zeros` lists all fields in the type's order with their zero values (null
 * for pointers, lists and maps).
 */
export function internalForm(value: Fields | null | undefined, zeros: Fields): Fields {
  const form: Fields = {};
  for (const field in zeros) form[capitalized(field)] = value?.[field] ?? zeros[field];
  return form;
}

function capitalized(field: string): string {
  return field.charAt(0).toUpperCase() + field.slice(1);
}

function structForm(type: string, value: Fields): Fields {
  const form: Fields = {};
  const wire = type === 'PodSpec' ? podSpecForm(value) : value;
  const byLowerName = new Map(Object.keys(wire).map((name) => [name.toLowerCase(), name]));
  for (const field of fieldsOf(type)) {
    if (field.jsonName === '') Object.assign(form, metadataForm(wire['metadata'] ?? {}));
    else form[field.goName] = fieldForm(field, wire[byLowerName.get(field.jsonName) ?? '']);
  }
  return form;
}

/** What the wire has in a pod's spec and upstream's internal type in its security context. */
function podSpecForm(spec: Fields): Fields {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers } = spec;
  const hosts: Fields = { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers };
  const isSet = Object.values(hosts).some((value) => value !== undefined && value !== null);
  return spec['securityContext'] || isSet
    ? { ...spec, securityContext: { ...spec['securityContext'], ...hosts } }
    : spec;
}

/** Metadata has the same form inside and on the wire. */
function metadataForm(metadata: ObjectMeta): Fields {
  const { name, generateName, namespace, labels, annotations, finalizers, ...rest } = metadata;
  const form: Fields = {
    ...{ name, generateName, namespace, ...rest },
    ...{ labels: sorted(labels), annotations: sorted(annotations), finalizers },
  };
  return Object.fromEntries(Object.entries(form).filter(([, value]) => value !== undefined));
}

function fieldForm(field: InternalField, value: unknown): unknown {
  if (value === undefined || value === null) return field.kind === 'struct' ? structForm(field.type!, {}) : field.zero;
  if (field.kind === 'plain') return typeof value === 'object' && !Array.isArray(value) ? plainForm(value) : value;
  if (field.kind === 'list') return (value as Fields[]).map((element) => structForm(field.type!, element));
  return structForm(field.type!, value as Fields);
}

/** A map, which Go writes in the order of its keys; a label selector is a struct and keeps its order. */
function plainForm(value: Fields): Fields {
  const { matchLabels, matchExpressions } = value;
  if (matchLabels === undefined && matchExpressions === undefined) return sorted(value)!;
  const form: Fields = { matchLabels: sorted(matchLabels), matchExpressions };
  return Object.fromEntries(Object.entries(form).filter(([, part]) => part !== undefined));
}

/** The map with its keys in order. */
export function sorted<T>(map: Record<string, T> | undefined): Record<string, T> | undefined {
  return map && Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function fieldsOf(type: string): readonly InternalField[] {
  let fields = fieldsByType.get(type);
  if (fields === undefined) {
    fields = internalTypes[type]!.split(' ').map(readField);
    fieldsByType.set(type, fields);
  }
  return fields;
}

function readField(text: string): InternalField {
  if (text === '+metadata') return { goName: '', jsonName: '', zero: null, kind: 'plain' };
  const [names = '', shape = ''] = text.split(/:(.*)/s);
  const [goName = '', jsonName = goName] = names.split('@');
  const field = { goName, jsonName: jsonName.toLowerCase() };
  if (shape === '') return { ...field, zero: null, kind: 'plain' };
  if (shape.startsWith('[]')) return { ...field, zero: null, kind: 'list', type: shape.slice(2) };
  if (shape.startsWith('*')) return { ...field, zero: null, kind: 'pointer', type: shape.slice(1) };
  if (shape in internalTypes) return { ...field, zero: null, kind: 'struct', type: shape };
  return { ...field, zero: JSON.parse(shape), kind: 'plain' };
}
