// The definitions of a custom resource's kind and list in OpenAPI documents: its own schema, with what every object has
// (apiextensions-apiserver pkg/controller/openapi/builder builder.go).
import { openAPISchema, type TypeMetaSchemas } from '../../apimachinery/structural/openapi.ts';
import { definitionNamed } from '../../schemas/schemas.ts';
import { listKindOf, type ResourceDescriptor } from '../registry/descriptor.ts';
import { type Dialect, definitionSchema, refTo, type Schema } from './definitions.ts';
import { definitionNameOf } from './operations.ts';

/** Definitions of built-in types that those of custom resources refer to. */
export const customReferences: readonly string[] = [
  'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta',
  'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
];

/** Both definitions by name; none for a built-in resource. */
export function customDefinitions(resource: ResourceDescriptor, dialect: Dialect): [name: string, schema: Schema][] {
  const { custom, group, version, kind } = resource;
  if (custom === undefined) return [];
  const listKind = listKindOf(resource);
  const own = definitionNameOf({ group, version, kind });
  const selectable = custom.selectablePaths.map((fieldPath) => ({ fieldPath }));
  const extensions = (named: string): Schema => ({
    'x-kubernetes-group-version-kind': [{ group, version, kind: named }],
    ...(selectable.length === 0 ? {} : { 'x-kubernetes-selectable-fields': selectable }),
  });
  const schema = openAPISchema(custom.openAPIV3Schema, {
    dialect,
    typeMeta: typeMetaSchemas('io.k8s.api.core.v1.ConfigMap', dialect),
    preserveUnknownFields: custom.preserveUnknownFields,
  });
  const list: Schema = {
    description: `${listKind} is a list of ${kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      ...typeMetaSchemas('io.k8s.api.core.v1.ConfigMapList', dialect),
      items: {
        description: `List of ${resource.resource}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
        type: 'array',
        items: refTo(own, dialect),
      },
    },
  };
  return [
    [own, { ...(schema as Schema), ...extensions(kind) }],
    [definitionNameOf({ group, version, kind: listKind }), { ...list, ...extensions(listKind) }],
  ];
}

/** What `apiVersion`, `kind` and `metadata` look like in a built-in kind, but for the default of metadata. */
function typeMetaSchemas(definition: string, dialect: Dialect): TypeMetaSchemas {
  const { properties = {} } = definitionSchema(definitionNamed(definition)!, { dialect, kinds: () => [] });
  const { default: _default, ...metadata } = properties['metadata'] as Record<string, unknown>;
  return { apiVersion: properties['apiVersion'], kind: properties['kind'], metadata } as unknown as TypeMetaSchemas;
}
