// Which form of which discovery document a request gets. Documents are made of the list of resources when they are first asked
// for and kept as bytes.
import { createRequire } from 'node:module';
import type { KubeObject } from '../../apimachinery/object.ts';
import { protobufMediaType } from '../../apimachinery/protobuf/decode.ts';
import { encodeBody, encodeMessage } from '../../apimachinery/protobuf/encode.ts';
import { newNotAcceptable } from '../../apimachinery/status.ts';
import type { ResourceDescriptor } from '../registry/descriptor.ts';
import { type AggregatedVersion, apiGroupDiscoveryList } from './aggregated.ts';
import { type DocumentAnswer, type DocumentRequest, documentHash, parseAccept, withEtag } from './document.ts';
import { type ServedGroup, servedGroups } from './groups.ts';
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from './legacy.ts';

export interface DiscoveryOptions {
  /** Where clients reach the server, as `host:port`; asked when a document is made. */
  serverAddress(): string;
}

export type DiscoveryForm = LegacyForm | AggregatedVersion;

/** The forms of the documents of the old kind. */
export type LegacyForm = 'json' | 'yaml' | 'vnd.kubernetes.protobuf';

/** Discovery of a list of resources, which may be replaced by another: custom resources come and go. */
export class Discovery {
  readonly #options: DiscoveryOptions;
  /** Builders of the legacy documents by path. */
  readonly #legacy = new Map<string, () => object>();
  /** The groups of the two paths that have an aggregated form. */
  #aggregated: ReadonlyMap<string, readonly ServedGroup[]> = new Map();
  readonly #made = new Map<string, Buffer>();

  constructor(resources: readonly ResourceDescriptor[], options: DiscoveryOptions) {
    this.#options = options;
    this.update(resources);
  }

  /** From now on these are the resources. */
  update(resources: readonly ResourceDescriptor[]): void {
    this.#legacy.clear();
    this.#made.clear();
    const groups = servedGroups(resources);
    const core = groups.filter(({ name }) => name === '');
    const named = groups.filter(({ name }) => name !== '');
    this.#aggregated = new Map([
      ['/api', core],
      ['/apis', named],
    ]);
    for (const group of core) {
      this.#legacy.set('/api', () => apiVersions(group, this.#options.serverAddress()));
      this.#addVersions('/api', group);
    }
    this.#legacy.set('/apis', () => apiGroupList(named));
    for (const group of named) {
      this.#legacy.set(`/apis/${group.name}`, () => apiGroup(group));
      this.#addVersions(`/apis/${group.name}`, group);
    }
  }

  #addVersions(path: string, group: ServedGroup): void {
    for (const served of group.versions) {
      this.#legacy.set(`${path}/${served.version}`, () => apiResourceList(group.name, served));
    }
  }

  /** Every path that has a document. */
  get paths(): string[] {
    return [...this.#legacy.keys()];
  }

  /**
   * The document at a path (with or without a slash at its end), undefined where there is none. Throws StatusError 406 where the
   * client takes none of its forms.
   */
  answer(request: DocumentRequest): DocumentAnswer | undefined {
    const path = request.path.length > 1 ? request.path.replace(/\/$/, '') : request.path;
    const build = this.#legacy.get(path);
    if (build === undefined) return undefined;
    const form = formOf(request.accept, this.#aggregated.has(path));
    return discoveryAnswer(request, form, this.#body(path, form, build));
  }

  #body(path: string, form: DiscoveryForm, build: () => object): Buffer {
    const key = `${form} ${path}`;
    let body = this.#made.get(key);
    if (body === undefined) {
      body = this.#document(path, form, build);
      this.#made.set(key, body);
    }
    return body;
  }

  #document(path: string, form: DiscoveryForm, build: () => object): Buffer {
    if (isLegacy(form)) return legacyDocument(build(), form);
    return Buffer.from(JSON.stringify(apiGroupDiscoveryList(this.#aggregated.get(path) ?? [], form)));
  }
}

/** Whether the form is one of the documents of the old kind. */
export function isLegacy(form: DiscoveryForm): form is LegacyForm {
  return form === 'json' || form === 'yaml' || form === 'vnd.kubernetes.protobuf';
}

/** A document of the old kind as it is sent. APIVersions are of no version as protobuf, as in JSON. */
export function legacyDocument(document: object, form: LegacyForm): Buffer {
  if (form === 'json') return Buffer.from(`${JSON.stringify(document)}\n`);
  if (form === 'yaml') {
    const { stringify } = createRequire(import.meta.url)('yaml') as typeof import('yaml');
    return Buffer.from(stringify(document, { sortMapEntries: true, aliasDuplicateObjects: false, lineWidth: 0 }));
  }
  const { apiVersion = '', kind } = document as KubeObject;
  return encodeBody(apiVersion, kind, encodeMessage({ ...(document as KubeObject), apiVersion: 'v1' }));
}

/** A document in a form as it is answered. */
export function discoveryAnswer(request: DocumentRequest, form: DiscoveryForm, body: Buffer): DocumentAnswer {
  if (isLegacy(form)) {
    const headers = { 'Cache-Control': 'no-cache, private' };
    return { status: 200, contentType: `application/${form}`, headers, body };
  }
  return withEtag(request, documentHash(body), {
    contentType: `application/json;g=apidiscovery.k8s.io;v=${form};as=APIGroupDiscoveryList`,
    headers: { 'Cache-Control': 'public', Vary: 'Accept' },
    body,
  });
}

/** The form that the client wants most of those that there are. Throws 406 where there is none. */
export function formOf(accept: string | undefined, aggregatable: boolean): DiscoveryForm {
  for (const { type, parameters } of parseAccept(accept)) {
    const isJson = type === 'application/json' || type === '*/*' || type === 'application/*';
    const as = parameters.get('as');
    const stream = parameters.get('stream') ?? '';
    if (stream !== '' && stream !== 'watch') continue;
    if (as === undefined) {
      if (isJson) return 'json';
      if (type === 'application/yaml') return 'yaml';
      if (type === protobufMediaType) return 'vnd.kubernetes.protobuf';
    } else if (
      as === 'APIGroupDiscoveryList' &&
      isJson &&
      parameters.get('g') === 'apidiscovery.k8s.io' &&
      aggregatable
    ) {
      const version = parameters.get('v');
      if (version === 'v2' || version === 'v2beta1') return version;
    }
  }
  throw newNotAcceptable(
    'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );
}
