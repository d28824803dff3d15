import { describe, expect, test } from '@jest/globals';
import { allDefinitions } from '../../schemas/schemas.ts';
import { decodeObject } from '../decode/decode.ts';
import { normalize } from '../decode/normalize.ts';
import { apiVersionOf, type GroupVersionKind, type JsonObject } from '../object.ts';
import { StatusError } from '../status.ts';
import { decodeProtobuf } from './decode.ts';
import { encodeBody, encodeList, encodeMessage, encodeProtobuf } from './encode.ts';
import { ProtobufError } from './reader.ts';
import { sample } from './samples.ts';
import { watchFrame } from './watch-frame.ts';

/** Protobuf by hand: `[number, string | bytes]` is a field with a length, `[number, whole number]` a varint below 128. */
function message(...fields: [number, string | Buffer | number][]): Buffer {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.from([number * 8, value]);
      const bytes = Buffer.from(value as string);
      return Buffer.concat([tagAndLength(number, bytes.length), bytes]);
    }),
  );
}

function tagAndLength(number: number, length: number): Buffer {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
  return Buffer.from([...varint(number * 8 + 2), ...varint(length)]);
}

function body(apiVersion: string, kind: string, raw: Buffer): Buffer {
  const typeMeta = message([1, apiVersion], [2, kind]);
  return Buffer.concat([Buffer.from('k8s\0'), message([1, typeMeta], [2, raw], [3, ''], [4, ''])]);
}

const pod: GroupVersionKind = { group: '', version: 'v1', kind: 'Pod' };

function decodeAs(expected: GroupVersionKind | undefined, bytes: Buffer) {
  return decodeObject({
    body: bytes,
    contentType: 'application/vnd.kubernetes.protobuf',
    expected,
    fieldValidation: 'Strict',
  });
}

function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof StatusError) return `${error.code} ${error.message}`;
    throw error;
  }
  throw new Error('no error');
}

describe('every kind', () => {
  const kinds = [...allDefinitions()].flatMap((definition) => {
    const kind = definition.kinds[0];
    return kind === undefined || kind.kind === 'WatchEvent' ? [] : [{ ...kind, definition }];
  });

  test.each(kinds)('$group/$version $kind comes back as it was', ({ group, version, kind, definition }) => {
    const typeMeta = { apiVersion: apiVersionOf(group, version), kind };
    const full = normalize({ ...sample(definition.name), ...typeMeta }, definition);
    expect(decodeProtobuf(encodeProtobuf(full as JsonObject))).toEqual(full);
    const empty = normalize(typeMeta, definition);
    expect(decodeProtobuf(encodeProtobuf(empty as JsonObject))).toEqual(empty);
  });
});

