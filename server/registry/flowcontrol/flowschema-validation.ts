// What a FlowSchema must be (pkg/apis/flowcontrol/validation).
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import { isDNS1123Label, isDNS1123Subdomain } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { invalidEach } from '../../../apimachinery/validation.ts';
import { type Fields, listOf } from '../fields.ts';
import { internalForm } from '../internal-form.ts';
import { mandatoryFlowSchemas } from './mandatory.ts';

const specDefinition = 'io.k8s.api.flowcontrol.v1.FlowSchemaSpec';
const maxMatchingPrecedence = 10000;
const distinguisherMethods = ['ByNamespace', 'ByUser'];
const subjectKinds = ['Group', 'ServiceAccount', 'User'];
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];
const namespaceRule = "each member of this list must be '*' or a DNS-1123 label; ";

/** The member of a subject that its kind names. */
const subjectMembers: ReadonlyMap<string, string> = new Map([
  ['ServiceAccount', 'serviceAccount'],
  ['User', 'user'],
  ['Group', 'group'],
]);

/** `*` stands alone; `others` says what may not stand beside it. */
function validateWildcard(values: readonly string[], others: string, field: string): FieldError[] {
  return values.length > 1 && values.includes('*')
    ? [invalid(field, values, `if '*' is present, must not specify other ${others}`)]
    : [];
}

function validateVerbs(rule: Fields, field: string): FieldError[] {
  const list = (rule['verbs'] ?? []) as string[];
  if (list.length === 0) return [required(`${field}.verbs`, 'verbs must contain at least one value')];
  if (list.includes('*')) return validateWildcard(list, 'verbs', `${field}.verbs`);
  return list.every((verb) => verbs.includes(verb)) ? [] : [notSupported(`${field}.verbs`, list, verbs)];
}

function nonResourceURLError(path: string): string | undefined {
  if (path === '') return 'must not be empty';
  if (path === '/') return undefined;
  if (!path.startsWith('/')) return 'must start with slash';
  if (path.includes(' ')) return 'must not contain white-space';
  if (path.includes('//')) return 'must not contain double slash';
  const wildcards = path.split('*').length - 1;
  if (wildcards > 1 || (wildcards === 1 && !path.endsWith('/*'))) return 'wildcard can only do suffix matching';
  return undefined;
}

function validateNonResourceRule(rule: Fields, field: string): FieldError[] {
  const urls = (rule['nonResourceURLs'] ?? []) as string[];
  const path = `${field}.nonResourceURLs`;
  const errors = validateVerbs(rule, field);
  if (urls.length === 0) return [...errors, required(path, 'nonResourceURLs must contain at least one value')];
  if (urls.includes('*')) return [...errors, ...validateWildcard(urls, 'non-resource URLs', path)];
  const wrong = urls.flatMap((url, index) => {
    const why = nonResourceURLError(url);
    return why === undefined ? [] : [invalid(`${path}[${index}]`, url, why)];
  });
  return [...errors, ...wrong];
}

function validateNamespaces(rule: Fields, field: string): FieldError[] {
  const namespaces = (rule['namespaces'] ?? []) as string[];
  if (namespaces.length === 0 && rule['clusterScope'] !== true)
    return [required(field, 'resource rules that are not cluster scoped must supply at least one namespace')];
  if (namespaces.includes('*')) return validateWildcard(namespaces, 'namespaces', field);
  return namespaces.flatMap((namespace, index) =>
    isDNS1123Label(namespace).map((message) => invalid(`${field}[${index}]`, namespace, namespaceRule + message)),
  );
}

function validateResourceRule(rule: Fields, field: string): FieldError[] {
  const errors = validateVerbs(rule, field);
  for (const [part, one, many] of [
    ['apiGroups', 'api group', 'api groups'],
    ['resources', 'resource', 'resources'],
  ] as const) {
    const values = (rule[part] ?? []) as string[];
    if (values.length === 0)
      errors.push(required(`${field}.${part}`, `resource rules must supply at least one ${one}`));
    else errors.push(...validateWildcard(values, many, `${field}.${part}`));
  }
  return [...errors, ...validateNamespaces(rule, `${field}.namespaces`)];
}

