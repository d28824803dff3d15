// Valid objects to start from: those of the request corpus, each with the collection that takes it.
import { type Document, loadCorpus } from '../corpus/corpus.ts';
import type { Target } from '../corpus/target.ts';

/** A valid object and where it goes. Every kind has a namespace of its own, so that quotas and limits stay among themselves. */
export interface Seed {
  object: Document;
  /** `/apis/apps/v1/namespaces/fuzz-deployments/deployments` */
  collection: string;
  name: string;
  /** Subresources that can be written with PUT or PATCH. */
  subresources: readonly string[];
  /** Reviews are answered and never stored. */
  stored: boolean;
  /** What would change how the server treats other requests is only tried. */
  dryRunOnly: boolean;
}

interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
}

const dryRunOnly =
  /^(namespaces|apiservices|flowschemas|prioritylevelconfigurations|servicecidrs|.*webhookconfigurations|.*admissionpolic.*)$/;

/** The seeds that the server serves, with their namespaces made. */
export async function openSeeds(target: Target): Promise<Seed[]> {
  const objects = loadCorpus().flatMap((file) => Object.values(file.objects));
  const roots = new Map<string, ApiResource[]>();
  const seeds: Seed[] = [];
  for (const object of objects) {
    const version = String(object['apiVersion']);
    const root = version.includes('/') ? `/apis/${version}` : `/api/${version}`;
    if (!roots.has(root)) roots.set(root, await resourcesOf(target, root));
    const resources = roots.get(root)!;
    const resource = resources.find(({ name, kind }) => kind === object['kind'] && !name.includes('/'));
    if (resource === undefined) continue;
    const namespace = `fuzz-${resource.name}`;
    if (resource.namespaced) await makeNamespace(target, namespace);
    const collection = `${root}${resource.namespaced ? `/namespaces/${namespace}` : ''}/${resource.name}`;
    const subresources = resources
      .filter(
        ({ name, verbs }) => name.startsWith(`${resource.name}/`) && verbs.includes('patch') && !/proxy$/.test(name),
      )
      .map(({ name }) => name.slice(resource.name.length + 1));
    const { name } = object['metadata'] as { name: string };
    const stored = resource.verbs.includes('list');
    seeds.push({ object, collection, name, subresources, stored, dryRunOnly: dryRunOnly.test(resource.name) });
  }
  return seeds;
}

async function resourcesOf(target: Target, root: string): Promise<ApiResource[]> {
  const { body } = await target.send({ method: 'GET', path: root });
  return (JSON.parse(body.toString()) as { resources?: ApiResource[] }).resources ?? [];
}

async function makeNamespace(target: Target, name: string): Promise<void> {
  const post = (path: string, body: Document) =>
    target.send({ method: 'POST', path, body: JSON.stringify({ apiVersion: 'v1', ...body }) });
  await post('/api/v1/namespaces', { kind: 'Namespace', metadata: { name } });
  await post(`/api/v1/namespaces/${name}/serviceaccounts`, { kind: 'ServiceAccount', metadata: { name: 'default' } });
}
