import { describe, expect, it, test } from '@jest/globals';
import { normalizeObject } from '../decode/decode.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { StatusError } from '../status.ts';
import { mergeTypeOfKind } from './definition-types.ts';
import { FieldManager } from './field-manager.ts';
import { namedFields, recursiveDifference } from './field-set.ts';
import { lastAppliedAnnotation } from './last-applied.ts';
import { parentFields, scaleFields } from './scale-fields.ts';

const gvk = { group: '', version: 'v1', kind: 'ConfigMap' };
const now = '2026-01-01T00:00:00Z';
const later = '2026-01-01T00:00:05Z';

/** A field manager of ConfigMaps. Version v2 differs in its name for `data`, v0 is not served any more. */
function configMaps(subresource = ''): FieldManager {
  const type = mergeTypeOfKind(gvk)!;
  const renamed = (object: JsonObject, from: string, to: string): JsonObject => {
    const { [from]: value, ...rest } = object;
    return value === undefined ? rest : { ...rest, [to]: value };
  };
  return new FieldManager({
    subresource,
    emptyObject: normalizeObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }, gvk),
    versions: {
      apiVersion: 'v1',
      typeIn: (apiVersion) => (apiVersion === 'v0' ? undefined : type),
      convert: (object, _from, to) =>
        to === 'v2' ? renamed(object, 'data', 'binaryData') : renamed(object, 'binaryData', 'data'),
      filter: (set) => recursiveDifference(set, namedFields(['immutable'])),
    },
  });
}

function configMap(data: JsonObject | undefined, metadata: Partial<KubeObject['metadata']> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', ...metadata }, ...(data ? { data } : {}) };
}

/** What is stored: an object with a uid and its managers. */
function stored(object: KubeObject, managedFields: JsonObject[] | undefined): KubeObject {
  return { ...object, metadata: { ...object.metadata, uid: 'u', ...(managedFields ? { managedFields } : {}) } };
}

const fields = (entries: JsonObject[] | undefined): Record<string, unknown> =>
  Object.fromEntries((entries ?? []).map(({ manager, operation, fieldsV1 }) => [`${manager} ${operation}`, fieldsV1]));

function applyTo(
  live: KubeObject | undefined,
  applied: JsonObject,
  manager: string,
  force = false,
  at = now,
): KubeObject {
  const { object, managedFields } = configMaps().apply(live, applied, { manager, now: at }, force);
  return stored(object, managedFields);
}

