// What admission policies and their bindings must be (pkg/apis/admissionregistration/validation).
import type { CelEnvironment, CelType } from '../../../apimachinery/cel/index.ts';
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import {
  byteLength,
  isDNS1035Label,
  isDNS1123Subdomain,
  isPathSegmentName,
  isQualifiedName,
} from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import {
  compileExpression,
  mutationTypes,
  policyEnvironment,
  resultTypes,
  VariableTypes,
} from '../../../apimachinery/policy-expressions.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { invalidEach, validateConditions, validateLabelSelector } from '../../../apimachinery/validation.ts';
import { type Fields, listOf } from '../fields.ts';
import { isBlank, validateMatchConditions } from './match-conditions.ts';
import { validateNamedRule } from './rules.ts';
import { failurePolicies, matchPolicies, reinvocationPolicies } from './webhook-validation.ts';

const mutatingOperations = ['*', 'CONNECT', 'CREATE', 'UPDATE'];
const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const actions = ['Audit', 'Deny', 'Warn'];
const patchTypes = ['ApplyConfiguration', 'JSONPatch'];
const maxAuditAnnotations = 20;
const maxValueExpressionBytes = 5 * 1024;
const identifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const reservedWords = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

function validateSelector(resources: Fields, part: string, field: string): FieldError[] {
  const selector = resources[part];
  return selector === undefined ? [required(`${field}.${part}`)] : validateLabelSelector(selector, `${field}.${part}`);
}

function validateMatchResources(resources: Fields | undefined, field: string): FieldError[] {
  if (!resources) return [];
  const { matchPolicy } = resources;
  const errors: FieldError[] = [];
  if (matchPolicy === undefined) errors.push(required(`${field}.matchPolicy`));
  else if (!matchPolicies.includes(matchPolicy))
    errors.push(notSupported(`${field}.matchPolicy`, matchPolicy, matchPolicies));
  errors.push(...validateSelector(resources, 'namespaceSelector', field));
  errors.push(...validateSelector(resources, 'objectSelector', field));
  for (const part of ['resourceRules', 'excludeResourceRules'])
    errors.push(...listOf(resources[part]).flatMap((rule, i) => validateNamedRule(rule, `${field}.${part}[${i}]`)));
  return errors;
}

/** A deletion has nothing left to mutate. Upstream names the list, not the entry. */
function validateMutatingOperations(resources: Fields | undefined, field: string): FieldError[] {
  return listOf(resources?.['resourceRules'])
    .flatMap((rule) => (rule['operations'] ?? []) as string[])
    .filter((operation) => !mutatingOperations.includes(operation))
    .map((operation) => notSupported(`${field}.resourceRules.operations`, operation, mutatingOperations));
}

