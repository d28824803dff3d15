// Custom resources as upstream's test/e2e/apimachinery/{custom_resource_definition,crd_watch}.go describe them.
import { expect } from '@jest/globals';
import type { Document } from '../api/support/client.ts';
import { until } from '../support/until.ts';
import { customResource } from './custom-resource.ts';
import { answered, judge, seen, standsFor, uniqueName } from './support.ts';

const judged = judge();
const suite = '[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin]';
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

standsFor(
  `${suite} Simple CustomResourceDefinition creating/deleting custom resource definition objects works [Conformance]`,
  async () => {
    const { api } = judged();
    const custom = await customResource(api, {});
    const { status } = await answered(200, api.get(custom.definitionPath));
    const conditions = status.conditions.map(({ type, status: value }: Document) => `${type}=${value}`);
    expect(conditions).toEqual(expect.arrayContaining(['NamesAccepted=True', 'Established=True']));
    await answered(201, api.post(custom.path(), custom.object('a', { any: { thing: 1 } })));
    await custom.remove();
    await until('the resource to be gone', async () => (await api.get(custom.path())).status === 404);
  },
);

standsFor(
  `${suite} Simple CustomResourceDefinition listing custom resource definition objects works [Conformance]`,
  async () => {
    const { api } = judged();
    const label = uniqueName('list');
    const all = await Promise.all(
      Array.from({ length: 10 }, () => customResource(api, { labels: { 'e2e-list-test-uuid': label } })),
    );
    const other = await customResource(api, {});
    const selected = `${definitions}?labelSelector=e2e-list-test-uuid%3D${label}`;
    const { items } = await answered(200, api.get(selected));
    const specs = (each: readonly Document[]) => new Map(each.map(({ metadata, spec }) => [metadata.name, spec]));
    expect(specs(items)).toEqual(specs(all.map(({ definition }) => definition)));
    await answered(200, api.delete(selected));
    await until('the definitions to be gone', async () => (await api.get(selected)).body.items.length === 0);
    await answered(200, api.get(other.definitionPath));
    await other.remove();
  },
);

standsFor(
  `${suite} Simple CustomResourceDefinition getting/updating/patching custom resource definition status sub-resource works [Conformance]`,
  async () => {
    const { api } = judged();
    const custom = await customResource(api, {});
    const path = `${custom.definitionPath}/status`;
    const condition = (message: string) => expect.objectContaining({ message });
    await until('an update without a conflict', async () => {
      const read = await answered(200, api.get(path));
      expect(read.spec).toEqual(custom.definition.spec);
      read.status.conditions.push({ type: 'Updated', status: 'True', message: 'updated' });
      const { status, body } = await api.put(path, read);
      if (status === 409) return false;
      expect(body.status.conditions).toContainEqual(condition('updated'));
      return true;
    });
    const patch = [{ op: 'add', path: '/status/conditions', value: [{ message: 'patched' }] }];
    const patched = await answered(200, api.patch(path, patch, { 'content-type': 'application/json-patch+json' }));
    expect(patched.status.conditions).toContainEqual(condition('patched'));
    await custom.remove();
  },
);

standsFor(`${suite} custom resource defaulting for requests and from storage works [Conformance]`, async () => {
  const { api } = judged();
  const properties = { a: { type: 'string' }, b: { type: 'string' } };
  const custom = await customResource(api, { schema: { type: 'object', properties } });
  const jsonPatch = { 'content-type': 'application/json-patch+json' };
  const base = '/spec/versions/0/schema/openAPIV3Schema/properties';
  await answered(201, api.post(custom.path(), custom.object('one')));
  const addA = [{ op: 'add', path: `${base}/a/default`, value: 'A' }];
  await answered(200, api.patch(custom.definitionPath, addA, jsonPatch));
  await until('a default read from storage', async () => (await api.get(`${custom.path()}/one`)).body.a === 'A');
  const two = await answered(201, api.post(custom.path(), custom.object('two')));
  expect(two.a).toBe('A');
  const swap = [
    { op: 'remove', path: `${base}/a/default` },
    { op: 'add', path: `${base}/b/default`, value: 'B' },
  ];
  await answered(200, api.patch(custom.definitionPath, swap, jsonPatch));
  const read = await until('the other default', async () => {
    const { body } = await api.get(`${custom.path()}/two`);
    return body.b !== undefined && body;
  });
  expect([read.a, read.b]).toEqual(['A', 'B']);
  // What is only defaulted is not stored: the other object has lost the default that is no longer there.
  const listed = await answered(200, api.get(custom.path()));
  expect(listed.items.map(({ metadata, a, b }: Document) => [metadata.name, a, b])).toEqual([
    ['one', undefined, 'B'],
    ['two', 'A', 'B'],
  ]);
  await custom.remove();
});

standsFor(
  '[sig-api-machinery] CustomResourceDefinition Watch [Privileged:ClusterAdmin] CustomResourceDefinition Watch watch on custom resource definition objects [Conformance]',
  async () => {
    const { api } = judged();
    const custom = await customResource(api, {});
    const names = ['name1', 'name2'];
    const watches = await Promise.all(
      names.map((name) => api.watch(`${custom.path()}?fieldSelector=metadata.name%3D${name}&timeoutSeconds=600`)),
    );
    const each = async (act: (name: string) => Promise<unknown>, type: string) => {
      for (const [index, name] of names.entries()) {
        await act(name);
        await seen(watches[index]!, type, name);
      }
    };
    await each((name) => answered(201, api.post(custom.path(), custom.object(name))), 'ADDED');
    await each((name) => answered(200, api.patch(`${custom.path()}/${name}`, { dummy: 'test' })), 'MODIFIED');
    await each((name) => answered(200, api.delete(`${custom.path()}/${name}`)), 'DELETED');
    for (const watch of watches) {
      expect(watch.events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
      watch.close();
    }
    await custom.remove();
  },
);
