// What failed, asked of an error (k8s.io/apimachinery pkg/api/errors), and trying again on a conflict (client-go util/retry).
import { type Status, StatusError, type StatusReason } from '../apimachinery/status.ts';
import { type Clock, jitter, realClock, sleep } from './clock.ts';

/** The error that a Status of the server stands for. */
export function errorOfStatus(status: Status): StatusError {
  const { reason = '', message = '', details, code, metadata } = status;
  return new StatusError(reason as StatusReason | '', message, details, code, metadata?.continue);
}

/** The error for an answer that is no Status: a proxy's, or a panic's (errors.NewGenericServerResponse). */
export function errorOfText(code: number, text: string, retryAfterSeconds?: number): StatusError {
  const reasons: Record<number, StatusReason> = {
    400: 'BadRequest',
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'NotFound',
    405: 'MethodNotAllowed',
    406: 'NotAcceptable',
    409: 'Conflict',
    410: 'Gone',
    413: 'RequestEntityTooLarge',
    415: 'UnsupportedMediaType',
    422: 'Invalid',
    429: 'TooManyRequests',
    503: 'ServiceUnavailable',
    504: 'Timeout',
  };
  const message = text.trim() === '' ? `the server answered ${code}` : text.trim();
  const details = retryAfterSeconds === undefined ? undefined : { retryAfterSeconds };
  return new StatusError(reasons[code] ?? (code >= 500 ? 'InternalError' : ''), message, details, code);
}

export function hasReason(error: unknown, ...reasons: StatusReason[]): error is StatusError {
  return error instanceof StatusError && (reasons as string[]).includes(error.reason);
}

export function isNotFound(error: unknown): error is StatusError {
  return hasReason(error, 'NotFound');
}

export function isAlreadyExists(error: unknown): error is StatusError {
  return hasReason(error, 'AlreadyExists');
}

export function isConflict(error: unknown): error is StatusError {
  return hasReason(error, 'Conflict');
}

export function isInvalid(error: unknown): error is StatusError {
  return hasReason(error, 'Invalid');
}

export function isForbidden(error: unknown): error is StatusError {
  return hasReason(error, 'Forbidden');
}

/** The revision asked for is gone: list again. */
export function isExpired(error: unknown): error is StatusError {
  return hasReason(error, 'Expired', 'Gone');
}

/** apierrors.HasStatusCause. */
export function hasCause(error: unknown, reason: string): error is StatusError {
  return error instanceof StatusError && (error.status.details?.causes ?? []).some((cause) => cause.reason === reason);
}

/** A create was refused because its namespace is being deleted: nothing to try again. */
export function isNamespaceTerminating(error: unknown): error is StatusError {
  return hasCause(error, 'NamespaceTerminating');
}

/** retry.DefaultRetry: five attempts, 10 ms apart, a tenth of jitter. */
const attempts = 5;
const pauseMs = 10;

/** Runs `attempt`, which reads and writes, until it meets no conflict; five times at most, then the conflict is thrown. */
export async function retryOnConflict<T>(attempt: () => Promise<T>, clock: Clock = realClock): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isConflict(error) || n >= attempts) throw error;
      await sleep(clock, jitter(pauseMs, 0.1));
    }
  }
}
