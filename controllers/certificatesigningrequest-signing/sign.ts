// Signing a request with a certificate authority (pkg/controller/certificates/authority): subject, key and names are the request's, usages and
// validity are what the CertificateSigningRequest and the signer say.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto';
import { asn1, type ParsedRequest } from '../shared/certificate-requests.ts';

const backdateMs = 5 * 60_000;
/** A certificate for less than this is valid for the time asked for, in spite of its earlier beginning. */
const shortMs = 8 * 3_600_000;
const minimumMs = 10 * 60_000;

/** Bits of the extension keyUsage (RFC 5280 4.2.1.3). */
const keyUsages: Readonly<Record<string, number>> = {
  signing: 1,
  'digital signature': 1,
  'content commitment': 2,
  'key encipherment': 4,
  'data encipherment': 8,
  'key agreement': 16,
  'cert sign': 32,
  'crl sign': 64,
  'encipher only': 128,
  'decipher only': 256,
};
/** In the order in which Go writes them. */
const extendedUsages: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
};
/** Hashes of signature algorithms; null where the algorithm has its own. */
const hashes: Readonly<Record<string, string | null>> = {
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.3.101.112': null,
};
const signatureOids: Readonly<Record<string, string>> = {
  rsa: '1.2.840.113549.1.1.11',
  ed25519: '1.3.101.112',
  prime256v1: '1.2.840.10045.4.3.2',
  secp384r1: '1.2.840.10045.4.3.3',
  secp521r1: '1.2.840.10045.4.3.4',
};

/** PEM. */
export interface Authority {
  certificate: string;
  key: string;
}

/** How long a certificate is to be valid: what is asked for, within ten minutes and the signer's limit. */
export function validityMs(expirationSeconds: number | undefined, maxMs: number): number {
  if (expirationSeconds === undefined) return maxMs;
  const wanted = expirationSeconds * 1000;
  return wanted > maxMs ? maxMs : Math.max(wanted, minimumMs);
}

function signatureOidOf(key: KeyObject): string {
  const oid = signatureOids[key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? ''];
  if (oid === undefined) throw new Error('the key of a certificate authority must be RSA, ECDSA or Ed25519');
  return oid;
}

function checkSignature({ publicKey, signed, signature, signatureOid }: ParsedRequest): void {
  const hash = hashes[signatureOid];
  const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  if (hash === undefined || !verify(hash, signed, key, signature))
    throw new Error('unable to verify certificate request signature');
}

function validityOf(ttlMs: number, signerNotAfter: Date, nowMs: number): { notBefore: Date; notAfter: Date } {
  const end = signerNotAfter.getTime();
  if (nowMs >= end)
    throw new Error(
      `refusing to sign a certificate that expired in the past: NotAfter=${signerNotAfter.toISOString()}`,
    );
  const notAfter = nowMs + (ttlMs < shortMs ? ttlMs : ttlMs - backdateMs);
  return { notBefore: new Date(nowMs - backdateMs), notAfter: new Date(Math.min(notAfter, end)) };
}

