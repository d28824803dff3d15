// Containers of the three kinds (pkg/apis/core/validation validateContainers, validateInitContainers, validateEphemeralContainers).
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  notSupported,
  required,
  tooMany,
} from '../../../apimachinery/field.ts';
import { isValidPortName, isValidPortNum } from '../../../apimachinery/names.ts';
import { isRestartableInitContainer } from '../../../apimachinery/pod-resources.ts';
import { type Fields, listOf } from '../fields.ts';
import { checkDNS1123Label, checkUnset, pushInvalid } from './checks.ts';
import { checkEnv, checkEnvFrom } from './env-validation.ts';
import { checkHandlers, type HandlerRules } from './handler-validation.ts';
import { checkPullPolicy } from './pull-policy.ts';
import { checkContainerResources } from './resource-validation.ts';
import { checkSecurityContext } from './security-validation.ts';
import { checkVolumeDevices, checkVolumeMounts, type Volumes } from './volume-validation.ts';

/** What containers depend on of the pod around them. */
export interface PodRules extends HandlerRules {
  volumes: Volumes;
  claimNames: ReadonlySet<string>;
  podRestartPolicy: string;
  /** False in a pod with a user namespace of its own. */
  hostUsers: boolean;
}

/** spec.containers: at least one, names unique. */
export function checkContainers(
  containers: readonly Fields[],
  rules: PodRules,
  path: string,
  errors: FieldError[],
): void {
  if (containers.length === 0) {
    errors.push(required(path));
    return;
  }
  const names = new Set<string>();
  for (let i = 0; i < containers.length; i++) {
    const container = containers[i]!;
    const at = `${path}[${i}]`;
    checkCommon(container, rules, at, errors);
    const name = (container['name'] ?? '') as string;
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    checkHandlers(container, at, rules, errors);
    checkRestartPolicy(container, at, errors);
  }
  checkHostPorts(containers, path, errors);
}

/** spec.initContainers; sidecars may have what the main containers have. */
export function checkInitContainers(
  containers: readonly Fields[],
  mainContainers: readonly Fields[],
  rules: PodRules,
  path: string,
  errors: FieldError[],
): void {
  const names = new Set(mainContainers.map((container) => container['name'] as string));
  containers.forEach((container, i) => {
    const at = `${path}[${i}]`;
    checkCommon(container, rules, at, errors);
    checkRestartPolicy(container, at, errors);
    const name = (container['name'] ?? '') as string;
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    else if (name !== '') names.add(name);
    checkHostPorts([container], path, errors);
    if (isRestartableInitContainer(container)) {
      checkHandlers(container, at, rules, errors);
      return;
    }
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']) {
      const detail = 'may not be set for init containers without restartPolicy=Always';
      checkUnset(container[field], `${at}.${field}`, detail, errors);
    }
    listOf(container['resizePolicy']).forEach(({ restartPolicy }, j) => {
      if (restartPolicy !== 'RestartContainer') return;
      const detail = "must not be set to 'RestartContainer' for non-sidecar initContainers";
      errors.push(invalid(`${at}.resizePolicy[${j}].restartPolicy`, restartPolicy, detail));
    });
  });
}

/** Fields that go with being scheduled or restarted, which ephemeral containers are not. */
const notForEphemeral = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
];

/** spec.ephemeralContainers. */
export function checkEphemeralContainers(spec: Fields, rules: PodRules, path: string, errors: FieldError[]): void {
  const containers = listOf(spec['ephemeralContainers']);
  if (containers.length === 0) return;
  const others = new Set(
    [...listOf(spec['containers']), ...listOf(spec['initContainers'])].map((container) => container['name'] as string),
  );
  const names = new Set(others);
  containers.forEach((container, i) => {
    const at = `${path}[${i}]`;
    checkCommon(container, rules, at, errors);
    checkImageSpaces(container, at, errors);
    const { name = '', targetContainerName: target } = container;
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (target && !others.has(target)) errors.push(notFound(`${at}.targetContainerName`, target));
    for (const field of notForEphemeral) {
      const value = container[field];
      const isUnset =
        field === 'resources' ? Object.keys(value ?? {}).length === 0 : value === undefined || value === null;
      if (!isUnset) errors.push(forbidden(`${at}.${field}`, 'cannot be set for an Ephemeral Container'));
    }
    listOf(container['volumeMounts']).forEach((mount, j) => {
      for (const field of ['subPath', 'subPathExpr']) {
        const mountPath = `${at}.volumeMounts[${j}].${field}`;
        if (mount[field]) errors.push(forbidden(mountPath, 'cannot be set for an Ephemeral Container'));
      }
    });
  });
}

