import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { type GroupVersionKind, type Json, type KubeObject, parseApiVersion } from '../object.ts';
import { StatusError } from '../status.ts';
import { applyPatch, type PatchRequest, type PatchType } from './patch.ts';

interface Pair {
  type: PatchType;
  current: KubeObject;
  patch: Json;
}

const folder = new URL('./testdata/', import.meta.url);

/** `UPDATE=1` writes what is now answered to the output files, to be read before it is committed. */
const update = process.env['UPDATE'] === '1';

function kindOf(object: KubeObject): GroupVersionKind {
  return { ...parseApiVersion(object.apiVersion), kind: object.kind };
}

function request(pair: Pair, more: Partial<PatchRequest> = {}): PatchRequest {
  const body = Buffer.from(JSON.stringify(pair.patch));
  return {
    type: pair.type,
    body,
    current: pair.current,
    kind: kindOf(pair.current),
    fieldValidation: 'Strict',
    ...more,
  };
}

function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { code: error.code, reason: error.reason, message: error.message };
  }
}

describe('pairs', () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.input.yaml'));
  test.each(names)('%s', (name) => {
    const pair = parse(readFileSync(new URL(name, folder), 'utf8')) as Pair;
    const before = structuredClone(pair);
    const got = outcome(() => applyPatch(request(pair)).object);
    const file = new URL(name.replace('.input.', '.output.'), folder);
    if (update) writeFileSync(file, stringify(got));
    expect(got).toEqual(parse(readFileSync(file, 'utf8')));
    expect(pair).toEqual(before);
  });
});

const configMap: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: 'v' } };

function patchWith(type: PatchType, body: string, more: Partial<PatchRequest> = {}): unknown {
  const pair = { type, current: configMap, patch: null };
  return outcome(() => applyPatch(request(pair, { body: Buffer.from(body), ...more })));
}

describe('patches that cannot be read', () => {
  const json = 'application/json-patch+json';
  const merge = 'application/merge-patch+json';
  const strategic = 'application/strategic-merge-patch+json';
  test.each<[PatchType, string, string]>([
    [json, '[', 'error decoding patch: unexpected end of JSON input'],
    [json, '{}', 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp'],
    [json, '[1]', 'json: cannot unmarshal number into Go value of type jsonpatch.Operation'],
    [merge, '[]', 'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}'],
    [merge, 'null', 'Invalid JSON Patch'],
    [strategic, '{"a":}', "invalid character '}' looking for beginning of value"],
    [strategic, '"x"', 'json: cannot unmarshal string into Go value of type map[string]interface {}'],
    [strategic, '{"metadata":{"labels":{"$patch":"odd"}}}', 'unknown patch type: odd in map: map[$patch:odd]'],
    [strategic, '{"data":{"$deleteFromPrimitiveList":["x"]}}', 'invalid patch format of primitive list'],
    [strategic, '{"metadata":{"$setElementOrder/name":["x"]}}', 'expected slice or array type, but got: struct'],
  ])('%s %s', (type, body, message) => {
    const current = { ...configMap, metadata: { name: 'a', labels: { x: 'y' } } };
    expect(patchWith(type, body, { current })).toEqual({ code: 400, reason: 'BadRequest', message });
  });

  test.each([
    ['{"spec":{"replicas":"3"}}', 'map[spec:map[replicas:3]]', 'unrecognized type: int32'],
    ['{"spec":{"replicas":1.5}}', 'map[spec:map[replicas:1.5]]', 'cannot convert float64 to int32'],
    ['{"spec":{"paused":"yes"}}', 'map[spec:map[paused:yes]]', 'unrecognized type: bool'],
    [
      '{"spec":{"strategy":{"type":1}}}',
      'map[spec:map[strategy:map[type:1]]]',
      'cannot convert int64 to v1.DeploymentStrategyType',
    ],
    ['{"spec":"x"}', 'map[spec:x]', 'cannot restore struct from: string'],
    ['{"metadata":{"finalizers":{}}}', 'map[metadata:map[finalizers:map[]]]', 'cannot restore slice from map'],
    [
      '{"spec":{"strategy":{"rollingUpdate":{"maxSurge":true}}}}',
      'map[spec:map[strategy:map[rollingUpdate:map[maxSurge:true]]]]',
      'json: cannot unmarshal bool into Go value of type int32',
    ],
  ])('a strategic patch of the wrong type: %s', (body, shown, message) => {
    const current = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: {} };
    const kind = { group: 'apps', version: 'v1', kind: 'Deployment' };
    expect(patchWith(strategic, body, { current, kind })).toEqual({
      code: 422,
      reason: 'Invalid',
      message: ` "" is invalid: patch: Invalid value: ${JSON.stringify(shown)}: ${message}`,
    });
  });

  test('too many operations', () => {
    const body = JSON.stringify(Array(10_001).fill({ op: 'test', path: '/kind', value: 'ConfigMap' }));
    expect(patchWith(json, body)).toEqual({
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
    });
  });

  test('copies that grow without bound', () => {
    const doubling = Array.from({ length: 40 }, () => ({ op: 'copy', from: '', path: '/x' }));
    const body = JSON.stringify([
      { op: 'add', path: '/x', value: {} },
      ...doubling.map((o) => ({ ...o, from: '/x', path: '/x/y' })),
    ]);
    expect(patchWith(json, body)).toMatchObject({ code: 422, reason: 'Invalid' });
  });

  test('custom resources have no strategic patch', () => {
    const kind = { group: 'example.com', version: 'v1', kind: 'Widget' };
    expect(patchWith(strategic, '{}', { kind })).toMatchObject({ code: 415 });
  });
});

describe('field validation', () => {
  const body = '{"nosuch":1,"data":{"a":"x","a":"y"}}';

  test('Warn tells what is unknown or repeated', () => {
    expect(patchWith('application/merge-patch+json', body, { fieldValidation: 'Warn' })).toMatchObject({
      object: { data: { k: 'v', a: 'y' } },
      warnings: ['duplicate field "data.a"', 'unknown field "nosuch"'],
    });
  });

  test('Ignore says nothing', () => {
    expect(patchWith('application/merge-patch+json', body, { fieldValidation: 'Ignore' })).toMatchObject({
      warnings: [],
    });
  });

  test('a patch that only names the merge of one large list does not take long', () => {
    const env = Array.from({ length: 20_000 }, (_, i) => ({ name: `N${i}`, value: '1' }));
    const current = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', env }] },
    };
    const patch = { spec: { containers: [{ name: 'c', env: [...env].reverse() }] } };
    const { object } = applyPatch(request({ type: 'application/strategic-merge-patch+json', current, patch }));
    expect(object['spec'].containers[0].env).toHaveLength(20_000);
  });
});
