// PKCS #10 certificate requests and PEM certificates: enough of them to say whether they are what they claim to be.
import { createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto';
import { asn1 } from '../../auth/asn1.ts';

/** One block of PEM text. */
interface PemBlock {
  type: string;
  headers: boolean;
  bytes: Buffer;
}

const pemBlock = /-----BEGIN ([^-\n]+)-----\r?\n([\s\S]*?)-----END \1-----/g;

function readPem(text: string): PemBlock[] {
  return [...text.matchAll(pemBlock)].map(([, type, body]) => ({
    type: type!,
    headers: body!.includes(':'),
    bytes: Buffer.from(body!.replace(/^.*:.*$/gm, ''), 'base64'),
  }));
}

/** Signature algorithms that requests are signed with, and the digest of each. */
const digests: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
};

function signatureFits(info: Buffer, algorithm: string, signature: Buffer, key: KeyObject): boolean {
  const digest = digests[algorithm];
  return digest !== undefined && verify(digest, info, key, signature);
}

/**
 * Why `request` (base64 of PEM, as in spec.request) is no certificate request, or is not signed by the key it names;
 * undefined where it is fine. Upstream's words where they do not come from inside Go's X.509 parser.
 */
export function certificateRequestError(request: string): string | undefined {
  const block = readPem(Buffer.from(request, 'base64').toString('latin1'))[0];
  if (block === undefined || block.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  try {
    const { schema, csr } = asn1();
    const parsed = schema.AsnConvert.parse(block.bytes, csr.CertificationRequest);
    const publicKey = schema.AsnConvert.serialize(parsed.certificationRequestInfo.subjectPKInfo);
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
    const info = Buffer.from(parsed.certificationRequestInfoRaw!);
    if (signatureFits(info, parsed.signatureAlgorithm.algorithm, Buffer.from(parsed.signature), key)) return undefined;
    return 'x509: signature does not match the request';
  } catch {
    return 'asn1: syntax error: malformed certificate request';
  }
}

function certificateError(block: PemBlock): string | undefined {
  if (block.type !== 'CERTIFICATE')
    return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(block.type)}`;
  if (block.headers) return 'no PEM block headers are permitted';
  try {
    new X509Certificate(block.bytes);
    return undefined;
  } catch {
    return 'x509: malformed certificate';
  }
}

/** Why `certificate` (base64 of PEM, as in status.certificate) holds anything but certificates; empty is fine. */
export function issuedCertificateError(certificate: string): string | undefined {
  if (certificate === '') return undefined;
  const blocks = readPem(Buffer.from(certificate, 'base64').toString('latin1'));
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block';
  return blocks.map(certificateError).find((error) => error !== undefined);
}
