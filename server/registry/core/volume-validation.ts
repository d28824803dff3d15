// The volumes of a pod, and what containers mount of them (pkg/apis/core/validation ValidateVolumes, ValidateVolumeMounts,
// ValidateVolumeDevices).
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  notSupported,
  required,
} from '../../../apimachinery/field.ts';
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import { quantityOf } from '../../../apimachinery/quantity.ts';
import { validateTemplateObjectMeta } from '../../../apimachinery/validation.ts';
import { type Fields, listOf } from '../fields.ts';
import { checkDNS1123Label, checkLocalDescendingPath, hasBacksteps } from './checks.ts';
import { checkClaimSpec } from './claim-spec-validation.ts';
import { checkPullPolicy } from './pull-policy.ts';
import { sourceChecks } from './volume-source-validation.ts';

/** The volumes that passed, by name: what can be mounted. */
export type Volumes = ReadonlyMap<string, Fields>;

/** What the volumes belong to: a pod's name makes the names of the claims of its ephemeral volumes. */
export interface VolumeOwner {
  isPod: boolean;
  podName: string;
}

/** ValidateVolumes. `path` is `spec.volumes`. */
export function checkVolumes(
  volumes: readonly Fields[],
  owner: VolumeOwner,
  path: string,
  errors: FieldError[],
): Volumes {
  const passed = new Map<string, Fields>();
  for (let i = 0; i < volumes.length; i++) {
    const volume = volumes[i]!;
    const name = (volume['name'] ?? '') as string;
    const at = `${path}[${i}]`;
    const before = errors.length;
    checkSource(volume, name, owner, at, errors);
    if (name === '') errors.push(required(`${at}.name`));
    else checkDNS1123Label(name, `${at}.name`, errors);
    if (passed.has(name)) errors.push(duplicate(`${at}.name`, name));
    if (errors.length === before) passed.set(name, volume);
    if (volume['persistentVolumeClaim']) checkNotEphemeral(volumes, volume, owner, at, errors);
  }
  return passed;
}

function checkNotEphemeral(
  volumes: readonly Fields[],
  { persistentVolumeClaim: claim }: Fields,
  { podName }: VolumeOwner,
  path: string,
  errors: FieldError[],
): void {
  const isCreated = volumes.some(
    (v) => v['ephemeral'] && podName !== '' && `${podName}-${v['name']}` === claim.claimName,
  );
  if (!isCreated) return;
  const detail = 'must not reference a PVC that gets created for an ephemeral volume';
  errors.push(invalid(`${path}.persistentVolumeClaim.claimName`, claim.claimName, detail));
}

/** Exactly one source; of more, the first is checked and the others are refused. */
function checkSource(volume: Fields, name: string, owner: VolumeOwner, path: string, errors: FieldError[]): void {
  let count = 0;
  if (volume['emptyDir']) {
    count++;
    const limit = volume['emptyDir'].sizeLimit;
    if (limit !== undefined && quantityOf(limit).nanos < 0n) {
      errors.push(forbidden(`${path}.emptyDir.sizeLimit`, 'SizeLimit field must be a valid resource quantity'));
    }
  }
  for (const [field, check] of sourceChecks) {
    const source = volume[field] as Fields | null | undefined;
    if (!source) continue;
    if (count > 0) refuse(field, path, errors);
    else check(source, `${path}.${field === 'gcePersistentDisk' ? 'persistentDisk' : field}`, errors);
    count++;
  }
  if (volume['iscsi']) checkISCSILength(volume['iscsi'], name, path, errors);
  if (volume['ephemeral']) {
    if (count > 0) refuse('ephemeral', path, errors);
    else checkEphemeral(volume['ephemeral'], name, owner, path, errors);
    count++;
  }
  if (volume['image']) {
    if (count > 0) refuse('image', path, errors);
    else checkImage(volume['image'], owner, `${path}.image`, errors);
    count++;
  }
  if (count === 0) errors.push(required(path, 'must specify a volume type'));
}

/** Upstream's paths of two sources differ from their fields. */
const refusedAs: Readonly<Record<string, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' };

function refuse(field: string, path: string, errors: FieldError[]): void {
  errors.push(forbidden(`${path}.${refusedAs[field] ?? field}`, 'may not specify more than 1 volume type'));
}

function checkISCSILength(source: Fields, name: string, path: string, errors: FieldError[]): void {
  if (source['initiatorName'] === undefined || `${name}:${source['targetPortal'] ?? ''}`.length <= 64) return;
  const detail =
    'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';
  errors.push(invalid(`${path}.name`, name, detail));
}

function checkEphemeral(source: Fields, name: string, owner: VolumeOwner, path: string, errors: FieldError[]): void {
  const template = source['volumeClaimTemplate'] as Fields | null | undefined;
  const at = `${path}.ephemeral.volumeClaimTemplate`;
  if (template) {
    errors.push(...validateTemplateObjectMeta(template['metadata'] ?? {}, `${at}.metadata`));
    checkClaimSpec(template['spec'] ?? {}, `${at}.spec`, errors);
  } else {
    errors.push(required(at));
  }
  if (owner.podName === '' || name === '') return;
  const claim = `${owner.podName}-${name}`;
  for (const message of nameIsDNSSubdomain(claim, false)) {
    errors.push(invalid(`${path}.name`, name, `PVC name ${JSON.stringify(claim)}: ${message}`));
  }
}

function checkImage(source: Fields, owner: VolumeOwner, path: string, errors: FieldError[]): void {
  if (owner.isPod && !source['reference']) errors.push(required(`${path}.reference`));
  checkPullPolicy(source['pullPolicy'] ?? '', `${path}.pullPolicy`, errors);
}

