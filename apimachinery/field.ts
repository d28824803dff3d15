// Field errors as upstream's k8s.io/apimachinery/pkg/util/validation/field words them, and the 422 made of them.
import { escapeHtml, printNumber } from './go-print.ts';
import { type StatusCause, StatusError } from './status.ts';

/** field.ErrorType: the cause's `reason`, and the words that stand in the message. */
const errorTypes = {
  FieldValueNotFound: 'Not found',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  InternalError: 'Internal error',
  FieldValueTypeInvalid: 'Invalid value',
} as const;

export interface FieldError {
  type: keyof typeof errorTypes;
  /** The path as upstream prints it: `spec.containers[0].image`, `metadata.labels[app]`. */
  field: string;
  /** What follows the type: the bad value already printed as Go prints it, and the detail. */
  body: string;
}

/** Go's %q of a string, close enough for every printable value. */
function quote(value: string): string {
  return JSON.stringify(value);
}

/** Prints a bad value as field.Error.ErrorBody does: strings quoted, structs and lists as JSON, nil as null. */
export function printValue(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return printNumber(value);
  if (value instanceof UntypedValue) return printUntyped(value.json);
  if (typeof value === 'object') return escapeHtml(JSON.stringify(value, leaveOutEmpty));
  return String(value);
}

function printUntyped(value: unknown): string {
  return typeof value === 'object' && value !== null ? escapeHtml(JSON.stringify(value)) : printValue(value);
}

/** Fields that go by their JSON name are of types with `omitempty`; internal types, whose fields go by Go's name, have none. */
function leaveOutEmpty(name: string, value: unknown): unknown {
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return isEmpty && /^[a-z]/.test(name) ? undefined : value;
}

class UntypedValue {
  readonly json: unknown;

  constructor(json: unknown) {
    this.json = json;
  }
}

/** A bad value that has no Go type (a part of a custom resource): it is printed with all that is in it. */
export function untyped(json: unknown): unknown {
  return new UntypedValue(json);
}

/** Stands for a bad value that is not told. */
export const omitValue: unique symbol = Symbol('omitted');

function valueBody(value: unknown): string {
  return value === omitValue ? '' : `: ${printValue(value)}`;
}

function error(type: FieldError['type'], field: string, body: string): FieldError {
  return { type, field, body };
}

export function required(field: string, detail = ''): FieldError {
  return error('FieldValueRequired', field, detail === '' ? '' : `: ${detail}`);
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  return error('FieldValueInvalid', field, valueBody(value) + (detail === '' ? '' : `: ${detail}`));
}

export function typeInvalid(field: string, value: unknown, detail: string): FieldError {
  return error('FieldValueTypeInvalid', field, `: ${printValue(value)}${detail === '' ? '' : `: ${detail}`}`);
}

export function duplicate(field: string, value: unknown): FieldError {
  return error('FieldValueDuplicate', field, valueBody(value));
}

export function notFound(field: string, value: unknown): FieldError {
  return error('FieldValueNotFound', field, `: ${printValue(value)}`);
}

export function forbidden(field: string, detail: string): FieldError {
  return error('FieldValueForbidden', field, detail === '' ? '' : `: ${detail}`);
}

/** `supported` is printed in the order given; upstream sorts most sets before it gets here. */
export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.length === 0 ? '' : `: supported values: ${supported.map(quote).join(', ')}`;
  return error('FieldValueNotSupported', field, `: ${printValue(value)}${list}`);
}

/** `max` in bytes; a negative `max` prints without a number, as upstream does. */
export function tooLong(field: string, max: number): FieldError {
  return error('FieldValueTooLong', field, max >= 0 ? `: may not be more than ${max} bytes` : ': value is too long');
}

export function tooMany(field: string, actual: number, max: number): FieldError {
  return error('FieldValueTooMany', field, `: ${actual}: must have at most ${max} item${max === 1 ? '' : 's'}`);
}

/** What is not the user's fault. */
export function internalError(field: string, detail: string): FieldError {
  return error('InternalError', field, `: ${detail}`);
}

/** The whole line: `spec.x: Required value: detail`. */
export function fieldErrorMessage(e: FieldError): string {
  return `${e.field}: ${errorTypes[e.type]}${e.body}`;
}

function cause(e: FieldError): StatusCause {
  return { reason: e.type, message: `${errorTypes[e.type]}${e.body}`, field: e.field };
}

/**
 * The 422 that lists every cause (apierrors.NewInvalid); repeated messages stand once in the text.
 * `kind` and `group` are those of the object, `name` may be empty.
 */
export function newInvalid(
  of: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const messages = [...new Set(errors.map(fieldErrorMessage))];
  const text = messages.length === 0 ? '<nil>' : messages.length === 1 ? messages[0]! : `[${messages.join(', ')}]`;
  const kind = of.group === '' ? of.kind : `${of.kind}.${of.group}`;
  return new StatusError('Invalid', `${kind} ${quote(name)} is invalid: ${text}`, {
    ...(name === '' ? {} : { name }),
    ...(of.group === '' ? {} : { group: of.group }),
    kind: of.kind,
    causes: errors.map(cause),
  });
}
