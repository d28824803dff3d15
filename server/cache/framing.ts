// What stands around the objects of a resource: the beginning that all their texts have in common.
import type { KubeObject } from '../../apimachinery/object.ts';

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
