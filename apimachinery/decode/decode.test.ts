import { describe, expect, test } from '@jest/globals';
import type { GroupVersionKind } from '../object.ts';
import { StatusError } from '../status.ts';
import { checkStructure, type Decoded, decodeObject, type FieldValidation, normalizeObject } from './decode.ts';

const kinds: Record<string, GroupVersionKind> = {
  Pod: { group: '', version: 'v1', kind: 'Pod' },
  ConfigMap: { group: '', version: 'v1', kind: 'ConfigMap' },
  Service: { group: '', version: 'v1', kind: 'Service' },
  Deployment: { group: 'apps', version: 'v1', kind: 'Deployment' },
  Event: { group: '', version: 'v1', kind: 'Event' },
  Lease: { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' },
  Ingress: { group: 'networking.k8s.io', version: 'v1', kind: 'Ingress' },
  CustomResourceDefinition: { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' },
  HorizontalPodAutoscaler: { group: 'autoscaling', version: 'v1', kind: 'HorizontalPodAutoscaler' },
  Widget: { group: 'example.com', version: 'v1', kind: 'Widget' },
};

function decode(
  kind: string,
  body: string | Buffer,
  fieldValidation: FieldValidation = 'Strict',
  contentType: 'application/json' | 'application/yaml' = 'application/json',
): Decoded {
  return decodeObject({ body: Buffer.from(body), contentType, expected: kinds[kind], fieldValidation });
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof StatusError && error.code === 400) return error.message;
    throw error;
  }
  return 'accepted';
}

const head = (kind: string): string => {
  const { version } = kinds[kind]!;
  return `${kind} in version "${version}" cannot be handled as a ${kind}: `;
};

describe('wrong types, in the words of Go', () => {
  test.each([
    ['Pod', '{"spec":"x"}', 'cannot unmarshal string into Go struct field Pod.spec of type v1.PodSpec'],
    [
      'Pod',
      '{"spec":{"containers":"x"}}',
      'cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [
      'Pod',
      '{"spec":{"containers":[[]]}}',
      'cannot unmarshal array into Go struct field PodSpec.spec.containers of type v1.Container',
    ],
    [
      'Pod',
      '{"spec":{"containers":[{"env":[{"name":7}]}]}}',
      'cannot unmarshal number into Go struct field EnvVar.spec.containers.env.name of type string',
    ],
    [
      'Pod',
      '{"spec":{"hostNetwork":"yes"}}',
      'cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool',
    ],
    [
      'Pod',
      '{"spec":{"restartPolicy":true}}',
      'cannot unmarshal bool into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy',
    ],
    [
      'Pod',
      '{"spec":{"priority":2147483648}}',
      'cannot unmarshal number 2147483648 into Go struct field PodSpec.spec.priority of type int32',
    ],
    [
      'Pod',
      '{"spec":{"priority":1.0}}',
      'cannot unmarshal number 1.0 into Go struct field PodSpec.spec.priority of type int32',
    ],
    [
      'Pod',
      '{"spec":{"activeDeadlineSeconds":1e3}}',
      'cannot unmarshal number 1e3 into Go struct field PodSpec.spec.activeDeadlineSeconds of type int64',
    ],
    [
      'Pod',
      '{"spec":{"activeDeadlineSeconds":9223372036854775808}}',
      'cannot unmarshal number 9223372036854775808 into Go struct field PodSpec.spec.activeDeadlineSeconds of type int64',
    ],
    [
      'Pod',
      '{"metadata":{"labels":{"a":1}}}',
      'cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      'Service',
      '{"spec":{"ports":[{"targetPort":true}]}}',
      'cannot unmarshal bool into Go struct field ServicePort.spec.ports.targetPort of type int32',
    ],
    [
      'Ingress',
      '{"spec":{"rules":[{"http":1}]}}',
      'cannot unmarshal number into Go struct field IngressRule.spec.rules.IngressRuleValue.http of type v1.HTTPIngressRuleValue',
    ],
    [
      'ConfigMap',
      '{"binaryData":{"a":1}}',
      'cannot unmarshal number into Go struct field ConfigMap.binaryData of type []uint8',
    ],
    [
      'Event',
      '{"firstTimestamp":5}',
      'cannot unmarshal number into Go struct field Event.firstTimestamp of type string',
    ],
  ])('%s %s', (kind, body, message) => {
    expect(refusal(() => decode(kind, body))).toBe(`${head(kind)}json: ${message}`);
  });

  test('the first of several is named', () => {
    const body = '{"spec":{"hostPID":1,"hostIPC":2}}';
    expect(refusal(() => decode('Pod', body))).toContain('spec.hostPID of type bool');
  });

  test("a type's own reader ends decoding, whatever was found before it", () => {
    const body = '{"spec":{"hostPID":1,"containers":[{"resources":{"requests":{"cpu":"x"}}}]}}';
    expect(refusal(() => decode('Pod', body))).toContain('quantities must match the regular expression');
  });
});

