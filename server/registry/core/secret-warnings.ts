// What a TLS secret is warned of: crypto/tls.X509KeyPair on its certificate and key.
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import type { KubeObject } from '../../../apimachinery/object.ts';

/** Secrets of other types are not looked at. */
export function secretWarnings(object: KubeObject): string[] {
  if (object['type'] !== 'kubernetes.io/tls') return [];
  const data = (object['data'] ?? {}) as Record<string, string>;
  const problem = keyPairProblem(decode(data['tls.crt']), decode(data['tls.key']));
  return problem === undefined ? [] : [problem];
}

function decode(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString('utf8');
}

const pemBlock = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

function blocks(text: string): string[] {
  return [...text.matchAll(pemBlock)].map((match) => match[1]!);
}

function keyPairProblem(certificate: string, key: string): string | undefined {
  const inCertificate = blocks(certificate);
  if (!inCertificate.includes('CERTIFICATE')) {
    return missing(
      'certificate',
      inCertificate,
      'CERTIFICATE',
      inCertificate.some((type) => type.endsWith('PRIVATE KEY')),
    );
  }
  const inKey = blocks(key);
  if (!inKey.some((type) => type === 'PRIVATE KEY' || type.endsWith(' PRIVATE KEY'))) {
    if (inKey.includes('CERTIFICATE'))
      return 'tls: found a certificate rather than a key in the PEM for the private key';
    return missing('key', inKey, 'PRIVATE KEY', false);
  }
  return mismatch(certificate, key);
}

function missing(what: string, types: readonly string[], wanted: string, isKey: boolean): string {
  if (types.length === 0) return `tls: failed to find any PEM data in ${what} input`;
  if (isKey) {
    return 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched';
  }
  const end = what === 'key' ? 'ending in "PRIVATE KEY" in key input' : `"${wanted}" PEM block in certificate input`;
  return `tls: failed to find ${end} after skipping PEM blocks of the following types: [${types.join(' ')}]`;
}

function mismatch(certificate: string, key: string): string | undefined {
  try {
    const leaf = new X509Certificate(certificate).publicKey;
    const own = createPublicKey(createPrivateKey(key));
    if (leaf.asymmetricKeyType !== own.asymmetricKeyType) return 'tls: private key type does not match public key type';
    return leaf.equals(own) ? undefined : 'tls: private key does not match public key';
  } catch {
    return 'tls: failed to parse private key';
  }
}
