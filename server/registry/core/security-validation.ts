// Security contexts of pods and containers.
import { type FieldError, forbidden, invalid, notSupported, required, tooLong } from '../../../apimachinery/field.ts';
import { inclusiveRangeError } from '../../../apimachinery/names.ts';
import { type Fields, listOf } from '../fields.ts';
import { checkLocalDescendingPath } from './checks.ts';
import { asInternal } from './internal-form.ts';
import { eachContainer } from './pod-containers.ts';
import { checkWindowsOptions } from './windows-validation.ts';

const maxID = 2147483647;

function checkID(id: number | null | undefined, path: string, errors: FieldError[]): void {
  if (id === undefined || id === null || (id >= 0 && id <= maxID)) return;
  errors.push(invalid(path, id, inclusiveRangeError(0, maxID)));
}

/** ValidateSecurityContext of a container; `hostUsers` is false in a pod with a user namespace of its own. */
export function checkSecurityContext(
  context: Fields | null | undefined,
  hostUsers: boolean,
  path: string,
  errors: FieldError[],
): void {
  if (!context) return;
  checkID(context['runAsUser'], `${path}.runAsUser`, errors);
  checkID(context['runAsGroup'], `${path}.runAsGroup`, errors);
  const procMount = context['procMount'] as string | null | undefined;
  if (procMount !== undefined && procMount !== null) {
    const at = `${path}.procMount`;
    if (procMount !== 'Default' && procMount !== 'Unmasked')
      errors.push(notSupported(at, procMount, ['Default', 'Unmasked']));
    if (hostUsers && procMount === 'Unmasked')
      errors.push(invalid(at, procMount, '`hostUsers` must be false to use `Unmasked`'));
  }
  checkSeccompProfile(context['seccompProfile'], `${path}.seccompProfile`, errors);
  if (context['allowPrivilegeEscalation'] === false) checkNoEscalation(context, path, errors);
  checkWindowsOptions(context['windowsOptions'], `${path}.windowsOptions`, errors);
  checkAppArmorProfile(context['appArmorProfile'], `${path}.appArmorProfile`, errors);
}

function checkNoEscalation(context: Fields, path: string, errors: FieldError[]): void {
  if (context['privileged'] === true) {
    const detail = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
    errors.push(invalid(path, asInternal('SecurityContext', context), detail));
  }
  for (const capability of (context['capabilities']?.add ?? []) as string[]) {
    if (capability !== 'CAP_SYS_ADMIN') continue;
    const detail = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
    errors.push(invalid(path, asInternal('SecurityContext', context), detail));
  }
}

const sysctlPattern = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const sysctlMessage =
  'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';

/** validatePodSpecSecurityContext. The host namespaces stand in the pod's spec. */
export function checkPodSecurityContext(spec: Fields, path: string, errors: FieldError[]): void {
  const context = spec['securityContext'] as Fields | null | undefined;
  if (!context) return;
  checkID(context['fsGroup'], `${path}.fsGroup`, errors);
  checkID(context['runAsUser'], `${path}.runAsUser`, errors);
  checkID(context['runAsGroup'], `${path}.runAsGroup`, errors);
  ((context['supplementalGroups'] ?? []) as number[]).forEach((group, i) => {
    checkID(group, `${path}.supplementalGroups[${i}]`, errors);
  });
  if (spec['shareProcessNamespace'] === true && spec['hostPID'] === true) {
    const detail = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(invalid(`${path}.shareProcessNamespace`, true, detail));
  }
  checkSysctls(spec, listOf(context['sysctls']), `${path}.sysctls`, errors);
  checkEnum(context['fsGroupChangePolicy'], ['Always', 'OnRootMismatch'], `${path}.fsGroupChangePolicy`, errors);
  checkSeccompProfile(context['seccompProfile'], `${path}.seccompProfile`, errors);
  checkWindowsOptions(context['windowsOptions'], `${path}.windowsOptions`, errors);
  checkAppArmorProfile(context['appArmorProfile'], `${path}.appArmorProfile`, errors);
  checkEnum(context['supplementalGroupsPolicy'], ['Merge', 'Strict'], `${path}.supplementalGroupsPolicy`, errors);
  // MountOption is behind a gate that is off (SELinuxMount).
  checkEnum(context['seLinuxChangePolicy'], ['Recursive'], `${path}.seLinuxChangePolicy`, errors);
}

function checkEnum(value: unknown, supported: readonly string[], path: string, errors: FieldError[]): void {
  if (value === undefined || value === null || supported.includes(value as string)) return;
  errors.push(notSupported(path, value, supported));
}

