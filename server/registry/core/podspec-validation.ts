// Pods and pod templates as a whole (pkg/apis/core/validation ValidatePodSpec, ValidatePodCreate, ValidatePodTemplateSpec).
import { type FieldError, forbidden, invalid, notSupported, required, tooLong } from '../../../apimachinery/field.ts';
import { isValidIPForLegacyField } from '../../../apimachinery/ip.ts';
import { inclusiveRangeError, nameIsDNSSubdomain, regexError } from '../../../apimachinery/names.ts';
import type { KubeObject, ObjectMeta } from '../../../apimachinery/object.ts';
import { validateAnnotations, validateLabels } from '../../../apimachinery/validation.ts';
import { type Fields, listOf } from '../fields.ts';
import { checkDNS1123Label, checkDNS1123Subdomain, checkQualifiedName, checkRequired, pushInvalid } from './checks.ts';
import {
  checkContainers,
  checkEphemeralContainers,
  checkImageSpaces,
  checkInitContainers,
  type PodRules,
} from './container-validation.ts';
import { checkFileKeyRefVolumes } from './env-validation.ts';
import { checkPodResourceClaims } from './pod-claim-validation.ts';
import { checkContainerResources, checkPodLevelResources } from './resource-validation.ts';
import { checkAffinity, checkSchedulingGates, checkTolerations, checkTopologySpread } from './scheduling-validation.ts';
import { checkAnnotationsMatchFields, checkSecurityAnnotations } from './security-annotations.ts';
import { checkHostUsers, checkPodSecurityContext } from './security-validation.ts';
import { checkVolumes } from './volume-validation.ts';
import { checkOS, checkWindowsHostProcess } from './windows-validation.ts';

export const mirrorAnnotation = 'kubernetes.io/config.mirror';
const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost';
const maxInt32 = 2147483647;

