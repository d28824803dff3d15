// OpenAPI v3 documents, one per group version.
import type { Definition } from '../../schemas/schemas.ts';
import { definitionSchema, type JsonSchema, reachableDefinitions, refTo } from './definitions.ts';
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

/** What answers are written in; upstream also has protobuf. */
const mediaTypes: Readonly<Record<Media, readonly string[]>> = {
  object: ['application/json', 'application/yaml'],
  watchable: ['application/json', 'application/json;stream=watch', 'application/yaml'],
  text: ['application/json', 'application/yaml', 'text/plain'],
  any: ['*/*'],
  json: ['application/json'],
  keys: ['application/jwk-set+json'],
  'plain-json': ['application/json'],
};

export const patchMediaTypes: readonly string[] = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

export const securityScheme = {
  type: 'apiKey',
  description: 'Bearer Token authentication',
  name: 'authorization',
  in: 'header',
} as const;

/** `info.version` of the documents. */
export const apiInfo = { title: 'Kubernetes', version: '1.36' } as const;

/** Writes one document. */
export function openApiV3(plan: DocumentPlan): object {
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

function pathItem(path: Path): JsonSchema {
  const shared = [...sharedParameters(path)];
  const item: JsonSchema = {};
  for (const operation of path.operations) item[operation.method] = operationObject(operation, shared);
  if (shared.length > 0) item['parameters'] = shared.map(parameterObject);
  return item;
}

function parameterObject(parameter: Parameter): JsonSchema {
  return {
    name: parameter.name,
    in: parameter.in,
    description: parameter.description,
    ...(parameter.in === 'path' ? { required: true } : {}),
    schema: { type: parameter.type, uniqueItems: true },
  };
}

function operationObject(operation: Operation, shared: readonly Parameter[]): JsonSchema {
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

function requestBody(body: NonNullable<Operation['body']>): JsonSchema {
  const types = body.patch ? patchMediaTypes : ['*/*'];
  return { content: contentOf(types, body.definition), ...(body.required ? { required: true } : {}) };
}

function contentOf(types: readonly string[], definition: string | undefined): JsonSchema {
  const schema = definition === undefined ? { type: 'string' } : refTo(definition, 'v3');
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

function responses(operation: Operation): JsonSchema {
  const content = contentOf(mediaTypes[operation.media], operation.answer);
  const answers = [200, ...operation.moreCodes].map((code) => [code, { description: codeWords[code], content }]);
  return { ...Object.fromEntries(answers), 401: { description: codeWords[401] } };
}
