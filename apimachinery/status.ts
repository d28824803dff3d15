// Every failure the API answers is a metav1.Status. The constructors word it as upstream's
// k8s.io/apimachinery/pkg/api/errors does, because kubectl and clients match on the words.

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** metav1.Status as it goes over the wire. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: { continue?: string };
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
}

/** metav1.StatusReason with the HTTP code each goes with. */
export const statusCodes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServerTimeout: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;

export type StatusReason = keyof typeof statusCodes;

export interface GroupResource {
  group: string;
  resource: string;
}

/** An error that carries the Status to answer with. */
export class StatusError extends Error {
  readonly status: Status;
  /** Seconds for the `Retry-After` header, where the answer has one. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    reason: StatusReason | '',
    message: string,
    details?: StatusDetails,
    code?: number,
    continueToken?: string,
  ) {
    super(message);
    this.name = 'StatusError';
    this.retryAfterSeconds = details?.retryAfterSeconds;
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: continueToken === undefined ? {} : { continue: continueToken },
      status: 'Failure',
      message,
      ...(reason === '' ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code: code ?? (reason === '' ? 500 : statusCodes[reason]),
    };
  }

  get reason(): string {
    return this.status.reason ?? '';
  }

  get code(): number {
    return this.status.code;
  }
}

function resourceString(of: GroupResource): string {
  return of.group === '' ? of.resource : `${of.resource}.${of.group}`;
}

function detailsOf(of: GroupResource, name: string): StatusDetails {
  return { ...(name === '' ? {} : { name }), ...(of.group === '' ? {} : { group: of.group }), kind: of.resource };
}

export function newNotFound(of: GroupResource, name: string): StatusError {
  return new StatusError('NotFound', `${resourceString(of)} ${JSON.stringify(name)} not found`, detailsOf(of, name));
}

/** The answer for a path no handler serves. */
export function newPathNotFound(): StatusError {
  return new StatusError('NotFound', 'the server could not find the requested resource', {});
}

export function newAlreadyExists(of: GroupResource, name: string): StatusError {
  return new StatusError(
    'AlreadyExists',
    `${resourceString(of)} ${JSON.stringify(name)} already exists`,
    detailsOf(of, name),
  );
}

/** Every generated name that was tried is taken; the client may try again in a second. */
export function newGenerateNameConflict(of: GroupResource, name: string): StatusError {
  const { message } = newAlreadyExists(of, name);
  return new StatusError(
    'AlreadyExists',
    `${message}, the server was not able to generate a unique name for the object`,
    { ...detailsOf(of, name), retryAfterSeconds: 1 },
  );
}

/** `message` is the inner error, e.g. "the object has been modified; please apply your changes to the latest version and try again". */
export function newConflict(of: GroupResource, name: string, message: string): StatusError {
  return new StatusError(
    'Conflict',
    `Operation cannot be fulfilled on ${resourceString(of)} ${JSON.stringify(name)}: ${message}`,
    detailsOf(of, name),
  );
}

export function newBadRequest(message: string): StatusError {
  return new StatusError('BadRequest', message);
}

export function newUnauthorized(message = 'Unauthorized'): StatusError {
  return new StatusError('Unauthorized', message);
}

export function newForbidden(of: GroupResource, name: string, message: string): StatusError {
  const subject =
    of.resource === ''
      ? 'forbidden'
      : name === ''
        ? `${resourceString(of)} is forbidden`
        : `${resourceString(of)} ${JSON.stringify(name)} is forbidden`;
  return new StatusError('Forbidden', `${subject}: ${message}`, detailsOf(of, name));
}

export function newMethodNotSupported(of: GroupResource, action: string): StatusError {
  const details: StatusDetails = { ...(of.group === '' ? {} : { group: of.group }), kind: of.resource };
  return new StatusError(
    'MethodNotAllowed',
    `${action} is not supported on resources of kind ${JSON.stringify(resourceString(of))}`,
    details,
  );
}

/** 405 where the path exists and the HTTP method does not. */
export function newMethodNotAllowed(): StatusError {
  return new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

export function newGone(message: string): StatusError {
  return new StatusError('Gone', message);
}

/** 410 for a revision or continue token that compaction took; may carry a fresh continue token. */
export function newExpired(message: string, continueToken?: string): StatusError {
  return new StatusError('Expired', message, undefined, undefined, continueToken);
}

export function newRequestEntityTooLarge(message: string): StatusError {
  return new StatusError('RequestEntityTooLarge', `Request entity too large: ${message}`);
}

export function newUnsupportedMediaType(message: string): StatusError {
  return new StatusError('UnsupportedMediaType', message);
}

export function newNotAcceptable(message: string): StatusError {
  return new StatusError('NotAcceptable', message);
}

export function newTooManyRequests(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError('TooManyRequests', message, { retryAfterSeconds });
}

export function newServerTimeout(of: GroupResource, operation: string, retryAfterSeconds: number): StatusError {
  return new StatusError(
    'ServerTimeout',
    `The ${operation} operation against ${resourceString(of)} could not be completed at this time, please try again.`,
    {
      ...detailsOf(of, operation),
      retryAfterSeconds,
    },
  );
}

export function newTimeout(message: string, retryAfterSeconds: number, causes?: StatusCause[]): StatusError {
  return new StatusError('Timeout', `Timeout: ${message}`, { retryAfterSeconds, ...(causes ? { causes } : {}) });
}

/** 504 for a resourceVersion that this server has not reached (storage.NewTooLargeResourceVersionError). */
export function newTooLargeResourceVersion(requested: number, current: number, retryAfterSeconds = 1): StatusError {
  return newTimeout(`Too large resource version: ${requested}, current: ${current}`, retryAfterSeconds, [
    { reason: 'ResourceVersionTooLarge', message: 'Too large resource version' },
  ]);
}

export function newServiceUnavailable(message: string): StatusError {
  return new StatusError('ServiceUnavailable', message);
}

export function newInternalError(message: string): StatusError {
  return new StatusError('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}