/** A new pod (ValidatePodCreate). */
export function validatePod(pod: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const spec = (pod['spec'] ?? {}) as Fields;
  checkPodMetadataAndSpec(pod, errors);
  if (listOf(spec['ephemeralContainers']).length > 0) {
    errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if (spec['nodeName'] && listOf(spec['schedulingGates']).length > 0) {
    errors.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  if (pod.metadata.annotations) checkAnnotationsMatchFields(pod.metadata.annotations, spec, 'spec', errors);
  return errors;
}

/** What holds for a pod on create and on every update (validatePodMetadataAndSpec). */
export function checkPodMetadataAndSpec(pod: KubeObject, errors: FieldError[]): void {
  const spec = (pod['spec'] ?? {}) as Fields;
  if (pod.metadata.annotations) checkPodAnnotations(pod.metadata.annotations, spec, errors);
  checkPodSpec(spec, pod.metadata, 'spec', errors);
  if (!spec['serviceAccountName']) checkNoTokens(spec, errors);
  for (const list of ['containers', 'initContainers']) {
    listOf(spec[list]).forEach((container, i) => {
      checkImageSpaces(container, `spec.${list}[${i}]`, errors);
    });
  }
}

/** A pod template, of a PodTemplate or of a workload. `path` is the template's. */
export function validatePodTemplateSpec(template: Fields | null | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const metadata = (template?.['metadata'] ?? {}) as ObjectMeta;
  const spec = (template?.['spec'] ?? {}) as Fields;
  errors.push(...validateLabels(metadata.labels, `${path}.labels`));
  errors.push(...validateAnnotations(metadata.annotations, `${path}.annotations`));
  if (metadata.annotations) checkPodAnnotations(metadata.annotations, spec, errors, `${path}.annotations`);
  checkPodSpec(spec, undefined, `${path}.spec`, errors);
  if (metadata.annotations) checkAnnotationsMatchFields(metadata.annotations, spec, `${path}.spec`, errors);
  if (listOf(spec['ephemeralContainers']).length > 0) {
    errors.push(forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'));
  }
  return errors;
}

/** ValidatePodSpecificAnnotations. */
export function checkPodAnnotations(
  annotations: Record<string, string>,
  spec: Fields,
  errors: FieldError[],
  path = 'metadata.annotations',
): void {
  if (Object.hasOwn(annotations, mirrorAnnotation) && !spec['nodeName']) {
    const detail = 'must set spec.nodeName if mirror pod annotation is set';
    errors.push(invalid(`${path}[${mirrorAnnotation}]`, annotations[mirrorAnnotation], detail));
  }
  const cost = annotations[deletionCostAnnotation];
  // strconv.ParseInt takes a sign but no leading plus, and no zeros in front.
  if (cost !== undefined && (!/^(0|-?[1-9][0-9]*)$/.test(cost) || Math.abs(Number(cost)) > maxInt32)) {
    errors.push(invalid(`${path}[${deletionCostAnnotation}]`, cost, 'must be a 32bit integer'));
  }
  checkSecurityAnnotations(annotations, spec, errors, path);
}

/** A pod without a service account cannot project its tokens. */
function checkNoTokens(spec: Fields, errors: FieldError[]): void {
  listOf(spec['volumes']).forEach((volume, i) => {
    listOf(volume['projected']?.sources).forEach((source, j) => {
      if (!source['serviceAccountToken']) return;
      const path = `spec.volumes[${i}].projected.sources[${j}].serviceAccountToken`;
      errors.push(forbidden(path, 'must not be specified when serviceAccountName is not set'));
    });
  });
}

const noClaims: ReadonlySet<string> = new Set();

/** ValidatePodSpec; a template's has no metadata of its own here. */
function checkPodSpec(spec: Fields, metadata: ObjectMeta | undefined, path: string, errors: FieldError[]): void {
  const isPod = metadata !== undefined;
  const gracePeriodSeconds = (spec['terminationGracePeriodSeconds'] ?? undefined) as number | undefined;
  if (gracePeriodSeconds === undefined) errors.push(required(`${path}.terminationGracePeriodSeconds`));
  const claims = listOf(spec['resourceClaims']);
  const rules: PodRules = {
    volumes: checkVolumes(listOf(spec['volumes']), { isPod, podName: metadata?.name ?? '' }, `${path}.volumes`, errors),
    claimNames: claims.length === 0 ? noClaims : new Set(claims.map(({ name }) => name as string)),
    gracePeriodSeconds,
    os: spec['os']?.name,
    podRestartPolicy: spec['restartPolicy'] ?? '',
    hostUsers: spec['hostUsers'] !== false,
  };
  checkPodResourceClaims(claims, mirrorAnnotation in (metadata?.annotations ?? {}), `${path}.resourceClaims`, errors);
  const containers = listOf(spec['containers']);
  checkContainers(containers, rules, `${path}.containers`, errors);
  checkInitContainers(listOf(spec['initContainers']), containers, rules, `${path}.initContainers`, errors);
  checkEphemeralContainers(spec, rules, `${path}.ephemeralContainers`, errors);
  checkPodLevelResources(spec, rules.claimNames, path, errors);
  if (spec['hostNetwork'] === true) checkHostNetworkPorts(containers, isPod, path, errors);
  checkPolicies(spec, path, errors);
  if (spec['nodeSelector']) errors.push(...validateLabels(spec['nodeSelector'], `${path}.nodeSelector`));
  checkPodSecurityContext(spec, `${path}.securityContext`, errors);
  if (spec['affinity']) checkAffinity(spec['affinity'], `${path}.affinity`, errors);
  checkDNSConfig(spec, `${path}.dnsConfig`, errors);
  listOf(spec['readinessGates']).forEach(({ conditionType = '' }, i) => {
    checkQualifiedName(conditionType, `${path}.readinessGates[${i}].conditionType`, errors);
  });
  checkSchedulingGates(listOf(spec['schedulingGates']), `${path}.schedulingGates`, errors);
  checkTopologySpread(listOf(spec['topologySpreadConstraints']), `${path}.topologySpreadConstraints`, errors);
  checkWindowsHostProcess(spec, path, errors);
  checkHostUsers(spec, path, errors);
  checkNames(spec, path, errors);
  if (spec['overhead']) checkContainerResources({ limits: spec['overhead'] }, noClaims, `${path}.overhead`, errors);
  checkOS(spec, path, errors);
  checkFileKeyRefVolumes(spec, path, errors);
}

function checkHostNetworkPorts(
  containers: readonly Fields[],
  isPod: boolean,
  path: string,
  errors: FieldError[],
): void {
  containers.forEach((container, i) => {
    listOf(container['ports']).forEach(({ hostPort = 0, containerPort }, j) => {
      if ((!isPod && hostPort === 0) || hostPort === containerPort) return;
      const at = `${path}.containers[${i}].ports[${j}].hostPort`;
      errors.push(invalid(at, hostPort, 'must match `containerPort` when `hostNetwork` is true'));
    });
  });
}

const restartPolicies = ['Always', 'OnFailure', 'Never'];
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

function checkPolicies(spec: Fields, path: string, errors: FieldError[]): void {
  checkPolicy(spec['restartPolicy'], restartPolicies, `${path}.restartPolicy`, errors);
  checkPolicy(spec['dnsPolicy'], dnsPolicies, `${path}.dnsPolicy`, errors);
}

function checkPolicy(
  value: string | null | undefined,
  supported: readonly string[],
  path: string,
  errors: FieldError[],
): void {
  if (checkRequired(value, path, errors) && !supported.includes(value!))
    errors.push(notSupported(path, value, supported));
}

const maxNameservers = 3;
const maxSearches = 32;
const maxSearchCharacters = 2048;

/** validatePodDNSConfig. */
function checkDNSConfig(spec: Fields, path: string, errors: FieldError[]): void {
  const config = spec['dnsConfig'] as Fields | null | undefined;
  const nameservers = (config?.['nameservers'] ?? []) as string[];
  if (spec['dnsPolicy'] === 'None') {
    if (!config) {
      errors.push(required(path, 'must provide `dnsConfig` when `dnsPolicy` is None'));
      return;
    }
    if (nameservers.length === 0) {
      const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      errors.push(required(`${path}.nameservers`, detail));
      return;
    }
  }
  if (!config) return;
  if (nameservers.length > maxNameservers) {
    errors.push(invalid(`${path}.nameservers`, nameservers, `must not have more than ${maxNameservers} nameservers`));
  }
  nameservers.forEach((address, i) => {
    errors.push(...isValidIPForLegacyField(`${path}.nameservers[${i}]`, address, []));
  });
  checkSearches((config['searches'] ?? []) as string[], `${path}.searches`, errors);
  listOf(config['options']).forEach(({ name }, i) => {
    if (!name) errors.push(required(`${path}.options[${i}]`, 'must not be empty'));
  });
}

function checkSearches(searches: readonly string[], path: string, errors: FieldError[]): void {
  if (searches.length > maxSearches) {
    errors.push(invalid(path, searches, `must not have more than ${maxSearches} search paths`));
  }
  if (searches.join(' ').length > maxSearchCharacters) {
    const detail = `must not have more than ${maxSearchCharacters} characters (including spaces) in the search list`;
    errors.push(invalid(path, searches, detail));
  }
  searches.forEach((search, i) => {
    if (search === '.') return;
    const name = search.endsWith('.') ? search.slice(0, -1) : search;
    pushInvalid(errors, `${path}[${i}]`, name, isSubdomainWithUnderscore(name));
  });
}

const underscoreSubdomain = /^_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*$/;

function isSubdomainWithUnderscore(name: string): string[] {
  const messages = name.length > 253 ? ['must be no more than 253 characters'] : [];
  if (underscoreSubdomain.test(name)) return messages;
  const format = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*';
  const message =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character";
  return [...messages, regexError(message, format, 'example.com')];
}

/** The single values of a pod's spec, in upstream's order. */
function checkNames(spec: Fields, path: string, errors: FieldError[]): void {
  if (spec['hostnameOverride'] !== undefined) checkHostnameOverride(spec, path, errors);
  checkSubdomainName(spec['serviceAccountName'], `${path}.serviceAccountName`, errors);
  checkSubdomainName(spec['nodeName'], `${path}.nodeName`, errors);
  const deadline = spec['activeDeadlineSeconds'] as number | null | undefined;
  if (deadline !== undefined && deadline !== null && (deadline < 1 || deadline > maxInt32)) {
    errors.push(invalid(`${path}.activeDeadlineSeconds`, deadline, inclusiveRangeError(1, maxInt32)));
  }
  if (spec['hostname']) checkDNS1123Label(spec['hostname'], `${path}.hostname`, errors);
  if (spec['subdomain']) checkDNS1123Label(spec['subdomain'], `${path}.subdomain`, errors);
  checkTolerations(listOf(spec['tolerations']), `${path}.tolerations`, errors);
  checkHostAliases(listOf(spec['hostAliases']), `${path}.hostAliases`, errors);
  checkSubdomainName(spec['priorityClassName'], `${path}.priorityClassName`, errors);
  const runtimeClass = spec['runtimeClassName'] as string | null | undefined;
  if (runtimeClass !== undefined && runtimeClass !== null) {
    pushInvalid(errors, `${path}.runtimeClassName`, runtimeClass, nameIsDNSSubdomain(runtimeClass, false));
  }
  const preemption = spec['preemptionPolicy'] as string | null | undefined;
  if (preemption !== undefined && preemption !== null) {
    checkPolicy(preemption, ['PreemptLowerPriority', 'Never'], `${path}.preemptionPolicy`, errors);
  }
}

function checkSubdomainName(name: string | null | undefined, path: string, errors: FieldError[]): void {
  if (name) pushInvalid(errors, path, name, nameIsDNSSubdomain(name, false));
}

const maxHostnameBytes = 64;

function checkHostnameOverride(spec: Fields, path: string, errors: FieldError[]): void {
  const at = `${path}.hostnameOverride`;
  const name = spec['hostnameOverride'] as string;
  if (spec['setHostnameAsFQDN'] === true) {
    errors.push(forbidden(at, 'may not be specified when setHostnameAsFQDN is true'));
  }
  if (spec['hostNetwork'] === true) errors.push(forbidden(at, 'may not be specified when hostNetwork is true'));
  if (name.length > maxHostnameBytes) errors.push(tooLong(at, maxHostnameBytes));
  checkDNS1123Subdomain(name, at, errors);
}

function checkHostAliases(aliases: readonly Fields[], path: string, errors: FieldError[]): void {
  aliases.forEach((alias, i) => {
    errors.push(...isValidIPForLegacyField(`${path}[${i}].ip`, alias['ip'] ?? '', []));
    ((alias['hostnames'] ?? []) as string[]).forEach((name, j) => {
      checkDNS1123Subdomain(name, `${path}[${i}].hostnames[${j}]`, errors);
    });
  });
}