function validateServiceAccount({ name = '', namespace = '' }: Fields, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(`${field}.name`));
  else if (name !== '*') errors.push(...invalidEach(`${field}.name`, name, isDNS1123Subdomain(name)));
  if (namespace === '') errors.push(required(`${field}.namespace`, 'must specify namespace for service account'));
  return [
    ...errors,
    ...(namespace === '' ? [] : invalidEach(`${field}.namespace`, namespace, isDNS1123Label(namespace))),
  ];
}

function validateSubject(subject: Fields, field: string): FieldError[] {
  const kind = (subject['kind'] ?? '') as string;
  const member = subjectMembers.get(kind);
  if (member === undefined) return [notSupported(`${field}.kind`, kind, subjectKinds)];
  const value = subject[member] as Fields | undefined;
  const errors: FieldError[] = [];
  if (value === undefined)
    errors.push(required(`${field}.${member}`, `${member} is required when subject kind is '${kind}'`));
  else if (kind === 'ServiceAccount') errors.push(...validateServiceAccount(value, `${field}.${member}`));
  else if ((value['name'] ?? '') === '') errors.push(required(`${field}.${member}.name`));
  for (const [otherKind, other] of subjectMembers)
    if (other !== member && subject[other] !== undefined)
      errors.push(forbidden(`${field}.${other}`, `${other} is forbidden when subject kind is not '${otherKind}'`));
  return errors;
}

function validateRule(rule: Fields, field: string): FieldError[] {
  const subjects = listOf(rule['subjects']);
  const resourceRules = listOf(rule['resourceRules']);
  const nonResourceRules = listOf(rule['nonResourceRules']);
  const errors = subjects.flatMap((subject, i) => validateSubject(subject, `${field}.subjects[${i}]`));
  if (subjects.length === 0) errors.push(required(`${field}.subjects`, 'subjects must contain at least one value'));
  if (resourceRules.length === 0 && nonResourceRules.length === 0)
    errors.push(required(field, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  return [
    ...errors,
    ...resourceRules.flatMap((one, i) => validateResourceRule(one, `${field}.resourceRules[${i}]`)),
    ...nonResourceRules.flatMap((one, i) => validateNonResourceRule(one, `${field}.nonResourceRules[${i}]`)),
  ];
}

function validatePrecedence(precedence: number, name: string): FieldError[] {
  const field = 'spec.matchingPrecedence';
  if (precedence <= 0) return [invalid(field, precedence, 'must be a positive value')];
  if (precedence > maxMatchingPrecedence)
    return [invalid(field, precedence, `must not be greater than ${maxMatchingPrecedence}`)];
  return precedence === 1 && name !== 'exempt'
    ? [invalid(field, precedence, "only the schema named 'exempt' may have matchingPrecedence 1")]
    : [];
}

/** The conditions of either kind of this group: each with a type, and each type once. */
export function validateFlowControlConditions(object: KubeObject): FieldError[] {
  const seen = new Set<string>();
  return listOf(object['status']?.conditions).flatMap(({ type = '' }, index) => {
    const field = `status.conditions[${index}].type`;
    const repeated = seen.has(type) ? [duplicate(field, type)] : [];
    seen.add(type);
    return type === '' ? [...repeated, required(field)] : repeated;
  });
}

/** ValidateFlowSchema; an update is checked the same way. */
export function validateFlowSchema(object: KubeObject): FieldError[] {
  const { matchingPrecedence = 0, distinguisherMethod: method, priorityLevelConfiguration } = object['spec'] ?? {};
  const name = object.metadata.name ?? '';
  const level = (priorityLevelConfiguration?.name ?? '') as string;
  const levelField = 'spec.priorityLevelConfiguration.name';
  const errors = validatePrecedence(matchingPrecedence, name);
  // Upstream prints the method as its internal type.
  if (method !== undefined && !distinguisherMethods.includes(method.type))
    errors.push(notSupported('spec.distinguisherMethod.type', { Type: method.type ?? '' }, distinguisherMethods));
  if (level === '') errors.push(required(levelField, 'must reference a priority level'));
  else errors.push(...invalidEach(levelField, level, isDNS1123Subdomain(level)));
  errors.push(...listOf(object['spec']?.rules).flatMap((rule, i) => validateRule(rule, `spec.rules[${i}]`)));
  const mandatory = mandatoryFlowSchemas.get(name);
  if (mandatory !== undefined && !semanticEqual(object['spec'], mandatory))
    errors.push(
      invalid('spec', internalForm(object['spec'], specDefinition), `spec of '${name}' must equal the fixed value`),
    );
  return [...errors, ...validateFlowControlConditions(object)];
}
