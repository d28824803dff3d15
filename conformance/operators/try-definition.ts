// One definition on any server: created, established and served within a second, described in OpenAPI, a minimal object there and back.
import type { ApiClient, Document } from '../api/support/client.ts';
import { crds } from '../api/support/custom.ts';
import { until } from '../support/until.ts';
import { minimalResource } from './minimal.ts';

export interface Outcome {
  name: string;
  /** From the definition's creation until every served version answered. */
  servedMs: number;
  /** What was wrong; empty where nothing was. */
  failures: string[];
  /** Versions whose minimal object a rule or pattern refused, with the server's words: no fault of the server. */
  refused: string[];
}

const servedWithinMs = 1000;

/** Resolves in any case; what was made is deleted again, but for a definition that was there before. */
export async function tryDefinition(api: ApiClient, definition: Document): Promise<Outcome> {
  const { name } = definition.metadata;
  const outcome: Outcome = { name, servedMs: 0, failures: [], refused: [] };
  const started = performance.now();
  const created = await api.post(crds, definition);
  if (created.status !== 201) {
    outcome.failures.push(`not created: ${created.body.message ?? created.status}`);
    return outcome;
  }
  try {
    const served: Document[] = created.body.spec.versions.filter((version: Document) => version.served);
    for (const version of served)
      await until(`${name} in ${version.name}`, () => answers(api, definition, version), 10);
    outcome.servedMs = Math.round(performance.now() - started);
    if (outcome.servedMs > servedWithinMs) outcome.failures.push(`served after ${outcome.servedMs} ms only`);
    await until('Established', async () => isEstablished((await api.get(`${crds}/${name}`)).body), 10);
    for (const version of served) await tryVersion(api, created.body, version, outcome);
  } catch (error) {
    outcome.failures.push((error as Error).message);
  } finally {
    await api.delete(`${crds}/${name}`);
    await until(`${name} to go`, async () => (await api.get(`${crds}/${name}`)).status === 404);
  }
  return outcome;
}

function isEstablished({ status }: Document): boolean {
  return (status?.conditions ?? []).some(
    (condition: Document) => condition.type === 'Established' && condition.status === 'True',
  );
}

function collection({ spec }: Document, version: Document): string {
  const namespace = spec.scope === 'Namespaced' ? '/namespaces/default' : '';
  return `/apis/${spec.group}/${version.name}${namespace}/${spec.names.plural}`;
}

async function answers(api: ApiClient, definition: Document, version: Document): Promise<boolean> {
  return (await api.get(collection(definition, version))).status === 200;
}

async function tryVersion(api: ApiClient, definition: Document, version: Document, outcome: Outcome): Promise<void> {
  const { group, names } = definition.spec;
  await until(`OpenAPI of ${version.name}`, () => isDescribed(api, group, version.name, names.kind), 10);
  const path = collection(definition, version);
  const object = minimalResource(definition, version, 'minimal');
  const created = await api.post(`${path}?fieldValidation=Strict`, object);
  if (created.status === 422) {
    outcome.refused.push(`${version.name}: ${created.body.message}`);
    return;
  }
  if (created.status !== 201) throw new Error(`${version.name}: ${created.body.message ?? created.status}`);
  const { body: read } = await api.get(`${path}/minimal`);
  if (JSON.stringify(read) !== JSON.stringify(created.body))
    outcome.failures.push(`${version.name} reads as ${JSON.stringify(read)}, not ${JSON.stringify(created.body)}`);
  const replaced = await api.put(`${path}/minimal`, read);
  if (replaced.status !== 200 || JSON.stringify(replaced.body.spec) !== JSON.stringify(read.spec))
    outcome.failures.push(`${version.name} written back as it was read: ${replaced.body.message ?? 'changed'}`);
  await api.delete(`${path}/minimal`);
}

async function isDescribed(api: ApiClient, group: string, version: string, kind: string): Promise<boolean> {
  const { status, body } = await api.get(`/openapi/v3/apis/${group}/${version}`);
  return (
    status === 200 &&
    Object.values<Document>(body.components?.schemas ?? {}).some((schema) =>
      (schema['x-kubernetes-group-version-kind'] ?? []).some((gvk: Document) => gvk.kind === kind),
    )
  );
}
