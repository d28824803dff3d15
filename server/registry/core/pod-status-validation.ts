// What kubelets and schedulers may write to a pod's status (pkg/apis/core/validation ValidatePodStatusUpdate).
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../../../apimachinery/field.ts';
import { isValidIPForLegacyField, parseIPSloppy } from '../../../apimachinery/ip.ts';
import { inclusiveRangeError, nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { validateImmutableField } from '../../../apimachinery/validation.ts';
import { type Fields, listOf } from '../fields.ts';
import { checkQualifiedName, pushInvalid } from './checks.ts';
import { checkAnnotationUpdates } from './pod-update-validation.ts';

const maxID = 2147483647;
const maxHealthMessage = 1024;
const systemConditions = new Set(['PodScheduled', 'Ready', 'Initialized']);
const healths = ['Healthy', 'Unhealthy', 'Unknown'];
const notNegative = 'must be a non-negative integer';

export function validatePodStatusUpdate(pod: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const spec = (pod['spec'] ?? {}) as Fields;
  const status = (pod['status'] ?? {}) as Fields;
  const oldStatus = (old['status'] ?? {}) as Fields;
  checkAnnotationUpdates(pod, old, errors);
  checkConditions(listOf(status['conditions']), errors);
  checkNomination(status, oldStatus, old['spec']?.nodeName ?? '', errors);
  if (status['observedGeneration'] < 0)
    errors.push(invalid('status.observedGeneration', status['observedGeneration'], notNegative));
  errors.push(...validateImmutableField(status['qosClass'] ?? '', oldStatus['qosClass'] ?? '', 'status.qosClass'));
  checkTransitions('containerStatuses', status, oldStatus, spec, listOf(spec['containers']), errors);
  checkTransitions('initContainerStatuses', status, oldStatus, spec, listOf(spec['initContainers']), errors);
  checkEphemeralTransitions(status, oldStatus, errors);
  checkClaimStatuses(listOf(status['resourceClaimStatuses']), listOf(spec['resourceClaims']), errors);
  checkPodIPs(status, oldStatus, errors);
  checkHostIPs(status, oldStatus, errors);
  for (const list of ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'])
    checkUsers(listOf(status[list]), `status.${list}`, spec['os']?.name ?? 'linux', errors);
  checkAllocated(listOf(status['containerStatuses']), listOf(spec['containers']), 'containerStatuses', errors);
  checkAllocated(
    listOf(status['initContainerStatuses']),
    listOf(spec['initContainers']),
    'initContainerStatuses',
    errors,
  );
  return errors;
}

function checkConditions(conditions: readonly Fields[], errors: FieldError[]): void {
  conditions.forEach(({ type = '', observedGeneration }, index) => {
    const path = `status.conditions[${index}]`;
    if (observedGeneration < 0) errors.push(invalid(`${path}.observedGeneration`, observedGeneration, notNegative));
    if (!systemConditions.has(type)) checkQualifiedName(type, `${path}.Type`, errors);
  });
}

function checkNomination(status: Fields, old: Fields, nodeName: string, errors: FieldError[]): void {
  const path = 'status.nominatedNodeName';
  const nominated = (status['nominatedNodeName'] ?? '') as string;
  if (nominated === '' || nominated === (old['nominatedNodeName'] ?? '')) return;
  pushInvalid(errors, path, nominated, nameIsDNSSubdomain(nominated, false));
  if (nodeName !== '') errors.push(forbidden(path, 'may not be set on pods that are already bound to a node'));
}

/** A container that has ended runs again only where its restart policy lets it. */
function checkTransitions(
  list: string,
  status: Fields,
  old: Fields,
  spec: Fields,
  containers: readonly Fields[],
  errors: FieldError[],
): void {
  if (canRestartAll(spec)) return;
  listOf(old[list]).forEach((before, index) => {
    const terminated = before['state']?.terminated as Fields | null | undefined;
    if (!terminated) return;
    const after = listOf(status[list]).find(({ name, state }) => name === before['name'] && !state?.terminated);
    if (after === undefined) return;
    const container = containers.find(({ name }) => name === before['name']);
    if (container === undefined || !shouldRestart(container, spec, terminated['exitCode'] ?? 0))
      errors.push(forbidden(`status.${list}[${index}].state`, 'may not be transitioned to non-terminated state'));
  });
}

function canRestartAll(spec: Fields): boolean {
  return ['initContainers', 'containers'].some((list) =>
    listOf(spec[list]).some((container) =>
      listOf(container['restartPolicyRules']).some(({ action }) => action === 'RestartAllContainers'),
    ),
  );
}

function shouldRestart(container: Fields, spec: Fields, exitCode: number): boolean {
  if (container['restartPolicy'] && matchesRule(container, exitCode)) return true;
  const policy = container['restartPolicy'] || spec['restartPolicy'];
  return policy === 'Never' ? false : policy === 'OnFailure' ? exitCode !== 0 : true;
}

function matchesRule(container: Fields, exitCode: number): boolean {
  const rule = listOf(container['restartPolicyRules']).find(({ exitCodes }) => {
    const isIn = ((exitCodes?.values ?? []) as number[]).includes(exitCode);
    return exitCodes !== undefined && (exitCodes.operator === 'In' ? isIn : !isIn);
  });
  return rule?.['action'] === 'Restart' || rule?.['action'] === 'RestartAllContainers';
}

function checkEphemeralTransitions(status: Fields, old: Fields, errors: FieldError[]): void {
  const list = 'ephemeralContainerStatuses';
  listOf(old[list]).forEach(({ name, state }, index) => {
    if (!state?.terminated) return;
    for (const after of listOf(status[list])) {
      if (after['name'] === name && !after['state']?.terminated)
        errors.push(forbidden(`status.${list}[${index}].state`, 'may not be transitioned to non-terminated state'));
    }
  });
}

function checkClaimStatuses(statuses: readonly Fields[], claims: readonly Fields[], errors: FieldError[]): void {
  const seen = new Set<string>();
  statuses.forEach(({ name = '', resourceClaimName }, index) => {
    const path = `status.resourceClaimStatuses[${index}]`;
    if (!claims.some((claim) => claim['name'] === name))
      errors.push(invalid(`${path}.name`, name, 'must match the name of an entry in `spec.resourceClaims`'));
    if (seen.has(name)) errors.push(duplicate(`${path}.name`, name));
    seen.add(name);
    if (typeof resourceClaimName === 'string')
      pushInvalid(errors, `${path}.resourceClaimName`, resourceClaimName, nameIsDNSSubdomain(resourceClaimName, false));
  });
}

function checkPodIPs(status: Fields, old: Fields, errors: FieldError[]): void {
  checkAddresses('status.podIPs', listOf(status['podIPs']), listOf(old['podIPs']), errors);
}

function checkHostIPs(status: Fields, old: Fields, errors: FieldError[]): void {
  const addresses = listOf(status['hostIPs']);
  if (addresses.length === 0) return;
  const first = addresses[0]!['ip'] ?? '';
  if ((status['hostIP'] ?? '') !== first)
    errors.push(invalid('status.hostIPs[0].ip', first, 'must be equal to `hostIP`'));
  checkAddresses('status.hostIPs', addresses, listOf(old['hostIPs']), errors);
}

/** Addresses, at most one of each family. */
function checkAddresses(
  path: string,
  addresses: readonly Fields[],
  old: readonly Fields[],
  errors: FieldError[],
): void {
  const known = old.map(({ ip }) => (ip ?? '') as string);
  addresses.forEach(({ ip = '' }, index) => {
    errors.push(...isValidIPForLegacyField(`${path}[${index}]`, ip, known));
  });
  if (addresses.length < 2) return;
  const families = new Set(addresses.map(({ ip = '' }) => parseIPSloppy(ip)?.family));
  if (addresses.length > 2 || families.size < 2) {
    const printed = addresses.map(({ ip = '' }) => ({ IP: ip }));
    errors.push(invalid(path, printed, 'may specify no more than one IP for each IP family'));
  }
}

function checkUsers(statuses: readonly Fields[], path: string, os: string, errors: FieldError[]): void {
  statuses.forEach(({ user }, index) => {
    const linux = user?.linux as Fields | null | undefined;
    const at = `${path}[${index}].user.linux`;
    if (!linux) return;
    if (os === 'windows') errors.push(forbidden(at, 'cannot be set for a windows pod'));
    if (os !== 'linux') return;
    checkID(linux['uid'] ?? 0, `${at}.uid`, errors);
    checkID(linux['gid'] ?? 0, `${at}.gid`, errors);
    ((linux['supplementalGroups'] ?? []) as number[]).forEach((gid, group) => {
      checkID(gid, `${at}.supplementalGroups[${group}]`, errors);
    });
  });
}

function checkID(id: number, path: string, errors: FieldError[]): void {
  if (id < 0 || id > maxID) errors.push(invalid(path, id, inclusiveRangeError(0, maxID)));
}

/** Devices and claims of a container whose health the kubelet reports. */
function checkAllocated(
  statuses: readonly Fields[],
  containers: readonly Fields[],
  list: string,
  errors: FieldError[],
): void {
  statuses.forEach((status, index) => {
    const container = containers.find(({ name }) => name === status['name']);
    listOf(status['allocatedResourcesStatus']).forEach((allocated, j) => {
      const path = `status.${list}[${index}].allocatedResourcesStatus[${j}]`;
      if (container !== undefined) checkAllocatedName(allocated['name'] ?? '', container, `${path}.name`, errors);
      checkHealths(listOf(allocated['resources']), `${path}.resources`, errors);
    });
  });
}

function checkAllocatedName(name: string, container: Fields, path: string, errors: FieldError[]): void {
  const { claims, requests } = (container['resources'] ?? {}) as Fields;
  if (!name.startsWith('claim:')) {
    if (!(name in (requests ?? {})))
      errors.push(invalid(path, name, "must match one of the container's resource requests"));
    return;
  }
  const names = listOf(claims).map(
    (claim) => `claim:${claim['name']}${claim['request'] ? `/${claim['request']}` : ''}`,
  );
  const detail =
    "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty";
  if (!names.includes(name)) errors.push(invalid(path, name, detail));
}

function checkHealths(resources: readonly Fields[], path: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  resources.forEach(({ resourceID = '', health = '', message }, index) => {
    const at = `${path}[${index}]`;
    if (!healths.includes(health)) errors.push(notSupported(`${at}.health`, health, healths));
    if (message === '') errors.push(required(`${at}.message`, 'must be non-empty if specified'));
    else if (typeof message === 'string' && Buffer.byteLength(message) > maxHealthMessage)
      errors.push(tooLong(`${at}.message`, maxHealthMessage));
    if (seen.has(resourceID)) errors.push(duplicate(`${at}.resourceID`, resourceID));
    seen.add(resourceID);
  });
}
