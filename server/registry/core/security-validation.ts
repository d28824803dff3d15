// Security contexts of pods and containers, and the older annotations for seccomp and AppArmor.
import { type FieldError, forbidden, invalid, notSupported, required, tooLong } from '../../../apimachinery/field.ts';
import { inclusiveRangeError, isDNS1123Subdomain } from '../../../apimachinery/names.ts';
import { type Fields, listOf } from '../fields.ts';
import { checkLocalDescendingPath, checkRequired, pushInvalid } from './checks.ts';

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
    errors.push(invalid(path, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
  }
  for (const capability of (context['capabilities']?.add ?? []) as string[]) {
    if (capability !== 'CAP_SYS_ADMIN') continue;
    const detail = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
    errors.push(invalid(path, context, detail));
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
  checkEnum(context['seLinuxChangePolicy'], ['MountOption', 'Recursive'], `${path}.seLinuxChangePolicy`, errors);
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

const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const windowsDomain =
  /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;

/** validateWindowsSecurityContextOptions. */
function checkWindowsOptions(options: Fields | null | undefined, path: string, errors: FieldError[]): void {
  if (!options) return;
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options;
  if (gmsaCredentialSpecName !== undefined) {
    pushInvalid(
      errors,
      `${path}.gmsaCredentialSpecName`,
      gmsaCredentialSpecName,
      isDNS1123Subdomain(gmsaCredentialSpecName),
    );
  }
  if (gmsaCredentialSpec !== undefined) {
    const at = `${path}.gmsaCredentialSpec`;
    if (gmsaCredentialSpec === '') errors.push(invalid(at, '', 'gmsaCredentialSpec cannot be an empty string'));
    else if (gmsaCredentialSpec.length > 64 * 1024) {
      errors.push(invalid(at, gmsaCredentialSpec, 'gmsaCredentialSpec size must be under 64 KiB'));
    }
  }
  if (runAsUserName !== undefined)
    pushInvalid(errors, `${path}.runAsUserName`, runAsUserName, userNameProblems(runAsUserName));
}

/** `DOMAIN\user`, as Windows has it. */
function userNameProblems(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const domain = parts.length === 2 ? parts[0]! : undefined;
  const user = parts.at(-1)!;
  const problems: string[] = [];
  if (domain !== undefined && domain.length >= 256)
    problems.push("runAsUserName's Domain length must be under 256 characters");
  if (domain !== undefined && !netBios.test(domain) && !windowsDomain.test(domain)) {
    problems.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  }
  if (user === '') problems.push("runAsUserName's User cannot be empty");
  else if (user.length > 104) problems.push("runAsUserName's User length must not be longer than 104 characters");
  if (/^[. ]+$/.test(user)) problems.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    problems.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
  }
  return problems;
}

const containerLists = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** Every container of a pod with its path, in upstream's order. */
export function eachContainer(spec: Fields, path: string, visit: (container: Fields, path: string) => void): void {
  for (const list of containerLists) {
    listOf(spec[list]).forEach((container, i) => {
      visit(container, `${path}.${list}[${i}]`);
    });
  }
}

const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompContainer = 'container.seccomp.security.alpha.kubernetes.io/';
const appArmorContainer = 'container.apparmor.security.beta.kubernetes.io/';

/** The annotations that fields have replaced, by themselves (ValidateSeccompPodAnnotations, ValidateAppArmorPodAnnotations). */
export function checkSecurityAnnotations(
  annotations: Record<string, string>,
  spec: Fields,
  errors: FieldError[],
  path: string,
): void {
  for (const [key, value] of Object.entries(annotations)) {
    if (key === seccompPod || key.startsWith(seccompContainer)) checkSeccompAnnotation(value, `${path}.${key}`, errors);
    if (!key.startsWith(appArmorContainer)) continue;
    const name = key.slice(appArmorContainer.length);
    if (!containerLists.some((list) => listOf(spec[list]).some((c) => c['name'] === name))) {
      errors.push(invalid(`${path}[${key}]`, name, 'container not found'));
    }
    if (value !== '' && value !== 'runtime/default' && value !== 'unconfined' && !value.startsWith('localhost/')) {
      errors.push(invalid(`${path}[${key}]`, value, `invalid AppArmor profile name: ${JSON.stringify(value)}`));
    }
  }
}

function checkSeccompAnnotation(value: string, path: string, errors: FieldError[]): void {
  if (value === 'runtime/default' || value === 'docker/default' || value === 'unconfined') return;
  if (value.startsWith('localhost/')) checkLocalDescendingPath(value.slice('localhost/'.length), path, errors);
  else errors.push(invalid(path, value, 'must be a valid seccomp profile'));
}

/** On create, an annotation and the field that replaces it must say the same. */
export function checkAnnotationsMatchFields(
  annotations: Record<string, string>,
  spec: Fields,
  path: string,
  errors: FieldError[],
): void {
  const podSeccomp = spec['securityContext']?.seccompProfile as Fields | undefined;
  checkMatch(annotations[seccompPod], podSeccomp, 'seccomp', `${path}.securityContext.seccompProfile`, errors);
  eachContainer(spec, path, (container, at) => {
    const profile = container['securityContext']?.seccompProfile as Fields | undefined;
    const annotation = annotations[`${seccompContainer}${container['name']}`];
    checkMatch(annotation, profile, 'seccomp', `${at}.securityContext.seccompProfile`, errors);
  });
  if (spec['os']?.name === 'windows') return;
  eachContainer(spec, path, (container, at) => {
    const profile = container['securityContext']?.appArmorProfile ?? spec['securityContext']?.appArmorProfile;
    const annotation = annotations[`${appArmorContainer}${container['name']}`];
    checkMatch(annotation, profile, 'apparmor', `${at}.securityContext.appArmorProfile`, errors);
  });
}

function checkMatch(
  annotation: string | undefined,
  profile: Fields | undefined,
  what: string,
  path: string,
  errors: FieldError[],
): void {
  if (annotation === undefined || !profile) return;
  const accepted: Record<string, string[]> = {
    Unconfined: ['unconfined'],
    RuntimeDefault: what === 'seccomp' ? ['runtime/default', 'docker/default'] : ['runtime/default'],
  };
  const type = profile['type'] as string;
  const isMatch =
    type === 'Localhost' ? annotation.startsWith('localhost/') : (accepted[type]?.includes(annotation) ?? true);
  if (!isMatch) errors.push(forbidden(`${path}.type`, `${what} type in annotation and field must match`));
  else if (type === 'Localhost' && annotation !== `localhost/${profile['localhostProfile']}`) {
    errors.push(forbidden(`${path}.localhostProfile`, `${what} profile in annotation and field must match`));
  }
}

const windowsForbidden: readonly string[] = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
];
const windowsForbiddenInSpec: readonly string[] = ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'];
const windowsForbiddenInContainer: readonly string[] = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
];

