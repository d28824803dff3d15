import { expect, test } from '@jest/globals';
import { type Body, created, createErrors, updateErrors } from '../kind-harness.ts';
import { customResourceDefinition } from './customresourcedefinition.ts';

const metadata = { name: 'things.x.example' };

function version(name: string, schema: unknown, rest: Body = {}): Body {
  return { name, served: true, storage: name === 'v1', schema: { openAPIV3Schema: schema }, ...rest };
}

function definition(versions: Body[], rest: Body = {}): Body {
  const names = { plural: 'things', kind: 'Thing' };
  return { metadata, spec: { group: 'x.example', scope: 'Namespaced', names, versions, ...rest } };
}

/** One version whose schema has this property. */
function withProperty(property: Body): Body {
  return definition([version('v1', { type: 'object', properties: { p: property } })]);
}

const good = definition([version('v1', { type: 'object' })]);

test('names and conversion have defaults, and the storage version is noted', () => {
  const object = created(customResourceDefinition, good);
  expect(object['spec']).toMatchObject({
    names: { singular: 'thing', listKind: 'ThingList' },
    conversion: { strategy: 'None' },
  });
  expect(object['status'].storedVersions).toEqual(['v1']);
  expect(createErrors(customResourceDefinition, good)).toEqual([]);
});

test.each<[string, Body, string[]]>([
  [
    'another name',
    { ...good, metadata: { name: 'things.y.example' } },
    ['metadata.name: Invalid value: "things.y.example": must be spec.names.plural+"."+spec.group'],
  ],
  [
    'a group without a dot',
    { ...definition([version('v1', { type: 'object' })], { group: 'x' }), metadata: { name: 'things.x' } },
    ['spec.group: Invalid value: "x": should be a domain with at least one dot'],
  ],
  [
    'an unknown scope',
    definition([version('v1', { type: 'object' })], { scope: 'Galaxy' }),
    ['spec.scope: Unsupported value: "Galaxy": supported values: "Cluster", "Namespaced"'],
  ],
  ['no schema', definition([version('v1', undefined)]), ['spec.versions[0].schema.openAPIV3Schema: Required value']],
  [
    'a group of the community',
    {
      ...definition([version('v1', { type: 'object' })], { group: 'x.k8s.io' }),
      metadata: { name: 'things.x.k8s.io' },
    },
    [
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    ],
  ],
  [
    'fields that are not known',
    definition([version('v1', { type: 'object' })], { preserveUnknownFields: true }),
    [
      'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
    ],
  ],
])('definition: %s', (_, body, errors) => {
  expect(createErrors(customResourceDefinition, body)).toEqual(errors);
});

const property = 'spec.validation.openAPIV3Schema.properties[p]';

test.each<[string, Body, string[]]>([
  ['a type', { type: 'string' }, []],
  ['no type', {}, [`${property}.type: Required value: must not be empty for specified object fields`]],
  ['a list of nothing', { type: 'array' }, [`${property}.items: Required value: must be specified`]],
  ['a default that fits', { type: 'integer', default: 3, minimum: 1 }, []],
  [
    'a default of another type',
    { type: 'integer', default: 'x' },
    [`${property}.default: Invalid value: "string":  in body must be of type integer: "string"`],
  ],
  [
    'a property of its own name twice in one list map',
    { type: 'array', 'x-kubernetes-list-type': 'map', items: { type: 'object' } },
    [`${property}.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`],
  ],
])('schema: %s', (_, schema, errors) => {
  expect(createErrors(customResourceDefinition, withProperty(schema))).toEqual(errors);
});

test('what versions do not share is missed at its own path', () => {
  const versions = [version('v1', { type: 'object', properties: { p: {} } }), version('v2', { type: 'object' })];
  expect(createErrors(customResourceDefinition, definition(versions))).toEqual([
    'spec.versions[0].schema.openAPIV3Schema.properties[p].type: Required value: must not be empty for specified object fields',
  ]);
});

test('one version is stored', () => {
  const versions = [version('v2', { type: 'object' }), version('v3', { type: 'string' })];
  expect(createErrors(customResourceDefinition, definition(versions))).toEqual([
    'spec.versions[1].schema.openAPIV3Schema.type: Invalid value: "string": must be object at the root',
    expect.stringMatching(
      /^spec\.versions: Invalid value: \[\{"Name":"v2".*must have exactly one version marked as storage version$/,
    ),
    'status.storedVersions: Invalid value: null: must have at least one stored version',
  ]);
});

test('group and plural stay, and stored versions remain', () => {
  const old = created(customResourceDefinition, good);
  const versions = [version('v2', { type: 'object' }, { storage: true })];
  const body = { ...definition(versions), status: old['status'] };
  expect(updateErrors(customResourceDefinition, body, old)).toEqual([
    expect.stringContaining(
      'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version',
    ),
  ]);
});
