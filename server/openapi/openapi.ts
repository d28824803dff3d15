// Serves /openapi/v2 and /openapi/v3. Documents are made when they are first asked for, a piece at a time so that other requests go
// on, and kept compressed: all of them take about half a megabyte.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { newNotAcceptable } from '../../apimachinery/status.ts';
import {
  type DocumentAnswer,
  type DocumentRequest,
  documentHash,
  parseAccept,
  withEtag,
} from '../discovery/document.ts';
import type { ResourceDescriptor } from '../registry/descriptor.ts';
import { type DocumentPlan, documentPlans } from './documents.ts';
import { openApiV2Protobuf } from './protobuf.ts';
import { openApiV2 } from './v2.ts';
import { openApiV3 } from './v3.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** A document as it is kept. */
export interface Kept {
  compressed: Buffer;
  contentType: string;
  /** SHA-512 of the text. */
  hash: string;
}

/** Of the v3 index, which is JSON: upstream leaves its type to Go's guess. */
export const indexType = 'text/plain; charset=utf-8';

const oneYearMilliseconds = 365 * 24 * 60 * 60 * 1000;

/** OpenAPI of a list of resources, which may be replaced by another: custom resources come and go. */
export class OpenApi {
  #plans: ReadonlyMap<string, DocumentPlan> = new Map();
  readonly #v3 = new WeakMap<DocumentPlan, Promise<Kept>>();
  #v2: Promise<Kept> | undefined;
  #v2Protobuf: Promise<Kept> | undefined;
  #index: Promise<Kept> | undefined;

  constructor(resources: readonly ResourceDescriptor[]) {
    this.update(resources);
  }

  /** From now on these are the resources. Documents of group versions whose resources are the same ones stay as they are. */
  update(resources: readonly ResourceDescriptor[]): void {
    const before = this.#plans;
    const kept = (plan: DocumentPlan): DocumentPlan => {
      const known = before.get(plan.name);
      return known !== undefined && sameResources(known, plan) ? known : plan;
    };
    this.#plans = new Map(documentPlans(resources).map((plan) => [plan.name, kept(plan)]));
    this.#index = undefined;
    this.#v2 = undefined;
    this.#v2Protobuf = undefined;
  }

  /**
   * The document at a path, undefined where there is none. Throws StatusError 406 where the client takes no form that there is: JSON, and
   * protobuf for v2, which is what kubectl asks for. The index is JSON for everybody.
   */
  async answer(request: DocumentRequest): Promise<DocumentAnswer | undefined> {
    const path = request.path.replace(/\/$/, '');
    const isV2 = path === '/openapi/v2';
    const isIndex = path === '/openapi/v3';
    const plan = path.startsWith('/openapi/v3/') ? this.#plans.get(path.slice('/openapi/v3/'.length)) : undefined;
    if (!isV2 && !isIndex && plan === undefined) return undefined;
    if (isIndex) {
      this.#index ??= this.#makeIndex();
      return toAnswer(request, await this.#index);
    }
    const protobuf = formOf(request.accept, isV2) === 'protobuf';
    if (plan === undefined) return toAnswer(request, await (protobuf ? this.#asProtobuf() : this.#asJson()));
    return versionAnswer(request, path, await this.#document(plan));
  }

  #asJson(): Promise<Kept> {
    this.#v2 ??= this.#make(() => openApiV2([...this.#plans.values()]));
    return this.#v2;
  }

  #asProtobuf(): Promise<Kept> {
    this.#v2Protobuf ??= keep(() => openApiV2Protobuf(openApiV2([...this.#plans.values()])), protobufTypes[1]!);
    return this.#v2Protobuf;
  }

  #document(plan: DocumentPlan): Promise<Kept> {
    let kept = this.#v3.get(plan);
    if (kept === undefined) {
      kept = this.#make(() => openApiV3(plan));
      this.#v3.set(plan, kept);
    }
    return kept;
  }

  /** The index holds the hash of every document, so it is what has them all made. */
  async #makeIndex(): Promise<Kept> {
    const paths: Record<string, { serverRelativeURL: string }> = {};
    for (const plan of this.#plans.values()) {
      const { hash } = await this.#document(plan);
      paths[plan.name] = { serverRelativeURL: `/openapi/v3/${plan.name}?hash=${hash}` };
    }
    return keep(() => Buffer.from(JSON.stringify({ paths })), indexType);
  }

  #make(build: () => object): Promise<Kept> {
    return keep(() => Buffer.from(JSON.stringify(build())), 'application/json');
  }
}

function sameResources({ resources }: DocumentPlan, other: DocumentPlan): boolean {
  return resources.length === other.resources.length && resources.every((one, i) => one === other.resources[i]);
}

/** Makes a document, in a turn of the event loop of its own. */
export async function keep(build: () => Buffer, contentType: string): Promise<Kept> {
  await nextTurn();
  const body = build();
  return { compressed: await compress(body), contentType, hash: documentHash(body) };
}

/** The names that clients know the protobuf form of v2 by; the second is the one that is answered. */
export const protobufTypes: readonly string[] = [
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
];

/** Throws 406 where the client takes no form that there is. */
export function formOf(accept: string | undefined, isV2: boolean): 'json' | 'protobuf' {
  for (const { type } of parseAccept(accept)) {
    if (type === 'application/json' || type === 'application/*' || type === '*/*') return 'json';
    if (isV2 && protobufTypes.includes(type)) return 'protobuf';
  }
  throw newNotAcceptable('only the following media types are accepted: application/json');
}

/** The document of a group version: one that is asked for by its hash never changes and may be kept for ever. */
function versionAnswer(request: DocumentRequest, path: string, kept: Kept): DocumentAnswer | Promise<DocumentAnswer> {
  const asked = request.query.get('hash');
  if (asked === null) return toAnswer(request, kept);
  if (asked !== kept.hash) {
    const headers = { Location: `${path}?hash=${kept.hash}` };
    return { status: 301, contentType: 'application/json', headers, body: Buffer.alloc(0) };
  }
  return toAnswer(request, kept, {
    'Cache-Control': 'public, immutable',
    Expires: new Date(Date.now() + oneYearMilliseconds).toUTCString(),
  });
}

/** A document as the client wants it: compressed or not, or "not modified". */
export async function toAnswer(
  request: DocumentRequest,
  kept: Kept,
  cacheHeaders: Readonly<Record<string, string>> = { 'Cache-Control': 'no-cache, private' },
): Promise<DocumentAnswer> {
  const zipped = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(request.acceptEncoding ?? '');
  return withEtag(request, kept.hash, {
    contentType: kept.contentType,
    headers: {
      ...cacheHeaders,
      Vary: 'Accept, Accept-Encoding',
      ...(zipped ? { 'Content-Encoding': 'gzip' } : {}),
    },
    body: zipped ? kept.compressed : await decompress(kept.compressed),
  });
}
