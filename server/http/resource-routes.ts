// Requests to resources: from URL and method to the handler, by loops over the table of descriptors.
import { groupResourceOf } from '../../apimachinery/object.ts';
import {
  newBadRequest,
  newMethodNotAllowed,
  newNotFound,
  newPathNotFound,
  StatusError,
} from '../../apimachinery/status.ts';
import { definitionOf } from '../../schemas/schemas.ts';
import type { Storage } from '../../storage/storage.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import { versionsOf } from '../discovery/groups.ts';
import type { ResourceDescriptor, SubresourceDescriptor, Verb } from '../registry/descriptor.ts';
import type { Store } from '../registry/store.ts';
import type { ApiRequest } from './api-request.ts';
import { remove, removeCollection } from './handlers/delete.ts';
import { Lister } from './handlers/list.ts';
import { patch } from './handlers/patch.ts';
import { getView, isViewSubresource, patchView, putView } from './handlers/subresource.ts';
import { Watches, type WatchSettings } from './handlers/watch.ts';
import { create, mediaTypeOf, update } from './handlers/write.ts';
import { checkAcceptable, negotiate, patchMediaTypes, produced } from './negotiate.ts';
import { parseListOptions, parseResourceVersion } from './options.ts';
import { renderObject, type View } from './render.ts';
import type { RequestInfo } from './request-info.ts';
import { respond, respondText } from './respond.ts';
import { selectionOf } from './selection.ts';

/** A resource or subresource with a handler of its own: reviews, bindings, evictions, tokens, logs. */
export interface CustomRoute {
  /** `pods/eviction`, or `selfsubjectreviews.authentication.k8s.io` where it is the resource itself. */
  path: string;
  handle(request: ApiRequest, namespace: string): Promise<void>;
}

interface Route {
  descriptor: ResourceDescriptor;
  version: string;
  store: Store | undefined;
}

/** Told of a request for a resource that is not served; what it returns is awaited before the client is told so. */
export type MissListener = (group: string, resource: string) => Promise<void> | undefined;

export class ResourceRoutes {
  readonly #routes = new Map<string, Route>();
  readonly #custom = new Map<string, CustomRoute['handle']>();
  readonly #groups = new Set<string>();
  readonly #lister: Lister;
  readonly watches: Watches;
  readonly #cache: WatchCache;
  #onMiss: MissListener | undefined;

  constructor(
    stores: ReadonlyMap<ResourceDescriptor, Store | undefined>,
    custom: readonly CustomRoute[],
    storage: Storage,
    cache: WatchCache,
    watchSettings: WatchSettings,
  ) {
    for (const [descriptor, store] of stores) {
      this.#groups.add(descriptor.group);
      this.serve(descriptor, store);
    }
    for (const { path, handle } of custom) this.#custom.set(path, handle);
    this.#lister = new Lister(storage, cache);
    this.watches = new Watches(cache, watchSettings);
    this.#cache = cache;
  }

  /** Serves a resource in all its versions, in place of what was served under its name. */
  serve(descriptor: ResourceDescriptor, store: Store | undefined): void {
    for (const version of versionsOf(descriptor))
      this.#routes.set(keyOf(descriptor, version), { descriptor, version, store });
  }