describe('updates', () => {
  it('a create owns all that it brings, but what nobody owns', () => {
    const entries = configMaps().update(
      undefined,
      { ...configMap({ k: 'v' }, { labels: { a: 'b' } }), immutable: true },
      { manager: 'm', now },
    );
    expect(entries).toEqual([
      {
        manager: 'm',
        operation: 'Update',
        apiVersion: 'v1',
        time: now,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { '.': {}, 'f:k': {} }, 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } } },
      },
    ]);
  });

  const created = (): KubeObject =>
    stored(
      configMap({ a: '1', b: '2' }),
      configMaps().update(undefined, configMap({ a: '1', b: '2' }), { manager: 'm', now }),
    );

  it('takes what it changes from others, and adds to what it had', () => {
    const entries = configMaps().update(created(), configMap({ a: '1', b: '3' }), { manager: 'n', now: later });
    expect(fields(entries)).toEqual({
      'm Update': { 'f:data': { '.': {}, 'f:a': {} } },
      'n Update': { 'f:data': { 'f:b': {} } },
    });
    const again = configMaps().update(stored(configMap({ a: '1', b: '3' }), entries), configMap({ a: '4', b: '3' }), {
      manager: 'n',
      now: later,
    });
    expect(fields(again)).toEqual({
      'm Update': { 'f:data': {} },
      'n Update': { 'f:data': { 'f:a': {}, 'f:b': {} } },
    });
  });

  it('one that changes nothing leaves entries and times', () => {
    const live = created();
    expect(configMaps().update(live, configMap({ a: '1', b: '2' }), { manager: 'm', now: later })).toEqual(
      live.metadata.managedFields,
    );
  });

  it('what is removed is nobody’s, and a manager without fields goes', () => {
    expect(fields(configMaps().update(created(), configMap(undefined), { manager: 'n', now }))).toEqual({});
  });

  const resets: [string, JsonObject[]][] = [
    ['an empty list', []],
    ['an empty entry', [{}]],
  ];
  test.each(resets)('%s forgets all managers; tracking begins again with an apply', (_name, managedFields) => {
    const entries = configMaps().update(created(), configMap({ a: '1', b: '2' }, { managedFields }), {
      manager: 'n',
      now,
    });
    expect(entries).toBeUndefined();
    const untracked = stored(configMap({ a: '1', b: '2' }), undefined);
    expect(configMaps().update(untracked, configMap({ a: '5' }), { manager: 'n', now })).toBeUndefined();
    const applied = applyTo(untracked, configMap({ a: '1' }), 'x');
    expect(fields(applied.metadata.managedFields)).toEqual({
      'before-first-apply Update': { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } },
      'x Apply': { 'f:data': { 'f:a': {} } },
    });
  });

  it('managers in a request count where they can be read, and never through a subresource', () => {
    const entry = {
      manager: 'own',
      operation: 'Update',
      apiVersion: 'v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:data': { 'f:a': {} } },
    };
    const given = (entries: JsonObject[]): KubeObject => configMap({ a: '1', b: '2' }, { managedFields: entries });
    const kept = created().metadata.managedFields;
    expect(fields(configMaps().update(created(), given([entry]), { manager: 'n', now }))).toEqual({
      'own Update': entry.fieldsV1,
    });
    expect(configMaps('status').update(created(), given([entry]), { manager: 'n', now })).toEqual(kept);
    for (const wrong of [{ operation: 'Other' }, { apiVersion: '' }, { fieldsType: 'V2' }, { fieldsV1: { x: {} } }])
      expect(configMaps().update(created(), given([{ ...entry, ...wrong }]), { manager: 'n', now })).toEqual(kept);
  });

  it('more than ten updaters: the oldest share an entry', () => {
    let live = created();
    for (let i = 0; i < 12; i++) {
      const object = configMap({ ...(live['data'] as JsonObject), [`k${i}`]: 'x' });
      const time = `2026-01-01T00:01:${10 + i}Z`;
      live = stored(object, configMaps().update(live, object, { manager: `m${i}`, now: time }));
    }
    const entries = live.metadata.managedFields!;
    expect(entries.map(({ manager }) => manager)).toEqual([
      'ancient-changes',
      ...[3, 4, 5, 6, 7, 8, 9, 10, 11].map((i) => `m${i}`),
    ]);
    expect(entries[0]!['fieldsV1']).toEqual({
      'f:data': { '.': {}, 'f:a': {}, 'f:b': {}, 'f:k0': {}, 'f:k1': {}, 'f:k2': {} },
    });
  });

  it('managers of another version lose what changes in theirs; of one that is gone, all', () => {
    const entry = (manager: string, apiVersion: string): JsonObject => ({
      manager,
      operation: 'Update',
      apiVersion,
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:binaryData': { 'f:a': {}, 'f:b': {} } },
    });
    const live = stored(configMap({ a: '1', b: '2' }), [entry('old', 'v2'), entry('gone', 'v0')]);
    expect(fields(configMaps().update(live, configMap({ a: '9', b: '2' }), { manager: 'n', now }))).toEqual({
      'old Update': { 'f:binaryData': { 'f:b': {} } },
      'n Update': { 'f:data': { 'f:a': {} } },
    });
  });
});

