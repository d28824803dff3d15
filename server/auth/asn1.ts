// The ASN.1 library: `@peculiar/asn1-*`, the encoding beneath `@peculiar/x509`. That one needs a polyfill of the global
// Reflect, answers in promises only, and takes twice as long to load.
import { createRequire } from 'node:module';

export interface Asn1 {
  schema: typeof import('@peculiar/asn1-schema');
  x509: typeof import('@peculiar/asn1-x509');
  csr: typeof import('@peculiar/asn1-csr');
}

let loaded: Asn1 | undefined;

/** Loads it at the first call, in about 30 ms: a server whose certificates are there, and that sees no request for one, never needs it. */
export function asn1(): Asn1 {
  if (loaded === undefined) {
    const load = createRequire(import.meta.url);
    loaded = {
      schema: load('@peculiar/asn1-schema'),
      x509: load('@peculiar/asn1-x509'),
      csr: load('@peculiar/asn1-csr'),
    };
  }
  return loaded;
}
