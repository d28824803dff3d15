// Checks that every kind shares: metadata, labels, annotations, label selectors, conditions. Words, paths and order are those
// of k8s.io/apimachinery pkg/api/validation and pkg/apis/meta/v1/validation. The forms of single values are in names.ts and ip.ts.
import { duplicate, type FieldError, forbidden, invalid, notSupported, required, tooLong } from './field.ts';
import {
  byteLength,
  isDNS1123Label,
  isDNS1123Subdomain,
  isHTTPPath,
  isLabelKey,
  isLabelValue,
  nameIsDNSLabel,
  nameIsDNSSubdomain,
  type ValidateName,
} from './names.ts';

import { type ObjectMeta, type OwnerReference, parseApiVersion } from './object.ts';
import type { LabelSelectorObject } from './selectors.ts';
import { semanticEqual } from './semantic-equal.ts';

/** `field is immutable`, the detail of every refused change. */
export const fieldImmutable = 'field is immutable';

const negativeMessage = 'must be greater than or equal to 0';
const maxAnnotationBytes = 256 * 1024;

/** A number must not be below zero; a missing one is zero. */
export function validateNonnegativeField(value: number | undefined, field: string): FieldError[] {
  return value !== undefined && value < 0 ? [invalid(field, value, negativeMessage)] : [];
}

/** ValidateImmutableField. */
export function validateImmutableField(value: unknown, old: unknown, field: string): FieldError[] {
  return semanticEqual(value, old) ? [] : [invalid(field, value, fieldImmutable)];
}

/** A label key, at the path of the map that holds it. */
export function validateLabelName(name: string, field: string): FieldError[] {
  return isLabelKey(name).map((message) => invalid(field, name, message));
}

export function validateLabels(labels: Readonly<Record<string, string>> | undefined, field: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...validateLabelName(key, field),
    ...isLabelValue(value).map((message) => invalid(field, value, message)),
  ]);
}

/** Keys in any case, and 256 KiB for all keys and values together. */
export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  field: string,
): FieldError[] {
  let bytes = 0;
  const errors = Object.entries(annotations ?? {}).flatMap(([key, value]) => {
    bytes += byteLength(key) + byteLength(value);
    return isLabelKey(key.toLowerCase()).map((message) => invalid(field, key, message));
  });
  if (bytes > maxAnnotationBytes) errors.push(tooLong(field, maxAnnotationBytes));
  return errors;
}

function validateOwnerReference(reference: OwnerReference, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { apiVersion = '', kind = '', name = '', uid = '' } = reference;
  const { group, version } = parseApiVersion(apiVersion);
  // What has two slashes is no group and version upstream.
  if (version === '' || version.includes('/'))
    errors.push(invalid(`${field}.apiVersion`, apiVersion, 'version must not be empty'));
  if (kind === '') errors.push(invalid(`${field}.kind`, kind, 'must not be empty'));
  if (name === '') errors.push(invalid(`${field}.name`, name, 'must not be empty'));
  if (uid === '') errors.push(invalid(`${field}.uid`, uid, 'must not be empty'));
  if (group === '' && version === 'v1' && kind === 'Event')
    errors.push(invalid(field, reference, '/v1, Kind=Event is disallowed from being an owner'));
  return errors;
}

