// The keys behind service account tokens: signing, verification by key id, and the two public documents that let others
// verify them (kubernetes pkg/serviceaccount jwt.go and openidmetadata.go).
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

export type JwtAlgorithm = 'RS256' | 'ES256' | 'ES384' | 'ES512';

interface VerificationKey {
  id: string;
  algorithm: JwtAlgorithm;
  key: KeyObject;
}

const curves: Record<string, JwtAlgorithm> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };
const digests: Record<JwtAlgorithm, string> = { RS256: 'sha256', ES256: 'sha256', ES384: 'sha384', ES512: 'sha512' };

function algorithmOf(key: KeyObject): JwtAlgorithm {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  const algorithm = curves[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (algorithm === undefined) throw new Error('a service account key must be RSA, or ECDSA on P-256, P-384 or P-521');
  return algorithm;
}

/** Unpadded base64url of the SHA-256 of the public key in DER, as upstream names keys. */
function keyId(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
}

function verificationKey(pem: string): VerificationKey {
  const key = createPublicKey(pem);
  return { id: keyId(key), algorithm: algorithmOf(key), key };
}

/** A JWT taken apart; nothing in it is trusted until `verified`. */
export interface ParsedJwt {
  header: { alg?: string; kid?: string };
  claims: Record<string, unknown>;
  signed: string;
  signature: Buffer;
}

/** Splits a compact JWT; undefined when it is not one. */
export function parseJwt(token: string): ParsedJwt | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const [header, claims] = parts
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')));
    if (typeof header !== 'object' || header === null || typeof claims !== 'object' || claims === null)
      return undefined;
    return { header, claims, signed: `${parts[0]}.${parts[1]}`, signature: Buffer.from(parts[2]!, 'base64url') };
  } catch {
    return undefined;
  }
}

/** Signs with one private key; verifies with that key and every further public key (PEM, `--service-account-key-file`). */
export class ServiceAccountKeys {
  readonly #signingKey: KeyObject;
  readonly #keys: VerificationKey[];

  constructor(signingKey: string, moreKeys: readonly string[] = []) {
    this.#signingKey = createPrivateKey(signingKey);
    const all = [signingKey, ...moreKeys].map(verificationKey);
    this.#keys = all.filter((key, index) => all.findIndex((other) => other.id === key.id) === index);
  }

  /** A compact JWT over `claims`. Resolves off the event loop's thread, since an RSA signature takes about a millisecond. */
  async sign(claims: object): Promise<string> {
    const { id, algorithm } = this.#keys[0]!;
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const signed = `${encode({ alg: algorithm, kid: id })}.${encode(claims)}`;
    const signature = await new Promise<Buffer>((resolve, reject) => {
      const key = { key: this.#signingKey, dsaEncoding: 'ieee-p1363' as const };
      sign(digests[algorithm], Buffer.from(signed), key, (error, bytes) => (error ? reject(error) : resolve(bytes)));
    });
    return `${signed}.${signature.toString('base64url')}`;
  }

  /** True when one of the keys (the one named by `kid` where it is known) made the signature, with its own algorithm. */
  verified(jwt: ParsedJwt): boolean {
    const named = this.#keys.filter((key) => key.id === jwt.header.kid);
    return (named.length > 0 ? named : this.#keys).some(
      ({ algorithm, key }) =>
        algorithm === jwt.header.alg &&
        verify(digests[algorithm], Buffer.from(jwt.signed), { key, dsaEncoding: 'ieee-p1363' }, jwt.signature),
    );
  }

  /** `/openid/v1/jwks`. */
  jwks(): { keys: Record<string, unknown>[] } {
    return {
      keys: this.#keys.map(({ id, algorithm, key }) => {
        const { kty, ...parameters } = key.export({ format: 'jwk' });
        return { use: 'sig', kty, kid: id, alg: algorithm, ...parameters };
      }),
    };
  }

  /** `/.well-known/openid-configuration`. `jwksUri` is where clients fetch the keys. */
  openidConfiguration(issuer: string, jwksUri: string): Record<string, unknown> {
    return {
      issuer,
      jwks_uri: jwksUri,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [...new Set(this.#keys.map((key) => key.algorithm))].sort(),
    };
  }
}
