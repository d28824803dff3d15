// Makes a CustomResourceDefinition with random names, and waits until it is served.
import type { ApiClient, Document } from '../api/support/client.ts';
import { until } from '../support/until.ts';
import { answered, uniqueName } from './support.ts';

export interface CustomResource {
  group: string;
  plural: string;
  kind: string;
  definitionPath: string;
  definition: Document;
  /** Path of the collection, in a version. */
  path(version?: string): string;
  object(name: string, more?: object, version?: string): Document;
  /** Deletes the definition and waits until it is gone. */
  remove(): Promise<void>;
}

export interface CustomResourceOptions {
  scope?: 'Cluster' | 'Namespaced';
  /** The schema of every version; by default anything goes. */
  schema?: object;
  versions?: readonly Document[];
  labels?: Record<string, string>;
  group?: string;
}

export const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

export async function customResource(api: ApiClient, options: CustomResourceOptions): Promise<CustomResource> {
  const id = uniqueName('x').replaceAll('-', '');
  const group = options.group ?? `${id}.example.com`;
  const plural = `${id}s`;
  const kind = `Kind${id}`;
  const schema = { openAPIV3Schema: options.schema ?? anything };
  const versions = options.versions ?? [{ name: 'v1', served: true, storage: true, schema }];
  const scope = options.scope ?? 'Cluster';
  const definition = await answered(
    201,
    api.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}`, labels: options.labels ?? {} },
      spec: { group, scope, names: { plural, singular: id, kind, listKind: `${kind}List` }, versions },
    }),
  );
  const definitionPath = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`;
  const path = (version = 'v1') =>
    `/apis/${group}/${version}/${scope === 'Cluster' ? '' : 'namespaces/default/'}${plural}`;
  const served = versions.filter((version) => version.served !== false);
  for (const { name } of served)
    await until(`${plural} in ${name}`, async () => (await api.get(path(name))).status === 200);
  return {
    group,
    plural,
    kind,
    definitionPath,
    definition,
    path,
    object: (name, more = {}, version = 'v1') => ({
      apiVersion: `${group}/${version}`,
      kind,
      metadata: { name },
      ...more,
    }),
    remove: async () => {
      await answered(200, api.delete(definitionPath));
      await until(`${plural} to be gone`, async () => (await api.get(definitionPath)).status === 404);
    },
  };
}
