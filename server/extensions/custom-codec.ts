// Objects of a custom resource, from what is stored to one version of it and back (customresource_handler.go
// crdConversionRESTOptionsGetter): pruned and defaulted by the schema of the version that they are stored in, converted, and pruned by
// that of the version that is asked for. What was written since the schema is as it is now needs none of that and goes out as it is.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type JsonObject, type KubeObject, parseApiVersion } from '../../apimachinery/object.ts';
import { CachedObject } from '../cache/cached-object.ts';
import type { ObjectFraming } from '../cache/framing.ts';
import type { EventSource, ResourceCache } from '../cache/resource-cache.ts';
import { storedText } from '../cache/stored-text.ts';
import type { VersionCodec } from '../registry/version-codec.ts';
import type { Converter } from './converter.ts';
import { VersionFeed } from './version-feed.ts';
import type { VersionSchema } from './version-schema.ts';

export interface CustomCodecOptions {
  /** The version that this codec is of, and the one that is stored, as apiVersions. */
  apiVersion: string;
  storageApiVersion: string;
  /** Objects with an older revision may have been written under another schema. */
  freshFrom: number;
  /** By version. */
  schemas: ReadonlyMap<string, VersionSchema>;
  converter: Converter;
  framing: ObjectFraming;
  cache: ResourceCache;
  /** True where all objects are stored in `apiVersion`. */
  onlyThisVersionStored: boolean;
}

/** So many objects are decoded before other requests get their turn: some 2 ms. */
const turnObjects = 64;
/** So many objects are sent to a webhook at once. */
const batchObjects = 500;

export class CustomCodec implements VersionCodec {
  readonly #options: CustomCodecOptions;
  readonly #decoded = new WeakMap<CachedObject, CachedObject>();
  #feed: VersionFeed | undefined;

  constructor(options: CustomCodecOptions) {
    this.#options = options;
  }

  get decodesBeforeSelection(): boolean {
    return this.#options.converter.changesMetadata;
  }

  isCurrent(object: CachedObject): boolean {
    return object.apiVersion === this.#options.storageApiVersion && object.revision >= this.#options.freshFrom;
  }

  decode(object: CachedObject): CachedObject | Promise<CachedObject> {
    const known = this.#known(object);
    if (known !== undefined) return known;
    const converted = this.#convert([object]);
    return converted instanceof Promise ? converted.then(() => this.#known(object)!) : this.#known(object)!;
  }

  decodeAll(objects: readonly CachedObject[]): readonly CachedObject[] | Promise<readonly CachedObject[]> {
    const unknown = objects.filter((object) => this.#known(object) === undefined);
    if (unknown.length === 0) return objects.map((object) => this.#known(object)!);
    return this.#decodeInTurns(objects, unknown);
  }

  async #decodeInTurns(objects: readonly CachedObject[], unknown: readonly CachedObject[]): Promise<CachedObject[]> {
    const step = this.#options.converter.changesMetadata ? batchObjects : turnObjects;
    for (let from = 0; from < unknown.length; from += step) {
      if (from > 0) await nextTurn();
      await this.#convert(unknown.slice(from, from + step));
    }
    return objects.map((object) => this.#known(object)!);
  }

  #known(object: CachedObject): CachedObject | undefined {
    const { apiVersion, freshFrom } = this.#options;
    if (object.apiVersion === apiVersion && object.revision >= freshFrom) return object;
    return this.#decoded.get(object);
  }

  #convert(objects: readonly CachedObject[]): void | Promise<void> {
    const { schemas, converter, apiVersion } = this.#options;
    const parsed = objects.map((object) => {
      const value = object.parse();
      const schema = schemas.get(versionOf(value.apiVersion));
      schema?.coerceStored(value);
      schema?.applyDefaults(value);
      return value;
    });
    const converted = converter.convert(parsed, apiVersion);
    const keep = (all: readonly KubeObject[]): void => {
      for (const [i, object] of objects.entries()) this.#keep(object, all[i]!);
    };
    return converted instanceof Promise ? converted.then(keep) : keep(converted);
  }

  #keep(object: CachedObject, converted: KubeObject): void {
    const { schemas, apiVersion, framing } = this.#options;
    schemas.get(versionOf(apiVersion))?.coerce(converted as JsonObject);
    const { namespace, name, uid, revision } = object;
    const made = new CachedObject(
      { resource: '', namespace, name, uid, revision, value: storedText(converted) },
      framing,
    );
    this.#decoded.set(object, made.bytes.equals(object.bytes) ? object : made);
  }

  encode(object: KubeObject): KubeObject | Promise<KubeObject> {
    const { apiVersion, storageApiVersion, converter, schemas } = this.#options;
    if (apiVersion === storageApiVersion) return object;
    const converted = converter.convert([structuredClone(object)], storageApiVersion);
    const finish = ([stored]: readonly KubeObject[]): KubeObject => {
      const schema = schemas.get(versionOf(storageApiVersion));
      schema?.coerce(stored as JsonObject);
      // Every read would fill them in; stored with the object, they cost none.
      schema?.applyDefaults(stored!);
      return stored!;
    };
    return converted instanceof Promise ? converted.then(finish) : finish(converted);
  }

  source(): EventSource {
    const { cache, onlyThisVersionStored } = this.#options;
    if (onlyThisVersionStored) return cache;
    this.#feed ??= new VersionFeed(cache, this, () => {
      this.#feed = undefined;
    });
    return this.#feed;
  }
}

function versionOf(apiVersion: string): string {
  return parseApiVersion(apiVersion).version;
}
