// What an EndpointSlice must be (pkg/apis/discovery/validation).
import { duplicate, type FieldError, invalid, notSupported, required, tooMany } from '../../../apimachinery/field.ts';
import {
  cidrContains,
  type IPAddress,
  isValidIP,
  isValidIPForLegacyField,
  parseCIDRSloppy,
  parseIPSloppy,
} from '../../../apimachinery/ip.ts';
import { isDNS1123Label, isDNS1123Subdomain, isLabelValue, isQualifiedName } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import {
  invalidEach,
  validateFullyQualifiedDomainName,
  validateImmutableField,
  validateLabels,
} from '../../../apimachinery/validation.ts';
import { type Fields, listOf } from '../fields.ts';

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];
const protocols = ['SCTP', 'TCP', 'UDP'];
const maxEndpoints = 1000;
const maxAddresses = 100;
const maxPorts = 20000;
const maxTopologyLabels = 16;
const maxHints = 8;

const specialRanges: readonly [cidrs: readonly string[], rule: string][] = [
  [['127.0.0.0/8', '::1/128'], 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  [['169.254.0.0/16', 'fe80::/10'], 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
  [['224.0.0.0/24', 'ff02::/16'], 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
];

/** ValidateEndpointIP: an address that others can reach. */
export function validateEndpointIP(address: string, field: string): FieldError[] {
  const ip = parseIPSloppy(address);
  if (ip === undefined) return [invalid(field, address, 'must be a valid IP address')];
  const errors = ip.value === 0n ? [invalid(field, address, `may not be unspecified (${address})`)] : [];
  const within = (cidr: string): boolean => cidrContains(parseCIDRSloppy(cidr)!, ip);
  for (const [cidrs, rule] of specialRanges) if (cidrs.some(within)) errors.push(invalid(field, address, rule));
  return errors;
}

function validateIPAddress(address: string, family: IPAddress['family'], list: string, field: string): FieldError[] {
  const errors = family === 4 ? isValidIPForLegacyField(field, address) : isValidIP(field, address);
  if (errors.length > 0) return errors;
  const other =
    parseIPSloppy(address)?.family === family ? [] : [invalid(list, address, `must be an IPv${family} address`)];
  return [...other, ...validateEndpointIP(address, field)];
}

function validateAddress(address: string, addressType: string, list: string, field: string): FieldError[] {
  switch (addressType) {
    case 'IPv4':
      return validateIPAddress(address, 4, list, field);
    case 'IPv6':
      return validateIPAddress(address, 6, list, field);
    case 'FQDN':
      return validateFullyQualifiedDomainName(field, address);
    default:
      return [];
  }
}

function validateHintNames(hints: readonly Fields[], field: string, check: (name: string) => string[]): FieldError[] {
  if (hints.length > maxHints) return [tooMany(field, hints.length, maxHints)];
  const seen = new Set<string>();
  return hints.flatMap(({ name = '' }, index) => {
    const path = `${field}[${index}].name`;
    const repeated = seen.has(name) ? [duplicate(path, name)] : [];
    seen.add(name);
    return [...repeated, ...invalidEach(path, name, check(name))];
  });
}

function validateHints(hints: Fields, field: string): FieldError[] {
  const zones = listOf(hints['forZones']);
  const errors = validateHintNames(zones, `${field}.forZones`, isLabelValue);
  if (zones.length > maxHints) return errors;
  return [...errors, ...validateHintNames(listOf(hints['forNodes']), `${field}.forNodes`, isDNS1123Subdomain)];
}

function validateEndpoint(endpoint: Fields, addressType: string, field: string): FieldError[] {
  const { nodeName, hostname, hints, deprecatedTopology } = endpoint;
  const addresses = (endpoint['addresses'] ?? []) as string[];
  const list = `${field}.addresses`;
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(list, 'must contain at least 1 address'));
  else if (addresses.length > maxAddresses) errors.push(tooMany(list, addresses.length, maxAddresses));
  addresses.forEach((address, index) => {
    errors.push(...validateAddress(address, addressType, list, `${list}[${index}]`));
  });
  if (nodeName !== undefined) errors.push(...invalidEach(`${field}.nodeName`, nodeName, isDNS1123Subdomain(nodeName)));
  const topology = Object.keys(deprecatedTopology ?? {});
  if (topology.length > maxTopologyLabels)
    errors.push(tooMany(`${field}.deprecatedTopology`, topology.length, maxTopologyLabels));
  errors.push(...validateLabels(deprecatedTopology, `${field}.deprecatedTopology`));
  if (hostname !== undefined) errors.push(...invalidEach(`${field}.hostname`, hostname, isDNS1123Label(hostname)));
  if (hints) errors.push(...validateHints(hints, `${field}.hints`));
  return errors;
}

function validateEndpoints(object: KubeObject): FieldError[] {
  const endpoints = listOf(object['endpoints']);
  if (endpoints.length > maxEndpoints) return [tooMany('endpoints', endpoints.length, maxEndpoints)];
  return endpoints.flatMap((endpoint, index) =>
    validateEndpoint(endpoint, object['addressType'] ?? '', `endpoints[${index}]`),
  );
}

function validatePorts(ports: readonly Fields[]): FieldError[] {
  if (ports.length > maxPorts) return [tooMany('ports', ports.length, maxPorts)];
  const seen = new Set<string>();
  return ports.flatMap(({ name = '', protocol, appProtocol }, index) => {
    const field = `ports[${index}]`;
    const errors = name === '' ? [] : invalidEach(`${field}.name`, name, isDNS1123Label(name));
    if (seen.has(name)) errors.push(duplicate(`${field}.name`, name));
    seen.add(name);
    if (protocol === undefined) errors.push(required(`${field}.protocol`));
    else if (!protocols.includes(protocol)) errors.push(notSupported(`${field}.protocol`, protocol, protocols));
    if (appProtocol !== undefined)
      errors.push(...invalidEach(`${field}.appProtocol`, appProtocol, isQualifiedName(appProtocol)));
    return errors;
  });
}

function validateAddressType(addressType: string): FieldError[] {
  if (addressType === '') return [required('addressType')];
  return addressTypes.includes(addressType) ? [] : [notSupported('addressType', addressType, addressTypes)];
}

/** ValidateEndpointSliceCreate. */
export function validateEndpointSlice(object: KubeObject): FieldError[] {
  return [
    ...validateAddressType(object['addressType'] ?? ''),
    ...validatePorts(listOf(object['ports'])),
    ...validateEndpoints(object),
  ];
}

/** ValidateEndpointSliceUpdate: endpoints that did not change are not looked at again. */
export function validateEndpointSliceUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const unchanged = semanticEqual(object['endpoints'], old['endpoints']);
  return [
    ...validateAddressType(object['addressType'] ?? ''),
    ...validatePorts(listOf(object['ports'])),
    ...(unchanged ? [] : validateEndpoints(object)),
    ...validateImmutableField(object['addressType'], old['addressType'], 'addressType'),
  ];
}
