// X.509 certificates: what the cluster's own CA issues, and what a client certificate says about its user.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import type { Extension, GeneralName, Name, SubjectPublicKeyInfo } from '@peculiar/asn1-x509';
import { asn1 } from './asn1.ts';

/** A certificate with its private key, both PEM. */
export interface CertificatePair {
  certificate: string;
  key: string;
}

export interface CertificateSubject {
  commonName: string;
  organizations?: readonly string[];
  /** Read as the user's uid (AllowParsingUserUIDFromCertAuth). */
  uid?: string;
}

export interface CertificateRequest {
  subject: CertificateSubject;
  publicKey: KeyObject;
  /** Undefined: self-signed by `signerKey`. */
  issuer?: X509Certificate;
  signerKey: KeyObject;
  usage: 'ca' | 'server' | 'client';
  /** DNS names and IP addresses. */
  names?: readonly string[];
  notBefore: Date;
  notAfter: Date;
}

const oids = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  uid: '1.3.6.1.4.1.57683.2',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
};

function nameOf(subject: CertificateSubject): Name {
  const { x509 } = asn1();
  const attribute = (type: string, utf8String: string) =>
    new x509.RelativeDistinguishedName([
      new x509.AttributeTypeAndValue({ type, value: new x509.AttributeValue({ utf8String }) }),
    ]);
  return new x509.Name([
    ...(subject.organizations ?? []).map((organization) => attribute(oids.organization, organization)),
    ...(subject.uid === undefined ? [] : [attribute(oids.uid, subject.uid)]),
    attribute(oids.commonName, subject.commonName),
  ]);
}

function generalName(name: string): GeneralName {
  const { x509 } = asn1();
  if (isIP(name) === 0) return new x509.GeneralName({ dNSName: name });
  // The library does not know the dotted end of ::ffff:1.2.3.4, and URL writes IPv6 addresses without it.
  const iPAddress = isIP(name) === 4 ? name : new URL(`https://[${name}]`).hostname.slice(1, -1);
  return new x509.GeneralName({ iPAddress });
}

function publicKeyInfo(key: KeyObject): SubjectPublicKeyInfo {
  const { schema, x509 } = asn1();
  return schema.AsnConvert.parse(key.export({ type: 'spki', format: 'der' }), x509.SubjectPublicKeyInfo);
}

/** SHA-1 of the key's bits, the common choice of RFC 5280 4.2.1.2. It only helps to find the issuer. */
function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(Buffer.from(publicKeyInfo(key).subjectPublicKey))
    .digest();
}

function extensionsOf(request: CertificateRequest): Extension[] {
  const { schema, x509 } = asn1();
  const extension = (extnID: string, critical: boolean, value: object) =>
    new x509.Extension({ extnID, critical, extnValue: new schema.OctetString(schema.AsnConvert.serialize(value)) });
  const { digitalSignature, keyEncipherment, keyCertSign } = x509.KeyUsageFlags;
  const isCA = request.usage === 'ca';
  const keyUsage = digitalSignature | keyEncipherment | (isCA ? keyCertSign : 0);
  const subjectKey = new x509.SubjectKeyIdentifier(keyIdentifier(request.publicKey));
  const issuerKey = new x509.KeyIdentifier(keyIdentifier(request.issuer?.publicKey ?? request.publicKey));
  const extensions = [
    extension(x509.id_ce_keyUsage, true, new x509.KeyUsage(keyUsage)),
    extension(x509.id_ce_basicConstraints, true, new x509.BasicConstraints({ cA: isCA })),
    extension(x509.id_ce_subjectKeyIdentifier, false, subjectKey),
    extension(x509.id_ce_authorityKeyIdentifier, false, new x509.AuthorityKeyIdentifier({ keyIdentifier: issuerKey })),
  ];
  if (!isCA) {
    const purpose = request.usage === 'server' ? x509.id_kp_serverAuth : x509.id_kp_clientAuth;
    extensions.push(extension(x509.id_ce_extKeyUsage, false, new x509.ExtendedKeyUsage([purpose])));
  }
  if (request.names !== undefined && request.names.length > 0) {
    const names = new x509.SubjectAlternativeName(request.names.map(generalName));
    extensions.push(extension(x509.id_ce_subjectAltName, false, names));
  }
  return extensions;
}

