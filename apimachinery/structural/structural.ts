// The schema of one version of a CustomResourceDefinition, compiled, and everything that follows from it. What is made of it is made
// when it is first needed: a server may know thousands of versions and serve few of them.
import { type FieldError, fieldErrorMessage } from '../field.ts';
import type { MergeType } from '../managed-fields/merge-type.ts';
import type { CorrelatedObject } from './correlate.ts';
import { Defaulter, dropNulls } from './defaults.ts';
import { validateListTopology } from './list-topology.ts';
import { mergeTypeOf } from './merge-type.ts';
import { coerceEmbedded, coerceMeta, hasEmbedded, validateEmbedded } from './object-meta.ts';
import { type OpenAPIOptions, type OpenAPISchema, openAPISchema } from './openapi.ts';
import { prune } from './prune.ts';
import { RuleValidator } from './rules.ts';
import { type JSONSchemaProps, type SchemaNode, schemaAt, schemaNode } from './schema.ts';
import { valueErrors } from './value-errors.ts';
import { type ValueSchema, valueSchema } from './value-schema.ts';

export interface DecodeOptions {
  /** True for what was read from storage: metadata of wrong types is dropped, a missing generation becomes 1. */
  stored?: boolean;
  /** `spec.preserveUnknownFields` of the CustomResourceDefinition: nothing is pruned. */
  preserveUnknownFields?: boolean;
}

/** What came of reading an object. */
export interface Decoded {
  /** Paths of the fields that were dropped because the schema does not know them: `spec.x`, in the order in which upstream warns. */
  unknown: string[];
  /** Why the object cannot be read, in upstream's words. The object may be half changed then. */
  error?: string;
}

export class StructuralSchema {
  readonly root: SchemaNode;
  readonly #props: JSONSchemaProps;
  #defaulter: Defaulter | undefined;
  #values: ValueSchema | undefined;
  #statusValues: ValueSchema | undefined;
  #rules: RuleValidator | null | undefined;
  #hasEmbedded: boolean | undefined;
  #mergeType: { preserveUnknownFields: boolean; type: MergeType } | undefined;

  private constructor(props: JSONSchemaProps) {
    this.#props = props;
    this.root = schemaNode(props);
  }

  /**
   * Of `spec.versions[].schema.openAPIV3Schema`. Never throws: what CustomResourceDefinitions may say is checked when they are
   * written, and what is no schema counts as an empty one.
   */
  static of(openAPIV3Schema: unknown): StructuralSchema {
    return new StructuralSchema(schemaAt(openAPIV3Schema) ?? {});
  }

  /** `spec.versions[].schema.openAPIV3Schema` as it was given. */
  get props(): JSONSchemaProps {
    return this.#props;
  }

  /** How objects merge in server-side apply; the same object for each call with the same arguments. */
  mergeType(objectMeta: MergeType, preserveUnknownFields = false): MergeType {
    if (this.#mergeType?.preserveUnknownFields !== preserveUnknownFields)
      this.#mergeType = { preserveUnknownFields, type: mergeTypeOf(this.root, objectMeta, preserveUnknownFields) };
    return this.#mergeType.type;
  }

  /** The schema as OpenAPI documents publish it, without x-kubernetes-group-version-kind and selectable fields. */
  openAPI(options: OpenAPIOptions): OpenAPISchema {
    return openAPISchema(this.#props, options);
  }

  /** Fills in defaults; upstream does so while it decodes, before everything else. Changes `object`. */
  applyDefaults(object: unknown): void {
    this.#defaulter ??= new Defaulter(this.root);
    this.#defaulter.apply(object);
  }

  /** Removes nulls in fields that may not be null and have no default. Changes `object`. */
  dropNulls(object: unknown): void {
    dropNulls(object, this.root);
  }

  /** Removes unknown fields. Changes `object`; gives their paths, sorted. */
  prune(object: unknown): string[] {
    return prune(object, this.root, true);
  }

  /**
   * What upstream does to every custom resource that it decodes (unstructuredSchemaCoercer), defaults apart: metadata is read as
   * ObjectMeta, unknown fields and misplaced nulls go, embedded resources are read as resources. Changes `object`.
   */
  decode(object: Record<string, unknown>, options: DecodeOptions = {}): Decoded {
    const dropInvalid = options.stored === true;
    const meta = Object.hasOwn(object, 'metadata') ? coerceMeta(object['metadata'], { dropInvalid }) : undefined;
    if (meta?.error !== undefined) return { unknown: [], error: meta.error };
    const unknown = (meta?.unknown ?? []).map((field) => `metadata.${field}`);
    if (options.preserveUnknownFields !== true) {
      unknown.push(...this.prune(object));
      this.dropNulls(object);
    }
    this.#hasEmbedded ??= hasEmbedded(this.root);
    if (this.#hasEmbedded) {
      const embedded = coerceEmbedded(object, this.root, false, { dropInvalid });
      if (embedded.error !== undefined) return { unknown, error: fieldErrorMessage(embedded.error) };
      unknown.push(...embedded.unknown);
    }
    if (meta?.metadata !== undefined) object['metadata'] = meta.metadata;
    if (dropInvalid && meta?.metadata !== undefined) meta.metadata['generation'] ??= 1;
    return { unknown };
  }

  /** The values against the schema. With `correlation` what is as before is not reported. */
  validateValues(object: unknown, correlation?: CorrelatedObject): FieldError[] {
    this.#values ??= valueSchema(this.#props);
    return valueErrors(object, this.#values, '', correlation);
  }

  /** `status` against its part of the schema, at the path `status`. */
  validateStatusValues(status: unknown, correlation?: CorrelatedObject): FieldError[] {
    this.#statusValues ??= valueSchema(schemaAt(schemaAt(this.#props['properties'])?.['status']) ?? {});
    return valueErrors(status, this.#statusValues, 'status', correlation);
  }

  /** apiVersion, kind and metadata of embedded resources; those of the object itself are not looked at. */
  validateEmbedded(object: unknown): FieldError[] {
    this.#hasEmbedded ??= hasEmbedded(this.root);
    return this.#hasEmbedded ? validateEmbedded(object, this.root, false, '') : [];
  }

  /** The rules of `x-kubernetes-validations`; undefined where there are none. */
  get rules(): RuleValidator | undefined {
    if (this.#rules === undefined) this.#rules = RuleValidator.of(this.root, true) ?? null;
    return this.#rules ?? undefined;
  }

  /** Items of sets and maps must be unique. */
  validateListTopology(object: unknown): FieldError[] {
    return validateListTopology(object, this.root, '');
  }
}
