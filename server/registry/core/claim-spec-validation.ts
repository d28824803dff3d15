// The spec of a PersistentVolumeClaim, of a claim template, or of an ephemeral volume's (ValidatePersistentVolumeClaimSpec).
import { type FieldError, forbidden, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import { isDNS1123Subdomain, nameIsDNSLabel, nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { validateLabelSelector } from '../../../apimachinery/validation.ts';
import type { Fields } from '../fields.ts';
import { checkRequired, pushInvalid } from './checks.ts';
import { checkPositiveQuantity, checkQuantityValue } from './resource-validation.ts';

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

/** Known modes, and ReadWriteOncePod by itself. */
export function checkAccessModes(modes: readonly string[], path: string, errors: FieldError[]): void {
  for (const mode of modes) if (!accessModes.includes(mode)) errors.push(notSupported(path, mode, accessModes));
  const isAlone = modes.every((mode) => mode === 'ReadWriteOncePod' || !accessModes.includes(mode));
  if (modes.includes('ReadWriteOncePod') && !isAlone) {
    errors.push(forbidden(path, 'may not use ReadWriteOncePod with other access modes'));
  }
}

export function checkVolumeMode(mode: unknown, path: string, errors: FieldError[]): void {
  if (mode === undefined || mode === null || mode === 'Block' || mode === 'Filesystem') return;
  errors.push(notSupported(path, mode, ['Block', 'Filesystem']));
}

/** `path` is the spec's. */
export function checkClaimSpec(spec: Fields, path: string, errors: FieldError[]): void {
  const modes = (spec['accessModes'] ?? []) as string[];
  if (modes.length === 0) errors.push(required(`${path}.accessModes`, 'at least 1 access mode is required'));
  if (spec['selector']) errors.push(...validateLabelSelector(spec['selector'], `${path}.selector`));
  checkAccessModes(modes, `${path}.accessModes`, errors);
  checkStorage(spec['resources']?.requests?.storage, `${path}.resources[storage]`, errors);
  checkClassName(spec['storageClassName'], `${path}.storageClassName`, errors);
  checkVolumeMode(spec['volumeMode'], `${path}.volumeMode`, errors);
  for (const field of ['dataSource', 'dataSourceRef']) {
    if (spec[field]) checkDataSource(spec[field], `${path}.${field}`, errors);
  }
  checkSourcesAgree(spec, path, errors);
  checkClassName(spec['volumeAttributesClassName'], `${path}.volumeAttributesClassName`, errors);
}

function checkStorage(storage: string | undefined, path: string, errors: FieldError[]): void {
  if (storage === undefined) {
    errors.push(required(path));
    return;
  }
  const before = errors.length;
  checkPositiveQuantity(storage, path, errors);
  if (errors.length === before) checkQuantityValue('storage', storage, path, errors);
}

/** Names of storage classes and of volume attributes classes; empty is fine. */
export function checkClassName(name: string | null | undefined, path: string, errors: FieldError[]): void {
  if (name) pushInvalid(errors, path, name, nameIsDNSSubdomain(name, false));
}

function checkDataSource(source: Fields, path: string, errors: FieldError[]): void {
  checkRequired(source['name'], `${path}.name`, errors);
  checkRequired(source['kind'], `${path}.kind`, errors);
  const { apiGroup = '', kind = '', namespace } = source;
  if (!apiGroup && kind !== 'PersistentVolumeClaim') {
    errors.push(invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  }
  if (apiGroup) pushInvalid(errors, `${path}.apiGroup`, apiGroup, isDNS1123Subdomain(apiGroup));
  if (namespace) pushInvalid(errors, `${path}.namespace`, namespace, nameIsDNSLabel(namespace, false));
}

function checkSourcesAgree(spec: Fields, path: string, errors: FieldError[]): void {
  const { dataSource: source, dataSourceRef: reference } = spec;
  if (!source || !reference) return;
  if (reference.namespace) {
    errors.push(invalid(path, {}, 'may not be specified when dataSourceRef.namespace is specified'));
  } else if (
    source.kind !== reference.kind ||
    source.name !== reference.name ||
    !semanticEqual(source.apiGroup, reference.apiGroup)
  ) {
    errors.push(invalid(path, {}, 'must match dataSourceRef'));
  }
}
