// What an aggregated server says of its API: its part of discovery and of OpenAPI (kubernetes kube-aggregator pkg/apiserver
// handler_discovery.go, pkg/controllers/openapi, pkg/controllers/openapiv3). Fetched when the APIService changes, then every minute,
// with ETags; the last good documents stay while the server cannot be asked.
import type { Backend, RemoteAnswer } from './backend.ts';

const fetchTimeoutMilliseconds = 5_000;
const openApiTimeoutMilliseconds = 10_000;
const refreshMilliseconds = 60_000;
const backoffMilliseconds = { first: 500, most: 60_000 };

const aggregatedAccept =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList';

type Json = Record<string, unknown>;

/** One path's last good answer. */
interface Kept {
  etag: string | undefined;
  document: Json;
}

export class RemoteDocuments {
  readonly backend: Backend;
  /** An APIVersionDiscovery of the version, without freshness. */
  discovery: Json | undefined;
  /** Whether `discovery` is what the server says now. */
  fresh = false;
  /** Its entry in the index of OpenAPI v3: the URL that the server gives for this group version. */
  openApiV3Url: string | undefined;
  openApiV2: Json | undefined;
  readonly #changed: () => void;
  readonly #kept = new Map<string, Kept>();
  #running = false;
  #again = false;
  #closed = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `changed` is called when any of the documents is another than before. */
  constructor(backend: Backend, changed: () => void) {
    this.backend = backend;
    this.#changed = changed;
  }

  /** Fetches again soon. */
  refresh(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    if (this.#running) this.#again = true;
    else void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    const before = [this.discovery, this.fresh, this.openApiV3Url, this.openApiV2];
    const good = this.backend.available && (await this.#fetch());
    this.#running = false;
    if (this.#closed) return;
    this.#failures = good ? 0 : this.#failures + 1;
    const after = [this.discovery, this.fresh, this.openApiV3Url, this.openApiV2];
    if (after.some((document, index) => document !== before[index])) this.#changed();
    if (this.#again) {
      this.#again = false;
      return this.#run();
    }
    const { first, most } = backoffMilliseconds;
    const wait = good ? refreshMilliseconds : Math.min(first * 2 ** Math.min(this.#failures - 1, 10), most);
    this.#timer = setTimeout(() => void this.#run(), wait);
    this.#timer.unref();
  }

  /** False where discovery could not be had. OpenAPI is optional. */
  async #fetch(): Promise<boolean> {
    const [discovery, index, v2] = await Promise.all([
      this.#discovery().catch(() => undefined),
      this.#document('/openapi/v3', 'application/json', openApiTimeoutMilliseconds).catch(() => undefined),
      this.#document('/openapi/v2', 'application/json', openApiTimeoutMilliseconds).catch(() => undefined),
    ]);
    if (this.#closed) return true;
    this.fresh = discovery !== undefined;
    if (discovery !== undefined) this.discovery = discovery;
    const paths = index?.['paths'] as Record<string, { serverRelativeURL?: string }> | undefined;
    if (index !== undefined) this.openApiV3Url = paths?.[this.backend.path.slice(1)]?.serverRelativeURL;
    if (v2 !== undefined) this.openApiV2 = v2;
    return this.fresh;
  }

  async #discovery(): Promise<Json | undefined> {
    const { group, version, path } = this.backend;
    const list = await this.#document('/apis', aggregatedAccept, fetchTimeoutMilliseconds);
    if (list?.['kind'] === 'APIGroupDiscoveryList') {
      const groups = (list['items'] ?? []) as { metadata?: { name?: string }; versions?: Json[] }[];
      const versions = groups.find(({ metadata }) => (metadata?.name ?? '') === group)?.versions;
      return versions?.find((served) => served['version'] === version) ?? { version };
    }
    const legacy = await this.#document(path, 'application/json', fetchTimeoutMilliseconds);
    if (legacy === undefined) return undefined;
    const known = this.#converted.get(legacy) ?? { version, resources: toDiscovery(legacy['resources'] as Resource[]) };
    this.#converted.set(legacy, known);
    return known;
  }

  /** The same document gives the same conversion, so that what has not changed is seen not to have. */
  readonly #converted = new WeakMap<Json, Json>();

  /** A JSON document; the same object while the server says that it has not changed. Undefined for anything but 200. */
  async #document(path: string, accept: string, timeoutMs: number): Promise<Json | undefined> {
    const kept = this.#kept.get(path);
    const headers = { accept, ...(kept?.etag === undefined ? {} : { 'if-none-match': kept.etag }) };
    const answer: RemoteAnswer = await this.backend.get(path, headers, timeoutMs);
    if (answer.status === 304 && kept !== undefined) return kept.document;
    if (answer.status !== 200) return undefined;
    const text = answer.body.toString();
    const document = JSON.parse(text) as Json;
    if (kept !== undefined && JSON.stringify(kept.document) === JSON.stringify(document)) return kept.document;
    const { etag } = answer.headers;
    this.#kept.set(path, { etag: typeof etag === 'string' ? etag : undefined, document });
    return document;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
}

/** An APIResource of a legacy APIResourceList. */
interface Resource {
  name: string;
  namespaced?: boolean;
  kind: string;
  group?: string;
  version?: string;
  singularName?: string;
  verbs?: string[];
  shortNames?: string[];
  categories?: string[];
}

/** Legacy discovery as the aggregated form has it (k8s.io/apiserver pkg/endpoints ConvertGroupVersionIntoToDiscovery). */
export function toDiscovery(resources: readonly Resource[] = []): Json[] {
  const result = new Map<string, Json & { subresources?: Json[] }>();
  const responseKind = ({ group = '', version = '', kind }: Resource) => ({ group, version, kind });
  for (const resource of resources) {
    const { name, namespaced, verbs = [], shortNames, categories, singularName = '' } = resource;
    const slash = name.indexOf('/');
    if (slash < 0) {
      result.set(name, {
        resource: name,
        responseKind: responseKind(resource),
        scope: namespaced ? 'Namespaced' : 'Cluster',
        singularResource: singularName,
        verbs,
        ...(shortNames ? { shortNames } : {}),
        ...(categories ? { categories } : {}),
      });
      continue;
    }
    const parentName = name.slice(0, slash);
    const parent = result.get(parentName) ?? {
      resource: parentName,
      scope: namespaced ? 'Namespaced' : 'Cluster',
      singularResource: '',
      verbs: [],
    };
    result.set(parentName, parent);
    parent.subresources = [
      ...(parent.subresources ?? []),
      { subresource: name.slice(slash + 1), responseKind: responseKind(resource), verbs },
    ];
  }
  return [...result.values()];
}
