// Match conditions: CEL expressions that narrow what a webhook or policy is asked about.
import { duplicate, type FieldError, required, tooMany } from '../../../apimachinery/field.ts';
import { isQualifiedName } from '../../../apimachinery/names.ts';
import { compileExpression, policyEnvironment, resultTypes } from '../../../apimachinery/policy-expressions.ts';
import { invalidEach } from '../../../apimachinery/validation.ts';
import type { Fields } from '../fields.ts';

const maxConditions = 64;

/** An expression that is more than white space. */
export function isBlank(expression: string): boolean {
  return expression.trim() === '';
}

function validateCondition(expression: string, field: string, params: boolean): FieldError[] {
  const environment = policyEnvironment({ params, authorizer: true });
  return compileExpression(environment, expression, resultTypes.condition, field).errors;
}

/** validateMatchConditions; `params` as the policy has a paramKind. */
export function validateMatchConditions(conditions: readonly Fields[], field: string, params = false): FieldError[] {
  const errors = conditions.length > maxConditions ? [tooMany(field, conditions.length, maxConditions)] : [];
  const names = new Set<string>();
  conditions.forEach(({ name = '', expression = '' }, index) => {
    const path = `${field}[${index}]`;
    if (isBlank(expression)) errors.push(required(`${path}.expression`));
    else errors.push(...validateCondition(expression.trim(), `${path}.expression`, params));
    if (name === '') {
      errors.push(required(`${path}.name`));
      return;
    }
    errors.push(...invalidEach(`${path}.name`, name, isQualifiedName(name)));
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
  });
  return errors;
}
