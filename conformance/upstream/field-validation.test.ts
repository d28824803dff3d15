// Field validation by the server as upstream's test/e2e/apimachinery/field_validation.go describes it.
import { expect } from '@jest/globals';
import { type Document, deployment } from '../api/support/client.ts';
import { type CustomResource, customResource } from './custom-resource.ts';
import { answered, judge, standsFor } from './support.ts';

const judged = judge();
const strict = 'fieldManager=field_validation_mgr&fieldValidation=Strict';
const suite = '[sig-api-machinery] FieldValidation should';
const asYaml = { 'content-type': 'application/apply-patch+yaml' };

const port = {
  type: 'object',
  required: ['containerPort', 'protocol'],
  properties: {
    containerPort: { type: 'integer', format: 'int32' },
    hostIP: { type: 'string' },
    hostPort: { type: 'integer', format: 'int32' },
    name: { type: 'string' },
    protocol: { type: 'string' },
  },
};
const ports = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
  items: port,
};
const properties = {
  foo: { type: 'string' },
  cronSpec: { type: 'string', pattern: '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$' },
  ports,
};
const schemaWith = (spec: object) => ({
  type: 'object',
  properties: { spec: { type: 'object', properties, ...spec } },
});

/** Applies YAML to an object of the custom resource. */
function apply(custom: CustomResource, yaml: string): Promise<{ status: number; body: Document }> {
  const text = `apiVersion: ${custom.group}/v1\nkind: ${custom.kind}\n${yaml}`;
  return judged().api.request('PATCH', `${custom.path()}/mytest?${strict}`, text, asYaml);
}

const valid = `metadata:
  name: mytest
spec:
  foo: foo1
  cronSpec: "* * * * */5"
  ports:
  - name: x
    containerPort: 80
    protocol: TCP
`;

const deployments = () => `/apis/apps/v1/namespaces/${judged().namespace}/deployments?${strict}`;

standsFor(`${suite} detect unknown and duplicate fields of a typed object [Conformance]`, async () => {
  const text = JSON.stringify(deployment('my-dep', {}, { unknownField: 'foo' }));
  const twice = text.replace('"replicas":2', '"replicas":2,"replicas":3');
  expect(twice).not.toBe(text);
  const { message } = await answered(400, judged().api.post(deployments(), twice));
  expect(message).toMatch(/strict decoding error: /);
  expect(message).toContain('unknown field "spec.unknownField"');
  expect(message).toContain('duplicate field "spec.replicas"');
});

standsFor(`${suite} detect unknown metadata fields of a typed object [Conformance]`, async () => {
  const { message } = await answered(
    400,
    judged().api.post(deployments(), deployment('my-dep', { unknownMeta: 'foo' })),
  );
  expect(message).toContain('strict decoding error: unknown field "metadata.unknownMeta"');
});

standsFor(`${suite} create/apply a valid CR for CRD with validation schema [Conformance]`, async () => {
  const custom = await customResource(judged().api, { schema: schemaWith({}) });
  const stored = await answered(201, apply(custom, valid));
  expect(stored.spec.ports).toEqual([{ name: 'x', containerPort: 80, protocol: 'TCP' }]);
  await custom.remove();
});

standsFor(
  `${suite} create/apply a CR with unknown fields for CRD with no validation schema [Conformance]`,
  async () => {
    const custom = await customResource(judged().api, {});
    const stored = await answered(201, apply(custom, `${valid}  unknown: uk1\n`));
    expect(stored.spec.unknown).toBe('uk1');
    await custom.remove();
  },
);

standsFor(
  `${suite} create/apply an invalid CR with extra properties for CRD with validation schema [Conformance]`,
  async () => {
    const custom = await customResource(judged().api, { schema: schemaWith({}) });
    const { message } = await answered(500, apply(custom, `${valid}  extraProperty: arbitrary-value\n`)).catch(() =>
      answered(400, apply(custom, `${valid}  extraProperty: arbitrary-value\n`)),
    );
    expect(message).toContain('.spec.extraProperty: field not declared in schema');
    await custom.remove();
  },
);

standsFor(
  `${suite} detect unknown metadata fields in both the root and embedded object of a CR [Conformance]`,
  async () => {
    const template = {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      properties: {
        metadata: { type: 'object', properties: { name: { type: 'string' } } },
        spec: { type: 'object' },
      },
    };
    const preserving = { 'x-kubernetes-preserve-unknown-fields': true, properties: { ...properties, template } };
    const custom = await customResource(judged().api, { schema: schemaWith(preserving) });
    const { body } = await apply(
      custom,
      valid
        .replace('name: mytest\n', 'name: mytest\n  unknownMeta: unknown\n')
        .concat(
          '  template:\n    apiVersion: foo/v1\n    kind: Sub\n    metadata:\n      unknownSubMeta: unknown\n      name: subobject\n',
        ),
    );
    expect(body.message).toMatch(
      /\.spec\.template\.metadata\.unknownSubMeta: field not declared in schema|\.metadata\.unknownMeta: field not declared in schema/,
    );
    await custom.remove();
  },
);

standsFor(`${suite} detect duplicates in a CR when preserving unknown fields [Conformance]`, async () => {
  const custom = await customResource(judged().api, {
    schema: schemaWith({ 'x-kubernetes-preserve-unknown-fields': true }),
  });
  const { body } = await apply(custom, valid.replace('  foo: foo1\n', '  unknown: uk1\n  foo: foo1\n  foo: foo2\n'));
  expect(body.message).toContain('line 8: key "foo" already set in map');
  await custom.remove();
});
