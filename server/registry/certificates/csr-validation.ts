// What a CertificateSigningRequest must be, and what each way to write one may change (pkg/apis/certificates/validation).
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../../../apimachinery/field.ts';
import { byteLength, isDNS1123Label, isDNS1123Subdomain } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { type Fields, listOf } from '../fields.ts';
import { certificateRequestError, issuedCertificateError } from './csr.ts';

const legacySignerName = 'kubernetes.io/legacy-unknown';
const minExpirationSeconds = 600;
const decisions = ['Approved', 'Denied'];
const usages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];

function specOf(object: KubeObject | undefined): Fields {
  return (object?.['spec'] ?? {}) as Fields;
}

function conditionsOf(object: KubeObject | undefined, type?: string): readonly Fields[] {
  const conditions = listOf(object?.['status']?.conditions);
  return type === undefined ? conditions : conditions.filter((condition) => condition['type'] === type);
}

function certificateOf(object: KubeObject | undefined): string {
  return (object?.['status']?.certificate ?? '') as string;
}

function hasRepetition(values: readonly unknown[]): boolean {
  return new Set(values).size < values.length;
}

/** The first label that is wrong says why the whole segment is. */
function segmentErrors(segment: string, check: (label: string) => string[], field: string): FieldError[] {
  const bad = segment.split('.').find((label) => check(label).length > 0);
  if (bad === undefined) return [];
  return check(bad).map((message) => invalid(field, segment, `validating label ${JSON.stringify(bad)}: ${message}`));
}

/** ValidateSignerName: `example.com/signer-name`. */
export function validateSignerName(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)];
  const [domain, path, ...rest] = name.split('/');
  if (path === undefined || rest.length > 0)
    return [invalid(field, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  const errors = byteLength(domain!) > 253 ? [tooLong(field, 253)] : [];
  errors.push(...segmentErrors(domain!, isDNS1123Label, field));
  if (!domain!.includes('.'))
    errors.push(invalid(field, domain, 'should be a domain with at least two segments separated by dots'));
  errors.push(...segmentErrors(path, isDNS1123Subdomain, field));
  // A domain, a slash, and a DNS label and subdomain with the dot between them.
  if (byteLength(name) > 571) errors.push(tooLong(field, 571));
  return errors;
}

function validateUsages(list: readonly string[], oldList: readonly string[]): FieldError[] {
  const errors: FieldError[] = list.length === 0 ? [required('spec.usages')] : [];
  if (oldList.every((usage) => usages.includes(usage)))
    list.forEach((usage, index) => {
      if (!usages.includes(usage)) errors.push(notSupported(`spec.usages[${index}]`, usage, usages));
    });
  if (!hasRepetition(oldList))
    list.forEach((usage, index) => {
      if (list.indexOf(usage) < index) errors.push(duplicate(`spec.usages[${index}]`, usage));
    });
  return errors;
}

function validateConditionStatus({ type, status = '' }: Fields, field: string): FieldError[] {
  const allowed = ['Approved', 'Denied', 'Failed'].includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
  if (status === '') return [required(`${field}.status`)];
  return allowed.includes(status) ? [] : [notSupported(`${field}.status`, status, allowed)];
}

/** What was wrong before may stay so. */
function validateConditions(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  const list = 'status.conditions';
  const oldTypes = conditionsOf(old).map((condition) => (condition['type'] ?? '') as string);
  const mayContradict = decisions.every((type) => oldTypes.includes(type));
  const seen = new Set<string>();
  return conditionsOf(object).flatMap((condition, index) => {
    const type = (condition['type'] ?? '') as string;
    const field = `${list}[${index}]`;
    const errors = type === '' && !oldTypes.includes('') ? [required(`${field}.type`)] : [];
    errors.push(...validateConditionStatus(condition, field));
    const opposite = decisions.find((other) => decisions.includes(type) && other !== type);
    if (!mayContradict && opposite !== undefined && seen.has(opposite))
      errors.push(invalid(list, type, 'Approved and Denied conditions are mutually exclusive'));
    if (!hasRepetition(oldTypes) && seen.has(type)) errors.push(duplicate(`${field}.type`, type));
    seen.add(type);
    return errors;
  });
}

/** ValidateCertificateSigningRequestCreate, and the part of every update that looks at the new object. */
export function validateCSR(object: KubeObject, old?: KubeObject): FieldError[] {
  const { request, signerName = '', expirationSeconds } = specOf(object);
  const requestError = certificateRequestError(request ?? '');
  const errors: FieldError[] = requestError === undefined ? [] : [invalid('spec.request', request, requestError)];
  errors.push(...validateUsages(specOf(object)['usages'] ?? [], specOf(old)['usages'] ?? []));
  if (signerName === legacySignerName && specOf(old)['signerName'] !== legacySignerName)
    errors.push(invalid('spec.signerName', signerName, 'the legacy signerName is not allowed via this API version'));
  else errors.push(...validateSignerName(signerName, 'spec.signerName'));
  if (expirationSeconds !== undefined && expirationSeconds < minExpirationSeconds) {
    const rule = 'may not specify a duration less than 600 seconds (10 minutes)';
    errors.push(invalid('spec.expirationSeconds', expirationSeconds, rule));
  }
  errors.push(...validateConditions(object, old));
  const arbitrary =
    old !== undefined &&
    (certificateOf(object) === certificateOf(old) || issuedCertificateError(certificateOf(old)) !== undefined);
  const certificateError = arbitrary ? undefined : issuedCertificateError(certificateOf(object));
  if (certificateError !== undefined)
    errors.push(invalid('status.certificate', '<certificate data>', certificateError));
  return errors;
}

function decisionChanges(object: KubeObject, old: KubeObject): FieldError[] {
  return decisions.flatMap((type) => {
    const before = conditionsOf(old, type);
    const now = conditionsOf(object, type);
    if (now.length < before.length || semanticEqual(now, before)) return [];
    const verb = now.length > before.length ? 'add' : 'modify';
    return [forbidden('status.conditions', `updates may not ${verb} a condition of type ${JSON.stringify(type)}`)];
  });
}

function certificateChange(object: KubeObject, old: KubeObject, maySet: boolean): FieldError[] {
  if (certificateOf(object) === certificateOf(old)) return [];
  if (!maySet) return [forbidden('status.certificate', 'updates may not set certificate content')];
  return certificateOf(old) === ''
    ? []
    : [forbidden('status.certificate', 'updates may not modify existing certificate content')];
}

/**
 * The three ways to update a request: the object itself, `/status`, which may set the certificate, and `/approval`, which may
 * decide. No way removes a decision.
 */
export function validateCSRUpdate(
  object: KubeObject,
  old: KubeObject,
  may: { decide?: boolean; setCertificate?: boolean } = {},
): FieldError[] {
  const removed = [...decisions, 'Failed']
    .filter((type) => conditionsOf(object, type).length < conditionsOf(old, type).length)
    .map((type) =>
      forbidden('status.conditions', `updates may not remove a condition of type ${JSON.stringify(type)}`),
    );
  return [
    ...validateCSR(object, old),
    ...removed,
    ...(may.decide ? [] : decisionChanges(object, old)),
    ...certificateChange(object, old, may.setCertificate ?? false),
  ];
}
