// metadata.managedFields as a table of managers and their sets, and back (apimachinery/pkg/util/managedfields/internal
// managedfields.go). What a request does not touch is handed on as it was.
import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject, KubeObject } from '../object.ts';
import { type FieldSet, inOrder, parseFieldSet } from './field-set.ts';
import { FieldSetError } from './path-element.ts';

export type Operation = 'Apply' | 'Update';

/** What tells managers apart. An applier is the same whatever version it applies; an updater is another with each version. */
export interface ManagerIdentity {
  manager: string;
  operation: Operation;
  /** The version in which `set` names its fields. */
  apiVersion: string;
  /** '' for the object itself. */
  subresource: string;
}

export interface ManagedEntry extends ManagerIdentity {
  set: FieldSet;
  /** RFC 3339; undefined where nobody noted it. */
  time: string | undefined;
}

/** Entries by their identity. */
export type Managers = Map<string, ManagedEntry>;

/** Also the order of managers where upstream sorts them: as the JSON of what tells them apart. */
export function identityOf({ manager, operation, apiVersion, subresource }: ManagerIdentity): string {
  const name = manager === '' ? '' : `"manager":${JSON.stringify(manager)},`;
  const version = operation === 'Apply' ? '' : `,"apiVersion":${JSON.stringify(apiVersion)}`;
  const through = subresource === '' ? '' : `,"subresource":${JSON.stringify(subresource)}`;
  return `{${name}"operation":"${operation}"${version}${through}}`;
}

/** An entry of managedFields that upstream would not read. */
export class ManagedFieldsError extends Error {}

function textOf(entry: JsonObject, field: string): string {
  const value = entry[field];
  return typeof value === 'string' ? value : '';
}

function readEntry(entry: JsonObject, index: number, setOf: (fields: Json | undefined) => FieldSet): ManagedEntry {
  const operation = textOf(entry, 'operation');
  if (operation !== 'Apply' && operation !== 'Update')
    throw new ManagedFieldsError('operation must be `Apply` or `Update`');
  const apiVersion = textOf(entry, 'apiVersion');
  if (apiVersion === '') throw new ManagedFieldsError('apiVersion must not be empty');
  const fieldsType = textOf(entry, 'fieldsType');
  if (fieldsType === '') throw new ManagedFieldsError(`missing fieldsType in managed fields entry ${index}`);
  if (fieldsType !== 'FieldsV1')
    throw new ManagedFieldsError(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${index}`);
  const time = textOf(entry, 'time');
  return {
    manager: textOf(entry, 'manager'),
    operation,
    apiVersion,
    subresource: textOf(entry, 'subresource'),
    set: setOf(entry['fieldsV1']),
    time: time === '' ? undefined : time,
  };
}

function tableOf(entries: readonly JsonObject[] | undefined, setOf: (fields: Json | undefined) => FieldSet): Managers {
  const managers: Managers = new Map();
  for (const [i, entry] of (entries ?? []).entries()) {
    const read = readEntry(entry, i, setOf);
    managers.set(identityOf(read), read);
  }
  return managers;
}

/** Entries that a client sent. Throws ManagedFieldsError. */
export function readManagedFields(entries: readonly JsonObject[] | undefined): Managers {
  try {
    return tableOf(entries, parseFieldSet);
  } catch (error) {
    if (error instanceof FieldSetError) throw new ManagedFieldsError(`error decoding set: ${error.message}`);
    throw error;
  }
}

/** Entries of a stored object: this server has written them, so that their sets are sets already. Throws ManagedFieldsError. */
export function storedManagers(entries: readonly JsonObject[] | undefined): Managers {
  return tableOf(entries, (fields) => (fields ?? {}) as FieldSet);
}

/** Managers as metadata.managedFields has them: appliers first, then by time, name, version and subresource. */
export function writeManagedFields(managers: Managers): JsonObject[] | undefined {
  if (managers.size === 0) return undefined;
  return [...managers.values()].sort(compareEntries).map(writtenEntry);
}

function writtenEntry({ manager, operation, apiVersion, subresource, set, time }: ManagedEntry): JsonObject {
  return {
    ...(manager === '' ? {} : { manager }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: inOrder(set) as JsonObject,
    ...(subresource === '' ? {} : { subresource }),
  };
}

/** Seconds since the epoch; 0 where there is no time. */
export function secondsOf({ time }: ManagedEntry): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000);
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function compareEntries(a: ManagedEntry, b: ManagedEntry): number {
  return (
    compareText(a.operation, b.operation) ||
    secondsOf(a) - secondsOf(b) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

/**
 * `object`, with the times of `old` where managers differ in nothing else: a time alone is no change to write
 * (apiserver pkg/endpoints/handlers/fieldmanager equality.go, which does so for objects that are equal otherwise; of others the caller
 * writes the new times).
 */
export function keepUnchangedTimes(object: KubeObject, old: KubeObject): KubeObject {
  const [entries, before] = [object.metadata.managedFields, old.metadata.managedFields];
  if (entries === undefined || before === undefined || entries.length !== before.length) return object;
  if (entries.every((entry, i) => entry['time'] === before[i]!['time'])) return object;
  if (!entries.every((entry, i) => isDeepStrictEqual({ ...entry, time: '' }, { ...before[i], time: '' })))
    return object;
  const unchanged = { ...object, metadata: { ...object.metadata, managedFields: before } };
  return isDeepStrictEqual(unchanged, old) ? old : object;
}
