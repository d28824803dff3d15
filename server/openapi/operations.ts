// The operations of every path, as upstream names them, derived from the table of resources. Both versions of OpenAPI are
// written from these.
import { type DefinitionKind, definitionOf } from '../../schemas/schemas.ts';
import type { ResourceDescriptor, SubresourceDescriptor } from '../registry/descriptor.ts';
import {
  connectParameters,
  nameParameter,
  namespaceParameter,
  type Parameter,
  parameters,
  pathParameter,
} from './parameters.ts';

export type HttpMethod = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch';

/** What an operation sends and takes besides JSON, YAML and protobuf. */
export type Media = 'custom' | 'object' | 'watchable' | 'text' | 'any' | 'json' | 'keys' | 'plain-json';

export interface Operation {
  method: HttpMethod;
  operationId: string;
  tag: string;
  description: string;
  /** x-kubernetes-action; undefined for discovery and the like. */
  action?: string;
  kind?: DefinitionKind;
  parameters: readonly Parameter[];
  /** Definition of the request's body. */
  body?: { definition: string; required: boolean; patch?: boolean; sharedAs?: string };
  /** Definition of the answer; undefined for a string. */
  answer: string | undefined;
  /** Besides 200 and 401. */
  moreCodes: readonly number[];
  media: Media;
}

export interface Path {
  path: string;
  operations: readonly Operation[];
}

/** A resource in one of the versions it is served in. */
export interface VersionedResource {
  resource: ResourceDescriptor;
  group: string;
  version: string;
}

const statusDefinition = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status';
const watchEventDefinition = 'io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent';
const deleteOptionsDefinition = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';
const patchDefinition = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch';
export const deleteBody = { definition: deleteOptionsDefinition, required: false, sharedAs: '2Y1dVQaQ' } as const;
export const patchBody = { definition: patchDefinition, required: true, patch: true, sharedAs: '78PwaGsr' } as const;

/** Kinds whose DELETE answers with the object itself. */
const answersWithObject = new Set([
  'PersistentVolumeClaim',
  'Pod',
  'PodTemplate',
  'ResourceQuota',
  'ServiceAccount',
  'Service',
  'PersistentVolume',
  'DeviceClass',
  'ResourceClaim',
  'ResourceClaimTemplate',
  'ResourceSlice',
  'CSIDriver',
  'CSINode',
  'StorageClass',
  'VolumeAttachment',
  'VolumeAttributesClass',
]);

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What an operation id may hold: other characters than letters, digits and underscores go, and the next one is capital. */
export function operationIdPart(text: string): string {
  return text
    .split(/[^\p{L}\p{N}_]+/u)
    .map(capitalized)
    .join('');
}

/** `rbac.authorization.k8s.io` is `RbacAuthorization` in operation ids; the core group is `Core`. */
export function groupTitle(group: string): string {
  if (group === '') return 'Core';
  return operationIdPart(group.replace(/\.k8s\.io$/, ''));
}

/** `rbacAuthorization_v1`, `core_v1`; without a version the group's own tag. */
export function tagOf(group: string, version?: string): string {
  const title = groupTitle(group);
  const name = title.charAt(0).toLowerCase() + title.slice(1);
  return version === undefined ? name : `${name}_${version}`;
}

export function groupVersionPath(group: string, version: string): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** The definition of a kind; custom resources have one by the same rule. */
export function definitionNameOf(kind: DefinitionKind): string {
  const known = definitionOf(kind);
  if (known) return known.name;
  return `${kind.group.split('.').reverse().join('.')}.${kind.version}.${kind.kind}`;
}

/** Every path of one resource, with its subresources and the paths that watch it. */
export function resourcePaths(versioned: VersionedResource): Path[] {
  const builder = new PathBuilder(versioned);
  return [
    ...builder.own(),
    ...versioned.resource.subresources.flatMap((s) => builder.subresource(s)),
    ...builder.watches(),
  ].filter(({ operations }) => operations.length > 0);
}

/** What tells one operation on a resource from another. */
type OperationParts = Partial<Operation> & Pick<Operation, 'method' | 'operationId' | 'description'>;

class PathBuilder {
  readonly #resource: ResourceDescriptor;
  readonly #kind: DefinitionKind;
  readonly #base: string;
  /** `AppsV1` in operation ids. */
  readonly #prefix: string;
  readonly #tag: string;

  constructor({ resource, group, version }: VersionedResource) {
    this.#resource = resource;
    this.#kind = { group, version, kind: resource.kind };
    this.#base = groupVersionPath(group, version);
    this.#prefix = `${groupTitle(group)}${capitalized(version)}`;
    this.#tag = tagOf(group, version);
  }

