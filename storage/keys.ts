// Keys as backends compare and index them.
import type { Key } from './storage.ts';

/** The key as one string, for maps. NUL separates the parts: no Kubernetes name holds one. */
export function keyString(key: Key): string {
  return `${key.resource}\0${key.namespace}\0${key.name}`;
}

const ascii = /^[\0-\x7f]*$/;

/** Orders two strings by their UTF-8 bytes, as PostgreSQL's C collation and etcd do. */
export function compareBytes(left: string, right: string): number {
  if (ascii.test(left) && ascii.test(right)) return left < right ? -1 : left > right ? 1 : 0;
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** Orders two keys by (resource, namespace, name) in byte order. */
export function compareKeys(left: Key, right: Key): number {
  return (
    compareBytes(left.resource, right.resource) ||
    compareBytes(left.namespace, right.namespace) ||
    compareBytes(left.name, right.name)
  );
}