describe('bytes', () => {
  // ObjectMeta with nothing but a name: what is no pointer in Go is written even when it is empty.
  const metadata = (name: string): Buffer =>
    message([1, name], [2, ''], [3, ''], [4, ''], [5, ''], [6, ''], [7, 0], [8, '']);

  test('fields stand by number, maps by key, empty values where Go has no pointer', () => {
    const map = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c', creationTimestamp: null },
      data: { '\u{1f600}': 'e', '\uff5e': 'd', b: 'x', a: '' },
      binaryData: { raw: '/wA=' },
      immutable: false,
    };
    const entry = (key: string, value: string | Buffer): Buffer => message([1, key], [2, value]);
    const raw = message(
      [1, metadata('c')],
      [2, entry('a', '')],
      [2, entry('b', 'x')],
      [2, entry('\uff5e', 'd')],
      [2, entry('\u{1f600}', 'e')],
      [3, entry('raw', Buffer.from([0xff, 0]))],
      [4, 0],
    );
    expect(encodeProtobuf(map).toString('hex')).toBe(body('v1', 'ConfigMap', raw).toString('hex'));
  });

  test('an embedded struct is a message; times, quantities and int-or-strings are messages of their own', () => {
    const read = decodeProtobuf(
      body(
        'v1',
        'Pod',
        message(
          [1, message([1, 'p'], [8, message([1, 60], [2, 5])])],
          [2, message([1, message([1, 'v'], [2, message([2, message([1, 'Memory'], [2, message([1, '1.5Gi'])])])])])],
          [
            2,
            message([
              2,
              message([1, 'c'], [12, message([1, message([5, message([3, message([1, 1], [3, 'http'])])])])]),
            ]),
          ],
        ),
      ),
    );
    expect(read).toMatchObject({
      metadata: { name: 'p', creationTimestamp: '1970-01-01T00:01:00Z' },
      spec: {
        volumes: [{ name: 'v', emptyDir: { medium: 'Memory', sizeLimit: '1536Mi' } }],
        containers: [{ name: 'c', lifecycle: {} }],
      },
    });
  });

  test('what is not known is passed over, lists may be packed, the last value of a field counts, messages merge', () => {
    const groups = Buffer.from([0xfb, 1, 0x08, 1, 0x13, 0x14, 0xfc, 1]);
    const fixed = Buffer.from([0xf9, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0xfd, 1, 1, 2, 3, 4]);
    const security = message([4, Buffer.from([5, 0xff, 0xff, 0xff, 0xff, 0x0f])], [4, 6]);
    const spec = (fields: Buffer): [number, Buffer] => [2, fields];
    const raw = message(spec(message([10, 'one'], [10, 'two'])), spec(message([14, security], [200, 'new'])));
    const read = decodeProtobuf(body('v1', 'Pod', Buffer.concat([groups, fixed, raw])));
    expect(read['spec']).toMatchObject({
      nodeName: 'two',
      securityContext: { supplementalGroups: [5, 4294967295, 6] },
    });
  });

  test('keys are only keys', () => {
    const raw = message([2, message([1, '__proto__'], [2, 'x'])], [2, message([1, 'constructor'])]);
    const { data } = decodeProtobuf(body('v1', 'ConfigMap', raw));
    expect(JSON.stringify(data)).toBe('{"__proto__":"x","constructor":""}');
    const again = { apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data };
    expect(decodeProtobuf(encodeProtobuf(again))['data']).toEqual(data);
  });

  test.each([
    ['0001-01-01T00:00:00Z', null],
    ['1969-12-31T23:59:59Z', '1969-12-31T23:59:59Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'],
  ])('time %s', (creationTimestamp, back) => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { creationTimestamp } };
    expect(decodeProtobuf(encodeProtobuf(namespace)).metadata.creationTimestamp ?? null).toBe(back);
  });

  test('numbers at their limits', () => {
    const limits = { generation: Number.MIN_SAFE_INTEGER, deletionGracePeriodSeconds: Number.MAX_SAFE_INTEGER };
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: limits };
    expect(decodeProtobuf(encodeProtobuf(namespace)).metadata).toMatchObject(limits);
  });

  test('partial metadata has a protobuf form, tables and custom resources have none', () => {
    const apiVersion = 'meta.k8s.io/v1';
    const partial = { metadata: { name: 'n', creationTimestamp: null } };
    const raw = message([1, metadata('n')]);
    expect(encodeProtobuf({ ...partial, apiVersion, kind: 'PartialObjectMetadata' })).toEqual(
      body(apiVersion, 'PartialObjectMetadata', raw),
    );
    const list = {
      apiVersion,
      kind: 'PartialObjectMetadataList',
      metadata: { resourceVersion: '7' },
      items: [partial],
    };
    expect(encodeProtobuf(list)).toEqual(
      body(apiVersion, list.kind, message([1, message([1, ''], [2, '7'], [3, ''])], [2, raw])),
    );
    expect(() => encodeProtobuf({ apiVersion: 'meta.k8s.io/v1', kind: 'Table' })).toThrow(ProtobufError);
    expect(() => encodeProtobuf({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: {} })).toThrow(ProtobufError);
  });

  test('a body and a list of messages encoded before are those of the whole objects', () => {
    const typeMeta = { apiVersion: 'v1', kind: 'ConfigMap' };
    const items = ['', 'x'.repeat(40), 'ö'.repeat(5000)].map((text) => ({ metadata: { name: text }, data: { text } }));
    const messages = items.map((item) => encodeMessage({ ...typeMeta, ...item }));
    const whole = encodeProtobuf({ ...typeMeta, ...items[2]! });
    expect(encodeBody('v1', 'ConfigMap', messages[2]!)).toEqual(whole);
    const metadata = { resourceVersion: '5', remainingItemCount: 2 ** 33 };
    const list = { apiVersion: 'v1', kind: 'ConfigMapList', metadata, items };
    expect(encodeList('v1', 'ConfigMapList', metadata, messages)).toEqual(encodeProtobuf(list));
  });

  test('a watch frame is a length and an event whose object is a whole body', () => {
    const object = Buffer.from('k8s\0…');
    const event = message([1, 'ADDED'], [2, message([1, object])]);
    expect(watchFrame('ADDED', object)).toEqual(Buffer.concat([Buffer.from([0, 0, 0, event.length]), event]));
  });
});