export function validateOwnerReferences(
  references: readonly OwnerReference[] | undefined,
  field: string,
): FieldError[] {
  let controller: string | undefined;
  return (references ?? []).flatMap((reference) => {
    const errors = validateOwnerReference(reference, field);
    if (reference.controller !== true) return errors;
    const current = `${reference.kind}/${reference.name}`;
    if (controller !== undefined)
      errors.push(
        invalid(
          field,
          references,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`,
        ),
      );
    else controller = current;
    return errors;
  });
}

export function validateFinalizerName(finalizer: string, field: string): FieldError[] {
  return isLabelKey(finalizer).map((message) => invalid(field, finalizer, message));
}

const standardFinalizers: readonly string[] = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** validateKubeFinalizerName: what Kubernetes' own kinds ask of a finalizer beyond its form. */
export function validateKubeFinalizerName(finalizer: string, field: string): FieldError[] {
  if (finalizer.includes('/') || standardFinalizers.includes(finalizer)) return [];
  return [invalid(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')];
}

/** The same for all finalizers of an object, each at its place. */
export function validateKubeFinalizers(finalizers: readonly string[] | undefined, field: string): FieldError[] {
  return (finalizers ?? []).flatMap((name, i) => validateKubeFinalizerName(name, `${field}[${i}]`));
}

export function validateFinalizers(finalizers: readonly string[] | undefined, field: string): FieldError[] {
  const list = finalizers ?? [];
  const errors = list.flatMap((finalizer) => validateFinalizerName(finalizer, field));
  if (list.includes('orphan') && list.includes('foregroundDeletion'))
    errors.push(invalid(field, list, 'finalizer orphan and foregroundDeletion cannot be both set'));
  return errors;
}

function validateNoNewFinalizers(meta: ObjectMeta, old: ObjectMeta, field: string): FieldError[] {
  const extra = [...new Set(meta.finalizers ?? [])].filter((name) => !(old.finalizers ?? []).includes(name)).sort();
  if (extra.length === 0) return [];
  const list = `[]string{${extra.map((name) => JSON.stringify(name)).join(', ')}}`;
  return [
    forbidden(field, `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`),
  ];
}

/** ValidateFieldManager: at most 128 bytes, printable. */
export function validateFieldManager(manager: string, field: string): FieldError[] {
  const errors: FieldError[] = byteLength(manager) > 128 ? [tooLong(field, 128)] : [];
  let position = 0;
  for (const char of manager) {
    // Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space.
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char)) {
      const code = char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
      errors.push(invalid(field, manager, `invalid character U+${code} (at position ${position})`));
    }
    position += byteLength(char);
  }
  return errors;
}

/** ValidateManagedFields: operation, fields type, manager and subresource of each entry. */
export function validateManagedFields(entries: ObjectMeta['managedFields'], field: string): FieldError[] {
  return (entries ?? []).flatMap((entry, index) => {
    const path = `${field}[${index}]`;
    const errors: FieldError[] = [];
    const { operation = '', fieldsType = '', manager = '', subresource = '' } = entry as Record<string, string>;
    if (operation !== 'Apply' && operation !== 'Update')
      errors.push(invalid(`${path}.operation`, operation, 'must be `Apply` or `Update`'));
    if (fieldsType !== '' && fieldsType !== 'FieldsV1')
      errors.push(invalid(`${path}.fieldsType`, fieldsType, 'must be `FieldsV1`'));
    errors.push(...validateFieldManager(manager, `${path}.manager`));
    if (byteLength(subresource) > 256) errors.push(tooLong(`${path}.subresource`, 256));
    return errors;
  });
}

export interface ObjectMetaRules {
  namespaced: boolean;
  /** How the kind checks names; by default a DNS-1123 subdomain. */
  validateName?: ValidateName | undefined;
  /** False: only the name that came of generateName counts. */
  validatesGenerateName?: boolean | undefined;
}

function validateNames(meta: ObjectMeta, rules: ObjectMetaRules, field: string): FieldError[] {
  const { name = '', generateName = '' } = meta;
  const { validateName = nameIsDNSSubdomain, validatesGenerateName = true } = rules;
  const errors: FieldError[] = [];
  if (generateName !== '' && validatesGenerateName)
    errors.push(...validateName(generateName, true).map((m) => invalid(`${field}.generateName`, generateName, m)));
  if (name === '') errors.push(required(`${field}.name`, 'name or generateName is required'));
  else errors.push(...validateName(name, false).map((m) => invalid(`${field}.name`, name, m)));
  return errors;
}

function validateNamespace(meta: ObjectMeta, namespaced: boolean, field: string): FieldError[] {
  const { namespace = '' } = meta;
  if (!namespaced) return namespace === '' ? [] : [forbidden(field, 'not allowed on this type')];
  if (namespace === '') return [required(field)];
  return nameIsDNSLabel(namespace, false).map((message) => invalid(field, namespace, message));
}

/** ValidateObjectMeta: all of metadata as it must be in any stored object. `field` is `metadata` for the object itself. */
export function validateObjectMeta(meta: ObjectMeta, rules: ObjectMetaRules, field = 'metadata'): FieldError[] {
  return [
    ...validateNames(meta, rules, field),
    ...validateNamespace(meta, rules.namespaced, `${field}.namespace`),
    ...validateNonnegativeField(meta.generation, `${field}.generation`),
    ...validateLabels(meta.labels, `${field}.labels`),
    ...validateAnnotations(meta.annotations, `${field}.annotations`),
    ...validateOwnerReferences(meta.ownerReferences, `${field}.ownerReferences`),
    ...validateFinalizers(meta.finalizers, `${field}.finalizers`),
    ...validateManagedFields(meta.managedFields, `${field}.managedFields`),
  ];
}

/**
 * ValidateTemplateObjectMeta: what is made from a template takes labels and annotations from it, and nothing else. Other fields stand
 * under Go's names.
 */
export function validateTemplateObjectMeta(meta: Partial<ObjectMeta>, field: string): FieldError[] {
  const { labels, annotations, ...others } = meta;
  const goName = (name: string): string => (name === 'uid' ? 'uID' : name);
  return [
    ...validateAnnotations(annotations, `${field}.annotations`),
    ...validateLabels(labels, `${field}.labels`),
    ...Object.keys(others).map((name) => forbidden(`${field}.${goName(name)}`, 'cannot be set')),
  ];
}

const immutableMeta = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

/** An empty string and an absent field are the same Go value; a null time is the zero time, which is there. */
function sameField(value: unknown, old: unknown): boolean {
  if (value === null || old === null) return value === old;
  return (value ?? '') === (old ?? '');
}

/** ValidateObjectMetaUpdate: what an update may not change, and the form of what it may. */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, field = 'metadata'): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) errors.push(...validateNoNewFinalizers(meta, old, `${field}.finalizers`));
  if ((meta.resourceVersion ?? '') === '')
    errors.push(invalid(`${field}.resourceVersion`, '', 'must be specified for an update'));
  if ((meta.generation ?? 0) < (old.generation ?? 0))
    errors.push(invalid(`${field}.generation`, meta.generation ?? 0, 'must not be decremented'));
  for (const name of immutableMeta) {
    if (sameField(meta[name], old[name])) continue;
    const strings = name === 'name' || name === 'namespace' || name === 'uid';
    errors.push(invalid(`${field}.${name}`, meta[name] ?? (strings ? '' : null), fieldImmutable));
  }
  return [
    ...errors,
    ...validateLabels(meta.labels, `${field}.labels`),
    ...validateAnnotations(meta.annotations, `${field}.annotations`),
    ...validateOwnerReferences(meta.ownerReferences, `${field}.ownerReferences`),
    ...validateManagedFields(meta.managedFields, `${field}.managedFields`),
  ];
}

export interface LabelSelectorRules {
  /** Accepts values that no label can have: kinds whose stored objects may hold them. */
  allowInvalidLabelValue?: boolean;
  /** Accepts operators that this version does not know: reviews, which newer clients may send. */
  allowUnknownOperator?: boolean;
}

interface SelectorRequirement {
  key?: string;
  operator?: string;
  values?: string[];
}

/** ValidateLabelSelector of a metav1.LabelSelector; undefined is fine. */
export function validateLabelSelector(
  selector: LabelSelectorObject | null | undefined,
  field: string,
  rules: LabelSelectorRules = {},
): FieldError[] {
  if (selector === null || selector === undefined) return [];
  const errors = validateLabels(selector.matchLabels, `${field}.matchLabels`);
  (selector.matchExpressions ?? []).forEach((expression, index) => {
    errors.push(...validateLabelSelectorRequirement(expression, `${field}.matchExpressions[${index}]`, rules));
  });
  return errors;
}

/** ValidateFieldSelectorRequirement, of a review; unknown operators are accepted. */
export function validateFieldSelectorRequirement(requirement: SelectorRequirement, field: string): FieldError[] {
  const { key = '' } = requirement;
  return [
    ...(key === '' ? [required(`${field}.key`, 'must be specified')] : []),
    ...validateOperator(requirement, field, { allowUnknownOperator: true }),
  ];
}

function validateOperator(
  { operator = '', values = [] }: SelectorRequirement,
  field: string,
  rules: LabelSelectorRules,
): FieldError[] {
  const errors: FieldError[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0)
      errors.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0)
      errors.push(forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else if (!rules.allowUnknownOperator) {
    errors.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'));
  }
  return errors;
}

/** ValidateLabelSelectorRequirement. */
export function validateLabelSelectorRequirement(
  requirement: SelectorRequirement,
  field: string,
  rules: LabelSelectorRules,
): FieldError[] {
  const { key = '', values = [] } = requirement;
  const errors = [...validateOperator(requirement, field, rules), ...validateLabelName(key, `${field}.key`)];
  if (!rules.allowInvalidLabelValue)
    values.forEach((value, index) => {
      errors.push(...isLabelValue(value).map((message) => invalid(`${field}.values[${index}]`, value, message)));
    });
  return errors;
}

/** metav1.Condition. */
export interface Condition {
  type?: string;
  status?: string;
  observedGeneration?: number;
  lastTransitionTime?: string | null;
  reason?: string;
  message?: string;
}

const conditionReason = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/;
const conditionReasonMessage =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name', or 'MY_NAME', or 'MyName', or 'ReasonA,ReasonB', or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')";

/** ValidateConditions: each type once, and each condition complete. */
export function validateConditions(conditions: readonly Condition[] | undefined, field: string): FieldError[] {
  const seen = new Set<string>();
  return (conditions ?? []).flatMap((condition, index) => {
    const type = condition.type ?? '';
    const repeated = seen.has(type) ? [duplicate(`${field}[${index}].type`, type)] : [];
    seen.add(type);
    return [...repeated, ...validateCondition(condition, `${field}[${index}]`)];
  });
}

function validateCondition(condition: Condition, field: string): FieldError[] {
  const { type = '', status = '', observedGeneration = 0, reason = '', message = '' } = condition;
  const errors = validateLabelName(type, `${field}.type`);
  if (!['True', 'False', 'Unknown'].includes(status))
    errors.push(notSupported(`${field}.status`, status, ['False', 'True', 'Unknown']));
  if (observedGeneration < 0)
    errors.push(invalid(`${field}.observedGeneration`, observedGeneration, 'must be greater than or equal to zero'));
  if (condition.lastTransitionTime === undefined || condition.lastTransitionTime === null)
    errors.push(required(`${field}.lastTransitionTime`));
  if (reason === '') errors.push(required(`${field}.reason`));
  else if (!conditionReason.test(reason)) errors.push(invalid(`${field}.reason`, reason, conditionReasonMessage));
  if (byteLength(reason) > 1024) errors.push(tooLong(`${field}.reason`, 1024));
  if (byteLength(message) > 32 * 1024) errors.push(tooLong(`${field}.message`, 32 * 1024));
  return errors;
}

/** One `Invalid value` for each message that a check of a single value answers. */
export function invalidEach(field: string, value: unknown, messages: readonly string[]): FieldError[] {
  return messages.map((message) => invalid(field, value, message));
}

/** IsDomainPrefixedPath: `acme.io/foo`. */
export function validateDomainPrefixedPath(field: string, value: string): FieldError[] {
  if (value === '') return [required(field)];
  const slash = value.indexOf('/');
  if (slash <= 0 || slash === value.length - 1)
    return [invalid(field, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  const host = value.slice(0, slash);
  const path = value.slice(slash + 1);
  return [...invalidEach(field, host, isDNS1123Subdomain(host)), ...invalidEach(field, path, isHTTPPath(path))];
}

/** IsFullyQualifiedName: a domain of at least three segments. */
export function validateFullyQualifiedName(field: string, name: string): FieldError[] {
  if (name === '') return [required(field)];
  const messages = isDNS1123Subdomain(name);
  if (messages.length > 0) return [invalid(field, name, messages.join(','))];
  return name.split('.').length < 3
    ? [invalid(field, name, 'should be a domain with at least three segments separated by dots')]
    : [];
}

/** IsFullyQualifiedDomainName: at least two segments; a trailing dot is fine. */
export function validateFullyQualifiedDomainName(field: string, value: string): FieldError[] {
  if (value === '') return [required(field)];
  const name = value.endsWith('.') ? value.slice(0, -1) : value;
  const messages = isDNS1123Subdomain(name);
  if (messages.length > 0) return [invalid(field, name, messages.join(','))];
  const labels = name.split('.');
  if (labels.length < 2)
    return [invalid(field, name, 'should be a domain with at least two segments separated by dots')];
  const bad = labels.find((label) => isDNS1123Label(label).length > 0);
  return bad === undefined ? [] : [invalid(field, bad, isDNS1123Label(bad).join(','))];
}
