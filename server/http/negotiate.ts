// What the client wants to be sent, from its Accept header (k8s.io/apiserver pkg/endpoints/handlers/negotiation).
import { newNotAcceptable } from '../../apimachinery/status.ts';
import type { RequestHeaders } from './exchange.ts';

export type MediaType = 'application/json' | 'application/yaml';

export interface Accepted {
  mediaType: MediaType;
  /** What to turn objects into, where the client asks for it. */
  as: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList' | undefined;
  /** Version of meta.k8s.io for `as`. */
  metaVersion: 'v1' | 'v1beta1';
}

const plainJson: Accepted = { mediaType: 'application/json', as: undefined, metaVersion: 'v1' };
const plainYaml: Accepted = { mediaType: 'application/yaml', as: undefined, metaVersion: 'v1' };

const unacceptable = 'only the following media types are accepted: application/json, application/yaml';

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
  return { type: type.trim().toLowerCase(), parameters, quality: Number.isNaN(quality) ? 1 : quality };
}

function accept({ type, parameters }: Clause): Accepted | undefined {
  const mediaType =
    type === 'application/yaml'
      ? 'application/yaml'
      : type === 'application/json' || type === '*/*' || type === 'application/*'
        ? 'application/json'
        : undefined;
  if (mediaType === undefined) return undefined;
  const { as, v, g } = parameters;
  if (as === undefined) return mediaType === 'application/json' ? plainJson : plainYaml;
  if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) return undefined;
  if (as !== 'Table' && as !== 'PartialObjectMetadata' && as !== 'PartialObjectMetadataList') return undefined;
  return { mediaType, as, metaVersion: v };
}

/** Throws 406 where nothing that the client accepts can be served. */
export function negotiate(headers: RequestHeaders): Accepted {
  const header = headers['accept'];
  if (header === undefined || header === '' || header === 'application/json' || header === '*/*') return plainJson;
  const text = Array.isArray(header) ? header.join(',') : header;
  const clauses = text.split(',').map(parseClause);
  if (clauses.some((clause) => clause.quality !== 1)) clauses.sort((a, b) => b.quality - a.quality);
  for (const clause of clauses) {
    const accepted = accept(clause);
    if (accepted !== undefined) return accepted;
  }
  throw newNotAcceptable(unacceptable);
}

/** Indented JSON: asked for, or because the client is a person's (upstream: curl, Wget, browsers). */
export function wantsPretty(query: URLSearchParams, headers: RequestHeaders): boolean {
  const asked = query.get('pretty');
  if (asked !== null) return asked !== 'false' && asked !== '0';
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