describe('request bodies', () => {
  const named = (fields: Buffer) => body('v1', 'Pod', fields);

  test('come out as the same object in JSON does, without field validation', () => {
    const raw = message([1, message([1, 'p'])], [99, 'unknown']);
    const { object, warnings } = decodeAs(pod, named(raw));
    const json = decodeObject({
      body: Buffer.from('{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p"}}'),
      contentType: 'application/json',
      expected: pod,
      fieldValidation: 'Strict',
    });
    expect(JSON.stringify(object)).toBe(JSON.stringify(json.object));
    expect(warnings).toEqual([]);
  });

  test('may leave their kind to the resource', () => {
    expect(decodeAs(pod, body('', '', message([1, message([1, 'p'])]))).object).toMatchObject({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
    });
  });

  test.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'the object provided is unrecognized (must be of type Pod): empty data (<empty>)'],
    [
      'only the magic',
      Buffer.from('k8s\0'),
      'the object provided is unrecognized (must be of type Pod): empty body (6b387300)',
    ],
    [
      'JSON',
      Buffer.from('{"kind":"Pod"}'),
      'the object provided is unrecognized (must be of type Pod): provided data does not appear to be a protobuf message, ' +
        'expected prefix [107 56 115 0] ({"kind":"Pod"})',
    ],
    ['a cut message', named(Buffer.from([0x0a, 5])), 'Pod in version "v1" cannot be handled as a Pod: unexpected EOF'],
    [
      'a wrong wire type',
      named(Buffer.from([0x10, 1])),
      'Pod in version "v1" cannot be handled as a Pod: proto: wrong wireType = 0 for field Spec',
    ],
    [
      'field 0',
      named(Buffer.from([0x02, 1])),
      'Pod in version "v1" cannot be handled as a Pod: proto: Pod: illegal tag 0 (wire type 2)',
    ],
    [
      'the end of no group',
      named(Buffer.from([0x0c])),
      'Pod in version "v1" cannot be handled as a Pod: proto: Pod: wiretype end group for non-group',
    ],
    [
      'a wire type that does not exist',
      named(Buffer.from([0x7e, 1])),
      'Pod in version "v1" cannot be handled as a Pod: proto: illegal wireType 6',
    ],
    [
      'a negative length',
      named(Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1])),
      'Pod in version "v1" cannot be handled as a Pod: proto: negative length found during unmarshaling',
    ],
    [
      'too long a number',
      named(Buffer.from([0x0a, ...Array<number>(10).fill(0xff), 1])),
      'Pod in version "v1" cannot be handled as a Pod: proto: integer overflow',
    ],
    [
      'a quantity that is none',
      named(message([2, message([32, message([1, 'cpu'], [2, message([1, 'much'])])])])),
      'Pod in version "v1" cannot be handled as a Pod: ' +
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    ['another kind', body('v1', 'Node', Buffer.alloc(0)), 'Node in version "v1" cannot be handled as a Pod: '],
    [
      'a kind that does not exist',
      body('v1', 'Widget', Buffer.alloc(0)),
      'Widget in version "v1" cannot be handled as a Pod: no kind "Widget" is registered for version "v1"',
    ],
  ])('%s is a bad request', (_, bytes, message) => {
    expect(failure(() => decodeAs(pod, bytes))).toContain(`400 ${message}`);
  });

  test('custom resources take none', () => {
    const widget = { group: 'example.com', version: 'v1', kind: 'Widget' };
    expect(failure(() => decodeAs(widget, body('example.com/v1', 'Widget', Buffer.alloc(0))))).toBe(
      '400 Widget in version "v1" cannot be handled as a Widget: object *unstructured.Unstructured does not implement the ' +
        'protobuf marshalling interface and cannot be encoded to a protobuf message',
    );
  });

  test('numbers that JSON does not have are refused', () => {
    const nan = Buffer.from([0x49, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f]);
    const crd = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' };
    const raw = message([2, message([7, message([4, message([1, nan])])])]);
    expect(failure(() => decodeAs(crd, body('apiextensions.k8s.io/v1', crd.kind, raw)))).toContain(
      'unsupported value: NaN',
    );
  });

  test('messages nest only so deep', () => {
    let schema = message([5, 'string']);
    for (let depth = 0; depth < 5000; depth++) schema = message([28, schema]);
    const crd = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' };
    const version = message([4, message([1, schema])]);
    const raw = message([2, message([7, version])]);
    const schemaField = () => decodeAs(crd, body('apiextensions.k8s.io/v1', crd.kind, raw));
    expect(failure(schemaField)).toContain('exceeded max depth');
  });

  test('no cut and no changed byte is anything but an object or a bad request', () => {
    const full = { ...sample('io.k8s.api.core.v1.Pod'), apiVersion: 'v1', kind: 'Pod' } as unknown as JsonObject;
    const bytes = encodeProtobuf(full);
    const outcome = (changed: Buffer): string => {
      try {
        return decodeAs(pod, changed).object.kind;
      } catch (error) {
        return error instanceof StatusError && error.code === 400 ? 'bad request' : String(error);
      }
    };
    const outcomes = new Set<string>();
    for (let i = 0; i < bytes.length; i += 29) {
      outcomes.add(outcome(bytes.subarray(0, i)));
      const changed = Buffer.from(bytes);
      changed[i]! ^= 0x55;
      outcomes.add(outcome(changed));
    }
    expect([...outcomes].sort()).toEqual(['Pod', 'bad request']);
  });
});
