// What stands in a version of a CustomResourceDefinition, or at the top when all versions say the same: schema, subresources, columns,
// selectable fields (apiextensions-apiserver pkg/apis/apiextensions/validation).
import { duplicate, type FieldError, forbidden, invalid, required, tooMany } from '../../../apimachinery/field.ts';
import { byteLength } from '../../../apimachinery/names.ts';
import { type ValidateRules, validateDefaults } from '../../../apimachinery/structural/defaults-validation.ts';
import { findField } from '../../../apimachinery/structural/field-path.ts';
import { newCostBudget, RuleValidator } from '../../../apimachinery/structural/rules.ts';
import { schemaNode } from '../../../apimachinery/structural/schema.ts';
import { type Fields, listOf } from '../fields.ts';
import { type Schema, schemaOf } from './json-schema.ts';
import { validateOpenAPISchema } from './openapi-schema.ts';
import { validateRuleExpressions } from './rule-validation.ts';
import { validateStructural } from './structural.ts';

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const maxSelectableFields = 8;

/** Fields of the root schema that a status subresource leaves room for, in the order in which upstream prints them. */
const rootFields = [
  'description',
  'type',
  'format',
  'title',
  'maximum',
  'exclusiveMaximum',
  'minimum',
  'exclusiveMinimum',
  'maxLength',
  'minLength',
  'pattern',
  'maxItems',
  'minItems',
  'uniqueItems',
  'multipleOf',
  'required',
  'items',
  'properties',
  'externalDocs',
  'example',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
];

function goFieldName(name: string): string {
  const words = name.replace('x-kubernetes-', 'x-').split('-');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function validateRootWithStatus(schema: Schema, field: string): FieldError[] {
  const type = (schema['type'] ?? '') as string;
  if (type !== '' && type !== 'object') {
    const rule = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    return [invalid(`${field}.type`, type, rule)];
  }
  if (Object.keys(schema).every((name) => rootFields.includes(name))) return [];
  const allowed = rootFields.map(goFieldName).join(' ');
  const rule = `only [${allowed}] fields are allowed at the root of the schema if the status subresource is enabled`;
  return [invalid(field, schema, rule)];
}

/** Rules of defaults share one budget, so that many defaults take no longer than one object. */
function ruleValidator(): ValidateRules {
  const budget = newCostBudget();
  return (value, node, isResourceRoot, path) => {
    const rules = budget.left < 0 ? undefined : RuleValidator.of(node, isResourceRoot);
    if (rules === undefined) return [];
    const unchanged = rules.validate(value, { old: value, path, budget }).errors;
    return unchanged.length > 0 ? unchanged : rules.validate(value, { path, budget }).errors;
  };
}

/** validateCustomResourceDefinitionValidation. `isUnchanged`: an update leaves the schema as it was. */
export function validateValidation(
  validation: Fields | undefined,
  hasStatus: boolean,
  field: string,
  isUnchanged: boolean,
): FieldError[] {
  const schema = schemaOf(validation?.['openAPIV3Schema']);
  if (schema === undefined) return [];
  const path = `${field}.openAPIV3Schema`;
  const errors = hasStatus ? validateRootWithStatus(schema, path) : [];
  if (schema['nullable'] === true) errors.push(forbidden(`${path}.nullable`, 'nullable cannot be true at the root'));
  const node = schemaNode(schema);
  const structural = validateStructural(schema, path);
  if (structural.length === 0) structural.push(...validateDefaults(node, path, ruleValidator()));
  const schemaErrors = validateOpenAPISchema(schema, path);
  const ruleErrors = structural.length > 0 ? [] : validateRuleExpressions(node, path, schemaErrors, isUnchanged);
  return [...errors, ...structural, ...schemaErrors, ...ruleErrors];
}

function validateSimpleJSONPath(path: string, field: string): FieldError[] {
  return path.startsWith('.') ? [] : [invalid(field, path, 'must be a simple json path starting with .')];
}

/** A path of the scale subresource that begins with one of `prefixes`. */
function validateScalePath(path: string, prefixes: readonly string[], rule: string, field: string): FieldError[] {
  const errors = validateSimpleJSONPath(path, field);
  if (errors.length > 0) return errors;
  return prefixes.some((prefix) => path.startsWith(prefix)) ? [] : [invalid(field, path, rule)];
}

/** ValidateCustomResourceDefinitionSubresources. */
export function validateSubresources(subresources: Fields | undefined, field: string): FieldError[] {
  const scale = subresources?.['scale'] as Fields | undefined;
  if (!scale) return [];
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath = '' } = scale;
  const errors: FieldError[] = [];
  for (const [name, path, root] of [
    ['specReplicasPath', specReplicasPath, '.spec'],
    ['statusReplicasPath', statusReplicasPath, '.status'],
  ] as const) {
    const at = `${field}.scale.${name}`;
    if (path === '') errors.push(required(at));
    else errors.push(...validateScalePath(path, [`${root}.`], `should be a json path under ${root}`, at));
  }
  if (labelSelectorPath !== '') {
    const rule = 'should be a json path under either .spec or .status';
    const prefixes = ['.spec.', '.status.'];
    errors.push(...validateScalePath(labelSelectorPath, prefixes, rule, `${field}.scale.labelSelectorPath`));
  }
  return errors;
}