/** Pods only, not templates: an image with spaces around it (validateContainerOnlyForPod). */
export function checkImageSpaces(container: Fields, path: string, errors: FieldError[]): void {
  const image = (container['image'] ?? '') as string;
  if (image.trim() !== image)
    errors.push(invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'));
}

const messagePolicies = ['File', 'FallbackToLogsOnError'];

function checkCommon(container: Fields, rules: PodRules, path: string, errors: FieldError[]): void {
  const name = (container['name'] ?? '') as string;
  if (name === '') errors.push(required(`${path}.name`));
  else checkDNS1123Label(name, `${path}.name`, errors);
  if (!container['image']) errors.push(required(`${path}.image`));
  const messagePolicy = (container['terminationMessagePolicy'] ?? '') as string;
  if (messagePolicy === '') errors.push(required(`${path}.terminationMessagePolicy`));
  else if (!messagePolicies.includes(messagePolicy)) {
    errors.push(notSupported(`${path}.terminationMessagePolicy`, messagePolicy, messagePolicies));
  }
  if (container['ports']) checkPorts(container['ports'], `${path}.ports`, errors);
  if (container['env']) checkEnv(container['env'], `${path}.env`, errors);
  if (container['envFrom']) checkEnvFrom(container['envFrom'], `${path}.envFrom`, errors);
  checkVolumeMounts(container, rules.volumes, `${path}.volumeMounts`, errors);
  if (container['volumeDevices']) checkVolumeDevices(container, rules.volumes, `${path}.volumeDevices`, errors);
  checkPullPolicy(container['imagePullPolicy'] ?? '', `${path}.imagePullPolicy`, errors);
  checkContainerResources(container['resources'], rules.claimNames, `${path}.resources`, errors);
  if (container['resizePolicy']) {
    checkResizePolicy(container['resizePolicy'], rules.podRestartPolicy, `${path}.resizePolicy`, errors);
  }
  checkSecurityContext(container['securityContext'], rules.hostUsers, `${path}.securityContext`, errors);
}

const protocols = ['SCTP', 'TCP', 'UDP'];

/** The protocols of container, service and endpoint ports. */
export function checkProtocol(protocol: string, path: string, errors: FieldError[]): void {
  if (protocol === '') errors.push(required(path));
  else if (!protocols.includes(protocol)) errors.push(notSupported(path, protocol, protocols));
}

function checkPorts(ports: readonly Fields[], path: string, errors: FieldError[]): void {
  const names = new Set<string>();
  for (let i = 0; i < ports.length; i++) {
    const { name = '', containerPort = 0, hostPort = 0, protocol = '' } = ports[i]!;
    const at = `${path}[${i}]`;
    if (name !== '') {
      const messages = isValidPortName(name);
      pushInvalid(errors, `${at}.name`, name, messages);
      if (messages.length === 0) {
        if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
        names.add(name);
      }
    }
    if (containerPort === 0) errors.push(required(`${at}.containerPort`));
    else pushInvalid(errors, `${at}.containerPort`, containerPort, isValidPortNum(containerPort));
    if (hostPort !== 0) pushInvalid(errors, `${at}.hostPort`, hostPort, isValidPortNum(hostPort));
    checkProtocol(protocol, `${at}.protocol`, errors);
  }
}

/** One container only may have a port of the host. */
function checkHostPorts(containers: readonly Fields[], path: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  for (let i = 0; i < containers.length; i++) {
    const ports = containers[i]!['ports'] as readonly Fields[] | null | undefined;
    if (!ports) continue;
    ports.forEach(({ hostPort, protocol, hostIP = '' }, j) => {
      if (!hostPort) return;
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (seen.has(key)) errors.push(duplicate(`${path}[${i}].ports[${j}].hostPort`, key));
      seen.add(key);
    });
  }
}

function checkResizePolicy(
  policies: readonly Fields[],
  podRestartPolicy: string,
  path: string,
  errors: FieldError[],
): void {
  const seen = new Set<string>();
  policies.forEach(({ resourceName = '', restartPolicy = '' }, i) => {
    if (seen.has(resourceName)) errors.push(duplicate(`${path}[${i}]`, resourceName));
    seen.add(resourceName);
    checkOneOf(resourceName, ['cpu', 'memory'], path, errors);
    checkOneOf(restartPolicy, ['NotRequired', 'RestartContainer'], path, errors);
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      const detail = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
      errors.push(invalid(path, restartPolicy, detail));
    }
  });
}

function checkOneOf(value: string, supported: readonly string[], path: string, errors: FieldError[]): void {
  if (value === '') errors.push(required(path));
  else if (!supported.includes(value)) errors.push(notSupported(path, value, supported));
}

const restartPolicies = ['Always', 'Never', 'OnFailure'];
const restartActions = ['Restart', 'RestartAllContainers'];
const maxRules = 20;
const maxExitCodes = 255;

/** A container's own restart policy, and the rules that need one (validateContainerRestartPolicy). */
function checkRestartPolicy(container: Fields, path: string, errors: FieldError[]): void {
  const policy = container['restartPolicy'] as string | null | undefined;
  const rules = listOf(container['restartPolicyRules']);
  if (policy === undefined || policy === null) {
    if (rules.length === 0) return;
    errors.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
  } else if (!restartPolicies.includes(policy)) {
    errors.push(notSupported(`${path}.restartPolicy`, policy, restartPolicies));
  }
  if (rules.length > maxRules) errors.push(tooMany(`${path}.restartPolicyRules`, rules.length, maxRules));
  rules.forEach((rule, i) => {
    checkRestartRule(rule, `${path}.restartPolicyRules[${i}]`, errors);
  });
}

function checkRestartRule(rule: Fields, path: string, errors: FieldError[]): void {
  const action = rule['action'] ?? '';
  if (!restartActions.includes(action)) errors.push(notSupported(`${path}.action`, action, restartActions));
  const codes = rule['exitCodes'] as Fields | null | undefined;
  if (!codes) {
    errors.push(required(`${path}.exitCodes`, 'must be specified'));
    return;
  }
  const operator = codes['operator'] ?? '';
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(notSupported(`${path}.exitCodes.operator`, operator, ['In', 'NotIn']));
  }
  const values = listOf(codes['values']);
  if (values.length > maxExitCodes) errors.push(tooMany(`${path}.exitCodes.values`, values.length, maxExitCodes));
}