/** Signs a request for these usages; gives PEM. Throws for a wrong signature, usages that nobody knows, or an authority that has expired. */
export async function signRequest(
  request: ParsedRequest,
  usages: readonly string[],
  ttlMs: number,
  authority: Authority,
  nowMs: number,
): Promise<string> {
  checkSignature(request);
  const { schema, x509 } = await asn1();
  const { AsnConvert } = schema;
  const issuer = new X509Certificate(authority.certificate);
  const issuerCertificate = AsnConvert.parse(issuer.raw, x509.Certificate).tbsCertificate;
  const key = createPrivateKey(authority.key);
  const algorithm = signatureOidOf(key);
  // RSA's algorithms have the parameters NULL, the others none (RFC 4055, RFC 5758).
  const parameters = algorithm === signatureOids['rsa'] ? { parameters: new Uint8Array([5, 0]).buffer } : {};
  const signatureAlgorithm = new x509.AlgorithmIdentifier({ algorithm, ...parameters });
  const serial = randomBytes(16);
  // Positive, and 16 bytes long in every case.
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const tbsCertificate = new x509.TBSCertificate({
    version: x509.Version.v3,
    serialNumber: new Uint8Array(serial).buffer,
    signature: signatureAlgorithm,
    issuer: issuerCertificate.subject,
    validity: new x509.Validity(validityOf(ttlMs, issuer.validToDate, nowMs)),
    subject: request.subject,
    subjectPublicKeyInfo: AsnConvert.parse(request.publicKey, x509.SubjectPublicKeyInfo),
    extensions: new x509.Extensions(await extensionsOf(request, usages, issuer)),
  });
  const signature = sign(hashes[algorithm], Buffer.from(AsnConvert.serialize(tbsCertificate)), key);
  const signatureValue = new Uint8Array(signature).buffer;
  const certificate = new x509.Certificate({ tbsCertificate, signatureAlgorithm, signatureValue });
  return new X509Certificate(Buffer.from(AsnConvert.serialize(certificate))).toString();
}

async function extensionsOf(request: ParsedRequest, usages: readonly string[], issuer: X509Certificate) {
  const { schema, x509 } = await asn1();
  const unknown = usages.filter((usage) => keyUsages[usage] === undefined && extendedUsages[usage] === undefined);
  if (unknown.length > 0)
    throw new Error(`unrecognized usage values: [${unknown.map((usage) => JSON.stringify(usage)).join(' ')}]`);
  const extension = (extnID: string, critical: boolean, value: object) =>
    new x509.Extension({ extnID, critical, extnValue: new schema.OctetString(schema.AsnConvert.serialize(value)) });
  const bits = usages.reduce((sum, usage) => sum | (keyUsages[usage] ?? 0), 0);
  const purposes = new Set(
    Object.keys(extendedUsages)
      .filter((usage) => usages.includes(usage))
      .map((usage) => extendedUsages[usage]!),
  );
  const issuerKey = createHash('sha1')
    .update(keyBits(issuer, schema, x509))
    .digest();
  const keyIdentifier = new x509.KeyIdentifier(subjectKeyIdOf(issuer, schema, x509) ?? issuerKey);
  const names = new x509.SubjectAlternativeName(request.names);
  return [
    ...(bits === 0 ? [] : [extension(x509.id_ce_keyUsage, true, new x509.KeyUsage(bits))]),
    ...(purposes.size === 0
      ? []
      : [extension(x509.id_ce_extKeyUsage, false, new x509.ExtendedKeyUsage([...purposes]))]),
    extension(x509.id_ce_basicConstraints, true, new x509.BasicConstraints({ cA: false })),
    extension(x509.id_ce_authorityKeyIdentifier, false, new x509.AuthorityKeyIdentifier({ keyIdentifier })),
    ...(request.names.length === 0 ? [] : [extension(x509.id_ce_subjectAltName, request.subject.length === 0, names)]),
  ];
}

type Libraries = Awaited<ReturnType<typeof asn1>>;

function keyBits(issuer: X509Certificate, schema: Libraries['schema'], x509: Libraries['x509']): Buffer {
  const spki = issuer.publicKey.export({ type: 'spki', format: 'der' });
  return Buffer.from(schema.AsnConvert.parse(spki, x509.SubjectPublicKeyInfo).subjectPublicKey);
}

/** The issuer's own identifier of its key, by which verifiers find it. */
function subjectKeyIdOf(
  issuer: X509Certificate,
  schema: Libraries['schema'],
  x509: Libraries['x509'],
): ArrayBuffer | undefined {
  const { extensions } = schema.AsnConvert.parse(issuer.raw, x509.Certificate).tbsCertificate;
  const found = extensions?.find(({ extnID }) => extnID === x509.id_ce_subjectKeyIdentifier);
  return found && schema.AsnConvert.parse(found.extnValue, x509.SubjectKeyIdentifier).buffer;
}
