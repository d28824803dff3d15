// What the client wants to be sent, from its Accept header (k8s.io/apiserver pkg/endpoints/handlers/negotiation).
import type { GroupVersionKind } from '../../apimachinery/object.ts';
import { protobufMediaType } from '../../apimachinery/protobuf/decode.ts';
import { newNotAcceptable, StatusError } from '../../apimachinery/status.ts';
import { definitionOf } from '../../schemas/schemas.ts';
import type { RequestHeaders } from './exchange.ts';

export type MediaType = 'application/json' | 'application/yaml' | typeof protobufMediaType;

export interface Accepted {
  mediaType: MediaType;
  /** What to turn objects into, where the client asks for it. */
  as: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList' | undefined;
  /** Version of meta.k8s.io for `as`. */
  metaVersion: 'v1' | 'v1beta1';
  /** Nothing that the client accepts can be served: an error goes out indented (upstream's WriteRawJSON). */
  fallback?: true;
}

/** Nothing but the object itself, in each format. */
const plain: Readonly<Record<MediaType, Accepted>> = {
  'application/json': { mediaType: 'application/json', as: undefined, metaVersion: 'v1' },
  'application/yaml': { mediaType: 'application/yaml', as: undefined, metaVersion: 'v1' },
  [protobufMediaType]: { mediaType: protobufMediaType, as: undefined, metaVersion: 'v1' },
};

export const plainJson = plain['application/json'];

const fallback: Accepted = { ...plainJson, fallback: true };

const unacceptable = `only the following media types are accepted: ${Object.keys(plain).join(', ')}`;

interface Clause {
  type: string;
  parameters: Record<string, string>;
  quality: number;
}

function parseClause(text: string): Clause {
  const [type = '', ...rest] = text.split(';');
  const parameters: Record<string, string> = {};
  for (const parameter of rest) {
    const equals = parameter.indexOf('=');
    if (equals > 0) parameters[parameter.slice(0, equals).trim()] = parameter.slice(equals + 1).trim();
  }
  const quality = Number(parameters['q'] ?? '1');
  return { type: type.trim(), parameters, quality: Number.isNaN(quality) ? 1 : quality };
}

function mediaTypeOf(type: string): MediaType | undefined {
  if (type === '*/*' || type === 'application/*') return 'application/json';
  return Object.hasOwn(plain, type) ? (type as MediaType) : undefined;
}

/** Built-in kinds have a protobuf form; custom resources have none, but their metadata has. Tables have none (RequestScope). */
function accept({ type, parameters }: Clause, kind: GroupVersionKind): Accepted | undefined {
  const mediaType = mediaTypeOf(type);
  if (mediaType === undefined) return undefined;
  const { as, v, g, stream } = parameters;
  if (stream !== undefined && stream !== '' && stream !== 'watch') return undefined;
  if (as === undefined) {
    return mediaType === protobufMediaType && definitionOf(kind) === undefined ? undefined : plain[mediaType];
  }
  if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) return undefined;
  if (as !== 'Table' && as !== 'PartialObjectMetadata' && as !== 'PartialObjectMetadataList') return undefined;
  if (as === 'Table' && mediaType === protobufMediaType) return undefined;
  return { mediaType, as, metaVersion: v };
}

/** What the Accept header asks for first, of what objects of `kind` can be sent as. `convert`: also into something else. */
function firstAccepted(headers: RequestHeaders, kind: GroupVersionKind, convert: boolean): Accepted | undefined {
  const header = headers['accept'];
  if (header === undefined || header === '' || header === 'application/json' || header === '*/*') return plainJson;
  const text = Array.isArray(header) ? header.join(',') : header;
  const clauses = text.split(',').map(parseClause);
  if (clauses.some((clause) => clause.quality !== 1)) clauses.sort((a, b) => b.quality - a.quality);
  for (const clause of clauses) {
    const accepted = accept(clause, kind);
    if (accepted !== undefined && (convert || accepted.as === undefined)) return accepted;
  }
  return undefined;
}

/** How to send objects of `kind`. Throws 406 where nothing that the client accepts can be served. */
export function negotiate(headers: RequestHeaders, kind: GroupVersionKind): Accepted {
  const accepted = firstAccepted(headers, kind, true);
  if (accepted === undefined) throw newNotAcceptable(unacceptable);
  return accepted;
}

/** The same for objects that have no table, as those that are answered and never stored. */
export function negotiateWithoutTable(headers: RequestHeaders, kind: GroupVersionKind): Accepted {
  const header = headers['accept'];
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  const others = text.split(',').filter((clause) => parseClause(clause).parameters['as'] !== 'Table');
  if (text !== '' && others.length === 0) throw newNotAcceptable(unacceptable);
  return negotiate({ ...headers, accept: others.join(',') }, kind);
}

const statusKind: GroupVersionKind = { group: '', version: 'v1', kind: 'Status' };

/** How to send a Status, or an object that is not turned into anything else. Indented JSON where nothing accepted will do. */
export function negotiatePlain(headers: RequestHeaders): Accepted {
  return firstAccepted(headers, statusKind, false) ?? fallback;
}

/** The media types of what a route answers with, as upstream declares them to its router (and to OpenAPI). */
export const produced = {
  object: ['application/json', 'application/yaml', protobufMediaType],
  list: [
    'application/json',
    'application/yaml',
    protobufMediaType,
    'application/json;stream=watch',
    `${protobufMediaType};stream=watch`,
  ],
  log: ['text/plain', 'application/json', 'application/yaml', protobufMediaType],
  json: ['application/json'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The types of patches that resources with a schema take. */
export const patchMediaTypes: readonly string[] = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

/** Headers that every route takes. */
const alwaysAcceptable: ReadonlySet<unknown> = new Set([undefined, '', '*/*', 'application/json']);

/**
 * The router's own look at the Accept header (go-restful's Route.matchesAccept), before the handler negotiates: some clause must name
 * one of the types, letter by letter and whatever its parameters. Throws 406.
 */
export function checkAcceptable(headers: RequestHeaders, types: readonly string[]): void {
  const header = headers['accept'];
  if (alwaysAcceptable.has(header)) return;
  const text = Array.isArray(header) ? (header[0] ?? '') : (header as string);
  for (const clause of text.split(',')) {
    const semicolon = clause.indexOf(';');
    const type = (semicolon < 0 ? clause : clause.slice(0, semicolon)).trim();
    if (type === '*/*' || types.includes(type)) return;
  }
  const message = `406: Not Acceptable\n\nAvailable representations: ${types.join(', ')}`;
  throw new StatusError('NotAcceptable', message, {});
}

/** Indented JSON: asked for (by the URL or a parameter of Accept), or because the client is a person's (upstream: curl, Wget, browsers). */
export function wantsPretty(query: URLSearchParams, headers: RequestHeaders): boolean {
  const asked = query.get('pretty');
  if (asked !== null) return asked !== 'false' && asked !== '0';
  const { accept: accepts } = headers;
  if (typeof accepts === 'string' && accepts.includes('pretty') && /;\s*pretty=1\s*(;|,|$)/.test(accepts)) return true;
  const agent = headers['user-agent'];
  return (
    typeof agent === 'string' &&
    (agent.startsWith('curl') || agent.startsWith('Wget') || agent.startsWith('Mozilla/5.0'))
  );
}

/** True when the client takes gzip. */
export function acceptsGzip(headers: RequestHeaders): boolean {
  const encodings = headers['accept-encoding'];
  return (
    typeof encodings === 'string' && encodings.includes('gzip') && !/gzip\s*;\s*q=0(\.0*)?\s*(,|$)/.test(encodings)
  );
}
