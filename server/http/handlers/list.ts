// GET of a collection: from the watch cache where the present will do, from storage for a past revision.
import { newBadRequest, newExpired, newTooLargeResourceVersion } from '../../../apimachinery/status.ts';
import { type Storage, StorageError, type StoredObject } from '../../../storage/storage.ts';
import { CachedObject } from '../../cache/cached-object.ts';
import type { ResourceCache } from '../../cache/resource-cache.ts';
import type { WatchCache } from '../../cache/watch-cache.ts';
import type { Store } from '../../registry/store.ts';
import type { VersionCodec } from '../../registry/version-codec.ts';
import type { ApiRequest } from '../api-request.ts';
import { type ContinueToken, decodeContinueToken, encodeContinueToken } from '../continue-token.ts';
import { respondList } from '../list-stream.ts';
import type { ListOptions } from '../options.ts';
import { renderMessages, servesMessages } from '../protobuf-messages.ts';
import { type ListMetadata, type Rendered, renderList, servesBytes, type View } from '../render.ts';
import { respond } from '../respond.ts';
import type { Selection } from '../selection.ts';

const expiredToken =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
  'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
  'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
  'deleted between the time the first chunk was returned and now may show up in the list.';

export interface Page {
  revision: number;
  objects: CachedObject[];
  /** Where the next page begins; undefined on the last. */
  next: { namespace: string; name: string } | undefined;
  /** How many follow; undefined where selectors make that unknown. */
  remaining: number | undefined;
}

/** Go leaves an empty `continue` out of typed lists and writes it into those of custom resources. */
function metadataOf(page: Page, { descriptor, accepted }: View): ListMetadata {
  const unstructured = descriptor.custom !== undefined && accepted.as === undefined;
  const metadata: ListMetadata = {
    ...(unstructured ? { continue: '' } : {}),
    resourceVersion: String(page.revision),
  };
  if (page.next !== undefined) {
    metadata.continue = encodeContinueToken({ revision: page.revision, after: page.next });
    if (page.remaining !== undefined) metadata.remainingItemCount = page.remaining;
  }
  return metadata;
}

/** The list that answers with a page, in the form that the view asks for. */
export function renderPage(page: Page, view: View): Rendered | Promise<Rendered> {
  const metadata = metadataOf(page, view);
  return servesMessages(view) ? renderMessages(page.objects, metadata, view) : renderList(page.objects, metadata, view);
}

/** Collects one page from the cache, which must be at the revision wanted. */
function pageOfCache(
  cache: ResourceCache,
  revision: number,
  selection: Selection,
  limit: number,
  after: ContinueToken['after'] | undefined,
): Page {
  const objects: CachedObject[] = [];
  if (selection.name !== undefined && selection.namespace !== undefined) {
    const object = cache.lookup(selection.namespace, selection.name);
    if (object !== undefined && (selection.matches?.(object) ?? true)) objects.push(object);
    return { revision, objects, next: undefined, remaining: 0 };
  }
  let remaining = 0;
  for (const [sorted, from] of cache.slices(selection.namespace, after)) {
    for (let i = from; i < sorted.length; i++) {
      if (limit > 0 && objects.length === limit) {
        // One more match decides whether there is a next page; without selectors every object matches.
        if (selection.matches === undefined) {
          remaining += sorted.length - i;
          break;
        }
        if (!selection.matches(sorted[i]!)) continue;
        return { revision, objects, next: objects[limit - 1], remaining: undefined };
      }
      if (selection.matches === undefined || selection.matches(sorted[i]!)) objects.push(sorted[i]!);
    }
  }
  return { revision, objects, next: remaining > 0 ? objects[objects.length - 1] : undefined, remaining };
}

/** How many objects are read at once where a selector thins them out. */
const storagePageSize = 1000;

/** Collects one page at a past revision. */
async function pageOfStorage(
  storage: Storage,
  store: Store,
  revision: number,
  selection: Selection,
  limit: number,
  after: ContinueToken['after'] | undefined,
): Promise<Page> {
  const objects: CachedObject[] = [];
  const { matches, namespace } = selection;
  const pageSize = limit === 0 ? undefined : matches === undefined ? limit : Math.max(limit, storagePageSize);
  for (let from = after; ; ) {
    const page = await storage.list({
      resource: store.storageName,
      revision,
      ...(namespace === undefined ? {} : { namespace }),
      ...(pageSize === undefined ? {} : { limit: pageSize }),
      ...(from === undefined ? {} : { after: from }),
    });
    const found = page.items
      .map((item: StoredObject) => new CachedObject(item, store.framing))
      .filter((object) => matches?.(object) ?? true);
    for (const object of found) {
      if (limit > 0 && objects.length === limit)
        return { revision, objects, next: objects[limit - 1], remaining: undefined };
      objects.push(object);
    }
    const last = page.items[page.items.length - 1];
    if (page.remaining === 0 || last === undefined) return { revision, objects, next: undefined, remaining: 0 };
    if (limit > 0 && objects.length === limit) {
      return {
        revision,
        objects,
        next: objects[limit - 1],
        remaining: matches === undefined ? page.remaining : undefined,
      };
    }
    from = last;
  }
}

