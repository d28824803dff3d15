// Field errors of expressions in policies, match conditions and device selectors, as kube-apiserver 1.36.2 gave them.
import { describe, expect, it } from '@jest/globals';
import { fieldErrorMessage } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { validateSelectorExpression } from '../resource/selector-expressions.ts';
import { validateMatchConditions } from './match-conditions.ts';
import { validateMutatingPolicy, validateValidatingPolicy } from './policy-validation.ts';

const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] };
const head = {
  failurePolicy: 'Fail',
  matchConstraints: { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {}, resourceRules: [rule] },
};

function policy(spec: Record<string, unknown>): KubeObject {
  return { apiVersion: 'v1', kind: 'x', metadata: { name: 'p' }, spec: { ...head, ...spec } } as KubeObject;
}

function faults(spec: Record<string, unknown>): string[] {
  return validateValidatingPolicy(policy(spec)).map(fieldErrorMessage);
}

function mutationFaults(spec: Record<string, unknown>): string[] {
  return validateMutatingPolicy(policy({ reinvocationPolicy: 'Never', ...spec })).map(fieldErrorMessage);
}

describe('a validating policy', () => {
  it('compiles what it may use', () => {
    const spec = {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConditions: [{ name: 'a', expression: 'params.x == 1 && request.userInfo.groups.exists(g, g == "a")' }],
      variables: [
        { name: 'count', expression: 'object.spec.replicas' },
        { name: 'names', expression: '["a", "b"]' },
        { name: 'joined', expression: 'variables.names.join(",")' },
      ],
      validations: [
        {
          expression: 'variables.count <= params.max && namespaceObject.metadata.labels["a"] == variables.joined',
          messageExpression: '"too many: " + string(variables.count)',
        },
        { expression: 'authorizer.group("").resource("pods").check("get").allowed()' },
      ],
      auditAnnotations: [{ key: 'k', valueExpression: 'variables.joined' }],
    };
    expect(faults(spec)).toEqual([]);
  });

  it.each([
    ['object.spec.replicas', 'must evaluate to bool but got dyn'],
    ['[1]', 'must evaluate to bool but got list(int)'],
    ['null', 'must evaluate to bool but got null_type'],
    ["timestamp('2020-01-01T00:00:00Z')", 'must evaluate to bool but got google.protobuf.Timestamp'],
    [
      'params.x == 1',
      "compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')\n | params.x == 1\n | ^",
    ],
    [
      'request.foo == "a"',
      `compilation failed: ERROR: <input>:1:8: undefined field 'foo'\n | request.foo == "a"\n | .......^`,
    ],
    [
      'request.name == 1',
      "compilation failed: ERROR: <input>:1:14: found no matching overload for '_==_' applied to '(string, int)'\n | request.name == 1\n | .............^",
    ],
  ])('refuses %s', (expression, detail) => {
    const message = `spec.validations[0].expression: Invalid value: ${JSON.stringify(expression)}: ${detail}`;
    expect(faults({ validations: [{ expression }] })).toEqual([message]);
  });

  it('says in which other field an expression is wrong', () => {
    const spec = {
      variables: [{ name: 'n', expression: '1 +' }],
      validations: [{ expression: 'variables.m == 1', messageExpression: 'authorizer == null' }],
      auditAnnotations: [{ key: 'k', valueExpression: ' 1 ' }],
    };
    expect(faults(spec).map((message) => message.slice(0, message.indexOf('\n') + 1 || undefined))).toEqual([
      expect.stringContaining(
        'spec.variables[0].expression: Invalid value: "1 +": compilation failed: ERROR: <input>:1:4',
      ),
      expect.stringContaining("undefined field 'm'"),
      expect.stringContaining(
        'spec.validations[0].messageExpression: Invalid value: "authorizer == null": compilation failed: ERROR: <input>:1:1: undeclared reference to \'authorizer\'',
      ),
      'spec.auditAnnotations[0].valueExpression: Invalid value: " 1 ": must evaluate to one of [string null_type] but got int',
    ]);
  });

  it('cannot be made a program where a constant has no value', () => {
    expect(faults({ validations: [{ expression: "int('a') == 1" }] })).toEqual([
      "spec.validations[0].expression: Internal error: program instantiation failed: type conversion error from 'string' to 'int'",
    ]);
  });
});

describe('a mutating policy', () => {
  const apply = (expression: string) => ({
    mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
  });
  const patch = (expression: string) => ({ mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }] });

  it('constructs parts of objects and patches', () => {
    expect(mutationFaults(apply('Object{metadata: Object.metadata{labels: {"a": "b"}}}'))).toEqual([]);
    expect(
      mutationFaults(
        patch('[JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("a/b"), value: "c"}]'),
      ),
    ).toEqual([]);
  });

  it('must give what its patch type takes', () => {
    expect(mutationFaults(apply('"a"'))).toEqual([
      'spec.mutations[0].applyConfiguration.expression: Invalid value: "\\"a\\"": must evaluate to Object but got string',
    ]);
    expect(mutationFaults(patch('JSONPatch{op: "add"}'))).toEqual([
      'spec.mutations[0].jsonPatch.expression: Invalid value: "JSONPatch{op: \\"add\\"}": must evaluate to list(JSONPatch) but got JSONPatch',
    ]);
  });
});

describe('a match condition', () => {
  it('has no params', () => {
    const errors = validateMatchConditions(
      [{ name: 'a', expression: ' params == null ' }],
      'webhooks[0].matchConditions',
    );
    expect(errors.map(fieldErrorMessage)).toEqual([
      `webhooks[0].matchConditions[0].expression: Invalid value: "params == null": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')\n | params == null\n | ^`,
    ]);
  });
});

describe('a device selector', () => {
  const messages = (expression: string) => validateSelectorExpression(expression, 'x').map(fieldErrorMessage);

  it.each([
    'device.driver == "gpu.example.com"',
    'device.attributes["gpu.example.com"].model == "a100"',
    'cel.bind(c, device.capacity["gpu.example.com"], c.memory.isGreaterThan(quantity("10Gi")))',
    'device.attributes["gpu.example.com"].shared',
    'device.allowMultipleAllocations == true',
  ])('takes %s', (expression) => {
    expect(messages(expression)).toEqual([]);
  });

  it('must give a bool', () => {
    expect(messages('device.driver')).toEqual([
      'x: Invalid value: "device.driver": must evaluate to bool or the unknown type, not string',
    ]);
    expect(messages('')[0]).toMatch(
      /^x: Invalid value: "": compilation failed: ERROR: <input>:1:0: Syntax error: mismatched input '<EOF>' expecting \{[^\n]*\}$/,
    );
  });

  it('cannot cost more than a call may', () => {
    const all = (body: string): string => `device.attributes.all(d, device.attributes[d].all(n, ${body}))`;
    expect(messages(all(all(all('true'))))).toEqual(['x: Forbidden: too complex, exceeds cost limit']);
  });
});
