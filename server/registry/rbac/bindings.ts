// What RoleBinding and ClusterRoleBinding share.
import { type FieldError, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import { isDNS1123Subdomain, isPathSegmentName } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { invalidEach } from '../../../apimachinery/validation.ts';
import type { Cell, PrintContext, Printer, TableColumn } from '../descriptor.ts';
import { describe } from '../field-descriptions.ts';
import { defaultZero, ensure, type Fields, listOf } from '../fields.ts';
import { age, ageColumn, column, nameColumn } from '../print.ts';

export const rbacGroup = 'rbac.authorization.k8s.io';

/** SetDefaults_RoleBinding and SetDefaults_Subject: the API group of the role, and of users and groups. */
export function setBindingDefaults(object: KubeObject): void {
  defaultZero(ensure(object, 'roleRef'), 'apiGroup', rbacGroup);
  for (const subject of listOf(object['subjects']))
    if (subject['kind'] === 'User' || subject['kind'] === 'Group') defaultZero(subject, 'apiGroup', rbacGroup);
}

function subjectNames(subjects: readonly Fields[], kind: string): string {
  return subjects
    .filter((subject) => subject['kind'] === kind)
    .map(({ namespace, name }) => (kind === 'ServiceAccount' ? `${namespace ?? ''}/${name ?? ''}` : (name ?? '')))
    .join(', ');
}

function cells(object: KubeObject, { now }: PrintContext): Cell[] {
  const subjects = listOf(object['subjects']);
  return [
    object.metadata.name ?? '',
    `${object['roleRef']?.kind ?? ''}/${object['roleRef']?.name ?? ''}`,
    age(object, now),
    subjectNames(subjects, 'User'),
    subjectNames(subjects, 'Group'),
    subjectNames(subjects, 'ServiceAccount'),
  ];
}

/** Upstream describes the column by the older API's text, which does not say yet that the field is immutable. */
function roleColumn(definition: string): TableColumn {
  return {
    ...column('Role', ''),
    get description() {
      return describe(definition, 'roleRef').replace(' This field is immutable.', '');
    },
  };
}

/** The printer of a binding; `noun` as the column descriptions call it, `definition` its OpenAPI definition. */
export function bindingPrinter(noun: string, definition: string): Printer {
  return {
    columns: [
      nameColumn,
      roleColumn(definition),
      ageColumn,
      column('Users', `Users in the ${noun}`, { wide: true }),
      column('Groups', `Groups in the ${noun}`, { wide: true }),
      column('ServiceAccounts', `ServiceAccounts in the ${noun}`, { wide: true }),
    ],
    cells,
  };
}

function validateRoleRef(reference: Fields, kinds: readonly string[]): FieldError[] {
  const { apiGroup = '', kind = '', name = '' } = reference;
  const errors: FieldError[] = [];
  if (apiGroup !== rbacGroup) errors.push(notSupported('roleRef.apiGroup', apiGroup, [rbacGroup]));
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds));
  if (name === '') errors.push(required('roleRef.name'));
  return [...errors, ...invalidEach('roleRef.name', name, isPathSegmentName(name))];
}

function validateSubject(subject: Fields, namespaced: boolean, field: string): FieldError[] {
  const { kind = '', apiGroup = '', name = '', namespace = '' } = subject;
  const errors = name === '' ? [required(`${field}.name`)] : [];
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') errors.push(...invalidEach(`${field}.name`, name, isDNS1123Subdomain(name)));
      if (apiGroup !== '') errors.push(notSupported(`${field}.apiGroup`, apiGroup, ['']));
      if (!namespaced && namespace === '') errors.push(required(`${field}.namespace`));
      break;
    case 'User':
    case 'Group':
      if (apiGroup !== rbacGroup) errors.push(notSupported(`${field}.apiGroup`, apiGroup, [rbacGroup]));
      break;
    default:
      errors.push(notSupported(`${field}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  }
  return errors;
}

/** ValidateRoleBinding and ValidateClusterRoleBinding; the cluster's refers to cluster roles only and names namespaces. */
export function validateBinding(object: KubeObject, namespaced: boolean): FieldError[] {
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  return [
    ...validateRoleRef(object['roleRef'] ?? {}, kinds),
    ...listOf(object['subjects']).flatMap((subject, index) =>
      validateSubject(subject, namespaced, `subjects[${index}]`),
    ),
  ];
}

/** The same for an update, which cannot change the role. */
export function validateBindingUpdate(object: KubeObject, old: KubeObject, namespaced: boolean): FieldError[] {
  const changed = semanticEqual(object['roleRef'], old['roleRef'])
    ? []
    : [invalid('roleRef', roleRefOf(object), 'cannot change roleRef')];
  return [...validateBinding(object, namespaced), ...changed];
}

/** The reference as Go prints its internal type: by the names of the Go fields. */
function roleRefOf(object: KubeObject): Fields {
  const { apiGroup = '', kind = '', name = '' } = object['roleRef'] ?? {};
  return { APIGroup: apiGroup, Kind: kind, Name: name };
}
