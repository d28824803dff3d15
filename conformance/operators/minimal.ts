// The smallest object that a schema allows, as far as a schema can tell: what is required, and the least of it.
import type { Document } from '../api/support/client.ts';

const words = [
  'a',
  '1',
  'example',
  'example.com',
  '10.0.0.1',
  '10.0.0.0/8',
  '/a',
  'A',
  '1h',
  '1Gi',
  'https://example.com',
  'a/b',
  '2026-01-01T00:00:00Z',
];
const byFormat: Record<string, string> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  duration: '1h',
  byte: 'YQ==',
  ipv4: '10.0.0.1',
  ipv6: 'fd00::1',
  cidr: '10.0.0.0/8',
  uri: 'https://example.com',
  uuid: '123e4567-e89b-42d3-a456-426614174000',
};

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return false; // Patterns are RE2's; a word that cannot be tested is not taken for one that fits.
  }
}

function minimalString({ format, pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Document): string {
  const candidates = [...(byFormat[format] === undefined ? [] : [byFormat[format]]), ...words, 'a'.repeat(minLength)];
  const fits = (text: string) => text.length >= minLength && text.length <= maxLength;
  return (
    candidates.find((text) => fits(text) && (pattern === undefined || matches(pattern, text))) ?? 'a'.repeat(minLength)
  );
}

function minimalNumber({ minimum, exclusiveMinimum, multipleOf = 1, maximum }: Document): number {
  const least =
    minimum === undefined ? Math.min(1, maximum ?? 1) : minimum + (exclusiveMinimum === true ? multipleOf : 0);
  return Math.ceil(least / multipleOf) * multipleOf;
}

/** A value that meets the schema's types, bounds and required fields. Rules and alternatives are not looked at. */
export function minimalValue(schema: Document): Document {
  if (schema.default !== undefined) return structuredClone(schema.default);
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema['x-kubernetes-int-or-string'] === true) return 1;
  switch (schema.type) {
    case 'string':
      return minimalString(schema);
    case 'integer':
    case 'number':
      return minimalNumber(schema);
    case 'boolean':
      return false;
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => minimalValue(schema.items));
    default:
      return minimalObject(schema);
  }
}

function minimalObject(schema: Document): Document {
  if (schema['x-kubernetes-embedded-resource'] === true)
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'embedded' } };
  const required: string[] = schema.required ?? [];
  const fields = required.map((name) => [name, minimalValue(schema.properties?.[name] ?? {})]);
  const missing = Math.max(0, (schema.minProperties ?? 0) - fields.length);
  const optional = Object.entries<Document>(schema.properties ?? {}).filter(([name]) => !required.includes(name));
  return Object.fromEntries([
    ...fields,
    ...optional.slice(0, missing).map(([name, below]) => [name, minimalValue(below)]),
  ]);
}

/** A minimal object of one version of a definition. */
export function minimalResource({ spec }: Document, version: Document, name: string): Document {
  const schema = version.schema?.openAPIV3Schema ?? {};
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...properties } = schema.properties ?? {};
  const required = (schema.required ?? []).filter((field: string) => field in properties);
  const withSpec = 'spec' in properties && !required.includes('spec') ? [...required, 'spec'] : required;
  return {
    apiVersion: `${spec.group}/${version.name}`,
    kind: spec.names.kind,
    metadata: { name },
    ...minimalObject({ ...schema, properties, required: withSpec }),
  };
}
