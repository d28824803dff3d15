import { describe, expect, test } from '@jest/globals';
import { decodeObject } from '../decode/decode.ts';
import type { GroupVersionKind, KubeObject } from '../object.ts';
import { protobufMediaType } from './decode.ts';

const serviceAccount: GroupVersionKind = { group: '', version: 'v1', kind: 'ServiceAccount' };
const pod: GroupVersionKind = { group: '', version: 'v1', kind: 'Pod' };

function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}

/** A field: numbers and booleans as varints, everything else length-delimited. */
function field(number: number, value: string | number | bigint | boolean | Buffer): Buffer {
  if (typeof value !== 'string' && !Buffer.isBuffer(value))
    return Buffer.concat([varint(number * 8), varint(BigInt(value))]);
  const bytes = Buffer.from(value as string);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function message(...fields: Buffer[]): Buffer {
  return Buffer.concat(fields);
}

function envelope(apiVersion: string, kind: string, raw: Buffer): Buffer {
  return message(Buffer.from('k8s\0'), field(1, message(field(1, apiVersion), field(2, kind))), field(2, raw));
}

function decode(body: Buffer, expected: GroupVersionKind): KubeObject {
  return decodeObject({ body, contentType: protobufMediaType, expected, fieldValidation: 'Strict' }).object;
}

describe('objects', () => {
  test('metadata, maps and times', () => {
    const labels = [
      field(11, message(field(1, 'a'), field(2, 'b'))),
      field(11, message(field(1, '__proto__'), field(2, 'c'))),
    ];
    const time = field(8, message(field(1, 1_767_225_600), field(2, 5)));
    const body = envelope('v1', 'ServiceAccount', field(1, message(field(1, 'sa'), field(3, ''), time, ...labels)));
    const object = decode(body, serviceAccount);
    expect(JSON.stringify(object)).toBe(
      '{"kind":"ServiceAccount","apiVersion":"v1","metadata":{"name":"sa","creationTimestamp":"2026-01-01T00:00:00Z","labels":{"a":"b","__proto__":"c"}}}',
    );
  });

  test('embedded structs, quantities, int-or-string, negative and large numbers', () => {
    const limits = field(1, message(field(1, 'memory'), field(2, field(1, '1024Mi'))));
    const probe = message(
      field(1, field(2, field(2, message(field(1, 1), field(3, 'http'))))),
      field(2, 3),
      field(6, -1),
    );
    const container = message(field(1, 'c'), field(8, limits), field(11, probe));
    const volume = message(field(1, 'v'), field(2, field(2, field(1, 'Memory'))));
    const spec = message(field(1, volume), field(2, container), field(4, 2n ** 40n), field(11, true));
    expect(decode(envelope('v1', 'Pod', field(2, spec)), pod)).toMatchObject({
      spec: {
        volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }],
        containers: [
          {
            name: 'c',
            resources: { limits: { memory: '1Gi' } },
            readinessProbe: {
              httpGet: { port: 'http' },
              initialDelaySeconds: 3,
              failureThreshold: -1,
            },
          },
        ],
        terminationGracePeriodSeconds: 2 ** 40,
        hostNetwork: true,
      },
    });
  });

  test('byte strings, and lists as values of maps', () => {
    const secret = envelope('v1', 'Secret', field(2, message(field(1, 'k'), field(2, Buffer.from([0, 255])))));
    expect(decode(secret, { group: '', version: 'v1', kind: 'Secret' })['data']).toEqual({ k: 'AP8=' });
    const extra = field(5, message(field(1, 'scopes'), field(2, message(field(1, 'a'), field(1, 'b')))));
    const review = { group: 'authorization.k8s.io', version: 'v1', kind: 'SubjectAccessReview' };
    const body = envelope('authorization.k8s.io/v1', 'SubjectAccessReview', field(2, message(field(3, 'u'), extra)));
    expect(decode(body, review)['spec']).toEqual({ user: 'u', extra: { scopes: ['a', 'b'] } });
  });

  test('packed and unpacked numbers, unknown fields', () => {
    const packed = Buffer.concat([varint(1), varint(300), varint(2n ** 33n)]);
    const context = message(field(4, packed), field(4, 7), field(99, 'later'));
    const body = envelope('v1', 'Pod', field(2, field(14, context)));
    expect(decode(body, pod)['spec'].securityContext).toEqual({ supplementalGroups: [1, 300, 2 ** 33, 7] });
  });

  test('kind and version may be left out', () => {
    expect(decode(envelope('', '', field(1, field(1, 'sa'))), serviceAccount)).toMatchObject({
      metadata: { name: 'sa' },
    });
  });
});

describe('refusals', () => {
  const refusal = (body: Buffer, expected: GroupVersionKind): unknown => {
    try {
      return decode(body, expected);
    } catch (error) {
      return (error as { status: unknown }).status;
    }
  };

  test.each([
    ['no protobuf', Buffer.from('{}'), 'expected prefix [107 56 115 0]'],
    ['cut off', envelope('v1', 'ServiceAccount', field(1, 'x')).subarray(0, 30), 'unexpected EOF'],
    ['cut off inside', envelope('v1', 'ServiceAccount', Buffer.from([0x0a, 0x7f])), 'unexpected EOF'],
    ['wrong wire type', envelope('v1', 'ServiceAccount', field(1, 5)), 'wrong wireType'],
    ['endless varint', envelope('v1', 'ServiceAccount', Buffer.alloc(20, 0xff)), 'integer overflow'],
    ['another kind', envelope('v1', 'Pod', field(1, '')), 'unknown conversion'],
  ])('%s', (_, body, words) => {
    expect(refusal(body, serviceAccount)).toMatchObject({ code: 400, message: expect.stringContaining(words) });
  });

  test('a bad quantity', () => {
    const limits = field(1, message(field(1, 'cpu'), field(2, field(1, 'lots'))));
    const body = envelope('v1', 'Pod', field(2, field(2, field(8, limits))));
    expect(refusal(body, pod)).toMatchObject({ code: 400, message: expect.stringContaining('quantities must match') });
  });

  test('nesting without end', () => {
    let schema = Buffer.alloc(0) as Buffer;
    for (let i = 0; i < 3000; i++) schema = field(28, schema);
    const kind = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' };
    const version = field(7, field(4, field(1, schema)));
    const body = envelope('apiextensions.k8s.io/v1', 'CustomResourceDefinition', field(2, version));
    expect(refusal(body, kind)).toMatchObject({ code: 400 });
  });

  test('custom resources have no protobuf form', () => {
    expect(
      refusal(envelope('', '', Buffer.alloc(0)), { group: 'example.com', version: 'v1', kind: 'Widget' }),
    ).toMatchObject({ code: 415 });
  });
});
