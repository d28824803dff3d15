// What a CertificateSigningRequest asks for: its PKCS #10 request (RFC 2986) as data, what kubelets may ask for, and how far it has come
// (pkg/apis/certificates/helpers.go, pkg/controller/certificates/certificate_controller_utils.go).
import type { GeneralName, Name } from '@peculiar/asn1-x509';
import type { Clock } from '../../client/clock.ts';
import type { CertificateSigningRequest } from '../../client/kinds.ts';
import {
  BucketRateLimiter,
  ExponentialFailureRateLimiter,
  MaxOfRateLimiter,
  type RateLimiter,
  TokenBucket,
} from '../../client/rate-limiters.ts';

/** Loaded with the first request, since most clusters see none. */
export const asn1 = async () => {
  const [schema, x509, csr] = await Promise.all([
    import('@peculiar/asn1-schema'),
    import('@peculiar/asn1-x509'),
    import('@peculiar/asn1-csr'),
  ]);
  return { schema, x509, csr };
};

/** A parsed request. DER where nothing else is said. */
export interface ParsedRequest {
  /** What the signature is over. */
  signed: Buffer;
  signature: Buffer;
  /** Of the signature's algorithm. */
  signatureOid: string;
  subject: Name;
  commonName: string;
  organizations: string[];
  /** SubjectPublicKeyInfo. */
  publicKey: Buffer;
  /** DNS names, email addresses, addresses and URIs, in their order. */
  names: GeneralName[];
  dnsNames: number;
  emailAddresses: number;
  ipAddresses: number;
  uris: number;
}

const commonNameOid = '2.5.4.3';
const organizationOid = '2.5.4.10';
const extensionRequestOid = '1.2.840.113549.1.9.14';
const alternativeNameOid = '2.5.29.17';

/** Parses `spec.request` (base64 of PEM). Throws what is wrong with it. */
export async function parseRequest(request: string): Promise<ParsedRequest> {
  const pem = Buffer.from(request, 'base64').toString();
  const block = /-----BEGIN CERTIFICATE REQUEST-----([\s\S]+?)-----END CERTIFICATE REQUEST-----/.exec(pem);
  if (block === null) throw new Error('PEM block type must be CERTIFICATE REQUEST');
  const { schema, x509, csr } = await asn1();
  const { AsnConvert } = schema;
  const parsed = AsnConvert.parse(Buffer.from(block[1]!, 'base64'), csr.CertificationRequest);
  const info = parsed.certificationRequestInfo;
  const attributes = info.subject.flat();
  const valuesOf = (oid: string) => attributes.filter(({ type }) => type === oid).map(({ value }) => value.toString());
  const wanted = info.attributes.find(({ type }) => type === extensionRequestOid)?.values[0];
  const extensions = wanted === undefined ? [] : AsnConvert.parse(wanted, x509.Extensions);
  const alternative = [...extensions].find(({ extnID }) => extnID === alternativeNameOid);
  const all =
    alternative === undefined ? [] : [...AsnConvert.parse(alternative.extnValue, x509.SubjectAlternativeName)];
  const have = (field: 'dNSName' | 'rfc822Name' | 'iPAddress' | 'uniformResourceIdentifier') =>
    all.filter((name) => name[field] !== undefined).length;
  return {
    signed: Buffer.from(parsed.certificationRequestInfoRaw ?? AsnConvert.serialize(info)),
    signature: Buffer.from(parsed.signature),
    signatureOid: parsed.signatureAlgorithm.algorithm,
    subject: info.subject,
    commonName: valuesOf(commonNameOid).at(-1) ?? '',
    organizations: valuesOf(organizationOid),
    publicKey: Buffer.from(AsnConvert.serialize(info.subjectPKInfo)),
    names: all.filter((name) => name.dNSName ?? name.rfc822Name ?? name.iPAddress ?? name.uniformResourceIdentifier),
    dnsNames: have('dNSName'),
    emailAddresses: have('rfc822Name'),
    ipAddresses: have('iPAddress'),
    uris: have('uniformResourceIdentifier'),
  };
}

function usagesMatch(usages: readonly string[], purpose: string): boolean {
  const given = [...new Set(usages)].sort().join();
  return [
    [purpose, 'digital signature', 'key encipherment'],
    [purpose, 'digital signature'],
  ].some((wanted) => wanted.sort().join() === given);
}

function usagesError(purpose: string): string {
  return `usages did not match [${[purpose, 'digital signature', 'key encipherment'].sort().join(' ')}]`;
}

/** Why a request is none for a kubelet's client certificate; undefined where it is one. */
export function kubeletClientError(request: ParsedRequest, usages: readonly string[]): string | undefined {
  if (request.organizations.join() !== 'system:nodes') return 'subject organization is not system:nodes';
  if (request.dnsNames > 0) return 'DNS subjectAltNames are not allowed';
  if (request.emailAddresses > 0) return 'Email subjectAltNames are not allowed';
  if (request.ipAddresses > 0) return 'IP subjectAltNames are not allowed';
  if (request.uris > 0) return 'URI subjectAltNames are not allowed';
  if (!request.commonName.startsWith('system:node:')) return 'subject common name does not begin with system:node:';
  return usagesMatch(usages, 'client auth') ? undefined : usagesError('client auth');
}

/** Why a request is none for a kubelet's serving certificate; undefined where it is one. */
export function kubeletServingError(request: ParsedRequest, usages: readonly string[]): string | undefined {
  if (request.organizations.join() !== 'system:nodes') return 'subject organization is not system:nodes';
  if (request.dnsNames === 0 && request.ipAddresses === 0) return 'DNS or IP subjectAltName is required';
  if (request.emailAddresses > 0) return 'Email subjectAltNames are not allowed';
  if (request.uris > 0) return 'URI subjectAltNames are not allowed';
  if (!usagesMatch(usages, 'server auth')) return usagesError('server auth');
  return request.commonName.startsWith('system:node:')
    ? undefined
    : 'subject common name does not begin with system:node:';
}

/** True where the request has a condition of this type. */
export function hasCondition({ status }: CertificateSigningRequest, type: 'Approved' | 'Denied' | 'Failed'): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status !== 'False') ?? false;
}

/** 200 ms to 1,000 s by request, and 10 a second (100 at once) over all. */
export function certificateRateLimiter(clock: Clock): RateLimiter {
  return new MaxOfRateLimiter(
    new ExponentialFailureRateLimiter(200, 1_000_000),
    new BucketRateLimiter(new TokenBucket(10, 100, clock)),
  );
}
