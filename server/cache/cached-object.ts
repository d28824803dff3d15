// One object as the watch cache holds it: the bytes that GET and LIST write, and what selectors look at.
import { notedText } from '../../apimachinery/managed-fields/structure.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { StoredObject } from '../../storage/storage.ts';

/** How the objects of one resource are framed: what stands before metadata's first field in every stored value. */
export interface ObjectFraming {
  apiVersion: string;
  /** `{"kind":"Pod","apiVersion":"v1",` */
  head: string;
  /** `{"kind":"Pod","apiVersion":"v1","metadata":{` */
  prefix: string;
  /** Where items of lists begin in it: those of typed lists leave out kind and apiVersion, those of custom resources do not. */
  itemOffset: number;
  /** The framing of one value, where values of several versions stand side by side. */
  ofValue?(value: string): ObjectFraming;
}

export function framingOf(apiVersion: string, kind: string): ObjectFraming {
  const head = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`;
  return { apiVersion, head, prefix: `${head}"metadata":{`, itemOffset: head.length };
}

/** The framing of a custom resource's objects: each is stored in the version that was the storage version when it was written. */
export function customFramingOf(apiVersion: string, kind: string): ObjectFraming {
  const known = new Map<string, ObjectFraming>();
  const own: ObjectFraming = {
    ...framingOf(apiVersion, kind),
    itemOffset: 1,
    ofValue(value) {
      if (value.startsWith(own.prefix)) return own;
      const said = apiVersionOfValue(value) ?? apiVersion;
      let framing = known.get(said);
      if (framing === undefined) {
        framing = { ...framingOf(said, kind), itemOffset: 1 };
        known.set(said, framing);
      }
      return framing;
    },
  };
  return own;
}

const storedHead = /^\{"kind":"[^"\\]*","apiVersion":"([^"\\]*)"/;

function apiVersionOfValue(value: string): string | undefined {
  return storedHead.exec(value)?.[1] ?? (JSON.parse(value) as Partial<KubeObject>).apiVersion;
}

/**
 * An object's JSON as it is stored: kind, apiVersion and metadata first, so that the revision can be spliced in as bytes,
 * and no metadata.resourceVersion.
 */
export function storedText(object: KubeObject): string {
  const { kind, apiVersion, metadata, ...rest } = object;
  const { resourceVersion: _, ...meta } = metadata;
  const [entry, ...others] = meta.managedFields ?? [];
  const fields = others.length === 0 ? notedText(entry?.['fieldsV1']) : undefined;
  if (fields === undefined) return JSON.stringify({ kind, apiVersion, metadata: meta, ...rest });
  // The one entry of a new object: its set has been written before, and is half of the text.
  const { managedFields: __, ...plain } = meta;
  const head = JSON.stringify({ kind, apiVersion, metadata: plain });
  const manager = JSON.stringify({ ...entry, fieldsV1: undefined });
  const tail = JSON.stringify(rest);
  const end = tail === '{}' ? '}' : `,${tail.slice(1)}`;
  return `${head.slice(0, -2)},"managedFields":[${manager.slice(0, -1)},"fieldsV1":${fields}}]}${end}`;
}

/** The text that clients see: the stored one with metadata.resourceVersion spliced in; revision 0 stands for none (dry runs). */
export function servedText(value: string, revision: number, framing: ObjectFraming): string {
  if (revision === 0) return value;
  if (value.startsWith(framing.prefix)) {
    return `${framing.prefix}"resourceVersion":"${revision}",${value.slice(framing.prefix.length)}`;
  }
  // A row that somebody edited with SQL: put it in order.
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = JSON.parse(value) as KubeObject;
  const { resourceVersion: _resourceVersion, ...meta } = metadata;
  const body = JSON.stringify({ metadata: { resourceVersion: String(revision), ...meta }, ...rest });
  return framing.head + body.slice(1);
}

/** Labels and selectable fields: what selectors match on, read from the object once. */
export interface Selectable {
  labels: Readonly<Record<string, string>> | undefined;
  fields: Readonly<Record<string, string>>;
}

/** Not Buffer.from: that cuts from a shared slab, of which a long-lived object keeps the rest alive (half as much again). */
function exactBytes(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

export class CachedObject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly revision: number;
  /** The whole served object: what GET answers. */
  readonly bytes: Buffer;
  readonly #framing: ObjectFraming;
  #selectable: Selectable | undefined;
  #selectableReader: ((object: KubeObject) => Selectable) | undefined;
  #shared: KubeObject | undefined;

  constructor(stored: StoredObject, framing: ObjectFraming) {
    this.namespace = stored.namespace;
    this.name = stored.name;
    this.uid = stored.uid;
    this.revision = stored.revision;
    this.#framing = framing.ofValue?.(stored.value) ?? framing;
    this.bytes = exactBytes(servedText(stored.value, stored.revision, this.#framing));
  }

  /** What a dry run answers with: encoded as if it were stored. Without `revision` it has no resourceVersion. */
  static unstored(
    object: KubeObject,
    identity: { namespace: string; name: string; uid: string; revision?: number },
    framing: ObjectFraming,
  ): CachedObject {
    return new CachedObject({ resource: '', revision: 0, ...identity, value: storedText(object) }, framing);
  }

  /** This state with another revision: what a watch is told when an object stops matching its selector. */
  bytesAtRevision(revision: number): Buffer {
    const { prefix } = this.#framing;
    const skip = Buffer.byteLength(`${prefix}"resourceVersion":"${this.revision}",`);
    return Buffer.concat([Buffer.from(`${prefix}"resourceVersion":"${revision}",`), this.bytes.subarray(skip)]);
  }

  /** The version that it is stored in. */
  get apiVersion(): string {
    return this.#framing.apiVersion;
  }

  /** Where an item of a list begins in `bytes`; the byte before it is to be written as `{`. */
  get itemOffset(): number {
    return this.#framing.itemOffset;
  }

  /** A fresh copy that the caller may change. */
  parse(): KubeObject {
    return JSON.parse(this.bytes.toString()) as KubeObject;
  }

  /** The one parsed form that the server's own readers share; they must not change it. */
  shared(): KubeObject {
    this.#shared ??= this.parse();
    return this.#shared;
  }

  selectable(read: (object: KubeObject) => Selectable): Selectable {
    if (this.#selectable === undefined || this.#selectableReader !== read) {
      this.#selectable = read(this.parse());
      this.#selectableReader = read;
    }
    return this.#selectable;
  }
}