/** What goes with spec.os (validateOS, validateLinux, validateWindows). */
export function checkOS(spec: Fields, path: string, errors: FieldError[]): void {
  if (!spec['os']) return;
  const name = spec['os'].name as string | undefined;
  if (!checkRequired(name, `${path}.os.name`, errors)) return;
  if (name === 'linux') checkLinux(spec, path, errors);
  else if (name === 'windows') checkWindows(spec, path, errors);
  else errors.push(notSupported(`${path}.os`, name, ['linux', 'windows']));
}

function checkLinux(spec: Fields, path: string, errors: FieldError[]): void {
  const detail = 'windows options cannot be set for a linux pod';
  if (spec['securityContext']?.windowsOptions) errors.push(forbidden(`${path}.securityContext.windowsOptions`, detail));
  eachContainer(spec, path, (container, at) => {
    if (container['securityContext']?.windowsOptions)
      errors.push(forbidden(`${at}.securityContext.windowsOptions`, detail));
  });
}

function checkWindows(spec: Fields, path: string, errors: FieldError[]): void {
  const detail = 'cannot be set for a windows pod';
  const context = (spec['securityContext'] ?? {}) as Fields;
  for (const field of windowsForbidden) {
    if (context[field] !== undefined) errors.push(forbidden(`${path}.securityContext.${field}`, detail));
  }
  for (const field of windowsForbiddenInSpec) {
    const isBoolean = field === 'hostPID' || field === 'hostIPC';
    if (isBoolean ? spec[field] === true : spec[field] !== undefined)
      errors.push(forbidden(`${path}.${field}`, detail));
  }
  eachContainer(spec, path, (container, at) => {
    const own = (container['securityContext'] ?? {}) as Fields;
    for (const field of windowsForbiddenInContainer) {
      if (own[field] !== undefined) errors.push(forbidden(`${at}.securityContext.${field}`, detail));
    }
  });
}

/** Host process containers are all or none, and on the host's network (validateWindowsHostProcessPod). */
export function checkWindowsHostProcess(spec: Fields, path: string, errors: FieldError[]): void {
  const podHostProcess = spec['securityContext']?.windowsOptions?.hostProcess as boolean | undefined;
  let containers = 0;
  let hostProcess = 0;
  eachContainer(spec, path, (container, at) => {
    containers++;
    const own = container['securityContext']?.windowsOptions?.hostProcess as boolean | undefined;
    if (podHostProcess !== undefined && own !== undefined && podHostProcess !== own) {
      const detail = `pod hostProcess value must be identical if both are specified, was ${podHostProcess}`;
      errors.push(invalid(`${at}.securityContext.windowsOptions.hostProcess`, own, detail));
    }
    if (own ?? podHostProcess) hostProcess++;
  });
  if (hostProcess === 0) return;
  if (hostProcess !== containers) {
    const detail = 'If pod contains any hostProcess containers then all containers must be HostProcess containers';
    errors.push(invalid(path, '', detail));
  }
  if (spec['hostNetwork'] !== true) {
    const detail = 'hostNetwork must be true if pod contains any hostProcess containers';
    errors.push(invalid(`${path}.hostNetwork`, false, detail));
  }
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
