// The types of objects as CEL sees them, from what the server publishes: discovery says which kinds a rule means, OpenAPI v3 what they look like
// (apiserver pkg/cel/openapi/resolver, pkg/cel/common).
import type { CelType } from '../../apimachinery/cel/index.ts';
import { declType } from '../../apimachinery/structural/rule-types.ts';
import { isObject, type JSONSchemaProps, schemaNode } from '../../apimachinery/structural/schema.ts';
import type { Client } from '../../client/client.ts';
import { isNotFound } from '../../client/errors.ts';

export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

const refPrefix = '#/components/schemas/';
/** Where a definition holds itself, anything may come. */
const anything: JSONSchemaProps = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const intOrString: JSONSchemaProps = { 'x-kubernetes-int-or-string': true };

function pathOf(group: string, version: string): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

type Components = Readonly<Record<string, JSONSchemaProps>>;

/** A definition with what it refers to in place of the references. */
export function withoutReferences(
  schema: JSONSchemaProps,
  all: Components,
  within: readonly string[] = [],
): JSONSchemaProps {
  const reference = referenceOf(schema);
  if (reference !== undefined) {
    const found = all[reference];
    return found === undefined || within.includes(reference)
      ? anything
      : withoutReferences(found, all, [...within, reference]);
  }
  if (schema['format'] === 'int-or-string') return intOrString;
  // A quantity is written as a string, however it may be given.
  if (schema['type'] === undefined && Array.isArray(schema['oneOf'])) return { type: 'string' };
  const below = (value: unknown) => (isObject(value) ? withoutReferences(value, all, within) : value);
  const result: Record<string, unknown> = { ...schema };
  if (isObject(schema['properties']))
    result['properties'] = Object.fromEntries(
      Object.entries(schema['properties']).map(([name, value]) => [name, below(value)]),
    );
  for (const keyword of ['items', 'additionalProperties'])
    if (keyword in schema) result[keyword] = below(schema[keyword]);
  return result;
}

function referenceOf({ $ref, allOf }: JSONSchemaProps): string | undefined {
  if (typeof $ref === 'string') return $ref.slice(refPrefix.length);
  return Array.isArray(allOf) && allOf.length === 1 && isObject(allOf[0]) ? referenceOf(allOf[0]) : undefined;
}

/** Asks the server, each document once: to be used for one policy and forgotten. */
export class PublishedTypes {
  readonly #client: Client;
  readonly #documents = new Map<string, Promise<unknown>>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** The kind of a resource; undefined where there is none. */
  async kindOf(group: string, version: string, resource: string): Promise<GroupVersionKind | undefined> {
    const found = (await this.#get(`/${pathOf(group, version)}`)) as
      | { resources?: { name: string; kind: string; group?: string; version?: string }[] }
      | undefined;
    const kind = found?.resources?.find(({ name }) => name === resource)?.kind;
    return kind === undefined ? undefined : { group, version, kind };
  }

  /** The type of a kind; undefined where it is not published. */
  async typeOf({ group, version, kind }: GroupVersionKind): Promise<CelType | undefined> {
    const document = (await this.#get(`/openapi/v3/${pathOf(group, version)}`)) as
      | { components?: { schemas?: Components } }
      | undefined;
    const schemas = document?.components?.schemas ?? {};
    const definition = Object.values(schemas).find((schema) => {
      const kinds = schema['x-kubernetes-group-version-kind'];
      return (
        Array.isArray(kinds) && kinds.some((is) => is.group === group && is.version === version && is.kind === kind)
      );
    });
    return definition && declType(schemaNode(withoutReferences(definition, schemas)), true, kind)?.type;
  }

  #get(path: string): Promise<unknown> {
    let found = this.#documents.get(path);
    if (found === undefined) {
      found = this.#client.request({ method: 'GET', path }).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      this.#documents.set(path, found);
    }
    return found;
  }
}
