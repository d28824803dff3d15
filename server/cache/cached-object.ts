// One object as the watch cache holds it: the bytes that GET and LIST write, and what selectors look at.
import type { KubeObject } from '../../apimachinery/object.ts';
import type { StoredObject } from '../../storage/storage.ts';
import type { ObjectFraming } from './framing.ts';
import { parseObject, servedText, storedText } from './stored-text.ts';

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

  /** A fresh copy that the caller may change, but for the sets in its managedFields (see parseObject). */
  parse(): KubeObject {
    return parseObject(this.bytes.toString());
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