  get #scope(): 'Namespaced' | '' {
    return this.#resource.namespaced ? 'Namespaced' : '';
  }

  get #collection(): string {
    const { namespaced, resource } = this.#resource;
    return namespaced ? `${this.#base}/namespaces/{namespace}/${resource}` : `${this.#base}/${resource}`;
  }

  get #item(): string {
    return `${this.#collection}/{name}`;
  }

  #pathParameters(named: boolean, kind = this.#kind.kind): Parameter[] {
    return [...(named ? [nameParameter(kind)] : []), ...(this.#resource.namespaced ? [namespaceParameter] : [])];
  }

  #operation(more: OperationParts): Operation {
    return {
      tag: this.#tag,
      kind: this.#kind,
      parameters: [],
      answer: definitionNameOf(this.#kind),
      moreCodes: [],
      media: 'object',
      ...more,
    };
  }

  own(): Path[] {
    const { resource, namespaced, verbs } = this.#resource;
    const paths = [
      { path: this.#collection, operations: this.#collectionOperations() },
      { path: this.#item, operations: this.#itemOperations() },
    ];
    if (namespaced && verbs.includes('list')) {
      const operations = [this.#list(`list${this.#prefix}${this.#kind.kind}ForAllNamespaces`, [])];
      paths.push({ path: `${this.#base}/${resource}`, operations });
    }
    return paths;
  }

  #list(operationId: string, path: Parameter[]): Operation {
    return this.#operation({
      method: 'get',
      operationId,
      action: 'list',
      description: `lists or watches objects of kind ${this.#kind.kind}`,
      parameters: [...parameters.list, ...parameters.pretty, ...path],
      answer: definitionNameOf({ ...this.#kind, kind: `${this.#kind.kind}List` }),
      media: 'watchable',
    });
  }

  #collectionOperations(): Operation[] {
    const { verbs } = this.#resource;
    const { kind } = this.#kind;
    const path = this.#pathParameters(false);
    const operations: Operation[] = [];
    if (verbs.includes('list')) operations.push(this.#list(`list${this.#prefix}${this.#scope}${kind}`, path));
    if (verbs.includes('create'))
      operations.push(this.#create(`create${this.#prefix}${this.#scope}${kind}`, this.#kind, path));
    if (verbs.includes('deletecollection')) {
      operations.push(
        this.#operation({
          method: 'delete',
          operationId: `delete${this.#prefix}Collection${this.#scope}${kind}`,
          action: 'deletecollection',
          description: `deletes objects of kind ${kind}`,
          parameters: [...parameters.deleteCollection, ...parameters.pretty, ...path],
          body: deleteBody,
          answer: statusDefinition,
        }),
      );
    }
    return operations;
  }

  #create(operationId: string, kind: DefinitionKind, path: Parameter[]): Operation {
    const definition = definitionNameOf(kind);
    return this.#operation({
      method: 'post',
      operationId,
      kind,
      action: 'post',
      description: `creates an object of kind ${kind.kind}`,
      parameters: [...parameters.write, ...parameters.pretty, ...path],
      body: { definition, required: true },
      answer: definition,
      moreCodes: [201, 202],
    });
  }

  #itemOperations(): Operation[] {
    const { verbs } = this.#resource;
    const operations = this.#readAndWrite(verbs, '', this.#kind);
    if (verbs.includes('delete')) operations.push(this.#delete());
    return operations;
  }

  #delete(): Operation {
    const { kind } = this.#kind;
    return this.#operation({
      method: 'delete',
      operationId: `delete${this.#prefix}${this.#scope}${kind}`,
      action: 'delete',
      description: `deletes an object of kind ${kind}`,
      parameters: [...parameters.delete, ...parameters.pretty, ...this.#pathParameters(true)],
      body: deleteBody,
      answer: answersWithObject.has(kind) ? definitionNameOf(this.#kind) : statusDefinition,
      moreCodes: [202],
    });
  }

  /** get, put and patch of an object or of a part of it (`suffix`). */
  #readAndWrite(verbs: ResourceDescriptor['verbs'], suffix: string, kind: DefinitionKind): Operation[] {
    const name = `${this.#prefix}${this.#scope}${this.#kind.kind}${suffix}`;
    const what =
      suffix === '' ? `an object of kind ${this.#kind.kind}` : `${suffix.toLowerCase()} of a ${this.#kind.kind}`;
    const path = [...parameters.pretty, ...this.#pathParameters(true, kind.kind)];
    const definition = definitionNameOf(kind);
    const common = { kind, answer: definition };
    const operations: Operation[] = [];
    const add = (more: OperationParts): void => {
      operations.push(this.#operation({ ...common, ...more }));
    };
    if (verbs.includes('get')) {
      add({ method: 'get', operationId: `read${name}`, action: 'get', description: `reads ${what}`, parameters: path });
    }
    if (verbs.includes('update')) {
      add({
        method: 'put',
        operationId: `replace${name}`,
        action: 'put',
        description: `replaces ${what}`,
        parameters: [...parameters.write, ...path],
        body: { definition, required: true },
        moreCodes: [201],
      });
    }
    if (verbs.includes('patch')) {
      add({
        method: 'patch',
        operationId: `patch${name}`,
        action: 'patch',
        description: `changes ${what}`,
        parameters: [...parameters.patch, ...path],
        body: patchBody,
        moreCodes: [201],
      });
    }
    return operations;
  }

  subresource(subresource: SubresourceDescriptor): Path[] {
    const kind = subresource.kind ?? this.#kind;
    const path = `${this.#item}/${subresource.name}`;
    if (kind.kind in connectParameters) return this.#connect(subresource, kind, path);
    if (subresource.name === 'log') return [{ path, operations: [this.#log()] }];
    const suffix = subresourceTitle(subresource.name);
    if (subresource.verbs.includes('create')) {
      const operationId = `create${this.#prefix}${this.#scope}${this.#kind.kind}${suffix}`;
      return [{ path, operations: [this.#create(operationId, kind, this.#pathParameters(true, kind.kind))] }];
    }
    return [{ path, operations: this.#readAndWrite(subresource.verbs, suffix, kind) }];
  }

  #log(): Operation {
    return this.#operation({
      method: 'get',
      operationId: `read${this.#prefix}${this.#scope}${this.#kind.kind}Log`,
      action: 'get',
      description: `reads the log of a ${this.#kind.kind}`,
      parameters: [...parameters.log, ...this.#pathParameters(true)],
      answer: undefined,
      media: 'text',
    });
  }

  #connect(subresource: SubresourceDescriptor, kind: DefinitionKind, path: string): Path[] {
    const methods: HttpMethod[] = subresource.verbs.includes('update')
      ? ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']
      : ['get', 'post'];
    const suffix = subresourceTitle(subresource.name);
    const own = [...connectParameters[kind.kind]!, ...this.#pathParameters(true, kind.kind)];
    const operations = (withPath: boolean): Operation[] =>
      methods.map((method) =>
        this.#operation({
          method,
          operationId: `connect${this.#prefix}${capitalized(method)}${this.#scope}${this.#kind.kind}${suffix}${withPath ? 'WithPath' : ''}`,
          kind,
          action: 'connect',
          description: `connects ${method.toUpperCase()} requests to ${subresource.name} of a ${this.#kind.kind}`,
          parameters: withPath ? [...own, pathParameter] : own,
          answer: undefined,
          media: 'any',
        }),
      );
    const paths = [{ path, operations: operations(false) }];
    if (subresource.name === 'proxy') paths.push({ path: `${path}/{path}`, operations: operations(true) });
    return paths;
  }

  watches(): Path[] {
    const { resource, namespaced, verbs } = this.#resource;
    if (!verbs.includes('watch')) return [];
    const { kind } = this.#kind;
    const watch = (operationId: string, action: 'watch' | 'watchlist', path: Parameter[]): Operation =>
      this.#operation({
        method: 'get',
        operationId: `watch${this.#prefix}${operationId}`,
        action,
        description: `watches ${action === 'watch' ? 'one object' : 'objects'} of kind ${kind}; superseded by the watch parameter of lists`,
        parameters: [...parameters.list, ...parameters.pretty, ...path],
        answer: watchEventDefinition,
        media: 'watchable',
      });
    const collection = this.#collection.replace(this.#base, `${this.#base}/watch`);
    const list = watch(`${this.#scope}${kind}List`, 'watchlist', this.#pathParameters(false));
    const one = watch(`${this.#scope}${kind}`, 'watch', this.#pathParameters(true));
    const paths = [
      { path: collection, operations: [list] },
      { path: `${collection}/{name}`, operations: [one] },
    ];
    if (namespaced) {
      const everywhere = watch(`${kind}ListForAllNamespaces`, 'watchlist', []);
      paths.push({ path: `${this.#base}/watch/${resource}`, operations: [everywhere] });
    }
    return paths;
  }
}

/** `ephemeralcontainers` is `Ephemeralcontainers`, `portforward` is `Portforward`. */
function subresourceTitle(name: string): string {
  return capitalized(name);
}