  /** Requests for it are 404 from now on; those under way go on. */
  withdraw(descriptor: ResourceDescriptor): void {
    for (const version of versionsOf(descriptor)) {
      const key = keyOf(descriptor, version);
      if (this.#routes.get(key)?.descriptor === descriptor) this.#routes.delete(key);
    }
  }

  onMiss(listener: MissListener): void {
    this.#onMiss = listener;
  }

  async handle(request: ApiRequest): Promise<void> {
    const { info } = request;
    const key = `${info.group}/${info.version}/${info.resource}`;
    let route = this.#routes.get(key);
    if (route === undefined) {
      if (this.#groups.has(info.group) && !info.group.includes('.')) throw newPathNotFound();
      await this.#onMiss?.(info.group, info.resource);
      route = this.#routes.get(key);
    }
    if (route === undefined) {
      if (this.#groups.has(info.group)) throw newPathNotFound();
      return respondText(request, 404, pageNotFound);
    }
    const { descriptor } = route;
    if (descriptor.deprecation !== undefined) request.warnings.push(descriptor.deprecation);
    if (descriptor.custom !== undefined && isOutOfScope(descriptor, info))
      return respondText(request, 404, pageNotFound);
    // The namespace segment of `/namespaces/x` names the object itself.
    const namespace = descriptor.namespaced ? info.namespace : '';
    if (!descriptor.namespaced && info.namespace !== '' && descriptor.resource !== 'namespaces')
      throw newPathNotFound();
    if (info.name.includes('/') || info.name.includes('%')) throw newPathNotFound();
    if (descriptor.namespaced && namespace === '' && info.name !== '') throw newPathNotFound();
    if (info.subresource !== '') return this.#subresource(request, route, namespace);
    return this.#resource(request, route, namespace);
  }

  #resource(request: ApiRequest, route: Route, namespace: string): Promise<void> {
    const { descriptor } = route;
    const { info } = request;
    const custom = this.#custom.get(groupResource(descriptor));
    this.#checkVerb(info.verb, descriptor.verbs, request, descriptor.namespaced && namespace === '');
    checkMedia(request, route, info.verb === 'list' || info.verb === 'watch' ? produced.list : produced.object);
    if (custom !== undefined) return custom(request, namespace);
    const store = route.store;
    if (store === undefined) throw newPathNotFound();
    const view = viewOf(request, route);
    switch (info.verb) {
      case 'get':
        return this.#get(request, store, view, namespace);
      case 'list':
        return this.#list(request, store, view, namespace);
      case 'watch':
        return this.#watch(request, store, view, namespace);
      case 'create':
        return create(request, store, view, namespace);
      case 'update':
        return update(request, store, view, namespace);
      case 'patch':
        return patch(request, store, view, namespace);
      case 'delete':
        return remove(request, store, view, namespace);
      case 'deletecollection':
        return removeCollection(request, store, view, () => this.#select(request, store, namespace));
      default:
        throw newMethodNotAllowed();
    }
  }

  /** 405 for verbs that the resource does not have, and for verbs that need (or must not have) a name or a namespace. */
  #checkVerb(verb: string, verbs: readonly Verb[], request: ApiRequest, acrossNamespaces: boolean): void {
    const { name } = request.info;
    const wantsName = verb === 'get' || verb === 'update' || verb === 'patch' || verb === 'delete';
    const misplaced = (wantsName && name === '') || (verb === 'create' && name !== '');
    const needsNamespace = acrossNamespaces && verb !== 'list' && verb !== 'watch';
    if (misplaced || needsNamespace || !verbs.includes(verb as Verb)) throw newMethodNotAllowed();
  }

  async #get(request: ApiRequest, store: Store, view: View, namespace: string): Promise<void> {
    const revision = parseResourceVersion(request.info.query.get('resourceVersion'));
    if (revision !== undefined) await this.#cache.waitFor(revision);
    const object = await store.get(namespace, request.info.name, revision === undefined);
    return respond(request, 200, renderObject(object, view));
  }

  #list(request: ApiRequest, store: Store, view: View, namespace: string): Promise<void> {
    const options = parseListOptions(request.info.query, false);
    const selection = selectionOf(store, namespace, options.labelSelector, options.fieldSelector);
    return this.#lister.list(request, store, view, options, selection);
  }

