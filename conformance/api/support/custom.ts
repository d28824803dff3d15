// Definitions of custom resources for the suites of this folder.
import { until } from '../../support/until.ts';
import type { ApiClient, Document } from './client.ts';

export const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** A schema of `spec` with these properties. */
export function specSchema(properties: Document): Document {
  return { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } };
}

/** One version that keeps whatever it is given. */
export function anyVersion(name: string, more: Document = {}): Document {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return { name, served: true, storage: name === 'v1', schema, ...more };
}

/** `kind` in lower case with an s is the plural. */
export function definition(group: string, kind: string, more: Document = {}): Document {
  const singular = kind.toLowerCase();
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: `${singular}s`, singular, kind },
      versions: [anyVersion('v1')],
      ...more,
    },
  };
}

export function conditionsOf(crd: Document): Record<string, { status: string; reason: string; message: string }> {
  const conditions = (crd.status?.conditions ?? []) as Document[];
  return Object.fromEntries(conditions.map(({ type, status, reason, message }) => [type, { status, reason, message }]));
}

/** Creates the definition and resolves when it is established. */
export async function established(api: ApiClient, crd: Document): Promise<Document> {
  await api.made(crds, crd);
  return until(`${crd.metadata.name} to be established`, async () => {
    const { body } = await api.get(`${crds}/${crd.metadata.name}`);
    return conditionsOf(body)['Established']?.status === 'True' ? body : undefined;
  });
}

/** Deletes the definition and resolves when it is gone. */
export async function removed(api: ApiClient, name: string): Promise<void> {
  await api.delete(`${crds}/${name}`);
  await until(`${name} to go`, async () => (await api.get(`${crds}/${name}`)).status === 404);
}

/** `/apis/<group>/<version>/namespaces/default/<resource>[/<name>]`. */
export function path(group: string, version: string, resource: string, name = ''): string {
  return `/apis/${group}/${version}/namespaces/default/${resource}${name === '' ? '' : `/${name}`}`;
}