function validateApiVersion(apiVersion: string, field: string): FieldError[] {
  if (apiVersion === '') return [required(field)];
  const parts = apiVersion.split('/');
  if (parts.length > 2) return [invalid(field, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  const version = parts.at(-1)!;
  const group = parts.length === 2 ? parts[0]! : '';
  const groupErrors = group === '' ? [] : isDNS1123Subdomain(group);
  const versionErrors = isDNS1035Label(version);
  return [
    ...(groupErrors.length > 0 ? [invalid(field, group, groupErrors.join(','))] : []),
    ...(version === ''
      ? [invalid(field, apiVersion, 'version must be specified')]
      : versionErrors.length > 0
        ? [invalid(field, version, versionErrors.join(','))]
        : []),
  ];
}

function validateParamKind({ apiVersion = '', kind = '' }: Fields, field: string): FieldError[] {
  const errors = validateApiVersion(apiVersion, `${field}.apiVersion`);
  const messages = isDNS1035Label(kind.toLowerCase());
  if (kind === '') errors.push(required(`${field}.kind`));
  else if (messages.length > 0)
    errors.push(
      invalid(`${field}.kind`, kind, `may have mixed case, but should otherwise match: ${messages.join(',')}`),
    );
  return errors;
}

function validateVariable(variable: Fields, types: VariableTypes, field: string): FieldError[] {
  const { name = '', expression = '' } = variable;
  const errors: FieldError[] = [];
  if (isBlank(name)) errors.push(required(`${field}.name`, 'name is not specified'));
  else if (!identifier.test(name) || reservedWords.has(name))
    errors.push(invalid(`${field}.name`, name, 'must be a valid CEL identifier'));
  if (isBlank(expression)) errors.push(required(`${field}.expression`, 'expression is not specified'));
  else errors.push(...types.add(variable, `${field}.expression`));
  return errors;
}

/** What both kinds of policy begin with; `old` as in an update. The policy's variables go to `types`. */
function validatePolicyHead(
  spec: Fields,
  old: Fields | undefined,
  mutating: boolean,
  types: VariableTypes,
): FieldError[] {
  const { failurePolicy, paramKind, matchConstraints } = spec;
  const errors: FieldError[] = [];
  if (failurePolicy === undefined) errors.push(required('spec.failurePolicy'));
  else if (!failurePolicies.includes(failurePolicy))
    errors.push(notSupported('spec.failurePolicy', failurePolicy, failurePolicies));
  if (paramKind) errors.push(...validateParamKind(paramKind, 'spec.paramKind'));
  if (matchConstraints) {
    errors.push(...validateMatchResources(matchConstraints, 'spec.matchConstraints'));
    if (listOf(matchConstraints.resourceRules).length === 0)
      errors.push(required('spec.matchConstraints.resourceRules'));
    if (mutating) errors.push(...validateMutatingOperations(matchConstraints, 'spec.matchConstraints'));
  } else {
    errors.push(required('spec.matchConstraints'));
  }
  const unchanged =
    old !== undefined && ['paramKind', 'matchConditions'].every((part) => semanticEqual(spec[part], old[part]));
  if (!unchanged)
    errors.push(
      ...validateMatchConditions(listOf(spec['matchConditions']), 'spec.matchConditions', paramKind !== undefined),
    );
  return [
    ...errors,
    ...listOf(spec['variables']).flatMap((variable, i) => validateVariable(variable, types, `spec.variables[${i}]`)),
  ];
}

/** The environments of one policy's expressions. */
interface PolicyEnvironments {
  readonly conditions: CelEnvironment;
  readonly messages: CelEnvironment;
}

function validateValidation(
  validation: Fields,
  { conditions, messages }: PolicyEnvironments,
  field: string,
): FieldError[] {
  const { expression = '', message = '', messageExpression = '', reason } = validation;
  const errors: FieldError[] = [];
  if (isBlank(expression)) errors.push(required(`${field}.expression`, 'expression is not specified'));
  else errors.push(...compileExpression(conditions, expression, resultTypes.condition, `${field}.expression`).errors);
  if (messageExpression !== '' && isBlank(messageExpression))
    errors.push(invalid(`${field}.messageExpression`, messageExpression, 'must be non-empty if specified'));
  else if (messageExpression !== '')
    errors.push(
      ...compileExpression(messages, messageExpression, resultTypes.message, `${field}.messageExpression`).errors,
    );
  if (message !== '' && isBlank(message))
    errors.push(invalid(`${field}.message`, message, 'must be non-empty if specified'));
  else if (/[\n\r]/.test(message.trim()))
    errors.push(invalid(`${field}.message`, message, 'must not contain line breaks'));
  if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(`${field}.reason`, reason, reasons));
  return errors;
}

function validateAuditAnnotation(
  { key = '', valueExpression = '' }: Fields,
  name: string,
  environment: CelEnvironment,
  field: string,
): FieldError[] {
  const qualified = `${name}/${key}`;
  const errors =
    name === ''
      ? [invalid(`${field}.key`, key, 'requires metadata.name be non-empty')]
      : invalidEach(`${field}.key`, qualified, isQualifiedName(qualified));
  const path = `${field}.valueExpression`;
  if (isBlank(valueExpression)) errors.push(required(path, 'valueExpression is not specified'));
  else if (byteLength(valueExpression.trim()) > maxValueExpressionBytes)
    errors.push(required(path, `must not exceed ${maxValueExpressionBytes} bytes in length`));
  else {
    const trimmed = valueExpression.trim();
    errors.push(...compileExpression(environment, trimmed, resultTypes.auditAnnotation, path, valueExpression).errors);
  }
  return errors;
}

function validateAuditAnnotations(
  annotations: readonly Fields[],
  name: string,
  environment: CelEnvironment,
): FieldError[] {
  const field = 'spec.auditAnnotations';
  const keys = annotations.map((annotation) => annotation['key'] as string);
  const many =
    annotations.length > maxAuditAnnotations
      ? [invalid(field, annotations, `must not have more than ${maxAuditAnnotations} auditAnnotations`)]
      : [];
  return annotations.reduce<FieldError[]>((errors, annotation, index) => {
    errors.push(...validateAuditAnnotation(annotation, name, environment, `${field}[${index}]`));
    if (keys.indexOf(keys[index]!) < index) errors.push(duplicate(`${field}[${index}].key`, keys[index]));
    return errors;
  }, many);
}

function validationEnvironments(spec: Fields, { types }: VariableTypes): PolicyEnvironments {
  const params = spec['paramKind'] !== undefined;
  const variables = listOf(spec['variables']).length > 0 ? { variables: types } : {};
  return {
    conditions: policyEnvironment({ params, authorizer: true, ...variables }),
    messages: policyEnvironment({ params, authorizer: false, ...variables }),
  };
}

/** ValidateValidatingAdmissionPolicy and its update. */
export function validateValidatingPolicy(object: KubeObject, old?: KubeObject): FieldError[] {
  const spec = (object['spec'] ?? {}) as Fields;
  const validations = listOf(spec['validations']);
  const annotations = listOf(spec['auditAnnotations']);
  const types = new VariableTypes(spec['paramKind'] !== undefined);
  const errors = validatePolicyHead(spec, old?.['spec'], false, types);
  const environments = validationEnvironments(spec, types);
  const rule = 'validations or auditAnnotations must contain at least one item';
  if (validations.length === 0 && annotations.length === 0)
    return [...errors, required('spec.validations', rule), required('spec.auditAnnotations', rule)];
  return [
    ...errors,
    ...validations.flatMap((validation, i) => validateValidation(validation, environments, `spec.validations[${i}]`)),
    ...validateAuditAnnotations(annotations, object.metadata.name ?? '', environments.conditions),
  ];
}

/** ValidateValidatingAdmissionPolicyStatusUpdate. */
export function validatePolicyStatus(object: KubeObject): FieldError[] {
  const list = 'status.typeChecking.expressionWarnings';
  const warnings = listOf(object['status']?.typeChecking?.expressionWarnings).flatMap(
    ({ warning = '', fieldRef = '' }, index) => [
      ...(warning === '' ? [required(`${list}[${index}].warning`)] : []),
      ...(isBlank(fieldRef) ? [required(`${list}[${index}].fieldRef`)] : []),
    ],
  );
  return [...warnings, ...validateConditions(object['status']?.conditions, 'status.conditions')];
}

function validatePatch(
  { expression = '' }: Fields,
  patchType: string,
  environment: CelEnvironment,
  field: string,
): FieldError[] {
  if (isBlank(expression)) return [required(field)];
  const expected = mutationTypes[patchType] as CelType;
  return compileExpression(environment, expression.trim(), [expected], field).errors;
}

/** The members of a mutation by its patch type. */
const patchMembers: ReadonlyMap<string, string> = new Map([
  ['ApplyConfiguration', 'applyConfiguration'],
  ['JSONPatch', 'jsonPatch'],
]);

function validateMutation(mutation: Fields, environment: CelEnvironment, field: string): FieldError[] {
  const patchType = (mutation['patchType'] ?? '') as string;
  if (patchType === '') return [required(`${field}.patchType`)];
  const member = patchMembers.get(patchType);
  if (member === undefined) return [notSupported(`${field}.patchType`, patchType, patchTypes)];
  const value = mutation[member] as Fields | undefined;
  const errors: FieldError[] = [];
  if (value === undefined)
    errors.push(required(`${field}.${member}`, `must be specified when patchType is ${patchType}`));
  else errors.push(...validatePatch(value, patchType, environment, `${field}.${member}.expression`));
  const other = member === 'jsonPatch' ? 'applyConfiguration' : 'jsonPatch';
  if (mutation[other] !== undefined)
    errors.push(invalid(`${field}.${other}`, `{${other}}`, `must not be specified when patchType is ${patchType}`));
  return errors;
}

/** ValidateMutatingAdmissionPolicy and its update. */
export function validateMutatingPolicy(object: KubeObject, old?: KubeObject): FieldError[] {
  const spec = (object['spec'] ?? {}) as Fields;
  const mutations = listOf(spec['mutations']);
  const reinvocation = (spec['reinvocationPolicy'] ?? '') as string;
  const params = spec['paramKind'] !== undefined;
  const types = new VariableTypes(params);
  const errors = validatePolicyHead(spec, old?.['spec'], true, types);
  const environment = policyEnvironment({ params, authorizer: true, patchTypes: true, variables: types.types });
  if (mutations.length === 0) errors.push(required('spec.mutations', 'mutations must contain at least one item'));
  errors.push(...mutations.flatMap((mutation, i) => validateMutation(mutation, environment, `spec.mutations[${i}]`)));
  if (reinvocation === '') errors.push(required('spec.reinvocationPolicy'));
  else if (!reinvocationPolicies.includes(reinvocation))
    errors.push(notSupported('spec.reinvocationPolicy', reinvocation, reinvocationPolicies));
  return errors;
}

function validateParamRef(reference: Fields | undefined, field: string): FieldError[] {
  if (!reference) return [];
  const { name = '', selector, parameterNotFoundAction: action = '' } = reference;
  const both = name !== '' && selector !== undefined;
  const errors = name === '' ? [] : invalidEach(`${field}.name`, name, isPathSegmentName(name));
  if (both) errors.push(forbidden(`${field}.name`, 'name and selector are mutually exclusive'));
  errors.push(...validateLabelSelector(selector, `${field}.selector`));
  if (both) errors.push(forbidden(`${field}.selector`, 'name and selector are mutually exclusive'));
  if (name === '' && selector === undefined) errors.push(required(field, 'one of name or selector must be specified'));
  const path = `${field}.parameterNotFoundAction`;
  if (action === '') errors.push(required(path));
  else if (action !== 'Deny' && action !== 'Allow') errors.push(notSupported(path, action, ['Deny', 'Allow']));
  return errors;
}

function validateActions(list: readonly string[], field: string): FieldError[] {
  const errors = list.flatMap((action, index) => [
    ...(actions.includes(action) ? [] : [notSupported(`${field}[${index}]`, action, actions)]),
    ...(list.indexOf(action) < index ? [duplicate(`${field}[${index}]`, action)] : []),
  ]);
  if (list.includes('Deny') && list.includes('Warn')) {
    const rule =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
    errors.push(invalid(field, list, rule));
  }
  if (list.length === 0) errors.push(required(field, 'at least one validation action is required'));
  return errors;
}

function validateBindingHead(spec: Fields): FieldError[] {
  const name = (spec['policyName'] ?? '') as string;
  return [
    ...(name === '' ? [required('spec.policyName')] : invalidEach('spec.policyName', name, isDNS1123Subdomain(name))),
    ...validateParamRef(spec['paramRef'], 'spec.paramRef'),
    ...validateMatchResources(spec['matchResources'], 'spec.matchResources'),
  ];
}

/** ValidateValidatingAdmissionPolicyBinding; an update is checked the same way. */
export function validateValidatingBinding(object: KubeObject): FieldError[] {
  const spec = (object['spec'] ?? {}) as Fields;
  return [...validateBindingHead(spec), ...validateActions(spec['validationActions'] ?? [], 'spec.validationActions')];
}

/** ValidateMutatingAdmissionPolicyBinding; an update is checked the same way. */
export function validateMutatingBinding(object: KubeObject): FieldError[] {
  const spec = (object['spec'] ?? {}) as Fields;
  return [...validateBindingHead(spec), ...validateMutatingOperations(spec['matchResources'], 'spec.matchResources')];
}
