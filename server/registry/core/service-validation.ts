// Service (pkg/apis/core/validation validateService and ValidateServiceStatusUpdate).
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import { isValidCIDRForLegacyField, isValidIPForLegacyField, parseIPSloppy } from '../../../apimachinery/ip.ts';
import { isValidPortNum } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { validateLabels } from '../../../apimachinery/validation.ts';
import { validateClusterIPFields } from '../../service-allocation/ip-family-fields.ts';
import { type Fields, listOf } from '../fields.ts';
import {
  checkDNS1123Label,
  checkDNS1123Subdomain,
  checkPortNumOrName,
  checkQualifiedName,
  checkRequired,
  pushInvalid,
} from './checks.ts';
import { checkEndpointIP } from './endpoint-address.ts';
import { internalForm } from './internal-form.ts';
import { isExternallyAccessible, needsHealthCheckNodePort } from './service-fields.ts';
import { checkServiceTransition, checkUnchangedHealthCheckPort } from './service-update-validation.ts';

const topologyHints = 'service.kubernetes.io/topology-aware-hints';
const topologyMode = 'service.kubernetes.io/topology-mode';
const sourceRangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges';

/** ClientIP affinity lasts a day at most. */
const maxAffinitySeconds = 86400;

const protocols = ['SCTP', 'TCP', 'UDP'];
const affinities = ['ClientIP', 'None'];
const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const trafficPolicies = ['Cluster', 'Local'];
const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
const ipModes = ['Proxy', 'VIP'];

export function validateService(object: KubeObject): FieldError[] {
  return checkService(object, undefined);
}

export function validateServiceUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const spec = (object['spec'] ?? {}) as Fields;
  const oldSpec = (old['spec'] ?? {}) as Fields;
  const familyErrors = checkFamilyFields(spec);
  if (familyErrors.length > 0) return familyErrors;
  checkServiceTransition(spec, oldSpec, errors);
  checkLoadBalancerClass(spec, oldSpec, errors);
  checkUnchangedHealthCheckPort(spec, oldSpec, errors);
  errors.push(...checkService(object, old));
  return errors;
}

function checkService(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const spec = (object['spec'] ?? {}) as Fields;
  const oldSpec = (old?.['spec'] ?? {}) as Fields;
  const familyErrors = checkFamilyFields(spec);
  if (familyErrors.length > 0) return familyErrors;
  checkTopologyAnnotations(object.metadata.annotations ?? {}, errors);
  checkForType(spec, errors);
  checkPorts(listOf(spec['ports']), errors);
  errors.push(...validateLabels(spec['selector'] ?? undefined, 'spec.selector'));
  checkAffinity(spec, errors);
  checkExternalIPs(spec, oldSpec, errors);
  if (checkRequired(spec['type'], 'spec.type', errors) && !types.includes(spec['type']))
    errors.push(notSupported('spec.type', spec['type'], types));
  checkNodePorts(spec, errors);
  checkPortsOnce(listOf(spec['ports']), errors);
  checkSourceRanges(object, old, errors);
  checkNodePortAllocation(spec, errors);
  checkLoadBalancerClass(spec, undefined, errors);
  checkTrafficPolicies(spec, errors);
  return errors;
}

/** Addresses and families that make no sense are refused alone: upstream finds them when it allocates, before all else. */
function checkFamilyFields(spec: Fields): FieldError[] {
  return spec['type'] === 'ExternalName' ? [] : validateClusterIPFields(spec);
}

function isHeadless(spec: Fields): boolean {
  const addresses = (spec['clusterIPs'] ?? []) as string[];
  return addresses.length === 1 && addresses[0] === 'None';
}

function checkTopologyAnnotations(annotations: Record<string, string>, errors: FieldError[]): void {
  const mode = annotations[topologyMode];
  const hints = annotations[topologyHints];
  if (mode === undefined || hints === undefined || mode === hints) return;
  const detail = `must match annotations[${topologyHints}] when both are specified`;
  errors.push(invalid(`metadata.annotations[${topologyMode}]`, mode, detail));
}

