// Certificate signing requests (PKCS #10) as clients make them, for tests.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  Attribute,
  AttributeTypeAndValue,
  AttributeValue,
  Extension,
  Extensions,
  GeneralName,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
} from '@peculiar/asn1-x509';

const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const buffer = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

export interface RequestOptions {
  commonName: string;
  organizations?: readonly string[];
  dnsNames?: readonly string[];
  ipAddresses?: readonly string[];
  emailAddresses?: readonly string[];
  uris?: readonly string[];
  /** Signs with another key, so that the signature is wrong. */
  forged?: boolean;
}

/** The request as `spec.request` has it (base64 of PEM), and its private key. */
export function certificateRequest(options: RequestOptions): { request: string; key: KeyObject } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = options.forged ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : privateKey;
  const spki = AsnConvert.parse(publicKey.export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo);
  const info = new CertificationRequestInfo({ subject: subjectOf(options), subjectPKInfo: spki });
  const names = namesOf(options);
  if (names.length > 0) info.attributes.push(extensionRequest(names));
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(info)), signer);
  const request = new CertificationRequest({
    certificationRequestInfo: info,
    signatureAlgorithm: new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 }),
    signature: buffer(signature),
  });
  const body = Buffer.from(AsnConvert.serialize(request))
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n');
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----\n`;
  return { request: Buffer.from(pem).toString('base64'), key: privateKey };
}

function subjectOf({ commonName, organizations = [] }: RequestOptions): Name {
  const attribute = (type: string, utf8String: string) =>
    new RelativeDistinguishedName([new AttributeTypeAndValue({ type, value: new AttributeValue({ utf8String }) })]);
  return new Name([...organizations.map((name) => attribute('2.5.4.10', name)), attribute('2.5.4.3', commonName)]);
}

function namesOf({ dnsNames = [], ipAddresses = [], emailAddresses = [], uris = [] }: RequestOptions): GeneralName[] {
  return [
    ...dnsNames.map((dNSName) => new GeneralName({ dNSName })),
    ...emailAddresses.map((rfc822Name) => new GeneralName({ rfc822Name })),
    ...ipAddresses.map((iPAddress) => new GeneralName({ iPAddress })),
    ...uris.map((uniformResourceIdentifier) => new GeneralName({ uniformResourceIdentifier })),
  ];
}

function extensionRequest(names: GeneralName[]): Attribute {
  const extnValue = new OctetString(AsnConvert.serialize(new SubjectAlternativeName(names)));
  const extensions = new Extensions([new Extension({ extnID: '2.5.29.17', critical: false, extnValue })]);
  return new Attribute({ type: '1.2.840.113549.1.9.14', values: [AsnConvert.serialize(extensions)] });
}
