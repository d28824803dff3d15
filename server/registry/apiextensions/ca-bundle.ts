// The certificates by which a conversion webhook is known (apiserver pkg/util/webhook validation.go; client-go transport.go).
import { X509Certificate } from 'node:crypto';
import { type FieldError, invalid } from '../../../apimachinery/field.ts';

const pemBlock = /-----BEGIN ([^-\n]+)-----\s*\n([^-]*)-----END \1-----/g;

function certificateError(pem: string): string | undefined {
  let blocks = 0;
  let why = 'no valid certificate authority data seen';
  for (const [block, type, body] of pem.matchAll(pemBlock)) {
    blocks++;
    if (type !== 'CERTIFICATE' || body!.includes(':')) continue;
    try {
      new X509Certificate(block);
      return undefined;
    } catch (error) {
      why = `failed to parse certificate: ${(error as Error).message}`;
    }
  }
  return blocks === 0 ? 'unable to parse bytes as PEM block' : why;
}

/** ValidateCABundle. `bundle` is PEM in base64, as it stands in the object; an empty one is no bundle. */
export function validateCABundle(bundle: string, field: string): FieldError[] {
  if (bundle === '') return [];
  const error = certificateError(Buffer.from(bundle, 'base64').toString());
  return error === undefined ? [] : [invalid(field, bundle, `unable to load root certificates: ${error}`)];
}
