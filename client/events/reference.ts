// What an event is about (client-go tools/reference), and what an event is called (tools/record/util).
import { randomUUID } from 'node:crypto';
import { nameIsDNSSubdomain } from '../../apimachinery/names.ts';
import type { ApiObject } from '../resource.ts';

/** v1.ObjectReference. */
export interface ObjectReference {
  kind: string;
  namespace?: string;
  name: string;
  uid?: string;
  apiVersion: string;
  resourceVersion?: string;
  fieldPath?: string;
}

export type EventType = 'Normal' | 'Warning';

/** The reference to an object; a field path names a part of it (`spec.containers{nginx}`). */
export function referenceTo({ kind, apiVersion, metadata }: ApiObject, fieldPath?: string): ObjectReference {
  const { namespace, name = '', uid, resourceVersion } = metadata;
  return {
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(uid === undefined ? {} : { uid }),
    apiVersion,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}

/** Makes names of events: the object's name and the time in nanoseconds, which never repeats; a UUID where that is no name. */
export function eventNames(): (objectName: string, nowMs: number) => string {
  let last = 0n;
  return (objectName, nowMs) => {
    const now = BigInt(Math.round(nowMs * 1e6));
    last = now > last ? now : last + 1n;
    const name = `${objectName}.${last.toString(16)}`;
    return nameIsDNSSubdomain(name, false).length === 0 ? name : randomUUID();
  };
}
