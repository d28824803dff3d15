// What RoleBinding and ClusterRoleBinding share.
import type { KubeObject } from '../../../apimachinery/object.ts';
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