describe('values with a form of their own', () => {
  const rfc3339 = '2006-01-02T15:04:05Z07:00';
  test.each([
    ['Event', '{"firstTimestamp":""}', `parsing time "" as "${rfc3339}": cannot parse "" as "2006"`],
    ['Event', '{"firstTimestamp":"2026-13-01T00:00:00Z"}', 'parsing time "2026-13-01T00:00:00Z": month out of range'],
    ['Event', '{"firstTimestamp":"2026-02-30T00:00:00Z"}', 'parsing time "2026-02-30T00:00:00Z": day out of range'],
    ['Event', '{"firstTimestamp":"2026-01-01"}', `parsing time "2026-01-01" as "${rfc3339}": cannot parse "" as "T"`],
    ['Event', '{"firstTimestamp":"2026-01-01T00:00:00Zx"}', 'parsing time "2026-01-01T00:00:00Zx": extra text: "x"'],
    [
      'Lease',
      '{"spec":{"renewTime":"2026-01-01T00:00:00Z"}}',
      'parsing time "2026-01-01T00:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    ],
    ['ConfigMap', '{"binaryData":{"a":"Bad_"}}', 'illegal base64 data at input byte 3'],
    ['ConfigMap', '{"binaryData":{"a":"AAECx"}}', 'illegal base64 data at input byte 4'],
    [
      'CustomResourceDefinition',
      '{"spec":{"versions":[{"schema":{"openAPIV3Schema":{"additionalProperties":1}}}]}}',
      'boolean or JSON schema expected',
    ],
  ])('%s %s', (kind, body, message) => {
    expect(refusal(() => decode(kind, body))).toBe(head(kind) + message);
  });
});

describe('unknown and repeated fields', () => {
  const body = '{"kind":"Pod","kind":"Pod","spec":{"nosuch":1,"containers":[{"foo":2,"name":"a","name":"b"}]}}';
  const found = [
    'duplicate field "kind"',
    'unknown field "spec.nosuch"',
    'unknown field "spec.containers[0].foo"',
    'duplicate field "spec.containers[0].name"',
  ];

  test('Strict refuses', () => {
    expect(refusal(() => decode('Pod', body))).toBe(`${head('Pod')}strict decoding error: ${found.join(', ')}`);
  });

  test('Warn tells', () => {
    const { object, warnings } = decode('Pod', body, 'Warn');
    expect(warnings).toEqual(found);
    expect(object['spec'].nosuch).toBeUndefined();
    expect(object['spec'].containers).toEqual([{ name: 'b', resources: {} }]);
  });

  test('Ignore says nothing', () => {
    expect(decode('Pod', body, 'Ignore').warnings).toEqual([]);
  });

  test('what a string holds is no key', () => {
    expect(decode('ConfigMap', '{"data":{"a":"{\\"x\\":1,\\"x\\":2}"}}').warnings).toEqual([]);
  });

  test('a map key may repeat a field name elsewhere, but not itself', () => {
    expect(refusal(() => decode('ConfigMap', '{"data":{"kind":"a","kind":"b"}}'))).toContain(
      'duplicate field "data.kind"',
    );
  });
});

describe('kind and version', () => {
  const legacy = 'in scheme "pkg/api/legacyscheme/scheme.go:30"';
  test.each([
    [
      'Pod',
      '{"kind":"Podx","apiVersion":"v1"}',
      `Podx in version "v1" cannot be handled as a Pod: no kind "Podx" is registered for version "v1" ${legacy}`,
    ],
    [
      'Deployment',
      '{"kind":"Deployment","apiVersion":"apps/v9"}',
      `Deployment in version "v9" cannot be handled as a Deployment: no kind "Deployment" is registered for version "apps/v9" ${legacy}`,
    ],
    [
      'Pod',
      '{"kind":"Deployment","apiVersion":"apps/v1"}',
      'Deployment in version "v1" cannot be handled as a Pod: converting (v1.Deployment) to (core.Pod): unknown conversion',
    ],
    [
      'HorizontalPodAutoscaler',
      '{"kind":"HorizontalPodAutoscaler","apiVersion":"autoscaling/v2"}',
      'the API version in the data (autoscaling/v2) does not match the expected API version (autoscaling/v1)',
    ],
    [
      'Pod',
      '{"apiVersion":7}',
      `the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .apiVersion of type string ({"apiVersion":7})`,
    ],
    [
      'Pod',
      '{"apiVersion":"a/b/c"}',
      'the object provided is unrecognized (must be of type Pod): unexpected GroupVersion string: a/b/c ({"apiVersion":"a/b/c"})',
    ],
  ])('%s %s', (kind, body, message) => {
    expect(refusal(() => decode(kind, body))).toBe(message);
  });

  test('what is left out is filled in', () => {
    expect(decode('Deployment', '{}').object).toMatchObject({ kind: 'Deployment', apiVersion: 'apps/v1' });
    expect(decode('Pod', '{"kind":"","metadata":null}').object.kind).toBe('Pod');
  });

  test.each(['v1', 'apps/v1', 'meta.k8s.io/v1'])('DeleteOptions of %s are the same everywhere', (apiVersion) => {
    const body = Buffer.from(JSON.stringify({ kind: 'DeleteOptions', apiVersion, gracePeriodSeconds: 0 }));
    const expected = { group: '', version: 'v1', kind: 'DeleteOptions' };
    const { object } = decodeObject({ body, contentType: 'application/json', expected, fieldValidation: 'Strict' });
    expect(object).toMatchObject({ kind: 'DeleteOptions', apiVersion, gracePeriodSeconds: 0 });
  });

  test('where nothing is expected the body must say', () => {
    const read = (body: string) => () =>
      decodeObject({
        body: Buffer.from(body),
        contentType: 'application/json',
        expected: undefined,
        fieldValidation: 'Warn',
      });
    expect(refusal(read('{"apiVersion":"v1"}'))).toBe(`Object 'Kind' is missing in '{"apiVersion":"v1"}'`);
    expect(refusal(read('{"kind":"Pod"}'))).toBe(`Object 'apiVersion' is missing in '{"kind":"Pod"}'`);
  });
});

describe('broken text', () => {
  const broken =
    "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: ";
  test.each([
    ['', 'unexpected end of JSON input (<empty>)'],
    ['{"kind":"Pod"', 'unexpected end of JSON input ({"kind":"Pod")'],
    ['{"a":1,}', 'invalid character \'}\' looking for beginning of object key string ({"a":1,})'],
    ['{"a" 1}', 'invalid character \'1\' after object key ({"a" 1})'],
    ['{"a":[1 2]}', 'invalid character \'2\' after array element ({"a":[1 2]})'],
    ['{"a":tru}', "invalid character '}' in literal true (expecting 'e') ({\"a\":tru})"],
    ['{"a":1.}', 'invalid character \'}\' after decimal point in numeric literal ({"a":1.})'],
    ['{} x', "invalid character 'x' after top-level value ({} x)"],
    ['hello', "invalid character 'h' looking for beginning of value (68656c6c6f)"],
  ])('%j', (body, message) => {
    expect(refusal(() => decode('Pod', body))).toBe(broken + message);
  });

  test('not UTF-8', () => {
    expect(refusal(() => decode('Pod', Buffer.from([0x22, 0xff, 0x22])))).toContain('not valid UTF-8');
  });

  test.each([
    [
      'where anything goes',
      `{"metadata":{"managedFields":[{"fieldsV1":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}]}}`,
    ],
    ['in lists', `{"spec":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
    ['unclosed', '['.repeat(3_000_000)],
  ])('nested too deeply: %s', (_, body) => {
    expect(refusal(() => decode('Pod', body, 'Ignore'))).toMatch(/max depth|cannot unmarshal|unexpected end/);
  });

  test('a schema that nests deeply', () => {
    const depth = 9000;
    const schema = `${'{"not":'.repeat(depth)}{}${'}'.repeat(depth)}`;
    const body = `{"spec":{"versions":[{"schema":{"openAPIV3Schema":${schema}}}]}}`;
    expect(refusal(() => decode('CustomResourceDefinition', body))).toMatch(/accepted|max depth/);
  });
});

describe('YAML', () => {
  const yaml = (body: string, mode: FieldValidation = 'Strict'): Decoded =>
    decode('ConfigMap', body, mode, 'application/yaml');

  test('reads as JSON does, with the plain scalars of YAML 1.1', () => {
    const { object } = yaml(
      'metadata:\n  name: a\nimmutable: yes\ndata: {t: "12:30", d: "2001-01-01"}\n---\nkind: Pod\n',
    );
    expect(object).toEqual({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { name: 'a' },
      immutable: true,
      data: { t: '12:30', d: '2001-01-01' },
    });
  });

  test('times and base-60 numbers are strings, octal numbers are numbers', () => {
    expect(yaml('data: {t: 12:30, d: 2001-01-01}').object['data']).toEqual({ t: '12:30', d: '2001-01-01' });
    expect(refusal(() => yaml('data: {t: 0644}'))).toContain(
      'cannot unmarshal number into Go struct field ConfigMap.data',
    );
  });

  test('repeated keys', () => {
    const message = 'yaml: unmarshal errors:\n  line 3: key "a" already set in map';
    expect(refusal(() => yaml('data:\n  a: x\n  a: z\n'))).toBe(
      `${head('ConfigMap')}strict decoding error: ${message}`,
    );
    expect(yaml('data:\n  a: x\n  a: z\n', 'Warn')).toMatchObject({
      object: { data: { a: 'z' } },
      warnings: [message],
    });
  });

  test.each([
    ['a: b: c\n', 'yaml: line 1: '],
    ['a: [1\n', 'yaml: line '],
    [`a: ${'['.repeat(5000)}`, 'max depth'],
    [
      Array.from(
        { length: 9 },
        (_, i) =>
          `a${i}: &a${i} [${
            i
              ? Array(10)
                  .fill(`*a${i - 1}`)
                  .join(',')
              : 'x'
          }]\n`,
      ).join(''),
      'excessive aliasing',
    ],
  ])('%#: what cannot be read', (body, message) => {
    const refused = refusal(() => yaml(body));
    expect(refused).toContain(
      'the object provided is unrecognized (must be of type ConfigMap): error converting YAML to JSON',
    );
    expect(refused).toContain(message);
  });
});

describe("Go's round trip", () => {
  test('drops nothing but nulls and zeros at first; what is empty when it is stored; canonical values, Go order', () => {
    const { object } = decode(
      'Pod',
      `{"spec":{"containers":[{"name":"c","image":"","command":[],"env":null,"resources":{"limits":{"memory":"1024Mi","cpu":0.5}}}],
        "hostNetwork":false,"priority":0,"nodeSelector":{}},"metadata":{"labels":{},"name":"p","creationTimestamp":null}}`,
    );
    expect(JSON.stringify(object)).toBe(
      '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","labels":{}},"spec":{"containers":[{"name":"c","command":[],"resources":{"limits":{"memory":"1Gi","cpu":"500m"}}}],"nodeSelector":{},"priority":0},"status":{}}',
    );
    expect(JSON.stringify(normalizeObject(object, { group: '', version: 'v1', kind: 'Pod' }))).toBe(
      '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","resources":{"limits":{"memory":"1Gi","cpu":"500m"}}}],"priority":0},"status":{}}',
    );
  });

  test('fields without omitempty are there as zero or null', () => {
    expect(decode('Deployment', '{"spec":{}}').object).toEqual({
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      metadata: {},
      spec: { selector: null, template: { metadata: {}, spec: { containers: null } }, strategy: {} },
      status: {},
    });
    expect(decode('Service', '{"spec":{"ports":[{"port":80}]}}').object['spec'].ports).toEqual([
      { port: 80, targetPort: 0 },
    ]);
  });

  test('times', () => {
    const { object } = decode(
      'Event',
      '{"firstTimestamp":"2026-01-01T02:00:00.5+02:00","eventTime":"2026-01-01T00:00:00.123456Z","lastTimestamp":"0001-01-01T00:00:00Z"}',
    );
    expect(object).toMatchObject({
      firstTimestamp: '2026-01-01T00:00:00Z',
      eventTime: '2026-01-01T00:00:00.123456Z',
      lastTimestamp: null,
    });
  });

  test('null elements read as zero values', () => {
    const { object } = decode(
      'Pod',
      '{"metadata":{"labels":{"a":null},"finalizers":[null]},"spec":{"containers":[null]}}',
    );
    expect(object).toMatchObject({
      metadata: { labels: { a: '' }, finalizers: [''] },
      spec: { containers: [{ name: '', resources: {} }] },
    });
  });

  test('a key __proto__ is an ordinary key', () => {
    const { object } = decode('ConfigMap', '{"data":{"__proto__":"x","a":null}}');
    expect(Object.keys(object['data'])).toEqual(['__proto__', 'a']);
    expect(JSON.stringify(object['data'])).toBe('{"__proto__":"x","a":""}');
  });

  test('custom resources keep everything and have a structured metadata', () => {
    const { object, warnings } = decode('Widget', '{"spec":{"a":null,"b":[]},"metadata":{"labels":{},"x":1}}', 'Warn');
    expect(object).toEqual({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: {}, spec: { a: null, b: [] } });
    expect(warnings).toEqual(['unknown field "metadata.x"']);
  });
});

describe('objects that are not text', () => {
  test('checkStructure', () => {
    expect(checkStructure({ spec: { containers: [{ name: 'a' }] } }, kinds['Pod']!)).toEqual({ strictErrors: [] });
    expect(checkStructure({ spec: { x: 1 } }, kinds['Pod']!)).toEqual({ strictErrors: ['unknown field "spec.x"'] });
    expect(checkStructure({ spec: 1 }, kinds['Pod']!).error).toContain(
      'cannot unmarshal number into Go struct field Pod.spec',
    );
  });

  test('normalizeObject neither changes nor shares its input', () => {
    const input = { metadata: { name: 'a', finalizers: ['x'], labels: { a: 'b' } }, data: { k: 'v' } };
    const before = structuredClone(input);
    const output = normalizeObject(input, kinds['ConfigMap']!);
    output.metadata.finalizers!.push('y');
    output.metadata.labels!['c'] = 'd';
    output['data'].k = 'w';
    expect(input).toEqual(before);
  });
});
