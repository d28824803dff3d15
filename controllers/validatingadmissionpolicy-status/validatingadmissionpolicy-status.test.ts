// Warnings about policies' expressions, over the wire, by the types that the server publishes
// (apiserver pkg/admission/plugin/policy/validating/typechecking_test.go, test/e2e/apimachinery/validatingadmissionpolicy.go).
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { CustomResourceDefinition, ValidatingAdmissionPolicy } from '../../client/kinds.ts';
import { until } from '../../conformance/support/until.ts';
import { type ControllersCluster, startControllersCluster } from '../testing/controllers-cluster.ts';
import { kindsToCheck, validatingAdmissionPolicyStatus } from './validatingadmissionpolicy-status.ts';

jest.setTimeout(60_000);

let on: ControllersCluster;
beforeEach(async () => {
  on = await startControllersCluster([validatingAdmissionPolicyStatus]);
});
afterEach(() => on.stop());

const constraints = (group: string, version: string, ...resources: string[]) => ({
  resourceRules: [{ apiGroups: [group], apiVersions: [version], operations: ['CREATE'], resources }],
});

async function checked(spec: object): Promise<NonNullable<ValidatingAdmissionPolicy['status']>> {
  const policies = on.client.resource(ValidatingAdmissionPolicy);
  const { metadata } = await policies.create({ metadata: { generateName: 'p-' }, spec } as never);
  return until('a status', async () => {
    const { status } = await policies.get(metadata);
    return status?.observedGeneration === 1 ? status : undefined;
  });
}

test('ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should type check validation expressions [Conformance]', async () => {
  const status = await checked({
    matchConstraints: constraints('apps', 'v1', 'deployments'),
    validations: [
      { expression: 'object.spec.replicas > 1' },
      {
        expression: "object.spec.replicas > '1'",
        messageExpression: "'wants replicas > 1, got ' + object.spec.replicas",
      },
      { expression: "object.spec.template.spec.containers.all(c, c.image.startsWith('x'))" },
      { expression: 'object.spec.nonsense == 1' },
    ],
  });
  const warnings = status.typeChecking!.expressionWarnings!;
  expect(warnings.map(({ fieldRef }) => fieldRef)).toEqual([
    'spec.validations[1].expression',
    'spec.validations[1].messageExpression',
    'spec.validations[3].expression',
  ]);
  expect(warnings[0]!.warning).toContain('apps/v1, Kind=Deployment: ERROR:');
  expect(warnings[0]!.warning).toContain("found no matching overload for '_>_' applied to '(int, string)'");
  expect(warnings[2]!.warning).toContain("undefined field 'nonsense'");
});

test('variables have types, and so have parameters; kinds that are not known are not checked', async () => {
  const status = await checked({
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    matchConstraints: constraints('', 'v1', 'pods', 'configmaps', 'nothing'),
    variables: [{ name: 'name', expression: 'object.metadata.name' }],
    validations: [
      { expression: 'variables.name.size() > 3 && params.data.x == "y"' },
      { expression: 'variables.name == 1' },
      { expression: 'params.data.x == 1' },
    ],
  });
  const warnings = status.typeChecking!.expressionWarnings!;
  expect(warnings.map(({ fieldRef }) => fieldRef)).toEqual([
    'spec.validations[1].expression',
    'spec.validations[2].expression',
  ]);
  expect(warnings[0]!.warning.match(/v1, Kind=\w+/g)).toEqual(['v1, Kind=ConfigMap', 'v1, Kind=Pod']);
  const wild = await checked({
    matchConstraints: constraints('*', '*', '*'),
    validations: [{ expression: 'object.nonsense == 1' }],
  });
  expect(wild.typeChecking?.expressionWarnings).toBeUndefined();
});

test('ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should type check a CRD [Conformance]', async () => {
  const schema = {
    openAPIV3Schema: {
      type: 'object',
      properties: { spec: { type: 'object', properties: { replicas: { type: 'integer' } } } },
    },
  };
  await on.client.resource(CustomResourceDefinition).create({
    metadata: { name: 'crontabs.stable.example.com' },
    spec: {
      group: 'stable.example.com',
      scope: 'Namespaced',
      names: { plural: 'crontabs', kind: 'CronTab' },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  } as never);
  await until('it is published', () =>
    on.client.request({ method: 'GET', path: '/openapi/v3/apis/stable.example.com/v1' }).then(
      () => true,
      () => false,
    ),
  );
  const status = await checked({
    matchConstraints: constraints('stable.example.com', 'v1', 'crontabs'),
    validations: [
      { expression: 'object.spec.replicas > 1' },
      { expression: "object.spec.replicas > '1'" },
      { expression: 'object.metadata.name.size() > 1' },
    ],
  });
  const warnings = status.typeChecking!.expressionWarnings!;
  expect(warnings.map(({ fieldRef }) => fieldRef)).toEqual(['spec.validations[1].expression']);
  expect(warnings[0]!.warning).toContain('stable.example.com/v1, Kind=CronTab: ERROR:');
});

test('at most ten kinds of a rule are checked', async () => {
  const resources = Array.from({ length: 12 }, (_, i) => `r${String(i).padStart(2, '0')}`);
  const kinds = await kindsToCheck(
    { matchConstraints: constraints('g', 'v', ...resources) } as never,
    async (group, version, kind) => ({ group, version, kind }),
  );
  expect(kinds.map(({ kind }) => kind)).toEqual(resources.slice(0, 10));
});
