// What an Ingress must be (pkg/apis/networking/validation).
import { type FieldError, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import { isValidIPForLegacyField, parseIPSloppy } from '../../../apimachinery/ip.ts';
import {
  isDNS1123Subdomain,
  isPathSegmentName,
  isValidPortName,
  isValidPortNum,
  isWildcardDNS1123Subdomain,
  nameIsDNSLabel,
} from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { invalidEach } from '../../../apimachinery/validation.ts';
import { type Fields, listOf } from '../fields.ts';

const classAnnotation = 'kubernetes.io/ingress.class';
const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];
const invalidPathSequences = ['//', '/./', '/../', '%2f', '%2F'];
const invalidPathSuffixes = ['/..', '/.'];

/** What an old object may hold that a new one may not. */
interface Leniency {
  invalidSecretName: boolean;
  invalidWildcardHostRule: boolean;
}

const strict: Leniency = { invalidSecretName: false, invalidWildcardHostRule: false };

/** A group, kind and name of something in the same namespace, or of no namespace. */
export function validateTypedReference(reference: Fields, field: string): FieldError[] {
  const { apiGroup, kind = '', name = '' } = reference;
  const group =
    apiGroup === undefined || apiGroup === null
      ? []
      : invalidEach(`${field}.apiGroup`, apiGroup, isDNS1123Subdomain(apiGroup));
  return [
    ...group,
    ...(kind === '' ? [required(`${field}.kind`)] : invalidEach(`${field}.kind`, kind, isPathSegmentName(kind))),
    ...(name === '' ? [required(`${field}.name`)] : invalidEach(`${field}.name`, name, isPathSegmentName(name))),
  ];
}

function validateServicePort(port: Fields, field: string): FieldError[] {
  const { name = '', number = 0 } = port;
  if (name !== '' && number !== 0) return [invalid(field, '', 'cannot set both port name & port number')];
  if (name !== '') return invalidEach(`${field}.service.port.name`, name, isValidPortName(name));
  if (number !== 0) return invalidEach(`${field}.service.port.number`, number, isValidPortNum(number));
  return [required(field, 'port name or number is required')];
}

function validateBackend(backend: Fields, field: string): FieldError[] {
  const { resource, service } = backend;
  if (resource && service) return [invalid(field, '', 'cannot set both resource and service backends')];
  if (resource) return validateTypedReference(resource, `${field}.resource`);
  if (!service) return [invalid(field, '', 'resource or service backend is required')];
  const { name = '' } = service;
  const nameErrors =
    name === ''
      ? [required(`${field}.service.name`)]
      : invalidEach(`${field}.service.name`, name, nameIsDNSLabel(name, false));
  return [...nameErrors, ...validateServicePort(service.port ?? {}, field)];
}

function validatePathText(path: string, pathType: string, field: string): FieldError[] {
  const absolute = path.startsWith('/') ? [] : [invalid(field, path, 'must be an absolute path')];
  if (pathType === 'ImplementationSpecific') return path === '' ? [] : absolute;
  return [
    ...absolute,
    ...invalidPathSequences
      .filter((part) => path.includes(part))
      .map((part) => invalid(field, path, `must not contain '${part}'`)),
    ...invalidPathSuffixes
      .filter((part) => path.endsWith(part))
      .map((part) => invalid(field, path, `cannot end with '${part}'`)),
  ];
}

function validatePath(path: Fields, field: string): FieldError[] {
  const { pathType } = path;
  if (pathType === undefined || pathType === null) return [required(`${field}.pathType`, 'pathType must be specified')];
  const text = pathTypes.includes(pathType)
    ? validatePathText(path['path'] ?? '', pathType, `${field}.path`)
    : [notSupported(`${field}.pathType`, pathType, pathTypes)];
  return [...text, ...validateBackend(path['backend'] ?? {}, `${field}.backend`)];
}

function validateRuleValue(rule: Fields, field: string): FieldError[] {
  if (!rule['http']) return [];
  const paths = listOf(rule['http'].paths);
  if (paths.length === 0) return [required(`${field}.http.paths`)];
  return paths.flatMap((path, index) => validatePath(path, `${field}.http.paths[${index}]`));
}

