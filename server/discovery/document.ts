// Documents that are built once and served as bytes: discovery and OpenAPI.
import { createHash } from 'node:crypto';

/** What of a request decides which form of a document it gets. */
export interface DocumentRequest {
  path: string;
  query: URLSearchParams;
  /** The Accept header; several joined by commas. */
  accept: string | undefined;
  ifNoneMatch: string | undefined;
  acceptEncoding?: string | undefined;
}

/** An answer as it goes over the wire; `headers` does not hold Content-Type. */
export interface DocumentAnswer {
  status: 200 | 301 | 304;
  contentType: string;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}

/** One clause of an Accept header. */
export interface AcceptClause {
  type: string;
  parameters: ReadonlyMap<string, string>;
}

/** The clauses of an Accept header, the most wanted first (upstream does not leave out those of quality 0); one for everything where there
 * is no header. */
export function parseAccept(header: string | undefined): AcceptClause[] {
  const clauses = (header?.trim() ? header : '*/*').split(',').map((text) => {
    const [type = '', ...rest] = text.split(';').map((part) => part.trim());
    const parameters = new Map(rest.map((part) => splitAtEquals(part)));
    return { type, parameters };
  });
  const quality = (clause: AcceptClause): number => Number(clause.parameters.get('q') ?? 1) || 0;
  return clauses.sort((a, b) => quality(b) - quality(a));
}

function splitAtEquals(part: string): [name: string, value: string] {
  const equals = part.indexOf('=');
  return equals < 0 ? [part, ''] : [part.slice(0, equals).trim(), part.slice(equals + 1).trim()];
}

/** SHA-512 in upper-case hexadecimal, as upstream hashes its documents. */
export function documentHash(body: Buffer): string {
  return createHash('sha512').update(body).digest('hex').toUpperCase();
}

/** The answer with `etag`, or 304 where the client already has it. */
export function withEtag(
  request: DocumentRequest,
  etag: string,
  answer: Omit<DocumentAnswer, 'status'>,
): DocumentAnswer {
  const quoted = `"${etag}"`;
  const headers = { ...answer.headers, ETag: quoted };
  const known = request.ifNoneMatch?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === quoted);
  return known ? { ...answer, status: 304, headers, body: Buffer.alloc(0) } : { ...answer, status: 200, headers };
}
