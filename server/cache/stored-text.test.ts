import { describe, expect, it, test } from '@jest/globals';
import { sharedText } from '../../apimachinery/managed-fields/set-texts.ts';
import type { JsonObject, KubeObject } from '../../apimachinery/object.ts';
import { framingOf } from './framing.ts';
import { parseObject, servedText, storedText } from './stored-text.ts';

const framing = framingOf('v1', 'Pod');
const entry = (manager: string, fields: JsonObject, subresource?: string): JsonObject => ({
  manager,
  operation: 'Update',
  apiVersion: 'v1',
  time: '2026-01-01T00:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1: fields,
  ...(subresource === undefined ? {} : { subresource }),
});
const labels: JsonObject = { 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } } };
const keyed: JsonObject = { 'f:spec': { 'f:containers': { 'k:{"name":"}]\\"{"}': { '.': {}, 'f:image': {} } } } };
const pod = (managedFields?: JsonObject[], more: JsonObject = { spec: { a: 1 } }): KubeObject => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name: 'p', labels: { a: ',"managedFields":[{' }, ...(managedFields ? { managedFields } : {}) },
  ...more,
});
const template = (fields: JsonObject[]): JsonObject => ({
  spec: { template: { metadata: { name: 't', managedFields: fields } } },
});

describe('the text of a stored object', () => {
  const objects: [string, KubeObject][] = [
    ['nobody manages it', pod()],
    ['one manager', pod([entry('a', labels)])],
    ['several, one of a subresource', pod([entry('a', labels), entry('b', keyed, 'status'), entry('c', labels)])],
    ['a manager with an odd name', pod([entry('"fieldsV1":0,"fieldsV1":{', keyed)])],
    ['an entry without fields', pod([{ manager: 'a', operation: 'Apply' }, entry('b', labels)])],
    ['an empty list', pod([])],
    ['no name and nothing else', { kind: 'Pod', apiVersion: 'v1', metadata: { managedFields: [entry('a', labels)] } }],
    ['nothing but metadata', pod([entry('a', labels)], {})],
    ['managers of an object within', pod(undefined, template([entry('a', labels)]))],
    ['managers of both', pod([entry('a', labels)], template([entry('a', keyed)]))],
    ['no fields here, but within', pod([{ manager: 'a' }], template([entry('a', keyed)]))],
  ];
  test.each(objects)('%s', (_name, object) => {
    const text = storedText(object);
    expect(text).toBe(JSON.stringify(object));
    for (const once of [text, servedText(text, 7, framing)]) {
      const parsed = parseObject(once);
      expect(parsed).toEqual(JSON.parse(once));
      expect(JSON.stringify(parsed)).toBe(once);
      expect(storedText(parsed)).toBe(text);
    }
  });

  it('shares sets between objects, and nobody can change them', () => {
    const [first, second] = [1, 2].map((a) => parseObject(storedText(pod([entry('a', keyed)], { spec: { a } }))));
    const [set, other] = [first, second].map((object) => object!.metadata.managedFields![0]!['fieldsV1'] as JsonObject);
    expect(set).toBe(other);
    expect(sharedText(set)).toBe(JSON.stringify(keyed));
    expect(() => {
      (set!['f:spec'] as JsonObject)['f:x'] = {};
    }).toThrow(TypeError);
    expect(first!.metadata.managedFields![0]).not.toBe(second!.metadata.managedFields![0]);
  });

  it('reads what somebody wrote with other spaces', () => {
    const text = storedText(pod([entry('a', labels)])).replace('"f:a":{}', '"f:a": { }');
    expect(parseObject(text)).toEqual(JSON.parse(text));
    const spaced = JSON.stringify(pod([entry('a', labels)]), undefined, 2);
    expect(parseObject(spaced)).toEqual(JSON.parse(spaced));
  });
});
