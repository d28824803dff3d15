// Rules: which operations on which resources a webhook or policy is for (pkg/apis/admissionregistration/validation).
import { duplicate, type FieldError, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import { isPathSegmentName } from '../../../apimachinery/names.ts';
import { invalidEach } from '../../../apimachinery/validation.ts';
import type { Fields } from '../fields.ts';

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const scopes = ['*', 'Cluster', 'Namespaced'];

/** `*` stands alone; `others` says what may not stand beside it. */
function validateWildcard(values: readonly string[], others: string, field: string): FieldError[] {
  return values.length > 1 && values.includes('*')
    ? [invalid(field, values, `if '*' is present, must not specify other ${others}`)]
    : [];
}

function validateResources(resources: readonly string[], field: string): FieldError[] {
  const errors: FieldError[] = resources.length === 0 ? [required(field)] : [];
  const wholeResources = new Set<string>();
  const wholeSubresources = new Set<string>();
  let lastPlain = false;
  resources.forEach((name, index) => {
    const path = `${field}[${index}]`;
    const slash = name.indexOf('/');
    if (name === '') errors.push(required(path));
    else if (slash < 0) lastPlain = name !== '*';
    if (name === '' || slash < 0) return;
    const [resource, subresource] = [name.slice(0, slash), name.slice(slash + 1)];
    if (wholeResources.has(resource))
      errors.push(invalid(path, name, `if '${resource}/*' is present, must not specify ${name}`));
    if (wholeSubresources.has(subresource))
      errors.push(invalid(path, name, `if '*/${subresource}' is present, must not specify ${name}`));
    if (subresource === '*') wholeResources.add(resource);
    if (resource === '*') wholeSubresources.add(subresource);
  });
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalid(field, resources, "if '*/*' is present, must not specify other resources"));
  if (resources.includes('*') && lastPlain) {
    const rule = "if '*' is present, must not specify other resources without subresources";
    errors.push(invalid(field, resources, rule));
  }
  return errors;
}

function validateOperations(list: readonly string[], field: string): FieldError[] {
  return [
    ...(list.length === 0 ? [required(field)] : []),
    ...validateWildcard(list, 'operations', field),
    ...list.flatMap((operation, index) =>
      operations.includes(operation) ? [] : [notSupported(`${field}[${index}]`, operation, operations)],
    ),
  ];
}

/** validateRuleWithOperations. */
export function validateRule(rule: Fields, field: string): FieldError[] {
  const { apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  const versions = apiVersions as string[];
  return [
    ...validateOperations(rule['operations'] ?? [], `${field}.operations`),
    ...(apiGroups.length === 0 ? [required(`${field}.apiGroups`)] : []),
    ...validateWildcard(apiGroups, 'API groups', `${field}.apiGroups`),
    ...(versions.length === 0 ? [required(`${field}.apiVersions`)] : []),
    ...validateWildcard(versions, 'API versions', `${field}.apiVersions`),
    ...versions.flatMap((version, index) => (version === '' ? [required(`${field}.apiVersions[${index}]`)] : [])),
    ...validateResources(resources, `${field}.resources`),
    ...(scope === undefined || scopes.includes(scope) ? [] : [notSupported(`${field}.scope`, scope, scopes)]),
  ];
}

/** validateNamedRuleWithOperations: the same with names of objects. */
export function validateNamedRule(rule: Fields, field: string): FieldError[] {
  const names = (rule['resourceNames'] ?? []) as string[];
  const nameErrors = names.flatMap((name, index) => {
    const path = `${field}.resourceNames[${index}]`;
    const repeated = names.indexOf(name) < index ? [duplicate(path, name)] : [];
    return [...invalidEach(path, name, isPathSegmentName(name)), ...repeated];
  });
  return [...nameErrors, ...validateRule(rule, field)];
}
