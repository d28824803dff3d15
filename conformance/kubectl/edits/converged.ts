// What an object must be after any number of edits: what the same manifest, created anew, would give.
import type { ApiClient, Document } from '../../api/support/client.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
/** Given to each object anew, or kept by the server for itself. */
const ownMetadata = ['name', 'uid', 'resourceVersion', 'creationTimestamp', 'generation', 'managedFields'];
const allocated = ['clusterIP', 'clusterIPs'];

/** The object without what tells it from another one made of the same manifest. */
function comparable({ status: _status, ...object }: Document): Document {
  const { metadata, spec } = structuredClone(object);
  for (const field of ownMetadata) delete metadata[field];
  delete metadata.annotations?.[lastApplied];
  for (const field of ['annotations', 'labels'])
    if (Object.keys(metadata[field] ?? {}).length === 0) delete metadata[field];
  if (object.kind === 'Service') for (const field of allocated) delete spec[field];
  return { ...object, metadata, ...(spec === undefined ? {} : { spec }) };
}

const plurals: Record<string, string> = { Ingress: 'ingresses', NetworkPolicy: 'networkpolicies' };

function collection({ apiVersion, kind }: Document, namespace: string): string {
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${base}/namespaces/${namespace}/${plurals[kind] ?? `${kind.toLowerCase()}s`}`;
}

/** What the server has of the manifest's object, and what it would have were it created from the manifest now. */
export async function storedAndWanted(
  api: ApiClient,
  manifest: Document,
  namespace: string,
): Promise<{ stored: Document; wanted: Document }> {
  const path = collection(manifest, namespace);
  const anew = { ...manifest, metadata: { ...manifest.metadata, name: `${manifest.metadata.name}-anew` } };
  const [stored, wanted] = await Promise.all([
    api.get(`${path}/${manifest.metadata.name}`),
    api.post(`${path}?dryRun=All&fieldValidation=Strict`, anew),
  ]);
  if (stored.status !== 200) throw new Error(`${path}: ${stored.body.message}`);
  if (wanted.status !== 201) throw new Error(`${wanted.body.message} of ${JSON.stringify(manifest)}`);
  return { stored: comparable(stored.body), wanted: comparable(wanted.body) };
}
