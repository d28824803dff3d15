// PersistentVolumeClaim (pkg/apis/core/validation ValidatePersistentVolumeClaim and its updates).
import { type FieldError, forbidden, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import { isQualifiedName } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { isNativeResource } from '../../../apimachinery/pod-resources.ts';
import { compareQuantities, quantityOf, zeroQuantity } from '../../../apimachinery/quantity.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { validateImmutableField } from '../../../apimachinery/validation.ts';
import type { Fields } from '../fields.ts';
import { pushInvalid } from './checks.ts';
import { checkClaimSpec } from './claim-spec-validation.ts';
import { asInternal } from './internal-form.ts';
import { checkBasicResource, checkQuantityValue } from './resource-validation.ts';
import { structDiff } from './struct-diff.ts';

const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

export function validateClaim(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  checkClaimSpec((object['spec'] ?? {}) as Fields, 'spec', errors);
  return errors;
}

export function validateClaimUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors = validateClaim(object);
  const spec = (object['spec'] ?? {}) as Fields;
  const oldSpec = (old['spec'] ?? {}) as Fields;
  const before = { ...oldSpec };
  const after = { ...spec };
  // A claim is bound by writing the volume's name, once.
  if (!oldSpec['volumeName']) before['volumeName'] = spec['volumeName'];
  keepClass(object, old, after, errors);
  if (object['status']?.phase === 'Bound') keepBoundChanges(after, oldSpec);
  if (!semanticEqual(after, before)) {
    const detail =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    const type = 'PersistentVolumeClaimSpec';
    errors.push(forbidden('spec', `${detail}\n${structDiff(asInternal(type, before), asInternal(type, after))}`));
  }
  checkShrinking(spec, oldSpec, old['status']?.capacity?.storage, errors);
  // The path is upstream's, without the spec.
  errors.push(...validateImmutableField(spec['volumeMode'] ?? null, oldSpec['volumeMode'] ?? null, 'volumeMode'));
  checkAttributesClass(spec, oldSpec, old['status']?.currentVolumeAttributesClassName, errors);
  return errors;
}

/** A class moves from the annotation to the field, or is filled in where there was none; otherwise it stays. */
function keepClass(object: KubeObject, old: KubeObject, after: Fields, errors: FieldError[]): void {
  const annotation = object.metadata.annotations?.[classAnnotation];
  const oldAnnotation = old.metadata.annotations?.[classAnnotation];
  const name = (object['spec']?.storageClassName ?? undefined) as string | undefined;
  const hadName = (old['spec']?.storageClassName ?? undefined) !== undefined;
  const isMoved = oldAnnotation !== undefined && !hadName && name === oldAnnotation;
  if (isMoved && (annotation === undefined || annotation === oldAnnotation)) {
    delete after['storageClassName'];
    return;
  }
  const path = `metadata.annotations[${classAnnotation}]`;
  if ((annotation ?? '') !== (oldAnnotation ?? '')) errors.push(invalid(path, annotation ?? '', 'field is immutable'));
  const isFilled = name !== undefined && !hadName && (oldAnnotation === undefined || name === oldAnnotation);
  if (isFilled) delete after['storageClassName'];
}

function keepBoundChanges(after: Fields, old: Fields): void {
  const requests = after['resources']?.requests as Fields | null | undefined;
  if (requests) {
    const storage = old['resources']?.requests?.storage ?? '0';
    after['resources'] = { ...after['resources'], requests: { ...requests, storage } };
  }
  after['volumeAttributesClassName'] = old['volumeAttributesClassName'];
}

/** A size can be taken back while an expansion has not happened. */
function checkShrinking(spec: Fields, old: Fields, capacity: unknown, errors: FieldError[]): void {
  const size = quantityOf(spec['resources']?.requests?.storage ?? '0');
  const oldSize = quantityOf(old['resources']?.requests?.storage ?? '0');
  const actual = capacity === undefined || capacity === null ? zeroQuantity : quantityOf(capacity);
  if (compareQuantities(size, oldSize) < 0 && compareQuantities(size, actual) <= 0)
    errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'));
}

function checkAttributesClass(spec: Fields, old: Fields, current: unknown, errors: FieldError[]): void {
  const path = 'spec.volumeAttributesClassName';
  const name = spec['volumeAttributesClassName'] ?? undefined;
  if (name === (old['volumeAttributesClassName'] ?? undefined) || current === undefined || current === null) return;
  const detail = (what: string) =>
    `update to ${what} is forbidden when status.currentVolumeAttributesClassName is not nil`;
  if (name === undefined) errors.push(forbidden(path, detail('nil')));
  else if (name === '') errors.push(forbidden(path, detail('empty string')));
}

const resizeStatuses = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
].sort();

export function validateClaimStatusUpdate(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const status = (object['status'] ?? {}) as Fields;
  if ((object['spec']?.accessModes ?? []).length === 0) errors.push(required('Spec.accessModes'));
  for (const [name, quantity] of Object.entries<string>(status['capacity'] ?? {}))
    checkBasicResource(quantity, `status.capacity[${name}]`, errors);
  for (const [name, value] of Object.entries<string>(status['allocatedResourceStatuses'] ?? {})) {
    const path = 'status.allocatedResourceStatuses';
    checkResourceKey(name, path, errors);
    if (!resizeStatuses.includes(value)) errors.push(notSupported(path, name, resizeStatuses));
  }
  for (const [name, quantity] of Object.entries<string>(status['allocatedResources'] ?? {})) {
    const path = 'status.allocatedResources';
    const before = errors.length;
    checkResourceKey(name, path, errors);
    if (errors.length === before) checkBasicResource(quantity, `${path}[${name}]`, errors);
    if (errors.length === before) checkQuantityValue('storage', quantity, `${path}[${name}]`, errors);
  }
  return errors;
}

function checkResourceKey(name: string, path: string, errors: FieldError[]): void {
  const messages = isQualifiedName(name);
  pushInvalid(errors, path, name, messages);
  if (messages.length === 0 && isNativeResource(name) && name !== 'storage')
    errors.push(notSupported(path, name, ['storage']));
}
