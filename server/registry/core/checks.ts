// Checks of single values that push what is wrong onto a list: validation runs for every write, so it builds no lists of its own.
import { type FieldError, forbidden, invalid, required } from '../../../apimachinery/field.ts';
import {
  isDNS1123Label,
  isDNS1123Subdomain,
  isQualifiedName,
  isValidPortName,
  isValidPortNum,
} from '../../../apimachinery/names.ts';

export const isNegativeErrorMsg = 'must be greater than or equal to 0';
export const isNotPositiveErrorMsg = 'must be greater than zero';
export const isNotIntegerErrorMsg = 'must be an integer';

/** One `Invalid value` per message. */
export function pushInvalid(errors: FieldError[], path: string, value: unknown, messages: readonly string[]): void {
  for (const message of messages) errors.push(invalid(path, value, message));
}

export function checkDNS1123Label(value: string, path: string, errors: FieldError[]): void {
  pushInvalid(errors, path, value, isDNS1123Label(value));
}

export function checkDNS1123Subdomain(value: string, path: string, errors: FieldError[]): void {
  pushInvalid(errors, path, value, isDNS1123Subdomain(value));
}

export function checkQualifiedName(value: string, path: string, errors: FieldError[]): void {
  pushInvalid(errors, path, value, isQualifiedName(value));
}

/** ValidateNonnegativeField; a missing number is zero. */
export function checkNonnegative(value: number | null | undefined, path: string, errors: FieldError[]): void {
  if (value !== undefined && value !== null && value < 0) errors.push(invalid(path, value, isNegativeErrorMsg));
}

/** ValidatePositiveField. */
export function checkPositive(value: number | null | undefined, path: string, errors: FieldError[]): void {
  if ((value ?? 0) <= 0) errors.push(invalid(path, value ?? 0, isNotPositiveErrorMsg));
}

/** A number must be a port, text a port's name (ValidatePortNumOrName). */
export function checkPortNumOrName(port: number | string | null | undefined, path: string, errors: FieldError[]): void {
  if (typeof port === 'string') pushInvalid(errors, path, port, isValidPortName(port));
  else pushInvalid(errors, path, port ?? 0, isValidPortNum(port ?? 0));
}

/** A required text field: pushes the error and returns false when it is empty. */
export function checkRequired(value: unknown, path: string, errors: FieldError[]): boolean {
  if (value !== undefined && value !== null && value !== '') return true;
  errors.push(required(path));
  return false;
}

export function checkNoBacksteps(target: string, path: string, errors: FieldError[]): void {
  if (hasBacksteps(target)) errors.push(invalid(path, target, "must not contain '..'"));
}

/** True when a component of the path is `..`. */
export function hasBacksteps(target: string): boolean {
  return target.includes('..') && target.split('/').includes('..');
}

/** A relative path that stays below where it starts (validateLocalDescendingPath). */
export function checkLocalDescendingPath(target: string, path: string, errors: FieldError[]): void {
  if (target.startsWith('/')) errors.push(invalid(path, target, 'must be a relative path'));
  checkNoBacksteps(target, path, errors);
}

/** The same, and not named like the kubelet's own `..data` (ValidateLocalNonReservedPath). */
export function checkLocalNonReservedPath(target: string, path: string, errors: FieldError[]): void {
  checkLocalDescendingPath(target, path, errors);
  if (target.startsWith('..') && !target.startsWith('../'))
    errors.push(invalid(path, target, "must not start with '..'"));
}

const fileModeErrorMsg = 'must be a number between 0 and 0777 (octal), both inclusive';

export function checkFileMode(mode: number | null | undefined, path: string, errors: FieldError[]): void {
  if (mode !== undefined && mode !== null && (mode > 0o777 || mode < 0))
    errors.push(invalid(path, mode, fileModeErrorMsg));
}

/** Pushes `Forbidden` when the field is set. */
export function checkUnset(value: unknown, path: string, detail: string, errors: FieldError[]): void {
  if (value !== undefined && value !== null) errors.push(forbidden(path, detail));
}

/** An `Invalid value` that does not show the value (upstream's field.OmitValueType). */
export function pushInvalidWithoutValue(path: string, detail: string, errors: FieldError[]): void {
  errors.push({ type: 'FieldValueInvalid', field: path, body: `: ${detail}` });
}
