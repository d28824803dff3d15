// Writing answers: headers that every answer carries, errors as Status, gzip for large ones.

import { promisify } from 'node:util';
import { gzip, constants as zlibConstants } from 'node:zlib';
import type { Logger } from 'pino';
import { newInternalError, newServiceUnavailable, type Status, StatusError } from '../../apimachinery/status.ts';
import { StorageError } from '../../storage/storage.ts';
import type { DocumentAnswer } from '../discovery/document.ts';
import type { ApiRequest } from './api-request.ts';
import type { ResponseHeaders } from './exchange.ts';
import { acceptsGzip, plainJson } from './negotiate.ts';
import { encode, type Rendered } from './render.ts';

const compress = promisify(gzip);

/** Answers larger than this are compressed for clients that take it (upstream: 128 KiB, level 1). */
export const gzipThresholdBytes = 128 * 1024;

/** Once warnings have more characters than this in all, each is cut to `maxCutWarning`, and no more begin after it (filters/warning.go). */
const maxWarningCharacters = 4096;
const maxCutWarning = 256;

function warningHeaders(request: ApiRequest, headers: ResponseHeaders): void {
  // As upstream's NewWarningHeader, which takes none with control characters.
  const distinct = new Set<string>();
  for (const text of request.warnings) {
    if (text !== '' && !/\p{Cc}/u.test(text)) distinct.add(text);
    if (distinct.size > maxWarningCharacters) break;
  }
  const texts = [...distinct].map((text) => [...text]);
  const cut = texts.reduce((total, { length }) => total + length, 0) > maxWarningCharacters;
  let written = 0;
  for (const whole of texts) {
    if (cut && written >= maxWarningCharacters) return;
    const text = cut ? whole.slice(0, maxCutWarning) : whole;
    written += text.length;
    const quoted = text.join('').replaceAll(/["\\]/g, '\\$&');
    headers.push('Warning', Buffer.from(`299 - "${quoted}"`).toString('latin1'));
  }
}

export function baseHeaders(request: ApiRequest, contentType: string): ResponseHeaders {
  const headers = ['Audit-Id', request.auditId, 'Cache-Control', 'no-cache, private', 'Content-Type', contentType];
  if (request.warnings.length > 0) warningHeaders(request, headers);
  return headers;
}

export function respond(request: ApiRequest, status: number, rendered: Rendered): void | Promise<void> {
  const { exchange } = request;
  const headers = baseHeaders(request, rendered.contentType);
  const { body } = rendered;
  if (body.length > gzipThresholdBytes && acceptsGzip(exchange.headers) && exchange.method === 'GET') {
    return respondCompressed(request, status, headers, body);
  }
  exchange.send(status, headers, body);
}

async function respondCompressed(
  request: ApiRequest,
  status: number,
  headers: ResponseHeaders,
  body: Buffer | string,
): Promise<void> {
  headers.push('Content-Encoding', 'gzip', 'Vary', 'Accept-Encoding');
  request.exchange.send(status, headers, await compress(body, { level: zlibConstants.Z_BEST_SPEED }));
}

/** Any thrown value as the Status to answer. What is not the client's doing is logged. */
export function statusOf(error: unknown, log: Logger): StatusError {
  if (error instanceof StatusError) return error;
  if (error instanceof StorageError && (error.reason === 'Unavailable' || error.reason === 'Closed')) {
    log.warn({ err: error }, 'storage is unavailable');
    return newServiceUnavailable(`the database cannot be reached: ${error.message}`);
  }
  log.error({ err: error }, 'unexpected error while answering a request');
  return newInternalError(error instanceof Error ? error.message : String(error));
}

export function respondError(request: ApiRequest, error: StatusError): void {
  const { exchange } = request;
  if (exchange.answered) return;
  const rendered = encode(error.status satisfies Status, request.errorFormat, request.pretty);
  const headers = baseHeaders(request, rendered.contentType);
  if (error.retryAfterSeconds !== undefined && error.retryAfterSeconds > 0)
    headers.push('Retry-After', String(error.retryAfterSeconds));
  exchange.send(error.code, headers, rendered.body);
}

export function respondText(request: ApiRequest, status: number, text: string): void {
  request.exchange.send(
    status,
    [...baseHeaders(request, 'text/plain; charset=utf-8'), 'X-Content-Type-Options', 'nosniff'],
    text,
  );
}

/** A document that is no API object: JSON, whatever the client accepts (upstream's WriteRawJSON). */
export function respondJson(request: ApiRequest, status: number, document: unknown): void | Promise<void> {
  return respond(request, status, encode(document, plainJson, request.pretty));
}

/** Discovery and OpenAPI documents: they bring their own cache headers and encoding, and may be "not modified". */
export function respondDocument(request: ApiRequest, answer: DocumentAnswer): void {
  const headers = ['Audit-Id', request.auditId, 'Content-Type', answer.contentType];
  for (const [name, value] of Object.entries(answer.headers)) headers.push(name, value);
  request.exchange.send(answer.status, headers, answer.body);
}
