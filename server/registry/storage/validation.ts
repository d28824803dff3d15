// Checks that kinds of storage.k8s.io share (pkg/apis/storage/validation and ValidateCSIDriverName of the core group).
import { type FieldError, invalid, required, tooLong } from '../../../apimachinery/field.ts';
import { byteLength, isDNS1123Subdomain, isQualifiedName } from '../../../apimachinery/names.ts';
import { invalidEach } from '../../../apimachinery/validation.ts';

const maxParameters = 512;
const maxParameterBytes = 256 * 1024;

/** A provisioner or driver: required, a qualified name in any case. */
export function validateProvisioner(provisioner: string, field: string): FieldError[] {
  if (provisioner === '') return [required(field)];
  const lower = provisioner.toLowerCase();
  return invalidEach(field, lower, isQualifiedName(lower));
}

/** Parameters of a class: at most 512 of them and 256 KiB in all. */
export function validateParameters(
  parameters: Readonly<Record<string, string>> | undefined,
  allowEmpty: boolean,
  field: string,
): FieldError[] {
  const entries = Object.entries(parameters ?? {});
  if (entries.length > maxParameters) return [tooLong(field, maxParameters)];
  const errors = entries.filter(([key]) => key === '').map(([key]) => invalid(field, key, 'field can not be empty.'));
  if (totalBytes(parameters) > maxParameterBytes) errors.push(tooLong(field, maxParameterBytes));
  if (!allowEmpty && entries.length === 0) errors.push(required(field, 'must contain at least one key/value pair'));
  return errors;
}

/** Bytes of all keys and values. */
export function totalBytes(map: Readonly<Record<string, string>> | undefined): number {
  return Object.entries(map ?? {}).reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0);
}

/** ValidateCSIDriverName: at most 63 bytes, a DNS subdomain in any case. */
export function validateCSIDriverName(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)];
  const long = byteLength(name) > 63 ? [tooLong(field, 63)] : [];
  return [...long, ...invalidEach(field, name, isDNS1123Subdomain(name.toLowerCase()))];
}
