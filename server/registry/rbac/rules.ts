// Policy rules of roles (ValidatePolicyRule in pkg/apis/rbac/validation).
import { type FieldError, invalid, required } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { validateLabelSelector } from '../../../apimachinery/validation.ts';
import { type Fields, listOf } from '../fields.ts';

function validateRule(rule: Fields, namespaced: boolean, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const has = (part: string): boolean => ((rule[part] ?? []) as string[]).length > 0;
  if (!has('verbs')) errors.push(required(`${field}.verbs`, 'verbs must contain at least one value'));
  if (has('nonResourceURLs')) {
    const path = `${field}.nonResourceURLs`;
    const urls = rule['nonResourceURLs'];
    if (namespaced) errors.push(invalid(path, urls, 'namespaced rules cannot apply to non-resource URLs'));
    if (has('apiGroups') || has('resources') || has('resourceNames'))
      errors.push(invalid(path, urls, 'rules cannot apply to both regular resources and non-resource URLs'));
    return errors;
  }
  if (!has('apiGroups'))
    errors.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'));
  if (!has('resources'))
    errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}

/** ValidateRole, and the rules of a ClusterRole. */
export function validateRules(object: KubeObject, namespaced: boolean): FieldError[] {
  return listOf(object['rules']).flatMap((rule, index) => validateRule(rule, namespaced, `rules[${index}]`));
}

function selectorsOf(object: KubeObject): readonly Fields[] {
  return listOf(object['aggregationRule']?.clusterRoleSelectors);
}

/** ValidateClusterRole; on update a selector of `old` with values no label can have lets such values be. */
export function validateClusterRole(object: KubeObject, old?: KubeObject): FieldError[] {
  const field = 'aggregationRule.clusterRoleSelectors';
  const errors = validateRules(object, false);
  if (!object['aggregationRule']) return errors;
  const allowInvalidLabelValue =
    old !== undefined && selectorsOf(old).some((selector) => validateLabelSelector(selector, '').length > 0);
  if (selectorsOf(object).length === 0)
    errors.push(required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  selectorsOf(object).forEach((selector, index) => {
    errors.push(...validateLabelSelector(selector, `${field}[${index}]`, { allowInvalidLabelValue }));
    // What no selector can be made of prints as the nil that upstream got instead.
    if (validateLabelSelector(selector, '').length > 0)
      errors.push(invalid(`${field}[${index}]`, null, 'invalid label selector.'));
  });
  return errors;
}