  #select(request: ApiRequest, store: Store, namespace: string) {
    const options = parseListOptions(request.info.query, false);
    const selection = selectionOf(store, namespace, options.labelSelector, options.fieldSelector);
    return this.#lister.select(store, options, selection);
  }

  #watch(request: ApiRequest, store: Store, view: View, namespace: string): Promise<void> {
    const options = parseListOptions(request.info.query, true);
    const { name } = request.info;
    const fieldSelector =
      name === '' ? options.fieldSelector : [options.fieldSelector, `metadata.name=${name}`].filter(Boolean).join(',');
    const selection = selectionOf(store, namespace, options.labelSelector, fieldSelector);
    return this.watches.watch(request, store, view, options, selection);
  }

  #subresource(request: ApiRequest, route: Route, namespace: string): Promise<void> {
    const { descriptor, store } = route;
    const { info } = request;
    const subresource = descriptor.subresources.find(({ name }) => name === info.subresource);
    if (subresource === undefined && descriptor.custom !== undefined) throw newNotFound(descriptor, info.name);
    if (subresource === undefined || (info.rest.length > 0 && info.subresource !== 'proxy')) throw newPathNotFound();
    if (!subresource.verbs.includes(info.verb as Verb)) throw newMethodNotAllowed();
    if (!connects(subresource)) checkMedia(request, route, subresource.name === 'log' ? produced.log : produced.object);
    const custom = this.#custom.get(`${groupResource(descriptor)}/${subresource.name}`);
    if (custom !== undefined) return custom(request, namespace);
    if (store === undefined) throw newPathNotFound();
    if (isViewSubresource(subresource)) {
      if (info.verb === 'get') return getView(request, store, subresource, namespace);
      if (info.verb === 'update') return putView(request, store, subresource, namespace);
      return patchView(request, store, subresource, namespace);
    }
    return this.#ownSubresource(request, store, viewOf(request, route), namespace, subresource);
  }

  /** `/status` and others that read and write the object itself. */
  #ownSubresource(
    request: ApiRequest,
    store: Store,
    view: View,
    namespace: string,
    subresource: SubresourceDescriptor,
  ): Promise<void> {
    switch (request.info.verb) {
      case 'get':
        return this.#get(request, store, view, namespace);
      case 'update':
        return update(request, store, view, namespace, subresource);
      case 'patch':
        return patch(request, store, view, namespace, subresource);
      default:
        throw newMethodNotAllowed() satisfies StatusError;
    }
  }
}

const pageNotFound = '404 page not found\n';

function keyOf({ group, resource }: ResourceDescriptor, version: string): string {
  return `${group}/${version}/${resource}`;
}

/** Requests of a custom resource's wrong scope are as if it were not there (customresource_handler.go ServeHTTP). */
function isOutOfScope({ namespaced }: ResourceDescriptor, { namespace, verb }: RequestInfo): boolean {
  if (!namespaced) return namespace !== '';
  return namespace === '' && verb !== 'list' && verb !== 'watch';
}

function groupResource({ group, resource }: ResourceDescriptor): string {
  return groupResourceOf(group, resource);
}

/** Whether requests go on to a node or a container, which answer what they like. */
function connects({ kind }: SubresourceDescriptor): boolean {
  return kind !== undefined && /^(Pod|Node|Service).*Options$/.test(kind.kind);
}

/**
 * What upstream's router refuses before a handler sees the request: 406, and 415 for patches of another type. Custom resources have no
 * such router.
 */
function checkMedia(request: ApiRequest, { descriptor, version }: Route, types: readonly string[]): void {
  const { exchange, info } = request;
  const isPatch = info.verb === 'patch';
  if (!isPatch && exchange.headers['accept'] === 'application/json') return;
  if (definitionOf({ group: descriptor.group, version, kind: descriptor.kind }) === undefined) return;
  if (isPatch && !patchMediaTypes.includes(mediaTypeOf(request)))
    throw new StatusError('UnsupportedMediaType', '415: Unsupported Media Type', {});
  checkAcceptable(exchange.headers, types);
}

function viewOf(request: ApiRequest, route: Route): View {
  const { descriptor, version } = route;
  const accepted = negotiate(request.exchange.headers, { group: descriptor.group, version, kind: descriptor.kind });
  const includeObject = accepted.as === 'Table' ? includeObjectOf(request) : 'Metadata';
  return { descriptor, version, accepted, pretty: request.pretty, includeObject };
}

/** Metadata where the client does not say. Throws 400 as upstream's optionsForTransform. */
function includeObjectOf(request: ApiRequest): View['includeObject'] {
  const include = request.info.query.get('includeObject') || 'Metadata';
  if (include === 'Metadata' || include === 'Object' || include === 'None') return include;
  throw newBadRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}
