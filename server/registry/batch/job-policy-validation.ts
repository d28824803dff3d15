// What pods' failures and successes mean for a job (pkg/apis/batch/validation validatePodFailurePolicy, validateSuccessPolicy).
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../../../apimachinery/field.ts';
import { checkNonnegative, checkQualifiedName, pushInvalidWithoutValue } from '../core/checks.ts';
import { type Fields, listOf } from '../fields.ts';
import { countIndexes, IndexesError } from './job-indexes.ts';

const maxRules = 20;
const maxExitCodes = 255;
const maxPatterns = 20;
const maxIndexesLength = 64 * 1024;

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const operators = ['In', 'NotIn'];
const statuses = ['False', 'True', 'Unknown'];

/** One of the values, which are named where there is none. */
function checkChoice(value: string, supported: readonly string[], path: string, errors: FieldError[]): void {
  const list = supported.map((choice) => JSON.stringify(choice)).join(' ');
  if (value === '') errors.push(required(path, `valid values: [${list}]`));
  else if (!supported.includes(value)) errors.push(notSupported(path, value, supported));
}

/** `spec` is the job's. */
export function checkPodFailurePolicy(spec: Fields, path: string, errors: FieldError[]): void {
  const rules = listOf(spec['podFailurePolicy'].rules);
  if (rules.length > maxRules) errors.push(tooMany(`${path}.rules`, rules.length, maxRules));
  const podSpec = (spec['template']?.spec ?? {}) as Fields;
  const containers = [...listOf(podSpec['containers']), ...listOf(podSpec['initContainers'])];
  const names = new Set(containers.map(({ name }) => name as string));
  rules.forEach((rule, index) => {
    checkFailureRule(rule ?? {}, spec, names, `${path}.rules[${index}]`, errors);
  });
}

function checkFailureRule(
  rule: Fields,
  spec: Fields,
  names: ReadonlySet<string>,
  path: string,
  errors: FieldError[],
): void {
  const action = (rule['action'] ?? '') as string;
  const conditions = listOf(rule['onPodConditions']);
  if (action !== 'FailIndex') checkChoice(action, actions, `${path}.action`, errors);
  else if ((spec['backoffLimitPerIndex'] ?? undefined) === undefined)
    errors.push(invalid(`${path}.action`, action, 'requires the backoffLimitPerIndex to be set'));
  if (rule['onExitCodes']) checkExitCodes(rule['onExitCodes'], names, `${path}.onExitCodes`, errors);
  checkPatterns(conditions, `${path}.onPodConditions`, errors);
  if (rule['onExitCodes'] && conditions.length > 0)
    pushInvalidWithoutValue(path, 'specifying both OnExitCodes and OnPodConditions is not supported', errors);
  if (!rule['onExitCodes'] && conditions.length === 0)
    pushInvalidWithoutValue(path, 'specifying one of OnExitCodes and OnPodConditions is required', errors);
}

function checkPatterns(patterns: readonly Fields[], path: string, errors: FieldError[]): void {
  if (patterns.length > maxPatterns) errors.push(tooMany(path, patterns.length, maxPatterns));
  patterns.forEach((pattern, index) => {
    checkQualifiedName(pattern?.['type'] ?? '', `${path}[${index}].type`, errors);
    checkChoice(pattern?.['status'] ?? '', statuses, `${path}[${index}].status`, errors);
  });
}

function checkExitCodes(codes: Fields, names: ReadonlySet<string>, path: string, errors: FieldError[]): void {
  const { operator = '', containerName } = codes;
  const values = (codes['values'] ?? []) as number[];
  checkChoice(operator, operators, `${path}.operator`, errors);
  if (typeof containerName === 'string' && !names.has(containerName)) {
    const detail = 'must be one of the container or initContainer names in the pod template';
    errors.push(invalid(`${path}.containerName`, containerName, detail));
  }
  if (values.length === 0) errors.push(invalid(`${path}.values`, codes['values'], 'at least one value is required'));
  if (values.length > maxExitCodes) errors.push(tooMany(`${path}.values`, values.length, maxExitCodes));
  values.forEach((value, index) => {
    const at = `${path}.values[${index}]`;
    if (operator === 'In' && value === 0) errors.push(invalid(at, value, 'must not be 0 for the In operator'));
    if (values.indexOf(value) < index) errors.push(duplicate(at, value));
  });
  if (values.some((value, index) => index > 0 && values[index - 1]! > value))
    errors.push(invalid(`${path}.values`, values, 'must be ordered'));
}

/** `spec` is that of an indexed job. */
export function checkSuccessPolicy(spec: Fields, path: string, errors: FieldError[]): void {
  const rules = listOf(spec['successPolicy'].rules);
  if (rules.length === 0) {
    const detail = 'at least one rules must be specified when the successPolicy is specified';
    errors.push(required(`${path}.rules`, detail));
  }
  if (rules.length > maxRules) errors.push(tooMany(`${path}.rules`, rules.length, maxRules));
  rules.forEach((rule, index) => {
    checkSuccessRule(rule ?? {}, spec['completions'] ?? 0, `${path}.rules[${index}]`, errors);
  });
}

function checkSuccessRule(rule: Fields, completions: number, path: string, errors: FieldError[]): void {
  const count = (rule['succeededCount'] ?? undefined) as number | undefined;
  const indexes = (rule['succeededIndexes'] ?? undefined) as string | undefined;
  if (count === undefined && indexes === undefined)
    errors.push(required(path, 'at least one of succeededCount or succeededIndexes must be specified'));
  const total = indexes === undefined ? 0 : checkIndexes(indexes, completions, `${path}.succeededIndexes`, errors);
  if (count === undefined) return;
  const countPath = `${path}.succeededCount`;
  const atMost = (limit: number, what: string) => `must be less than or equal to ${limit} (the number of ${what})`;
  checkNonnegative(count, countPath, errors);
  if (count > completions) errors.push(invalid(countPath, count, atMost(completions, 'specified completions')));
  if (indexes !== undefined && count > total)
    errors.push(invalid(countPath, count, atMost(total, 'indexes in the specified succeededIndexes field')));
}

function checkIndexes(indexes: string, completions: number, path: string, errors: FieldError[]): number {
  if (indexes.length > maxIndexesLength) errors.push(tooLong(path, maxIndexesLength));
  try {
    return countIndexes(indexes, completions);
  } catch (error) {
    if (!(error instanceof IndexesError)) throw error;
    errors.push(invalid(path, indexes, `error parsing succeededIndexes: ${error.message}`));
    return 0;
  }
}
