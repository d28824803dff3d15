// What webhook configurations must be (pkg/apis/admissionregistration/validation).
import { duplicate, type FieldError, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import { isDNS1035Label } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { invalidEach, validateFullyQualifiedName, validateLabelSelector } from '../../../apimachinery/validation.ts';
import { type Fields, listOf } from '../fields.ts';
import { validateClientConfig } from './client-config.ts';
import { validateMatchConditions } from './match-conditions.ts';
import { validateRule } from './rules.ts';

export const failurePolicies: readonly string[] = ['Fail', 'Ignore'];
export const matchPolicies: readonly string[] = ['Equivalent', 'Exact'];
export const reinvocationPolicies: readonly string[] = ['IfNeeded', 'Never'];
const reviewVersions = ['v1', 'v1beta1'];
const anySideEffects = ['None', 'NoneOnDryRun', 'Some', 'Unknown'];
const noSideEffects = ['None', 'NoneOnDryRun'];

/** What an update may leave as it was, since the old object has it. */
interface Leniency {
  sideEffects: boolean;
  unknownReviewVersions: boolean;
  repeatedNames: boolean;
  allowInvalidLabelValue: boolean;
  ignoreMatchConditions: boolean;
}

const strict: Leniency = {
  sideEffects: false,
  unknownReviewVersions: false,
  repeatedNames: false,
  allowInvalidLabelValue: false,
  ignoreMatchConditions: false,
};

function webhooksOf(object: KubeObject): readonly Fields[] {
  return listOf(object['webhooks']);
}

function validateReviewVersions(versions: readonly string[], field: string, lenient: Leniency): FieldError[] {
  if (versions.length === 0) return [required(field, `must specify one of ${reviewVersions.join(', ')}`)];
  const errors = versions.flatMap((version, index) => {
    const path = `${field}[${index}]`;
    if (versions.indexOf(version) < index) return [invalid(path, version, 'duplicate version')];
    return invalidEach(path, version, isDNS1035Label(version));
  });
  if (!lenient.unknownReviewVersions && !versions.some((version) => reviewVersions.includes(version)))
    errors.push(invalid(field, versions, `must include at least one of ${reviewVersions.join(', ')}`));
  return errors;
}

function oneOf(value: string | undefined, supported: readonly string[], field: string): FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [notSupported(field, value, supported)];
}

function validateSideEffects(value: string | null | undefined, field: string, lenient: Leniency): FieldError[] {
  const allowed = lenient.sideEffects ? anySideEffects : noSideEffects;
  return value === undefined || value === null
    ? [required(field, `must specify one of ${allowed.join(', ')}`)]
    : oneOf(value, allowed, field);
}

function validateWebhook(webhook: Fields, field: string, lenient: Leniency): FieldError[] {
  const { name = '', failurePolicy, matchPolicy, sideEffects, timeoutSeconds: seconds, reinvocationPolicy } = webhook;
  const errors = [
    ...validateFullyQualifiedName(`${field}.name`, name),
    ...listOf(webhook['rules']).flatMap((rule, i) => validateRule(rule, `${field}.rules[${i}]`)),
    ...oneOf(failurePolicy, failurePolicies, `${field}.failurePolicy`),
    ...oneOf(matchPolicy, matchPolicies, `${field}.matchPolicy`),
    ...validateSideEffects(sideEffects, `${field}.sideEffects`, lenient),
  ];
  if (seconds !== undefined && (seconds > 30 || seconds < 1))
    errors.push(invalid(`${field}.timeoutSeconds`, seconds, 'the timeout value must be between 1 and 30 seconds'));
  return [
    ...errors,
    ...validateLabelSelector(webhook['namespaceSelector'], `${field}.namespaceSelector`, lenient),
    ...validateLabelSelector(webhook['objectSelector'], `${field}.objectSelector`, lenient),
    ...oneOf(reinvocationPolicy, reinvocationPolicies, `${field}.reinvocationPolicy`),
    ...validateClientConfig(webhook['clientConfig'] ?? {}, `${field}.clientConfig`, true),
    ...(lenient.ignoreMatchConditions
      ? []
      : validateMatchConditions(listOf(webhook['matchConditions']), `${field}.matchConditions`)),
  ];
}

function validateAll(object: KubeObject, lenient: Leniency): FieldError[] {
  const names = new Set<string>();
  return webhooksOf(object).flatMap((webhook, index) => {
    const field = `webhooks[${index}]`;
    const name = (webhook['name'] ?? '') as string;
    const repeated = !lenient.repeatedNames && names.has(name) ? [duplicate(`${field}.name`, name)] : [];
    if (name !== '') names.add(name);
    return [
      ...validateWebhook(webhook, field, lenient),
      ...validateReviewVersions(webhook['admissionReviewVersions'] ?? [], `${field}.admissionReviewVersions`, lenient),
      ...repeated,
    ];
  });
}

/** ValidateValidatingWebhookConfiguration and ValidateMutatingWebhookConfiguration. */
export function validateWebhooks(object: KubeObject): FieldError[] {
  return validateAll(object, strict);
}

function hasInvalidSelector(webhook: Fields): boolean {
  return ['namespaceSelector', 'objectSelector'].some(
    (selector) => validateLabelSelector(webhook[selector], '').length > 0,
  );
}

function sameMatchConditions(now: readonly Fields[], before: readonly Fields[]): boolean {
  return (
    now.length === before.length &&
    now.every((webhook, i) => semanticEqual(webhook['matchConditions'], before[i]!['matchConditions']))
  );
}

/** The same for an update: what the old configuration got wrong may stay. */
export function validateWebhooksUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const before = webhooksOf(old);
  const names = before.map((webhook) => webhook['name'] as string);
  return validateAll(object, {
    sideEffects: before.some(({ sideEffects }) => !noSideEffects.includes(sideEffects)),
    unknownReviewVersions: before.some(({ admissionReviewVersions: versions = [] }) => {
      const list = versions as string[];
      return list.length > 0 && !list.some((version) => reviewVersions.includes(version));
    }),
    repeatedNames: new Set(names).size < names.length,
    allowInvalidLabelValue: before.some(hasInvalidSelector),
    ignoreMatchConditions: sameMatchConditions(webhooksOf(object), before),
  });
}
