// Hashes that become parts of names: FNV as upstream's, in the letters that names allow (apimachinery pkg/util/rand SafeEncodeString,
// pkg/controller ComputeHash). Upstream hashes a dump of Go's structures; here it is JSON with sorted keys, so the value for a template is
// another one. Nobody depends on it: whoever looks for a template's object compares templates.

const alphanums = 'bcdfghjklmnpqrstvwxz2456789';
const prime = 0x01000193;
const offsetBasis = 0x811c9dc5;

/** FNV-1a with 32 bits. */
export function fnv32a(bytes: Uint8Array): number {
  let hash = offsetBasis;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, prime);
  return hash >>> 0;
}

/** FNV-1 with 32 bits. */
export function fnv32(bytes: Uint8Array): number {
  let hash = offsetBasis;
  for (const byte of bytes) hash = Math.imul(hash, prime) ^ byte;
  return hash >>> 0;
}

/** Text in letters that cannot form bad words by accident. */
export function safeEncode(text: string): string {
  return Array.from(text, (letter) => alphanums[letter.codePointAt(0)! % alphanums.length]).join('');
}

/** JSON with sorted keys, without what is undefined. */
export function canonicalJSON(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** The hash of a Pod template, for `pod-template-hash`; another one for each count of collisions. */
export function templateHash(template: unknown, collisionCount?: number): string {
  const json = Buffer.from(canonicalJSON(template));
  if (collisionCount === undefined) return safeEncode(String(fnv32a(json)));
  const count = Buffer.alloc(8);
  count.writeUInt32LE(collisionCount);
  return safeEncode(String(fnv32a(Buffer.concat([json, count]))));
}
