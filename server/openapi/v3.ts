// OpenAPI v3 documents, one per group version.
import type { OpenAPIV2, OpenAPIV3 } from 'openapi-types';
import type { Definition } from '../../schemas/schemas.ts';
import { patchMediaTypes } from '../http/negotiate.ts';
import { definitionSchema, type OperationExtensions, reachableDefinitions, refTo } from './definitions.ts';
import {
  byName,
  codeWords,
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

/** Writes one document. */
export function openApiV3(plan: DocumentPlan): OpenAPIV3.Document<OperationExtensions> {
  const paths = plan.paths().sort((a, b) => (a.path < b.path ? -1 : 1));
  const definitions = reachableDefinitions(definitionsOfPaths(paths));
  const options = { dialect: 'v3', kinds: (definition: Definition) => ownKinds(definition, plan) } as const;
  const schemas = Object.fromEntries(definitions.map((d) => [d.name, definitionSchema(d, options)]));
  return {
    openapi: '3.0.0',
    info: apiInfo,
    paths: Object.fromEntries(paths.map((path) => [path.path, pathItem(path)])),
    components: {
      ...(definitions.length === 0 ? {} : { schemas }),
      securitySchemes: { BearerToken: securityScheme },
    },
  };
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
    ...(operation.body ? { requestBody: requestBody(operation.body) } : {}),
    responses: responses(operation),
    ...(operation.action ? { 'x-kubernetes-action': operation.action } : {}),
    ...(operation.kind && operation.action ? { 'x-kubernetes-group-version-kind': operation.kind } : {}),
  };
}

function requestBody(body: NonNullable<Operation['body']>): OpenAPIV3.RequestBodyObject {
  const types = body.patch ? patchMediaTypes : ['*/*'];
  return { content: contentOf(types, body.definition), ...(body.required ? { required: true } : {}) };
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
