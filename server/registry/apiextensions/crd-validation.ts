// What a CustomResourceDefinition must be (apiextensions-apiserver pkg/apis/apiextensions/validation).
import { type FieldError, forbidden, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import { isDNS1035Label, isDNS1123Subdomain } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { invalidEach, validateImmutableField } from '../../../apimachinery/validation.ts';
import { validateClientConfig } from '../admissionregistration/client-config.ts';
import { type Fields, listOf } from '../fields.ts';
import { internalForm } from '../internal-form.ts';
import { validateCABundle } from './ca-bundle.ts';
import { type InternalSpec, internalSpec } from './internal-spec.ts';
import { schemaOf } from './json-schema.ts';
import {
  validateColumns,
  validateSelectableFields,
  validateSubresources,
  validateValidation,
  validateVersion,
} from './version-validation.ts';

const versionDefinition = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion';
const reviewVersions = ['v1', 'v1beta1'];
const approvalAnnotation = 'api-approved.kubernetes.io';

function oneOf(value: string, supported: readonly string[], field: string): FieldError[] {
  if (value === '') return [required(field)];
  return supported.includes(value) ? [] : [notSupported(field, value, supported)];
}

/** All messages in one error. */
function joined(field: string, value: string, messages: readonly string[], prefix = ''): FieldError[] {
  return messages.length === 0 ? [] : [invalid(field, value, prefix + messages.join(','))];
}

function validateGroup(group: string): FieldError[] {
  const messages = isDNS1123Subdomain(group);
  if (group === '') return [required('spec.group')];
  if (messages.length > 0) return joined('spec.group', group, messages);
  return group.includes('.') ? [] : [invalid('spec.group', group, 'should be a domain with at least one dot')];
}

/** ValidateCustomResourceDefinitionNames: the form of those names that are there. */
function validateNames(names: Fields, field: string): FieldError[] {
  const { plural = '', singular = '', kind = '', listKind = '' } = names;
  const errors: FieldError[] = [];
  const label = (value: string, at: string): FieldError[] => joined(`${field}.${at}`, value, isDNS1035Label(value));
  const mixed = (value: string, at: string): FieldError[] =>
    joined(
      `${field}.${at}`,
      value,
      isDNS1035Label(value.toLowerCase()),
      'may have mixed case, but should otherwise match: ',
    );
  if (plural !== '') errors.push(...label(plural, 'plural'));
  if (singular !== '') errors.push(...label(singular, 'singular'));
  if (kind !== '') errors.push(...mixed(kind, 'kind'));
  if (listKind !== '') errors.push(...mixed(listKind, 'listKind'));
  ((names['shortNames'] ?? []) as string[]).forEach((name, i) => {
    errors.push(...label(name, `shortNames[${i}]`));
  });
  if (kind !== '' && kind === listKind)
    errors.push(invalid(`${field}.listKind`, listKind, 'kind and listKind may not be the same'));
  ((names['categories'] ?? []) as string[]).forEach((name, i) => {
    errors.push(...label(name, `categories[${i}]`));
  });
  return errors;
}

/**
 * What an update may leave as it was. Upstream also tolerates schemas that only its older releases stored: none of ours did.
 */
interface Leniency {
  /** Versions without schema. */
  schemas: boolean;
  /** Only unknown versions of ConversionReview. */
  reviewVersions: boolean;
  /** Whether the schema that stands at a version is as it was. */
  isUnchanged(version: string): boolean;
  /** A bundle that cannot be read: before the definition is established, and where the old one could not be read either. */
  caBundle: boolean;
}

function validateVersions(spec: InternalSpec, lenient: Leniency): FieldError[] {
  const field = 'spec.versions';
  const printed = (): unknown => spec.versions.map((version) => internalForm(version, versionDefinition));
  const names = spec.versions.map((version) => (version['name'] ?? '') as string);
  const errors: FieldError[] = [];
  spec.versions.forEach((version, index) => {
    const path = `${field}[${index}]`;
    const subresources = (version['subresources'] ?? spec.subresources) as Fields | undefined;
    errors.push(...joined(`${path}.name`, names[index]!, isDNS1035Label(names[index]!)));
    const hasStatus = subresources?.['status'] !== undefined;
    errors.push(...validateVersion(version, hasStatus, path, lenient.isUnchanged(names[index]!)));
  });
  if (new Set(names).size < names.length) errors.push(invalid(field, printed(), 'must contain unique version names'));
  if (spec.versions.filter((version) => version['storage'] === true).length !== 1) {
    const value = spec.hasVersions ? printed() : null;
    errors.push(invalid(field, value, 'must have exactly one version marked as storage version'));
  }
  if (spec.version !== '') errors.push(...joined('spec.version', spec.version, isDNS1035Label(spec.version)));
  return errors;
}

function missingSchemas(spec: InternalSpec): FieldError[] {
  if (schemaOf(spec.validation?.['openAPIV3Schema']) !== undefined) return [];
  return spec.versions.flatMap((version, index) =>
    schemaOf(version['schema']?.openAPIV3Schema) === undefined
      ? [required(`spec.versions[${index}].schema.openAPIV3Schema`)]
      : [],
  );
}

function validateReviewVersions(versions: readonly string[], field: string, lenient: boolean): FieldError[] {
  if (versions.length === 0) return [required(field)];
  const errors = versions.flatMap((version, index) =>
    versions.indexOf(version) < index
      ? [invalid(`${field}[${index}]`, version, 'duplicate version')]
      : invalidEach(`${field}[${index}]`, version, isDNS1035Label(version)),
  );
  if (!lenient && !versions.some((version) => reviewVersions.includes(version)))
    errors.push(invalid(field, versions, `must include at least one of ${reviewVersions.join(', ')}`));
  return errors;
}

function validateConversion(conversion: Fields | undefined, lenient: Leniency): FieldError[] {
  if (!conversion) return [];
  const { strategy = '', webhook } = conversion;
  const field = 'spec.conversion';
  const [configField, versionsField] = [`${field}.webhookClientConfig`, `${field}.conversionReviewVersions`];
  const versions = (webhook?.conversionReviewVersions ?? []) as string[];
  const config = webhook?.clientConfig as Fields | undefined;
  const errors = oneOf(strategy, ['None', 'Webhook'], `${field}.strategy`);
  if (strategy === 'Webhook') {
    if (config) errors.push(...validateClientConfig(config, configField, true));
    if (config && !lenient.caBundle)
      errors.push(...validateCABundle(config['caBundle'] ?? '', `${configField}.caBundle`));
    if (!config) errors.push(required(configField, 'required when strategy is set to Webhook'));
    return [...errors, ...validateReviewVersions(versions, versionsField, lenient.reviewVersions)];
  }
  const rule = 'should not be set when strategy is not set to Webhook';
  if (config) errors.push(forbidden(configField, rule));
  if (versions.length > 0) errors.push(forbidden(versionsField, rule));
  return errors;
}

function validateTopSelectableFields(spec: InternalSpec): FieldError[] {
  if (listOf(spec.selectableFields).length === 0) return [];
  const schema = schemaOf(spec.validation?.['openAPIV3Schema']);
  return schema === undefined
    ? [invalid('spec.selectableFields', '', 'may only be set when validations.schema is included')]
    : validateSelectableFields(spec.selectableFields, schema, 'spec.selectableFields');
}

function validateSpec(spec: InternalSpec, lenient: Leniency): FieldError[] {
  const hasStatus = [spec.subresources, ...spec.versions.map((version) => version['subresources'] as Fields)].some(
    (subresources) => subresources?.['status'] !== undefined,
  );
  return [
    ...validateGroup(spec.group),
    ...oneOf(spec.scope, ['Cluster', 'Namespaced'], 'spec.scope'),
    ...(lenient.schemas ? [] : missingSchemas(spec)),
    ...validateVersions(spec, lenient),
    ...['plural', 'singular', 'kind', 'listKind']
      .filter((name) => (spec.names[name] ?? '') === '')
      .map((name) => required(`spec.names.${name}`)),
    ...validateNames(spec.names, 'spec.names'),
    ...validateValidation(spec.validation, hasStatus, 'spec.validation', lenient.isUnchanged(spec.version)),
    ...validateSubresources(spec.subresources, 'spec.subresources'),
    ...validateColumns(spec.additionalPrinterColumns, 'spec.additionalPrinterColumns'),
    ...validateTopSelectableFields(spec),
    ...validateConversion(spec.conversion, lenient),
  ];
}

function validateStoredVersions(object: KubeObject): FieldError[] {
  const field = 'status.storedVersions';
  const stored = (object['status']?.storedVersions ?? []) as string[];
  const versions = listOf(object['spec']?.versions);
  if (stored.length === 0) return [invalid(field, null, 'must have at least one stored version')];
  const missing = versions
    .filter((version) => version['storage'] === true && !stored.includes(version['name']))
    .map((version) => invalid(field, stored, `must have the storage version ${version['name']}`));
  const gone = stored.flatMap((name, index) =>
    versions.some((version) => version['name'] === name)
      ? []
      : [
          invalid(
            `${field}[${index}]`,
            name,
            `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
          ),
        ],
  );
  return [...missing, ...gone];
}

/** Groups under k8s.io and kubernetes.io belong to the community. */
function isProtectedGroup(group: string): boolean {
  return ['k8s.io', 'kubernetes.io'].some((domain) => group === domain || group.endsWith(`.${domain}`));
}

type Approval = 'missing' | 'bypassed' | 'approved' | 'invalid';

function approvalOf(object: KubeObject): Approval {
  const annotation = object.metadata.annotations?.[approvalAnnotation] ?? '';
  if (annotation === '') return 'missing';
  if (annotation.startsWith('unapproved')) return 'bypassed';
  return isURL(annotation) ? 'approved' : 'invalid';
}

/** What was not approved before may stay so. */
function validateApproval(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  if (!isProtectedGroup(object['spec']?.group ?? '')) return [];
  const approval = approvalOf(object);
  if (old !== undefined && approvalOf(old) === approval) return [];
  const field = `metadata.annotations[${approvalAnnotation}]`;
  const rule = `protected groups must have approval annotation ${JSON.stringify(approvalAnnotation)}`;
  const see = 'see https://github.com/kubernetes/enhancements/pull/1111';
  if (approval === 'missing') return [required(field, `${rule}, ${see}`)];
  if (approval !== 'invalid') return [];
  const value = object.metadata.annotations?.[approvalAnnotation];
  return [invalid(field, value, `${rule} with either a URL or a reason starting with "unapproved", ${see}`)];
}

function isURL(text: string): boolean {
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/\s]+/.test(text);
}

function validatePreserveUnknownFields(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  if (old?.['spec']?.preserveUnknownFields === true || object['spec']?.preserveUnknownFields !== true) return [];
  const rule =
    'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
  return [invalid('spec.preserveUnknownFields', true, rule)];
}

function validateRest(object: KubeObject, old?: KubeObject): FieldError[] {
  return [
    ...validateCRDStatus(object),
    ...validateStoredVersions(object),
    ...validateApproval(object, old),
    ...validatePreserveUnknownFields(object, old),
  ];
}

/** ValidateCustomResourceDefinitionStatus: the accepted names. */
export function validateCRDStatus(object: KubeObject): FieldError[] {
  return validateNames(object['status']?.acceptedNames ?? {}, 'status.acceptedNames');
}

/** ValidateCustomResourceDefinition. The name is made of what the object says it defines. */
export function validateCRD(object: KubeObject): FieldError[] {
  const spec = internalSpec(object['spec'] ?? {});
  const name = object.metadata.name ?? '';
  const wanted = `${spec.names['plural'] ?? ''}.${spec.group}`;
  const wrongName =
    name === '' || name === wanted ? [] : [invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group')];
  return [
    ...wrongName,
    ...validateSpec(spec, {
      schemas: false,
      reviewVersions: false,
      isUnchanged: () => false,
      caBundle: true,
    }),
    ...validateRest(object),
  ];
}

function schemaOfVersion(object: KubeObject, name: string): unknown {
  return listOf(object['spec']?.versions).find((version) => version['name'] === name)?.['schema'];
}

/** ValidateCustomResourceDefinitionUpdate: group and plural stay, and once established scope and kind too. */
export function validateCRDUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const [spec, oldSpec] = [object, old].map((one) => internalSpec(one['spec'] ?? {})) as [InternalSpec, InternalSpec];
  const established = listOf(old['status']?.conditions).some(
    ({ type, status }) => type === 'Established' && status === 'True',
  );
  const oldReviews = (oldSpec.conversion?.['webhook']?.conversionReviewVersions ?? []) as string[];
  const errors = validateSpec(spec, {
    schemas: missingSchemas(oldSpec).length > 0,
    reviewVersions: oldReviews.length > 0 && !oldReviews.some((version) => reviewVersions.includes(version)),
    isUnchanged: (version) => semanticEqual(schemaOfVersion(object, version), schemaOfVersion(old, version)),
    caBundle:
      !established || validateCABundle(oldSpec.conversion?.['webhook']?.clientConfig?.caBundle ?? '', '').length > 0,
  });
  if (established)
    errors.push(
      ...validateImmutableField(spec.scope, oldSpec.scope, 'spec.scope'),
      ...validateImmutableField(spec.names['kind'], oldSpec.names['kind'], 'spec.names.kind'),
    );
  return [
    ...errors,
    ...validateImmutableField(spec.group, oldSpec.group, 'spec.group'),
    ...validateImmutableField(spec.names['plural'], oldSpec.names['plural'], 'spec.names.plural'),
    ...validateRest(object, old),
  ];
}
