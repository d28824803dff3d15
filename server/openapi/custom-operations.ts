// The operations of custom resources, as upstream's builder for them names and describes them: they differ from those of built-in kinds in
// media types, parameters and codes (apiextensions-apiserver pkg/controller/openapi/builder builder.go).
import type { DefinitionKind } from '../../schemas/schemas.ts';
import {
  definitionNameOf,
  deleteBody,
  groupTitle,
  groupVersionPath,
  type HttpMethod,
  type Operation,
  operationIdPart,
  type Path,
  patchBody,
  tagOf,
  type VersionedResource,
} from './operations.ts';
import { nameParameter, namespaceParameter, type Parameter, parameters } from './parameters.ts';

const scaleDefinition = 'io.k8s.api.autoscaling.v1.Scale';
const statusDefinition = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status';

interface Facts {
  method: HttpMethod;
  /** `read`, `replace`, …: how operation ids and descriptions begin. */
  verb: string;
  action: string;
  parameters: readonly Parameter[];
  body?: Operation['body'];
  answer?: string;
  moreCodes?: readonly number[];
}

/** Every path of one version of a custom resource. */
export function customResourcePaths({ resource, group, version }: VersionedResource): Path[] {
  const kind: DefinitionKind = { group, version, kind: resource.kind };
  const listKind: DefinitionKind = { ...kind, kind: resource.custom!.listKind };
  const scope = resource.namespaced ? 'Namespaced' : '';
  const base = groupVersionPath(group, version);
  const root = resource.namespaced
    ? `${base}/namespaces/{namespace}/${resource.resource}`
    : `${base}/${resource.resource}`;
  const own = definitionNameOf(kind);
  const list = definitionNameOf(listKind);
  const title = `${groupTitle(group)}${operationIdPart(version)}`;
  const kindTitle = operationIdPart(resource.kind);

  const operation = (facts: Facts, suffix: string, path: readonly Parameter[]): Operation => {
    const { method, verb, action, body, answer = own, moreCodes = [] } = facts;
    const [first, second] = verb === 'deletecollection' ? ['delete', 'Collection'] : [verb, ''];
    return {
      method,
      operationId: `${first}${title}${second}${scope}${kindTitle}${suffix}`,
      tag: tagOf(group, version),
      description: `${verb}${suffix === '' ? '' : ` ${suffix.toLowerCase()} of`} ${resource.kind}`,
      action,
      kind,
      parameters: [...facts.parameters, ...parameters.pretty, ...path],
      ...(body === undefined ? {} : { body }),
      answer,
      moreCodes,
      media: 'custom',
    };
  };
  const within = resource.namespaced ? [namespaceParameter] : [];
  const named = [nameParameter(resource.kind), ...within];
  const readAndWrite = (definition: string, suffix: string): Operation[] =>
    readAndWriteFacts(definition).map((facts) => operation(facts, suffix, named));

  const listFacts: Facts = { method: 'get', verb: 'list', action: 'list', parameters: parameters.list, answer: list };
  const paths: Path[] = [
    {
      path: root,
      operations: [listFacts, ...collectionFacts(own)].map((facts) => operation(facts, '', within)),
    },
    { path: `${root}/{name}`, operations: [...readAndWrite(own, ''), operation(deleteFacts, '', named)] },
  ];
  if (resource.namespaced) {
    const everywhere = operation(listFacts, 'ForAllNamespaces', []);
    const operationId = `list${title}${kindTitle}ForAllNamespaces`;
    paths.push({ path: `${base}/${resource.resource}`, operations: [{ ...everywhere, operationId }] });
  }
  for (const { name } of resource.subresources) {
    const suffix = name.charAt(0).toUpperCase() + name.slice(1);
    const definition = name === 'scale' ? scaleDefinition : own;
    paths.push({ path: `${root}/{name}/${name}`, operations: readAndWrite(definition, suffix) });
  }
  return paths;
}

function collectionFacts(definition: string): Facts[] {
  return [
    {
      method: 'post',
      verb: 'create',
      action: 'post',
      parameters: parameters.write,
      body: { definition, required: true },
      answer: definition,
      moreCodes: [201, 202],
    },
    {
      method: 'delete',
      verb: 'deletecollection',
      action: 'deletecollection',
      parameters: parameters.list,
      answer: statusDefinition,
    },
  ];
}

const deleteFacts: Facts = {
  method: 'delete',
  verb: 'delete',
  action: 'delete',
  parameters: parameters.delete,
  body: deleteBody,
  answer: statusDefinition,
  moreCodes: [202],
};

function readAndWriteFacts(answer: string): Facts[] {
  return [
    { method: 'get', verb: 'read', action: 'get', parameters: parameters.get, answer },
    {
      method: 'put',
      verb: 'replace',
      action: 'put',
      parameters: parameters.write,
      body: { definition: answer, required: true },
      answer,
      moreCodes: [201],
    },
    {
      method: 'patch',
      verb: 'patch',
      action: 'patch',
      parameters: parameters.patch,
      body: patchBody,
      answer,
    },
  ];
}
