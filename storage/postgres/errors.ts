// What a failure of PostgreSQL means to us, by SQLSTATE (https://www.postgresql.org/docs/18/errcodes-appendix.html).
import { StorageError } from '../storage.ts';

/** The SQLSTATE of an error that PostgreSQL sent; undefined for a failure of the socket or the client. */
function sqlState(error: unknown): string | undefined {
  const { code, severity } = error as { code?: string; severity?: string };
  return severity ? code : undefined;
}

/**
 * Whether this connection is of no more use: it broke, the server is starting up or shutting down, or it has become a
 * read-only standby (25006). Another one may serve.
 */
export function isConnectionError(error: unknown): boolean {
  const state = sqlState(error);
  return state === undefined || /^08|^57P0|^53300$|^25006$/.test(state);
}

/** Whether the transaction had no effect and the same again may succeed: serialization failure, deadlock, lock timeout. */
export function isRetryable(error: unknown): boolean {
  return /^40|^55P03$/.test(sqlState(error) ?? '');
}

/** What callers see of a failure that they can do nothing about. */
export function unavailable(cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  return new StorageError('Unavailable', `PostgreSQL: ${(cause as Error).message}`, { cause });
}