describe('applies', () => {
  const one = (): KubeObject => applyTo(undefined, configMap({ a: '1', b: '2' }), 'one');

  it('create what is not there', () => {
    expect(one()).toMatchObject({ data: { a: '1', b: '2' } });
    expect(fields(one().metadata.managedFields)).toEqual({ 'one Apply': { 'f:data': { 'f:a': {}, 'f:b': {} } } });
  });

  const conflictOf = (run: () => unknown): { message: string; causes: unknown } => {
    try {
      run();
    } catch (error) {
      if (error instanceof StatusError) return { message: error.message, causes: error.status.details?.causes };
      throw error;
    }
    throw new Error('no conflict');
  };

  it('one conflict is said in a line', () => {
    expect(conflictOf(() => applyTo(one(), configMap({ a: 'x' }), 'two'))).toEqual({
      message: 'Apply failed with 1 conflict: conflict with "one": .data.a',
      causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' }],
    });
  });

  it('several are said by manager', () => {
    const live = one();
    const object = configMap({ a: '1', b: '2', c: '3' });
    const updated = stored(object, configMaps().update(live, object, { manager: 'upd', now }));
    expect(conflictOf(() => applyTo(updated, configMap({ a: 'x', b: 'x', c: 'x' }), 'two')).message).toBe(
      'Apply failed with 3 conflicts: conflicts with "one":\n- .data.a\n- .data.b\nconflicts with "upd" using v1:\n- .data.c',
    );
  });

  it('force takes the fields', () => {
    const forced = applyTo(one(), configMap({ a: 'x' }), 'two', true);
    expect(forced).toMatchObject({ data: { a: 'x', b: '2' } });
    expect(fields(forced.metadata.managedFields)).toEqual({
      'one Apply': { 'f:data': { 'f:b': {} } },
      'two Apply': { 'f:data': { 'f:a': {} } },
    });
  });

  it('the same value is shared, and stays until the last of its owners gives it up', () => {
    const shared = applyTo(one(), configMap({ a: '1' }), 'two');
    // Who comes to share changes nothing, and has no time, as upstream.
    expect(shared.metadata.managedFields!.map(({ manager, time }) => [manager, time])).toEqual([
      ['two', undefined],
      ['one', now],
    ]);
    const given = applyTo(shared, configMap({ b: '2' }), 'one');
    expect(given).toMatchObject({ data: { a: '1', b: '2' } });
    expect(applyTo(given, configMap(undefined), 'two')['data']).toEqual({ b: '2' });
  });

  it('what an applier gives up goes, unless an updater owns it', () => {
    const object = configMap({ a: '1', b: '3' });
    const updated = stored(object, configMaps().update(one(), object, { manager: 'upd', now }));
    const left = applyTo(updated, configMap(undefined, { labels: { x: 'y' } }), 'one');
    expect(left['data']).toEqual({ b: '3' });
  });

  it('one that changes nothing keeps its time; one that does has a new one', () => {
    const same = applyTo(one(), configMap({ a: '1', b: '2' }), 'one', false, later);
    expect(same.metadata.managedFields![0]!['time']).toBe(now);
    const changed = applyTo(one(), configMap({ a: '2', b: '2' }), 'one', false, later);
    expect(changed.metadata.managedFields![0]!['time']).toBe(later);
  });

  const refused: [string, JsonObject, string][] = [
    ['another kind', { apiVersion: 'v1', kind: 'Secret' }, 'invalid object type: /v1, Kind=Secret'],
    ['another version', { apiVersion: 'apps/v1', kind: 'ConfigMap' }, 'invalid object type: apps/v1, Kind=ConfigMap'],
    [
      'managedFields',
      { ...configMap({}), metadata: { name: 'c', managedFields: [] } } as never,
      'metadata.managedFields must be nil',
    ],
    [
      'an unknown field',
      { ...configMap({}), dat: {} } as never,
      'failed to create typed patch object (/c; /v1, Kind=ConfigMap): .dat: field not declared in schema',
    ],
  ];
  test.each(refused)('%s is refused', (_name, applied, message) => {
    expect(conflictOf(() => configMaps().apply(undefined, applied, { manager: 'm', now }, false)).message).toBe(
      message,
    );
  });

  it('kubectl takes over from its client-side apply, and keeps the annotation', () => {
    const config = configMap({ a: '1', b: '2' });
    const annotations = { [lastAppliedAnnotation]: JSON.stringify(config) };
    const object = configMap({ a: '1', b: '2' }, { annotations });
    const live = stored(object, configMaps().update(undefined, object, { manager: 'kubectl-client-side-apply', now }));
    const next = configMap({ a: '1', b: '7' }, { annotations: { note: 'n' } });
    expect(() => applyTo(live, next, 'other')).toThrow('conflict with "kubectl-client-side-apply" using v1: .data.b');
    const taken = applyTo(live, next, 'kubectl');
    expect(taken['data']).toEqual({ a: '1', b: '7' });
    const note = JSON.parse(taken.metadata.annotations![lastAppliedAnnotation]!) as KubeObject;
    expect(note).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { annotations: { note: 'n' }, name: 'c' },
      data: { a: '1', b: '7' },
    });
    const foreign = stored(configMap({ a: '1', b: 'drift' }, { annotations }), live.metadata.managedFields);
    expect(() => applyTo(foreign, next, 'kubectl')).toThrow('.data.b');
  });
});

describe('scale', () => {
  const path = ['f:spec', 'f:replicas'];
  const paths = { 'apps/v1': path, 'apps/v1beta1': undefined };
  const entry = (manager: string, operation: string, fieldsV1: JsonObject, apiVersion = 'apps/v1'): JsonObject => ({
    manager,
    operation,
    apiVersion,
    fieldsType: 'FieldsV1',
    fieldsV1,
  });
  const replicas = { 'f:spec': { 'f:replicas': {} } };
  const more = { 'f:spec': { 'f:paused': {}, 'f:replicas': {} } };

  it('shows who owns the replicas', () => {
    const entries = [
      entry('a', 'Apply', more),
      entry('b', 'Update', { 'f:spec': { 'f:paused': {} } }),
      entry('c', 'Apply', more, 'apps/v0'),
    ];
    expect(scaleFields(entries, paths)).toEqual([entry('a', 'Apply', replicas, 'autoscaling/v1')]);
  });

  it('hands the replicas over to who scales, and drops unknown versions', () => {
    const parent = [
      entry('a', 'Apply', more),
      entry('old', 'Apply', replicas, 'apps/v0'),
      entry('kept', 'Apply', more, 'apps/v1beta1'),
    ];
    const scaled = [{ ...entry('s', 'Update', replicas, 'autoscaling/v1'), subresource: 'scale', time: now }];
    expect(parentFields(parent, scaled, 'apps/v1', paths)).toEqual([
      entry('a', 'Apply', { 'f:spec': { 'f:paused': {} } }),
      entry('kept', 'Apply', more, 'apps/v1beta1'),
      { ...entry('s', 'Update', replicas), subresource: 'scale' },
    ]);
  });

  it('leaves an applier that still owns the replicas alone', () => {
    const parent = [entry('a', 'Apply', more)];
    expect(parentFields(parent, scaleFields(parent, paths), 'apps/v1', paths)).toEqual(parent);
  });
});
