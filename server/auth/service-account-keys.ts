// The keys behind service account tokens: signing, verification by key id, and the two public documents that let others
// verify them (kubernetes pkg/serviceaccount jwt.go and openidmetadata.go).
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { JWTPayload } from 'jose';

export type JwtAlgorithm = 'RS256' | 'ES256' | 'ES384' | 'ES512';

interface VerificationKey {
  id: string;
  algorithm: JwtAlgorithm;
  key: KeyObject;
}

const curves: Record<string, JwtAlgorithm> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };

/** Loaded with the first token, since it takes 25 ms. */
const library = () => import('jose');

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

/** The claims of a compact JWT before anything in it is trusted; undefined when the text is none. */
export async function unverifiedClaims(token: string): Promise<JWTPayload | undefined> {
  const { decodeJwt, decodeProtectedHeader } = await library();
  try {
    decodeProtectedHeader(token);
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}

async function isSignedBy(token: string, key: KeyObject, algorithm: JwtAlgorithm): Promise<boolean> {
  const { compactVerify, errors } = await library();
  try {
    await compactVerify(token, key, { algorithms: [algorithm] });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
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

  /** A compact JWT over `claims`. Signed off the event loop's thread, since an RSA signature takes about a millisecond. */
  async sign(claims: object): Promise<string> {
    const { CompactSign } = await library();
    const { id, algorithm } = this.#keys[0]!;
    return await new CompactSign(Buffer.from(JSON.stringify(claims)))
      .setProtectedHeader({ alg: algorithm, kid: id })
      .sign(this.#signingKey);
  }

  /** True when one of the keys (the one named by `kid` where it is known) made the signature, with its own algorithm. Throws for no JWT. */
  async verified(token: string): Promise<boolean> {
    const { decodeProtectedHeader } = await library();
    const { alg, kid } = decodeProtectedHeader(token);
    const named = this.#keys.filter((key) => key.id === kid);
    for (const { algorithm, key } of named.length > 0 ? named : this.#keys) {
      if (algorithm === alg && (await isSignedBy(token, key, algorithm))) return true;
    }
    return false;
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