function checkSysctls(spec: Fields, sysctls: readonly Fields[], path: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  sysctls.forEach((sysctl, i) => {
    const name = (sysctl['name'] ?? '') as string;
    const at = `${path}[${i}].name`;
    if (name === '') errors.push(required(at));
    else if (name.length > 253 || !sysctlPattern.test(name)) errors.push(invalid(at, name, sysctlMessage));
    else if (seen.has(name)) errors.push({ type: 'FieldValueDuplicate', field: at, body: `: ${JSON.stringify(name)}` });
    checkHostSysctl(spec, name, at, errors);
    seen.add(name);
  });
}

/** Sysctls of a namespace that the pod shares with the host are not the pod's to set (ValidateHostSysctl). */
function checkHostSysctl(spec: Fields, name: string, path: string, errors: FieldError[]): void {
  const dotted =
    name.includes('/') && !/^[^./]*\./.test(name) ? name.replace(/[./]/g, (c) => (c === '/' ? '.' : '/')) : name;
  const isNet = dotted.startsWith('net.');
  const isIpc = ['kernel.sem', 'kernel.shm', 'kernel.msg', 'fs.mqueue.'].some((prefix) => dotted.startsWith(prefix));
  if (isNet && spec['hostNetwork'] === true)
    errors.push(invalid(path, name, "may not be specified when 'hostNetwork' is true"));
  else if (isIpc && spec['hostIPC'] === true)
    errors.push(invalid(path, name, "may not be specified when 'hostIPC' is true"));
}

const seccompTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function checkSeccompProfile(profile: Fields | null | undefined, path: string, errors: FieldError[]): void {
  if (!profile) return;
  const { type = '', localhostProfile } = profile;
  if (type === '') errors.push(required(`${path}.type`, 'type is required when seccompProfile is set'));
  else if (!seccompTypes.includes(type)) errors.push(notSupported(`${path}.type`, type, seccompTypes));
  const at = `${path}.localhostProfile`;
  if (type === 'Localhost') {
    if (localhostProfile === undefined) errors.push(required(at, 'must be set when seccomp type is Localhost'));
    else checkLocalDescendingPath(localhostProfile, at, errors);
  } else if (localhostProfile !== undefined) {
    const internal = { Type: type, LocalhostProfile: localhostProfile };
    errors.push(invalid(at, internal, 'can only be set when seccomp type is Localhost'));
  }
}

const maxLocalhostProfileBytes = 4095;

/** ValidateAppArmorProfileField. */
function checkAppArmorProfile(profile: Fields | null | undefined, path: string, errors: FieldError[]): void {
  if (!profile) return;
  const { type = '', localhostProfile } = profile;
  const at = `${path}.localhostProfile`;
  if (type === 'Localhost') checkAppArmorLocalhost(localhostProfile, at, errors);
  else if (type === 'RuntimeDefault' || type === 'Unconfined') {
    if (localhostProfile !== undefined) {
      errors.push(invalid(at, localhostProfile, 'can only be set when AppArmor type is Localhost'));
    }
  } else if (type === '') errors.push(required(`${path}.type`, 'type is required when appArmorProfile is set'));
  else errors.push(notSupported(`${path}.type`, type, ['Localhost', 'RuntimeDefault', 'Unconfined']));
}

function checkAppArmorLocalhost(profile: string | undefined, path: string, errors: FieldError[]): void {
  if (profile === undefined || profile === '') {
    errors.push(required(path, 'must be set when AppArmor type is Localhost'));
    return;
  }
  if (profile.trim() !== profile) errors.push(invalid(path, profile, 'must not be padded with whitespace'));
  if (profile.length > maxLocalhostProfileBytes) errors.push(tooLong(path, maxLocalhostProfileBytes));
}

/** A pod with a user namespace of its own shares no other namespace with the host (validateHostUsers). */
export function checkHostUsers(spec: Fields, path: string, errors: FieldError[]): void {
  if (spec['hostUsers'] !== false) return;
  const detail = 'when `hostUsers` is false';
  if (spec['hostNetwork'] === true) errors.push(forbidden(`${path}.hostNetwork`, detail));
  if (spec['hostPID'] === true) errors.push(forbidden(`${path}.HostPID`, detail));
  if (spec['hostIPC'] === true) errors.push(forbidden(`${path}.HostIPC`, detail));
  eachContainer(spec, path, (container, at) => {
    if (listOf(container['volumeDevices']).length > 0) errors.push(forbidden(`${at}.volumeDevices`, detail));
  });
}