/** Signs a certificate with an EC key (ecdsa-with-SHA256) and returns it as PEM. */
export function createCertificate(request: CertificateRequest): string {
  const { schema, x509 } = asn1();
  const { AsnConvert } = schema;
  const signatureAlgorithm = new x509.AlgorithmIdentifier({ algorithm: oids.ecdsaWithSha256 });
  const subject = nameOf(request.subject);
  const serial = randomBytes(16);
  // Positive, and 16 bytes long in every case.
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const tbsCertificate = new x509.TBSCertificate({
    version: x509.Version.v3,
    serialNumber: new Uint8Array(serial).buffer,
    signature: signatureAlgorithm,
    issuer:
      request.issuer === undefined
        ? subject
        : AsnConvert.parse(request.issuer.raw, x509.Certificate).tbsCertificate.subject,
    validity: new x509.Validity({ notBefore: request.notBefore, notAfter: request.notAfter }),
    subject,
    subjectPublicKeyInfo: publicKeyInfo(request.publicKey),
    extensions: new x509.Extensions(extensionsOf(request)),
  });
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(tbsCertificate)), request.signerKey);
  const signatureValue = new Uint8Array(signature).buffer;
  const certificate = new x509.Certificate({ tbsCertificate, signatureAlgorithm, signatureValue });
  return new X509Certificate(Buffer.from(AsnConvert.serialize(certificate))).toString();
}

/** Issues a leaf for the key in `key` (PEM), signed by the CA. `validDays` counts from one minute before `now`, for clocks that differ. */
export function issueCertificate(
  ca: CertificatePair,
  key: string,
  request: {
    subject: CertificateSubject;
    usage: 'server' | 'client';
    names?: readonly string[];
    validDays: number;
    now: Date;
  },
): string {
  const issuer = new X509Certificate(ca.certificate);
  const notAfter = new Date(request.now.getTime() + request.validDays * 86_400_000);
  return createCertificate({
    subject: request.subject,
    usage: request.usage,
    ...(request.names === undefined ? {} : { names: request.names }),
    publicKey: createPublicKey(key),
    issuer,
    signerKey: createPrivateKey(ca.key),
    notBefore: new Date(request.now.getTime() - 60_000),
    notAfter: notAfter > issuer.validToDate ? issuer.validToDate : notAfter,
  });
}

/** What Node calls the parts of a name: short names, dotted identifiers where there is none; a list where one repeats. */
type NodeName = Readonly<Record<string, string | string[] | undefined>>;

/** Common name, organizations and uid of a certificate's subject. Throws when it holds text that cannot be read. */
export function readSubject(certificate: X509Certificate): CertificateSubject {
  const name = certificate.toLegacyObject().subject as unknown as NodeName | undefined;
  if (name === undefined) throw new Error('malformed certificate');
  const valuesOf = (type: string): string[] => [name[type] ?? []].flat();
  const uid = valuesOf(oids.uid).at(-1);
  return {
    commonName: valuesOf('CN').at(-1) ?? '',
    organizations: valuesOf('O'),
    ...(uid === undefined ? {} : { uid }),
  };
}

/** Common name and organizations of the subject of a certificate signing request (PKCS #10) in PEM. Throws when the text is none. */
export function subjectOfRequest(pem: string): { commonName: string; organizations: string[] } {
  const block = /-----BEGIN CERTIFICATE REQUEST-----([\s\S]+?)-----END CERTIFICATE REQUEST-----/.exec(pem);
  if (block === null) throw new Error('PEM block type must be CERTIFICATE REQUEST');
  const { schema, csr } = asn1();
  const request = schema.AsnConvert.parse(Buffer.from(block[1]!, 'base64'), csr.CertificationRequest);
  const names = request.certificationRequestInfo.subject.flat();
  const valuesOf = (oid: string) => names.filter(({ type }) => type === oid).map(({ value }) => value.toString());
  return { commonName: valuesOf(oids.commonName).at(-1) ?? '', organizations: valuesOf(oids.organization) };
}