/** What must or must not be there for the Service's type. */
function checkForType(spec: Fields, errors: FieldError[]): void {
  const type = spec['type'] as string | undefined;
  if (listOf(spec['ports']).length === 0 && !isHeadless(spec) && type !== 'ExternalName')
    errors.push(required('spec.ports'));
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec))
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`));
  if (type !== 'ExternalName') return;
  const detail = 'may not be set for ExternalName services';
  if (listOf(spec['clusterIPs']).length > 0) errors.push(forbidden('spec.clusterIPs', detail));
  if (listOf(spec['ipFamilies']).length > 0) errors.push(forbidden('spec.ipFamilies', detail));
  if (spec['ipFamilyPolicy']) errors.push(forbidden('spec.ipFamilyPolicy', detail));
  // A trailing dot says that the name is complete.
  const name = ((spec['externalName'] ?? '') as string).replace(/\.$/, '');
  if (checkRequired(name, 'spec.externalName', errors)) checkDNS1123Subdomain(name, 'spec.externalName', errors);
}

function checkPorts(ports: readonly Fields[], errors: FieldError[]): void {
  const names = new Set<string>();
  ports.forEach((port, index) => {
    const path = `spec.ports[${index}]`;
    const name = (port['name'] ?? '') as string;
    if (ports.length > 1 && name === '') {
      errors.push(required(`${path}.name`));
    } else if (name !== '') {
      checkDNS1123Label(name, `${path}.name`, errors);
      if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
      names.add(name);
    }
    pushInvalid(errors, `${path}.port`, port['port'] ?? 0, isValidPortNum(port['port'] ?? 0));
    const hasProtocol = checkRequired(port['protocol'], `${path}.protocol`, errors);
    if (hasProtocol && !protocols.includes(port['protocol']))
      errors.push(notSupported(`${path}.protocol`, port['protocol'], protocols));
    checkPortNumOrName(port['targetPort'], `${path}.targetPort`, errors);
    if (typeof port['appProtocol'] === 'string') checkQualifiedName(port['appProtocol'], `${path}.appProtocol`, errors);
  });
}

function checkAffinity(spec: Fields, errors: FieldError[]): void {
  const affinity = spec['sessionAffinity'] as string | undefined;
  const path = 'spec.sessionAffinityConfig';
  if (checkRequired(affinity, 'spec.sessionAffinity', errors) && !affinities.includes(affinity!))
    errors.push(notSupported('spec.sessionAffinity', affinity, affinities));
  const config = spec['sessionAffinityConfig'] as Fields | null | undefined;
  if (affinity === 'ClientIP') checkAffinityConfig(config, path, errors);
  else if (affinity === 'None' && config) errors.push(forbidden(path, 'must not be set when session affinity is None'));
}

function checkAffinityConfig(config: Fields | null | undefined, path: string, errors: FieldError[]): void {
  const detail = 'when session affinity type is ClientIP';
  const seconds = config?.['clientIP']?.timeoutSeconds as number | null | undefined;
  const timeout = `${path}.clientIP.timeoutSeconds`;
  if (!config) errors.push(required(path, detail));
  else if (!config['clientIP']) errors.push(required(`${path}.clientIP`, detail));
  else if (seconds === undefined || seconds === null) errors.push(required(timeout, detail));
  else if (seconds <= 0 || seconds > maxAffinitySeconds)
    errors.push(invalid(timeout, seconds, `must be greater than 0 and less than ${maxAffinitySeconds}`));
}

function checkExternalIPs(spec: Fields, old: Fields, errors: FieldError[]): void {
  const known = (old['externalIPs'] ?? []) as string[];
  ((spec['externalIPs'] ?? []) as string[]).forEach((address, index) => {
    const path = `spec.externalIPs[${index}]`;
    const found = isValidIPForLegacyField(path, address, known);
    errors.push(...found);
    if (found.length === 0) checkEndpointIP(address, path, errors);
  });
}

/** Node ports only where the type has them, and each once for a protocol. */
function checkNodePorts(spec: Fields, errors: FieldError[]): void {
  const ports = listOf(spec['ports']);
  if (spec['type'] === 'ClusterIP') {
    ports.forEach(({ nodePort }, index) => {
      if (nodePort)
        errors.push(forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
    });
  }
  const seen = new Set<string>();
  ports.forEach(({ protocol, nodePort }, index) => {
    if (!nodePort) return;
    const key = `${protocol}/${nodePort}`;
    if (seen.has(key)) errors.push(duplicate(`spec.ports[${index}].nodePort`, nodePort));
    seen.add(key);
  });
}

const portZeros = { name: '', protocol: '', appProtocol: null, port: 0, targetPort: 0, nodePort: 0 };

function checkPortsOnce(ports: readonly Fields[], errors: FieldError[]): void {
  const seen = new Set<string>();
  ports.forEach(({ protocol, port }, index) => {
    const key = `${protocol}/${port}`;
    if (seen.has(key)) errors.push(duplicate(`spec.ports[${index}]`, internalForm({ protocol, port }, portZeros)));
    seen.add(key);
  });
}

/** The field, or where it is empty the annotation that came before it. Upstream's path starts with a capital. */
function checkSourceRanges(object: KubeObject, old: KubeObject | undefined, errors: FieldError[]): void {
  const detail = "may only be used when `type` is 'LoadBalancer'";
  const spec = (object['spec'] ?? {}) as Fields;
  const isBalancer = spec['type'] === 'LoadBalancer';
  const ranges = (spec['loadBalancerSourceRanges'] ?? []) as string[];
  if (ranges.length > 0) {
    const path = 'spec.LoadBalancerSourceRanges';
    if (!isBalancer) errors.push(forbidden(path, detail));
    const known = ((old?.['spec']?.loadBalancerSourceRanges ?? []) as string[]).map((range) => range.trim());
    ranges.forEach((range, index) => {
      errors.push(...isValidCIDRForLegacyField(`${path}[${index}]`, range.trim(), known));
    });
    return;
  }
  const annotation = object.metadata.annotations?.[sourceRangesAnnotation];
  if (annotation === undefined) return;
  const path = `metadata.annotations[${sourceRangesAnnotation}]`;
  if (!isBalancer) errors.push(forbidden(path, detail));
  if (old?.metadata.annotations?.[sourceRangesAnnotation] === annotation || annotation.trim() === '') return;
  for (const range of annotation.split(',')) errors.push(...isValidCIDRForLegacyField(path, range.trim()));
}

function checkNodePortAllocation(spec: Fields, errors: FieldError[]): void {
  const isSet = (spec['allocateLoadBalancerNodePorts'] ?? undefined) !== undefined;
  const isBalancer = spec['type'] === 'LoadBalancer';
  if (isSet && !isBalancer)
    errors.push(forbidden('spec.allocateLoadBalancerNodePorts', "may only be used when `type` is 'LoadBalancer'"));
  if (!isSet && isBalancer) errors.push(required('allocateLoadBalancerNodePorts'));
}

function checkLoadBalancerClass(spec: Fields, old: Fields | undefined, errors: FieldError[]): void {
  const path = 'spec.loadBalancerClass';
  const value = (spec['loadBalancerClass'] ?? null) as string | null;
  const isBalancer = spec['type'] === 'LoadBalancer';
  if (isBalancer && old?.['type'] === 'LoadBalancer' && value !== (old['loadBalancerClass'] ?? null))
    errors.push(invalid(path, value, 'may not change once set'));
  if (value === null) return;
  if (isBalancer) checkQualifiedName(value, path, errors);
  else errors.push(forbidden(path, "may only be used when `type` is 'LoadBalancer'"));
}

/** External and internal traffic policy, the port for health checks, and the distribution of traffic. */
function checkTrafficPolicies(spec: Fields, errors: FieldError[]): void {
  const external = (spec['externalTrafficPolicy'] ?? '') as string;
  const externalPath = 'spec.externalTrafficPolicy';
  if (!isExternallyAccessible(spec)) {
    if (external !== '')
      errors.push(invalid(externalPath, external, 'may only be set for externally-accessible services'));
  } else if (checkRequired(external, externalPath, errors) && !trafficPolicies.includes(external)) {
    errors.push(notSupported(externalPath, external, trafficPolicies));
  }
  checkHealthCheckPort(spec, errors);
  const internal = (spec['internalTrafficPolicy'] ?? undefined) as string | undefined;
  if (internal === undefined) {
    if (spec['type'] !== 'ExternalName' && types.includes(spec['type']))
      errors.push(required('spec.internalTrafficPolicy'));
  } else if (!trafficPolicies.includes(internal)) {
    errors.push(notSupported('spec.internalTrafficPolicy', internal, trafficPolicies));
  }
  const distribution = (spec['trafficDistribution'] ?? undefined) as string | undefined;
  if (distribution !== undefined && !distributions.includes(distribution))
    errors.push(notSupported('spec.trafficDistribution', distribution, distributions));
}

/** A port that is missing is no error here: allocation gives the Service one. */
function checkHealthCheckPort(spec: Fields, errors: FieldError[]): void {
  const port = (spec['healthCheckNodePort'] ?? 0) as number;
  if (port === 0) return;
  const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
  if (needsHealthCheckNodePort(spec)) pushInvalid(errors, 'spec.healthCheckNodePort', port, isValidPortNum(port));
  else errors.push(invalid('spec.healthCheckNodePort', port, detail));
}

export function validateServiceStatusUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const ingress = listOf(object['status']?.loadBalancer?.ingress);
  const known = listOf(old['status']?.loadBalancer?.ingress).map((entry) => (entry['ip'] ?? '') as string);
  const path = 'status.loadBalancer.ingress';
  if (object['spec']?.type !== 'LoadBalancer') {
    const detail = "may only be used when `spec.type` is 'LoadBalancer'";
    return ingress.length === 0 ? [] : [forbidden(path, detail)];
  }
  const errors: FieldError[] = [];
  ingress.forEach((entry, index) => {
    checkIngress(entry, known, `${path}[${index}]`, errors);
  });
  return errors;
}

function checkIngress(entry: Fields, known: readonly string[], path: string, errors: FieldError[]): void {
  const ip = (entry['ip'] ?? '') as string;
  const mode = (entry['ipMode'] ?? undefined) as string | undefined;
  if (ip !== '') errors.push(...isValidIPForLegacyField(`${path}.ip`, ip, known.filter(Boolean)));
  if (mode === undefined) {
    if (ip !== '') errors.push(required(`${path}.ipMode`, 'must be specified when `ip` is set'));
  } else if (ip === '') {
    errors.push(forbidden(`${path}.ipMode`, 'may not be specified when `ip` is not set'));
  } else if (!ipModes.includes(mode)) {
    errors.push(notSupported(`${path}.ipMode`, mode, ipModes));
  }
  const hostname = (entry['hostname'] ?? '') as string;
  if (hostname === '') return;
  checkDNS1123Subdomain(hostname, `${path}.hostname`, errors);
  if (parseIPSloppy(hostname) !== undefined)
    errors.push(invalid(`${path}.hostname`, hostname, 'must be a DNS name, not an IP address'));
}