export class Lister {
  readonly #storage: Storage;
  readonly #cache: WatchCache;

  constructor(storage: Storage, cache: WatchCache) {
    this.#storage = storage;
    this.#cache = cache;
  }

  async list(request: ApiRequest, store: Store, view: View, options: ListOptions, selection: Selection): Promise<void> {
    const page = await this.#page(store, options, selection);
    if (servesBytes(view)) return respondList(request, page.objects, metadataOf(page, view), view);
    const rendered = renderPage(page, view);
    await respond(request, 200, rendered instanceof Promise ? await rendered : rendered);
  }

  /** The objects that a deletecollection is about, consistently read. */
  select(store: Store, options: ListOptions, selection: Selection): Promise<Page> {
    return this.#page(store, options, selection);
  }

  async #page(store: Store, options: ListOptions, selection: Selection): Promise<Page> {
    const { codec } = store;
    if (codec === undefined) return this.#storedPage(store, options, selection);
    if (!codec.decodesBeforeSelection || selection.matches === undefined) {
      const page = await this.#storedPage(store, options, selection);
      return { ...page, objects: [...(await codec.decodeAll(page.objects))] };
    }
    return this.#decodedPage(store, codec, options, selection, selection.matches);
  }

  /** Where selectors look at what is decoded: pages of stored objects are decoded until enough of them match. */
  async #decodedPage(
    store: Store,
    codec: VersionCodec,
    options: ListOptions,
    selection: Selection,
    matches: NonNullable<Selection['matches']>,
  ): Promise<Page> {
    const everything: Selection = { ...selection, matches: undefined };
    const objects: CachedObject[] = [];
    let page = await this.#storedPage(store, options, everything);
    for (;;) {
      const fitting = (await codec.decodeAll(page.objects)).filter(matches);
      const room = options.limit === 0 ? fitting.length : options.limit - objects.length;
      objects.push(...fitting.slice(0, room));
      const next = fitting.length > room ? objects[objects.length - 1] : page.next;
      if (next === undefined || objects.length === options.limit)
        return { revision: page.revision, objects, next, remaining: undefined };
      const token = encodeContinueToken({ revision: page.revision, after: next });
      page = await this.#continued(store, { ...options, continue: token, resourceVersion: undefined }, everything);
    }
  }

  async #storedPage(store: Store, options: ListOptions, selection: Selection): Promise<Page> {
    const { limit, resourceVersion, resourceVersionMatch } = options;
    if (options.continue !== '') return this.#continued(store, options, selection);
    const exact =
      resourceVersion !== undefined &&
      resourceVersion > 0 &&
      (resourceVersionMatch === 'Exact' || (resourceVersionMatch === '' && limit > 0));
    if (exact) return this.#exact(store, resourceVersion, selection, limit, undefined);
    if (resourceVersion === undefined) await this.#cache.waitFresh();
    else await this.#cache.waitFor(resourceVersion);
    // Upstream's watch cache gives everything it has to resourceVersion=0, whatever the limit.
    const most = resourceVersion === 0 ? 0 : limit;
    return pageOfCache(store.cache, this.#cache.revision, selection, most, undefined);
  }

  async #continued(store: Store, options: ListOptions, selection: Selection): Promise<Page> {
    const { revision, after } = decodeContinueToken(options.continue);
    if (options.resourceVersion !== undefined && options.resourceVersion !== 0)
      throw newBadRequest('specifying resource version is not allowed when using continue');
    if (revision < 0) {
      await this.#cache.waitFresh();
      return pageOfCache(store.cache, this.#cache.revision, selection, options.limit, after);
    }
    try {
      return await this.#exact(store, revision, selection, options.limit, after);
    } catch (error) {
      if (error instanceof StorageError && error.reason === 'Compacted') {
        throw newExpired(expiredToken, encodeContinueToken({ revision: -1, after }));
      }
      throw error;
    }
  }

  async #exact(
    store: Store,
    revision: number,
    selection: Selection,
    limit: number,
    after: ContinueToken['after'] | undefined,
  ): Promise<Page> {
    if (revision > this.#cache.revision) await this.#cache.waitFor(revision);
    // Nothing of this resource has changed since: the present is that past.
    if (store.cache.lastChange <= revision) return pageOfCache(store.cache, revision, selection, limit, after);
    try {
      return await pageOfStorage(this.#storage, store, revision, selection, limit, after);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      if (error.reason === 'FutureRevision') throw newTooLargeResourceVersion(revision, error.revision ?? 0);
      if (error.reason === 'Compacted' && after === undefined) {
        throw newExpired('The resourceVersion for the provided list is too old.');
      }
      throw error;
    }
  }
}
