// Formats in the schemas of a CustomResourceDefinition that nobody checks (apiextensions-apiserver
// pkg/registry/customresourcedefinition strategy.go).
import type { KubeObject } from '../../../apimachinery/object.ts';
import { isSupportedFormat } from '../../../apimachinery/structural/formats.ts';
import { listOf } from '../fields.ts';
import { internalSpec } from './internal-spec.ts';
import { type Schema, schemaOf, someSchema } from './json-schema.ts';

function isRecognized({ format = '', type = '' }: Schema): boolean {
  if (type === '' || type === 'string') return isSupportedFormat(format);
  if (type === 'integer') return format === 'int32' || format === 'int64';
  return type === 'number' && (format === 'float' || format === 'double');
}

function unrecognizedFormats(object: KubeObject): string[] {
  const spec = internalSpec(object['spec'] ?? {});
  const found: string[] = [];
  for (const validation of [spec.validation, ...listOf(spec.versions).map((version) => version['schema'])])
    someSchema(schemaOf(validation?.['openAPIV3Schema']), (schema) => {
      if ((schema['format'] ?? '') !== '' && !isRecognized(schema)) found.push(schema['format'] as string);
      return false;
    });
  return found;
}

/** WarningsOnCreate and WarningsOnUpdate: what was there before is not warned of again. */
export function formatWarnings(object: KubeObject, old: KubeObject | undefined): string[] {
  const known = new Set(old === undefined ? [] : unrecognizedFormats(old));
  const added = unrecognizedFormats(object).filter((format) => !known.has(format));
  return added.map((format) => `unrecognized format ${JSON.stringify(format)}`);
}