/** ValidateVolumeMounts of one container; `path` is its `volumeMounts`. */
export function checkVolumeMounts(container: Fields, volumes: Volumes, path: string, errors: FieldError[]): void {
  const mounts = container['volumeMounts'] as readonly Fields[] | null | undefined;
  if (!mounts) return;
  const devices = listOf(container['volumeDevices']);
  const seen = new Set<string>();
  for (let i = 0; i < mounts.length; i++) {
    const mount = mounts[i]!;
    const name = (mount['name'] ?? '') as string;
    const mountPath = (mount['mountPath'] ?? '') as string;
    const at = `${path}[${i}]`;
    if (name === '') errors.push(required(`${at}.name`));
    if (!volumes.has(name)) errors.push(notFound(`${at}.name`, name));
    if (mountPath === '') errors.push(required(`${at}.mountPath`));
    if (seen.has(mountPath)) errors.push(invalid(`${at}.mountPath`, mountPath, 'must be unique'));
    seen.add(mountPath);
    if (devices.length > 0) checkNotDevice(name, mountPath, devices, at, errors);
    checkMountOptions(mount, container, at, path, errors);
  }
}

function checkNotDevice(
  name: string,
  mountPath: string,
  devices: readonly Fields[],
  path: string,
  errors: FieldError[],
): void {
  if (devices.some((device) => device['name'] === name)) {
    errors.push(invalid(`${path}.name`, name, 'must not already exist in volumeDevices'));
  }
  if (devices.some((device) => device['devicePath'] === mountPath)) {
    errors.push(invalid(`${path}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'));
  }
}

/** What upstream reports at the list (`path`) and what at the mount (`at`). */
function checkMountOptions(mount: Fields, container: Fields, at: string, path: string, errors: FieldError[]): void {
  const { subPath, subPathExpr, mountPropagation: propagation, recursiveReadOnly: recursive } = mount;
  if (subPath) checkLocalDescendingPath(subPath, `${path}.subPath`, errors);
  if (subPathExpr) {
    if (subPath)
      errors.push(invalid(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
    checkLocalDescendingPath(subPathExpr, `${path}.subPathExpr`, errors);
  }
  if (propagation !== undefined && propagation !== null) {
    checkPropagation(propagation, container, `${path}.mountPropagation`, errors);
  }
  if (recursive !== undefined && recursive !== null) checkRecursive(mount, `${path}.recursiveReadOnly`, errors);
}

function checkPropagation(propagation: string, container: Fields, path: string, errors: FieldError[]): void {
  const supported = ['Bidirectional', 'HostToContainer', 'None'];
  if (!supported.includes(propagation)) errors.push(notSupported(path, propagation, supported));
  if (propagation === 'Bidirectional' && container['securityContext']?.privileged !== true) {
    errors.push(forbidden(path, 'Bidirectional mount propagation is available only to privileged containers'));
  }
}

function checkRecursive(mount: Fields, path: string, errors: FieldError[]): void {
  const { recursiveReadOnly: recursive, mountPropagation: propagation } = mount;
  if (recursive === 'Disabled') return;
  if (recursive !== 'Enabled' && recursive !== 'IfPossible') {
    errors.push(notSupported(path, recursive, ['Disabled', 'Enabled', 'IfPossible']));
    return;
  }
  if (mount['readOnly'] !== true) errors.push(forbidden(path, 'may only be specified when readOnly is true'));
  if (propagation !== undefined && propagation !== null && propagation !== 'None') {
    errors.push(forbidden(path, 'may only be specified when mountPropagation is None or not specified'));
  }
}

/** ValidateVolumeDevices of one container; `path` is its `volumeDevices`. */
export function checkVolumeDevices(container: Fields, volumes: Volumes, path: string, errors: FieldError[]): void {
  const mounts = listOf(container['volumeMounts']);
  const names = new Set<string>();
  const paths = new Set<string>();
  listOf(container['volumeDevices']).forEach((device, i) => {
    const name = (device['name'] ?? '') as string;
    const devicePath = (device['devicePath'] ?? '') as string;
    const at = `${path}[${i}]`;
    checkDeviceName(name, names, volumes.get(name), `${at}.name`, errors);
    checkDevicePath(devicePath, paths, `${at}.devicePath`, errors);
    if (mounts.some((mount) => mount['name'] === name)) {
      errors.push(invalid(`${at}.name`, name, 'must not already exist in volumeMounts'));
    }
    if (mounts.some((mount) => mount['mountPath'] === devicePath)) {
      errors.push(invalid(`${at}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts'));
    }
    if (name !== '') names.add(name);
  });
}

function checkDeviceName(
  name: string,
  seen: ReadonlySet<string>,
  volume: Fields | undefined,
  path: string,
  errors: FieldError[],
): void {
  if (name === '') errors.push(required(path));
  if (seen.has(name)) errors.push(invalid(path, name, 'must be unique'));
  if (volume && !volume['persistentVolumeClaim'] && !volume['ephemeral']) {
    const detail = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
    errors.push(invalid(path, name, detail));
  }
  if (!volume) errors.push(notFound(path, name));
}

function checkDevicePath(devicePath: string, seen: Set<string>, path: string, errors: FieldError[]): void {
  if (devicePath === '') errors.push(required(path));
  if (seen.has(devicePath)) errors.push(invalid(path, devicePath, 'must be unique'));
  if (devicePath !== '' && hasBacksteps(devicePath)) {
    errors.push(invalid(path, devicePath, "can not contain backsteps ('..')"));
  } else {
    seen.add(devicePath);
  }
}
