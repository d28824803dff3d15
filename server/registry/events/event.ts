// Event: stored as core v1, served by events.k8s.io/v1 as well (pkg/registry/core/event, pkg/apis/events/v1/conversion.go).
import { nameIsPathSegment } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { allVerbs, type Printer, type ResourceDescriptor } from '../descriptor.ts';
import { defaultTo, type Fields } from '../fields.ts';
import { column, fieldColumn, nameColumn, timeSince } from '../print.ts';
import {
  validateCoreEvent,
  validateCoreEventUpdate,
  validateNewEvent,
  validateNewEventUpdate,
} from './event-validation.ts';

const definition = 'io.k8s.api.core.v1.Event';

/** Under this name events of both groups live in storage. */
const storedAs = 'events';

const referenceFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

const printer: Printer = {
  columns: [
    fieldColumn('Last Seen', definition, 'lastTimestamp'),
    fieldColumn('Type', definition, 'type'),
    fieldColumn('Reason', definition, 'reason'),
    fieldColumn('Object', definition, 'involvedObject'),
    fieldColumn('Subobject', 'io.k8s.api.core.v1.ObjectReference', 'fieldPath', { wide: true }),
    fieldColumn('Source', definition, 'source', { wide: true }),
    fieldColumn('Message', definition, 'message'),
    fieldColumn('First Seen', definition, 'firstTimestamp', { wide: true }),
    fieldColumn('Count', definition, 'count', { wide: true }),
    { ...column('Name', ''), format: 'name', priority: 1, description: nameColumn.description },
  ],
  cells(object, { now }) {
    const first = timeSince(object['firstTimestamp'] || object['eventTime'], now);
    const series = object['series'] as Fields | null | undefined;
    const last = object['lastTimestamp'] ? timeSince(object['lastTimestamp'], now) : first;
    const involved = (object['involvedObject'] ?? {}) as Fields;
    const kind = String(involved['kind'] ?? '').toLowerCase();
    return [
      series ? timeSince(series['lastObservedTime'], now) : last,
      object['type'] ?? '',
      object['reason'] ?? '',
      involved['name'] ? `${kind}/${involved['name']}` : kind,
      involved['fieldPath'] ?? '',
      formatSource(object),
      String(object['message'] ?? '').trim(),
      first,
      series ? (series['count'] ?? 0) : object['count'] || 1,
      object.metadata.name ?? '',
    ];
  },
};

function formatSource(object: KubeObject): string {
  const source = (object['source'] ?? {}) as Fields;
  const component = source['component'] || object['reportingComponent'] || '';
  const instance = source['host'] || object['reportingInstance'] || '';
  return instance === '' ? component : `${component}, ${instance}`;
}

/** Field selectors, under the name that each version has for them; the object is the stored (core) one. */
function selectableFields(involved: string, reporting: string): Record<string, (object: KubeObject) => string> {
  const fields: Record<string, (object: KubeObject) => string> = {
    reason: (object) => object['reason'] ?? '',
    type: (object) => object['type'] ?? '',
    [reporting]: (object) => object['reportingComponent'] ?? '',
  };
  for (const name of referenceFields)
    fields[`${involved}.${name}`] = (object) => object['involvedObject']?.[name] ?? '';
  return fields;
}

const common = {
  version: 'v1',
  kind: 'Event',
  resource: 'events',
  singular: 'event',
  namespaced: true,
  shortNames: ['ev'],
  verbs: allVerbs,
  storageVersionHash: 'r2yiGXH7wu8=',
  storedAs,
  stored: true,
  subresources: [],
  printer,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  defaultGarbageCollectionPolicy: 'Unsupported',
  setDefaults: defaultEvent,
} as const satisfies Partial<ResourceDescriptor>;

export const coreEvent: ResourceDescriptor = {
  ...common,
  group: '',
  selectableFields: {
    ...selectableFields('involvedObject', 'reportingComponent'),
    source: (object) => object['source']?.component || object['reportingComponent'] || '',
  },
  validateName: nameIsPathSegment,
  metadataLast: true,
  validate: validateCoreEvent,
  validateUpdate: validateCoreEventUpdate,
};

/**
 * The same objects under events.k8s.io/v1. Hooks and printer take the stored form, which is core's; `otherVersions` converts to and
 * from what clients of this group see.
 */
export const newEvent: ResourceDescriptor = {
  ...common,
  group: 'events.k8s.io',
  selectableFields: selectableFields('regarding', 'reportingController'),
  storedKind: { group: '', version: 'v1', kind: 'Event' },
  otherVersions: [{ version: 'v1', fromStored: toEventsEvent, toStored: toCoreEvent }],
  validate: validateNewEvent,
  validateUpdate: validateNewEventUpdate,
};

/** Fields that Go writes even when they are empty. */
function defaultEvent(object: KubeObject): void {
  defaultTo(object, 'involvedObject', {});
  defaultTo(object, 'source', {});
  for (const field of ['firstTimestamp', 'lastTimestamp', 'eventTime']) defaultTo(object, field, null);
  for (const field of ['reportingComponent', 'reportingInstance']) defaultTo(object, field, '');
}

/** What each field of a core Event is called in events.k8s.io/v1. */
const renamed: readonly (readonly [string, string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
];
const toNew = new Map(renamed);
const toOld = new Map(renamed.map(([core, events]) => [events, core] as const));

/** A core Event as events.k8s.io/v1 shows it. */
export function toEventsEvent(object: KubeObject): KubeObject {
  const made = rename(object, toNew);
  for (const field of ['reportingController', 'reportingInstance']) if (made[field] === '') delete made[field];
  return { ...made, apiVersion: 'events.k8s.io/v1' } as KubeObject;
}

/** An events.k8s.io/v1 Event in the form that is stored. */
export function toCoreEvent(object: KubeObject): KubeObject {
  return { ...rename(object, toOld), apiVersion: 'v1' } as KubeObject;
}

function rename(object: KubeObject, names: ReadonlyMap<string, string>): Fields {
  const made: Fields = {};
  for (const [field, value] of Object.entries(object)) made[names.get(field) ?? field] = value;
  return made;
}
