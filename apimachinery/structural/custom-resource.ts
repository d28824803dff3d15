// The whole validation of a custom resource, in upstream's order (apiextensions-apiserver pkg/registry/customresource strategy.go,
// status_strategy.go, validator.go): type, metadata, values, scale, embedded resources, lists, rules.
import { type FieldError, invalid } from '../field.ts';
import { nameIsDNSSubdomain } from '../names.ts';
import { apiVersionOf, type GroupVersionKind, type KubeObject } from '../object.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation.ts';
import { CorrelatedObject } from './correlate.ts';
import type { RuleOptions } from './rules.ts';
import { type ScalePaths, validateScaleSpec, validateScaleStatus } from './scale.ts';
import { pathOf } from './schema.ts';
import type { StructuralSchema } from './structural.ts';

export interface CustomResourceRules {
  gvk: GroupVersionKind;
  namespaced: boolean;
  schema: StructuralSchema;
  /** Where the version has the scale subresource. */
  scale?: ScalePaths | undefined;
}

/** Words that keep rules from being asked: they might not be able to read such values. */
const blocking: ReadonlySet<FieldError['type']> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

/**
 * Validates the objects of one version of a custom resource. None of its methods changes an object, or throws. What rules find wrong
 * with values that were so before goes to `warnings`.
 */
export class CustomResourceValidator {
  readonly #rules: CustomResourceRules;

  constructor(rules: CustomResourceRules) {
    this.#rules = rules;
  }

  /** Validate: a new object. */
  validate(object: KubeObject): FieldError[] {
    const { schema, namespaced, scale } = this.#rules;
    const errors = [
      ...(this.#typeErrors(object) ?? [
        ...validateObjectMeta(object.metadata, { namespaced, validateName: nameIsDNSSubdomain }),
        ...schema.validateValues(object),
        ...validateScaleSpec(object, scale),
        ...validateScaleStatus(object, scale),
      ]),
      ...schema.validateEmbedded(object),
      ...schema.validateListTopology(object),
    ];
    return this.#withRules(errors, object, {}, []);
  }

  /** ValidateUpdate. What was wrong before and is unchanged may stay. */
  validateUpdate(object: KubeObject, old: KubeObject, warnings: string[] = []): FieldError[] {
    const { schema, scale } = this.#rules;
    const correlation = new CorrelatedObject(object, old, schema.root);
    const errors = [
      ...(this.#typeErrors(object) ?? [
        ...validateObjectMetaUpdate(object.metadata, old.metadata),
        ...schema.validateValues(object, correlation),
        ...validateScaleSpec(object, scale),
        ...validateScaleStatus(object, scale),
      ]),
      ...schema.validateEmbedded(object),
      ...this.#newListErrors(object, old),
    ];
    return this.#withRules(errors, object, { old, correlation }, warnings);
  }

  /** ValidateUpdate of the status subresource. Rules are those of the whole object. */
  validateStatusUpdate(object: KubeObject, old: KubeObject, warnings: string[] = []): FieldError[] {
    const { schema, scale } = this.#rules;
    const correlation = new CorrelatedObject(object, old, schema.root);
    const status = Object.hasOwn(object, 'status')
      ? schema.validateStatusValues(object['status'], correlation.key('status'))
      : [];
    const errors = [
      ...(this.#typeErrors(object) ?? [
        ...validateObjectMetaUpdate(object.metadata, old.metadata),
        ...status,
        ...validateScaleStatus(object, scale),
      ]),
      ...this.#newListErrors(object, old),
    ];
    return this.#withRules(errors, object, { old, correlation }, warnings);
  }

  #withRules(errors: FieldError[], object: KubeObject, options: RuleOptions, warnings: string[]): FieldError[] {
    const { rules } = this.#rules.schema;
    if (rules === undefined) return errors;
    if (errors.some(({ type }) => blocking.has(type))) {
      const why =
        'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';
      return [...errors, invalid(pathOf(''), null, why)];
    }
    const found = rules.validate(object, options);
    warnings.push(...found.warnings);
    return [...errors, ...found.errors];
  }

  /** ValidateTypeMeta; undefined where kind and apiVersion are right. */
  #typeErrors(object: KubeObject): FieldError[] | undefined {
    const { gvk } = this.#rules;
    const errors: FieldError[] = [];
    if (object.kind !== gvk.kind) errors.push(invalid('kind', object.kind ?? '', `must be ${gvk.kind}`));
    const apiVersion = apiVersionOf(gvk.group, gvk.version);
    if (object.apiVersion !== apiVersion)
      errors.push(invalid('apiVersion', object.apiVersion ?? '', `must be ${apiVersion}`));
    return errors.length === 0 ? undefined : errors;
  }

  #newListErrors(object: KubeObject, old: KubeObject): FieldError[] {
    const errors = this.#rules.schema.validateListTopology(object);
    return errors.length > 0 && this.#rules.schema.validateListTopology(old).length > 0 ? [] : errors;
  }
}
