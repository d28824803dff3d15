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
import {
  der,
  derBits,
  derBoolean,
  derInteger,
  derOctets,
  derOid,
  derSequence,
  derSet,
  derTime,
  derUtf8,
  ipBytes,
  readDer,
  readOid,
} from './der.ts';

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
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
};

function encodeName(subject: CertificateSubject): Buffer {
  const attribute = (oid: string, value: string) => derSet(derSequence(derOid(oid), derUtf8(value)));
  return derSequence(
    ...(subject.organizations ?? []).map((organization) => attribute(oids.organization, organization)),
    ...(subject.uid === undefined ? [] : [attribute(oids.uid, subject.uid)]),
    attribute(oids.commonName, subject.commonName),
  );
}

function encodeNames(names: readonly string[]): Buffer {
  return derSequence(
    ...names.map((name) => (isIP(name) === 0 ? der(0x82, Buffer.from(name)) : der(0x87, ipBytes(name)))),
  );
}

/** SHA-1 of the key's bits, the common choice of RFC 5280 4.2.1.2. It only helps to find the issuer. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  const [spki] = readDer(publicKey.export({ type: 'spki', format: 'der' }));
  const bits = readDer(spki!.content)[1]!;
  return createHash('sha1').update(bits.content.subarray(1)).digest();
}

function encodeExtensions(request: CertificateRequest): Buffer {
  const extension = (oid: string, critical: boolean, value: Buffer) =>
    derSequence(derOid(oid), ...(critical ? [derBoolean(true)] : []), derOctets(value));
  const authority = request.issuer?.publicKey ?? request.publicKey;
  const parts = [
    // CA: digitalSignature, keyEncipherment, keyCertSign; leaf: digitalSignature, keyEncipherment.
    extension(
      oids.keyUsage,
      true,
      request.usage === 'ca' ? derBits(Buffer.from([0xa4]), 2) : derBits(Buffer.from([0xa0]), 5),
    ),
    extension(oids.basicConstraints, true, derSequence(...(request.usage === 'ca' ? [derBoolean(true)] : []))),
    extension(oids.subjectKeyIdentifier, false, derOctets(keyIdentifier(request.publicKey))),
    extension(oids.authorityKeyIdentifier, false, derSequence(der(0x80, keyIdentifier(authority)))),
  ];
  if (request.usage !== 'ca') {
    const purpose = request.usage === 'server' ? oids.serverAuth : oids.clientAuth;
    parts.push(extension(oids.extendedKeyUsage, false, derSequence(derOid(purpose))));
  }
  if (request.names !== undefined && request.names.length > 0)
    parts.push(extension(oids.subjectAltName, false, encodeNames(request.names)));
  return der(0xa3, derSequence(...parts));
}

/** The subject of a certificate as it stands in it, so that issuer and subject are equal byte by byte. */
function subjectBytes(certificate: X509Certificate): Buffer {
  return subjectElement(certificate.raw).whole;
}

function subjectElement(raw: Uint8Array) {
  const [certificate] = readDer(raw);
  const [toBeSigned] = readDer(certificate!.content);
  const fields = readDer(toBeSigned!.content);
  // version [0] is optional; then serial, algorithm, issuer, validity, subject.
  const subject = fields[fields[0]!.tag === 0xa0 ? 5 : 4];
  if (subject === undefined) throw new Error('malformed certificate');
  return subject;
}

/** Signs a certificate with an EC key (ecdsa-with-SHA256) and returns it as PEM. */
export function createCertificate(request: CertificateRequest): string {
  const algorithm = derSequence(derOid(oids.ecdsaWithSha256));
  const subject = encodeName(request.subject);
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const toBeSigned = derSequence(
    der(0xa0, derInteger(Buffer.from([2]))),
    derInteger(serial),
    algorithm,
    request.issuer === undefined ? subject : subjectBytes(request.issuer),
    derSequence(derTime(request.notBefore), derTime(request.notAfter)),
    subject,
    request.publicKey.export({ type: 'spki', format: 'der' }),
    encodeExtensions(request),
  );
  const signature = sign('sha256', toBeSigned, request.signerKey);
  const base64 = derSequence(toBeSigned, algorithm, derBits(signature)).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/(.{64})(?=.)/g, '$1\n')}\n-----END CERTIFICATE-----\n`;
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

/** Common name, organizations and uid of a DER certificate's subject. Throws when the bytes are no certificate. */
export function readSubject(raw: Uint8Array): CertificateSubject {
  return decodeName(subjectElement(raw).content);
}

/** The same of a certificate signing request (PKCS #10) in PEM. Throws when the text is none. */
export function readRequestSubject(pem: string): CertificateSubject {
  const block = /-----BEGIN CERTIFICATE REQUEST-----([\s\S]+?)-----END CERTIFICATE REQUEST-----/.exec(pem);
  if (block === null) throw new Error('PEM block type must be CERTIFICATE REQUEST');
  const [request] = readDer(Buffer.from(block[1]!, 'base64'));
  const [information] = readDer(request?.content ?? Buffer.alloc(0));
  const subject = readDer(information?.content ?? Buffer.alloc(0))[1];
  if (subject === undefined) throw new Error('malformed certificate request');
  return decodeName(subject.content);
}

function decodeName(name: Buffer): CertificateSubject {
  const organizations: string[] = [];
  let commonName = '';
  let uid: string | undefined;
  for (const set of readDer(name)) {
    for (const attribute of readDer(set.content)) {
      const [type, value] = readDer(attribute.content);
      const text = value!.content.toString(value!.tag === 0x14 ? 'latin1' : 'utf8');
      const oid = readOid(type!.content);
      if (oid === oids.commonName) commonName = text;
      else if (oid === oids.organization) organizations.push(text);
      else if (oid === oids.uid) uid = text;
    }
  }
  return { commonName, organizations, ...(uid === undefined ? {} : { uid }) };
}