function validateHost(host: string, field: string): FieldError[] {
  return invalidEach(field, host, host.includes('*') ? isWildcardDNS1123Subdomain(host) : isDNS1123Subdomain(host));
}

function validateRules(rules: readonly Fields[], field: string, lenient: Leniency): FieldError[] {
  return rules.flatMap((rule, index) => {
    const { host = '' } = rule;
    const path = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (host !== '') {
      if (parseIPSloppy(host) !== undefined)
        errors.push(invalid(`${path}.host`, host, 'must be a DNS name, not an IP address'));
      errors.push(...validateHost(host, `${path}.host`));
    }
    if (!host.includes('*') || !lenient.invalidWildcardHostRule) errors.push(...validateRuleValue(rule, path));
    return errors;
  });
}

function validateTLS(tls: readonly Fields[], field: string, lenient: Leniency): FieldError[] {
  return tls.flatMap((entry, index) => {
    const hosts = ((entry['hosts'] ?? []) as string[]).flatMap((host, i) =>
      validateHost(host, `${field}[${index}].hosts[${i}]`),
    );
    const { secretName = '' } = entry;
    const secret =
      lenient.invalidSecretName || secretName === ''
        ? []
        : invalidEach(`${field}[${index}].secretName`, secretName, isDNS1123Subdomain(secretName));
    return [...hosts, ...secret];
  });
}

function validateSpec(spec: Fields, lenient: Leniency): FieldError[] {
  const errors: FieldError[] = [];
  const rules = listOf(spec['rules']);
  if (rules.length === 0 && !spec['defaultBackend'])
    errors.push(invalid('spec', spec['rules'], 'either `defaultBackend` or `rules` must be specified'));
  if (spec['defaultBackend']) errors.push(...validateBackend(spec['defaultBackend'], 'spec.defaultBackend'));
  errors.push(...validateRules(rules, 'spec.rules', lenient));
  errors.push(...validateTLS(listOf(spec['tls']), 'spec.tls', lenient));
  const className = spec['ingressClassName'];
  if (className !== undefined)
    errors.push(...invalidEach('spec.ingressClassName', className, isDNS1123Subdomain(className)));
  return errors;
}

/** ValidateIngressCreate. */
export function validateIngress(object: KubeObject): FieldError[] {
  const errors = validateSpec(object['spec'] ?? {}, strict);
  const annotation = object.metadata.annotations?.[classAnnotation];
  const className = object['spec']?.ingressClassName;
  if (annotation !== undefined && className !== undefined && annotation !== className)
    errors.push(
      invalid(`annotations.${classAnnotation}`, annotation, 'must match `ingressClassName` when both are specified'),
    );
  return errors;
}

/** ValidateIngressUpdate: secret names and wildcard rules that were wrong before may stay so. */
export function validateIngressUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const spec = old['spec'] ?? {};
  return validateSpec(object['spec'] ?? {}, {
    invalidSecretName: listOf(spec.tls).some(
      ({ secretName = '' }) => secretName !== '' && isDNS1123Subdomain(secretName).length > 0,
    ),
    invalidWildcardHostRule: listOf(spec.rules).some(
      (rule) => (rule['host'] ?? '').includes('*') && validateRuleValue(rule, '').length > 0,
    ),
  });
}

/** ValidateIngressStatusUpdate: addresses of the load balancer. */
export function validateIngressStatusUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const oldIPs = listOf(old['status']?.loadBalancer?.ingress).map((point) => (point['ip'] ?? '') as string);
  return listOf(object['status']?.loadBalancer?.ingress).flatMap((point, index) => {
    const field = `status.loadBalancer.ingress[${index}]`;
    const { ip = '', hostname = '' } = point;
    const errors = ip === '' ? [] : isValidIPForLegacyField(`${field}.ip`, ip, oldIPs);
    if (hostname === '') return errors;
    errors.push(...invalidEach(`${field}.hostname`, hostname, isDNS1123Subdomain(hostname)));
    if (parseIPSloppy(hostname) !== undefined)
      errors.push(invalid(`${field}.hostname`, hostname, 'must be a DNS name, not an IP address'));
    return errors;
  });
}
