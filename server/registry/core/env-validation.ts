// Environment variables of containers and the references they are filled from.
import { type FieldError, invalid, notFound, notSupported, required } from '../../../apimachinery/field.ts';
import { isConfigMapKey, isRelaxedEnvVarName, nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import { type Fields, listOf } from '../fields.ts';
import { checkDNS1123Label, checkNoBacksteps, checkQualifiedName, checkRequired, pushInvalid } from './checks.ts';
import { checkDivisor } from './resource-validation.ts';

/** ValidateEnv. */
export function checkEnv(env: readonly Fields[], path: string, errors: FieldError[]): void {
  for (let i = 0; i < env.length; i++) {
    const variable = env[i]!;
    const name = (variable['name'] ?? '') as string;
    if (name === '') errors.push(required(`${path}[${i}].name`));
    else pushInvalid(errors, `${path}[${i}].name`, name, isRelaxedEnvVarName(name));
    if (variable['valueFrom']) checkValueFrom(variable, `${path}[${i}].valueFrom`, errors);
  }
}

function checkValueFrom(variable: Fields, path: string, errors: FieldError[]): void {
  const source = variable['valueFrom'] as Fields;
  let sources = 0;
  if (source['fieldRef']) {
    sources++;
    checkFieldRef(source['fieldRef'], envFieldPaths, `${path}.fieldRef`, errors);
  }
  if (source['resourceFieldRef']) {
    sources++;
    checkResourceFieldRef(source['resourceFieldRef'], false, `${path}.resourceFieldRef`, errors);
  }
  for (const field of ['configMapKeyRef', 'secretKeyRef']) {
    if (!source[field]) continue;
    sources++;
    checkKeyRef(source[field], `${path}.${field}`, errors);
  }
  if (source['fileKeyRef']) {
    sources++;
    checkFileKeyRef(source['fileKeyRef'], `${path}.fileKeyRef`, errors);
  }
  if (sources === 0) {
    const detail =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    errors.push(invalid(path, '', detail));
  } else if (variable['value']) {
    errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  } else if (sources > 1) {
    errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  }
}

const envFieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

/** What a downward API volume may show of the pod. */
export const volumeFieldPaths = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** What a field path may name before it is narrowed to what can be shown where. */
const knownFieldPaths = new Set([
  ...envFieldPaths,
  ...volumeFieldPaths,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
  'spec.host',
]);

const subscripted = /^(.+?)\['(.*)'\]$/s;

/** validateObjectFieldSelector; `allowed` are the field paths that can be shown here, sorted. */
export function checkFieldRef(reference: Fields, allowed: readonly string[], path: string, errors: FieldError[]): void {
  if (!checkRequired(reference['apiVersion'], `${path}.apiVersion`, errors)) return;
  if (!checkRequired(reference['fieldPath'], `${path}.fieldPath`, errors)) return;
  const fieldPath = reference['fieldPath'] as string;
  const match = subscripted.exec(fieldPath);
  const problem = fieldPathProblem(reference['apiVersion'], fieldPath, match?.[1]);
  if (problem !== undefined) {
    errors.push(invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: ${problem}`));
  } else if (match) {
    const subscript = match[2]!;
    checkQualifiedName(match[1] === 'metadata.annotations' ? subscript.toLowerCase() : subscript, path, errors);
  } else {
    const internal = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath;
    if (!allowed.includes(internal)) errors.push(notSupported(`${path}.fieldPath`, internal, allowed));
  }
}

function fieldPathProblem(version: string, fieldPath: string, base: string | undefined): string | undefined {
  if (version !== 'v1') return `unsupported pod version: ${version}`;
  if (base !== undefined) {
    const isMap = base === 'metadata.annotations' || base === 'metadata.labels';
    return isMap ? undefined : `field label does not support subscript: ${fieldPath}`;
  }
  return knownFieldPaths.has(fieldPath) ? undefined : `field label not supported: ${fieldPath}`;
}

const resourceFieldPaths = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

/** validateContainerResourceFieldSelector; in a volume the container must be named. */
export function checkResourceFieldRef(reference: Fields, isVolume: boolean, path: string, errors: FieldError[]): void {
  const resource = (reference['resource'] ?? '') as string;
  if (isVolume && !reference['containerName']) errors.push(required(`${path}.containerName`));
  else if (resource === '') errors.push(required(`${path}.resource`));
  else if (!resourceFieldPaths.includes(resource) && !/^(requests|limits)\.hugepages-/.test(resource)) {
    errors.push(notSupported(`${path}.resource`, resource, resourceFieldPaths));
  }
  checkDivisor(resource, reference['divisor'], path, errors);
}

function checkKeyRef(reference: Fields, path: string, errors: FieldError[]): void {
  const name = (reference['name'] ?? '') as string;
  const key = (reference['key'] ?? '') as string;
  pushInvalid(errors, `${path}.name`, name, nameIsDNSSubdomain(name, false));
  if (key === '') errors.push(required(`${path}.key`));
  else pushInvalid(errors, `${path}.key`, key, isConfigMapKey(key));
}

function checkFileKeyRef(reference: Fields, path: string, errors: FieldError[]): void {
  const { key, volumeName, path: file } = reference;
  if (checkRequired(key, `${path}.key`, errors)) pushInvalid(errors, `${path}.key`, key, isRelaxedEnvVarName(key));
  if (checkRequired(volumeName, `${path}.volumeName`, errors))
    checkDNS1123Label(volumeName, `${path}.volumeName`, errors);
  if (checkRequired(file, `${path}.path`, errors)) checkNoBacksteps(file, `${path}.path`, errors);
}

/** ValidateEnvFrom; upstream reports a source that is missing at the list. */
export function checkEnvFrom(sources: readonly Fields[], path: string, errors: FieldError[]): void {
  sources.forEach((source, i) => {
    const prefix = (source['prefix'] ?? '') as string;
    if (prefix !== '') pushInvalid(errors, `${path}[${i}].prefix`, prefix, isRelaxedEnvVarName(prefix));
    let count = 0;
    for (const field of ['configMapRef', 'secretRef']) {
      const reference = source[field] as Fields | null | undefined;
      if (!reference) continue;
      count++;
      const at = `${path}[${i}].${field}.name`;
      if (checkRequired(reference['name'], at, errors)) {
        pushInvalid(errors, at, reference['name'], nameIsDNSSubdomain(reference['name'], true));
      }
    }
    if (count === 0) errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (count > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  });
}

/** Files that variables are read from lie in volumes of type emptyDir (validateFileKeyRefVolumes). */
export function checkFileKeyRefVolumes(spec: Fields, path: string, errors: FieldError[]): void {
  for (const list of ['initContainers', 'containers', 'ephemeralContainers']) {
    listOf(spec[list]).forEach((container, i) => {
      listOf(container['env']).forEach((variable, j) => {
        const reference = variable['valueFrom']?.fileKeyRef as Fields | undefined;
        if (!reference) return;
        const name = (reference['volumeName'] ?? '') as string;
        const at = `${path}.${list}[${i}].env[${j}].valueFrom.fileKeyRef.volumeName`;
        const volume = listOf(spec['volumes']).findLast((v) => (v['name'] ?? '') === name);
        if (!volume) errors.push(notFound(at, name));
        else if (!volume['emptyDir']) errors.push(invalid(at, name, 'referenced volume must be of type emptyDir'));
      });
    });
  }
}
