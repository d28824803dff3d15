// OpenAPI v3 documents, one per group version.
import type { OpenAPIV2, OpenAPIV3 } from 'openapi-types';
import type { Definition } from '../../schemas/schemas.ts';
import { customDefinitions, customReferences } from './custom-definitions.ts';
import { definitionSchema, type OperationExtensions, reachableDefinitions, refTo, type Schema } from './definitions.ts';
import {
  byName,
  codeWords,
  consumedTypes,
  type DocumentPlan,
  definitionsOfPaths,
  sameParameter,
  sharedParameters,
} from './documents.ts';
import type { Media, Operation, Path } from './operations.ts';
import type { Parameter } from './parameters.ts';

const protobuf = 'application/vnd.kubernetes.protobuf';

/** What answers are written in, by name. */
const mediaTypes: Readonly<Record<Media, readonly string[]>> = {
  custom: ['application/json', 'application/yaml'],
  object: ['application/json', protobuf, 'application/yaml'],
  watchable: [
    'application/json',
    'application/json;stream=watch',
    protobuf,
    `${protobuf};stream=watch`,
    'application/yaml',
  ],
  text: ['application/json', protobuf, 'application/yaml', 'text/plain'],
  any: ['*/*'],
  json: ['application/json'],
  keys: ['application/jwk-set+json'],
  'plain-json': ['application/json'],
};

export const securityScheme = {
  type: 'apiKey',
  description: 'Bearer Token authentication',
  name: 'authorization',
  in: 'header',
} as const satisfies OpenAPIV2.SecuritySchemeApiKey & OpenAPIV3.ApiKeySecurityScheme;

/** `info.version` of the documents. */
export const apiInfo = { title: 'Kubernetes', version: '1.36' } as const satisfies OpenAPIV2.InfoObject &
  OpenAPIV3.InfoObject;

/** The same of documents with custom resources. */
const customInfo: OpenAPIV3.InfoObject = { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' };

/** Writes one document. */
export function openApiV3(plan: DocumentPlan): OpenAPIV3.Document<OperationExtensions> {
  const paths = plan.paths().sort((a, b) => (a.path < b.path ? -1 : 1));
  const custom = plan.resources.flatMap((resource) => customDefinitions(resource, 'v3'));
  const definitions = reachableDefinitions([
    ...definitionsOfPaths(paths),
    ...(custom.length > 0 ? customReferences : []),
  ]);
  const kinds = (definition: Definition) => (custom.length > 0 ? legacyKinds(definition) : ownKinds(definition, plan));
  const options = { dialect: 'v3', kinds } as const;
  const builtIn = definitions.map((d): [string, Schema] => [d.name, definitionSchema(d, options)]);
  const schemas = Object.fromEntries([...builtIn, ...custom].sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    openapi: '3.0.0',
    info: custom.length > 0 ? customInfo : apiInfo,
    paths: Object.fromEntries(paths.map((path) => [path.path, pathItem(path)])),
    components: {
      ...(definitions.length === 0 ? {} : { schemas: schemas as OpenAPIV3.ComponentsObject['schemas'] & object }),
      ...(custom.length > 0 ? {} : { securitySchemes: { BearerToken: securityScheme } }),
    },
  };
}

/** In the documents of custom resources: the groups that upstream's main server has in its scheme. */
const otherSchemes = new Set([
  'admission.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'imagepolicy.k8s.io',
]);

function legacyKinds({ kinds }: Definition): Definition['kinds'] {
  return kinds.length <= 1 ? kinds : kinds.filter(({ group }) => !otherSchemes.has(group));
}

/** Definitions that every group has (DeleteOptions) are named as those of the core group and of the document's own. */
function ownKinds(definition: Definition, { groupVersion }: DocumentPlan): Definition['kinds'] {
  if (definition.kinds.length <= 1) return definition.kinds;
  return definition.kinds.filter(
    ({ group, version }) =>
      (group === '' && version === 'v1') || (group === groupVersion?.group && version === groupVersion.version),
  );
}

function pathItem(path: Path): OpenAPIV3.PathItemObject<OperationExtensions> {
  const shared = [...sharedParameters(path)];
  const item: OpenAPIV3.PathItemObject<OperationExtensions> = {};
  for (const operation of path.operations) item[operation.method] = operationObject(operation, shared);
  if (shared.length > 0) item.parameters = shared.map(parameterObject);
  return item;
}

function parameterObject(parameter: Parameter): OpenAPIV3.ParameterObject {
  return {
    name: parameter.name,
    in: parameter.in,
    description: parameter.description,
    ...(parameter.in === 'path' ? { required: true } : {}),
    schema: { type: parameter.type, uniqueItems: true },
  };
}

function operationObject(
  operation: Operation,
  shared: readonly Parameter[],
): OpenAPIV3.OperationObject<OperationExtensions> {
  const own = byName(operation.parameters).filter((p) => !shared.some((s) => sameParameter(s, p)));
  return {
    tags: [operation.tag],
    description: operation.description,
    operationId: operation.operationId,
    ...(own.length > 0 ? { parameters: own.map(parameterObject) } : {}),
    ...(operation.body ? { requestBody: requestBody(operation) } : {}),
    responses: responses(operation),
    ...(operation.action ? { 'x-kubernetes-action': operation.action } : {}),
    ...(operation.kind && operation.action ? { 'x-kubernetes-group-version-kind': operation.kind } : {}),
  };
}

function requestBody(operation: Operation): OpenAPIV3.RequestBodyObject {
  const { definition, required } = operation.body!;
  return { content: contentOf(consumedTypes(operation, ['*/*']), definition), ...(required ? { required: true } : {}) };
}

function contentOf(
  types: readonly string[],
  definition: string | undefined,
): OpenAPIV3.ResponseObject['content'] & object {
  const schema: OpenAPIV3.MediaTypeObject['schema'] & object =
    definition === undefined ? { type: 'string' } : refTo(definition, 'v3');
  return Object.fromEntries(types.map((type) => [type, { schema }] as const));
}

function responses(operation: Operation): OpenAPIV3.ResponsesObject {
  const content = contentOf(mediaTypes[operation.media], operation.answer);
  const answers = [200, ...operation.moreCodes].map(
    (code) => [code, { description: codeWords[code]!, content }] as const,
  );
  return { ...Object.fromEntries(answers), 401: { description: codeWords[401]! } };
}
