// What goes with spec.os, and the options that only Windows has (pkg/apis/core/validation validateOS, validateWindows).
import { type FieldError, forbidden, invalid, notSupported } from '../../../apimachinery/field.ts';
import { isDNS1123Subdomain } from '../../../apimachinery/names.ts';
import type { Fields } from '../fields.ts';
import { checkRequired, pushInvalid } from './checks.ts';
import { eachContainer } from './pod-containers.ts';

const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const windowsDomain =
  /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;

/** validateWindowsSecurityContextOptions. */
export function checkWindowsOptions(options: Fields | null | undefined, path: string, errors: FieldError[]): void {
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

/** In upstream's order, which goes by its internal security context; what the wire has in the pod's spec is marked. */
const windowsForbidden: readonly string[] = [
  'appArmorProfile',
  'seLinuxOptions',
  'spec.hostUsers',
  'spec.hostPID',
  'spec.hostIPC',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'spec.shareProcessNamespace',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
];
/** Flags that are no pointers upstream: false is as good as unset. */
const hostFlags: readonly string[] = ['hostPID', 'hostIPC'];
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
  for (const name of windowsForbidden) {
    const [of, field, at] = name.startsWith('spec.')
      ? [spec, name.slice('spec.'.length), path]
      : [context, name, `${path}.securityContext`];
    const value = of[field];
    const isUnset = value === undefined || (field === 'sysctls' && value.length === 0);
    if (!isUnset && !(value === false && hostFlags.includes(field))) errors.push(forbidden(`${at}.${field}`, detail));
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