function validateColumn({ name = '', type = '', format = '', jsonPath = '' }: Fields, field: string): FieldError[] {
  const errors = name === '' ? [required(`${field}.name`)] : [];
  const typeRule = `must be one of ${columnTypes.join(',')}`;
  if (type === '') errors.push(required(`${field}.type`, typeRule));
  else if (!columnTypes.includes(type)) errors.push(invalid(`${field}.type`, type, typeRule));
  if (format !== '' && !columnFormats.includes(format))
    errors.push(invalid(`${field}.format`, format, `must be one of ${columnFormats.join(',')}`));
  const path = `${field}.JSONPath`;
  return [...errors, ...(jsonPath === '' ? [required(path)] : validateSimpleJSONPath(jsonPath, path))];
}

/** The columns of a table. */
export function validateColumns(columns: unknown, field: string): FieldError[] {
  return listOf(columns).flatMap((column, index) => validateColumn(column, `${field}[${index}]`));
}

/** ValidateCustomResourceSelectableFields. */
export function validateSelectableFields(list: unknown, schema: Schema, field: string): FieldError[] {
  const seen = new Set<string>();
  const root = schemaNode(schema);
  const errors = listOf(list).flatMap(({ jsonPath = '' }, index) => {
    const path = `${field}[${index}].jsonPath`;
    if (jsonPath === '') return [required(path)];
    const found = findField(jsonPath, root, { allowArrayNotation: false });
    if ('error' in found) return [invalid(path, jsonPath, `is an invalid path: ${found.error}`)];
    const wrong: FieldError[] = [];
    if (found.root === 'metadata') wrong.push(invalid(path, jsonPath, 'must not point to fields in metadata'));
    if (!['string', 'boolean', 'integer'].includes(found.node.type)) {
      const rule =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      wrong.push(invalid(path, jsonPath, rule));
    }
    if (seen.has(found.path)) wrong.push(duplicate(path, jsonPath));
    seen.add(found.path);
    return wrong;
  });
  if (seen.size > maxSelectableFields) errors.push(tooMany(field, seen.size, maxSelectableFields));
  return errors;
}

function deprecationErrors(deprecated: boolean, warning: string | undefined): string[] {
  if (warning === undefined) return [];
  if (!deprecated) return ['can only be set for deprecated versions'];
  const errors: string[] = [];
  if (byteLength(warning) > 256) errors.push('must be <= 256 characters long');
  if (warning === '') errors.push('must not be an empty string');
  const at = [...warning].findIndex((char) => !/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char));
  if (at >= 0)
    errors.push(`must only contain printable UTF-8 characters; non-printable character found at index ${at}`);
  return errors;
}

/** validateCustomResourceDefinitionVersion: what a version says for itself. */
export function validateVersion(
  version: Fields,
  hasStatus: boolean,
  field: string,
  isUnchanged: boolean,
): FieldError[] {
  const { deprecated = false, deprecationWarning, schema, selectableFields } = version;
  const root = schemaOf(schema?.openAPIV3Schema);
  const errors = deprecationErrors(deprecated, deprecationWarning).map((message) =>
    invalid(`${field}.deprecationWarning`, deprecationWarning, message),
  );
  errors.push(
    ...validateValidation(schema, hasStatus, `${field}.schema`, isUnchanged),
    ...validateSubresources(version['subresources'], `${field}.subresources`),
    ...validateColumns(version['additionalPrinterColumns'], `${field}.additionalPrinterColumns`),
  );
  if (listOf(selectableFields).length === 0) return errors;
  const path = `${field}.selectableFields`;
  return root === undefined
    ? [...errors, invalid(path, '', 'may only be set when `version.schema.openAPIV3Schema` is not included')]
    : [...errors, ...validateSelectableFields(selectableFields, root, path)];
}
