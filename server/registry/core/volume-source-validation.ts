// What each source of a volume must have (pkg/apis/core/validation validate*VolumeSource). Pods and PersistentVolumes share most.
import { type FieldError, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import { inclusiveRangeError, nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import { type Fields, listOf } from '../fields.ts';
import {
  checkDNS1123Label,
  checkDNS1123Subdomain,
  checkFileMode,
  checkLocalDescendingPath,
  checkLocalNonReservedPath,
  checkNoBacksteps,
  checkRequired,
  pushInvalid,
} from './checks.ts';
import { checkFieldRef, checkResourceFieldRef, volumeFieldPaths } from './env-validation.ts';
import { checkProjected } from './projection-validation.ts';

export type CheckSource = (source: Fields, path: string, errors: FieldError[]) => void;

/** Requires that the named fields are not empty. */
export function needs(...fields: string[]): CheckSource {
  return (source, path, errors) => {
    for (const field of fields) {
      const value = source[field];
      if (Array.isArray(value) && value.length === 0) errors.push(required(`${path}.${field}`));
      else checkRequired(value, `${path}.${field}`, errors);
    }
  };
}

export function all(...checks: CheckSource[]): CheckSource {
  return (source, path, errors) => {
    for (const check of checks) check(source, path, errors);
  };
}

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

export function checkHostPath(source: Fields, path: string, errors: FieldError[]): void {
  if (!checkRequired(source['path'], `${path}.path`, errors)) return;
  checkNoBacksteps(source['path'], `${path}.path`, errors);
  const type = source['type'] as string | null | undefined;
  if (type !== undefined && type !== null && !hostPathTypes.includes(type)) {
    errors.push(notSupported(`${path}.type`, type, hostPathTypes));
  }
}

function checkPartition(source: Fields, path: string, errors: FieldError[]): void {
  const partition = source['partition'] ?? 0;
  if (partition >= 0 && partition <= 255) return;
  errors.push(invalid(`${path}.partition`, partition, inclusiveRangeError(1, 255)));
}

/** A file of a projected key: key, path below the mount, mode. */
export function checkKeyToPath(item: Fields, path: string, errors: FieldError[]): void {
  checkRequired(item['key'], `${path}.key`, errors);
  checkRequired(item['path'], `${path}.path`, errors);
  checkLocalNonReservedPath(item['path'] ?? '', `${path}.path`, errors);
  checkFileMode(item['mode'], `${path}.mode`, errors);
}

function checkKeyedSource(nameField: string): CheckSource {
  return (source, path, errors) => {
    checkRequired(source[nameField], `${path}.${nameField}`, errors);
    checkFileMode(source['defaultMode'], `${path}.defaultMode`, errors);
    listOf(source['items']).forEach((item, i) => {
      checkKeyToPath(item, `${path}.items[${i}]`, errors);
    });
  };
}

/** validateDownwardAPIVolumeFile; upstream reports at the source, not at the item. */
export function checkDownwardFile(file: Fields, path: string, errors: FieldError[]): void {
  checkRequired(file['path'], `${path}.path`, errors);
  checkLocalNonReservedPath(file['path'] ?? '', `${path}.path`, errors);
  if (file['fieldRef']) {
    checkFieldRef(file['fieldRef'], volumeFieldPaths, `${path}.fieldRef`, errors);
    if (file['resourceFieldRef']) {
      errors.push(invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    }
  } else if (file['resourceFieldRef']) {
    checkResourceFieldRef(file['resourceFieldRef'], true, `${path}.resourceFieldRef`, errors);
  } else {
    errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  }
  checkFileMode(file['mode'], `${path}.mode`, errors);
}

function checkDownwardAPI(source: Fields, path: string, errors: FieldError[]): void {
  checkFileMode(source['defaultMode'], `${path}.defaultMode`, errors);
  for (const file of listOf(source['items'])) checkDownwardFile(file, path, errors);
}

function checkNFS(source: Fields, path: string, errors: FieldError[]): void {
  needs('server', 'path')(source, path, errors);
  const target = source['path'] ?? '';
  if (!target.startsWith('/')) errors.push(invalid(`${path}.path`, target, 'must be an absolute path'));
}

const iscsiNames: Readonly<Record<string, RegExp>> = {
  iqn: /^iqn\.\d{4}-\d{2}\.([a-zA-Z0-9_.-]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[a-zA-Z0-9]{16}$/,
  naa: /^naa.[a-zA-Z0-9]{32}$/,
};

function checkISCSIName(name: string, path: string, errors: FieldError[]): void {
  const pattern = iscsiNames[name.slice(0, 3)];
  if (!pattern) errors.push(invalid(path, name, 'must be valid format starting with iqn, eui, or naa'));
  else if (!pattern.test(name)) errors.push(invalid(path, name, 'must be valid format'));
}

function checkISCSI(source: Fields, path: string, errors: FieldError[]): void {
  checkRequired(source['targetPortal'], `${path}.targetPortal`, errors);
  if (checkRequired(source['iqn'], `${path}.iqn`, errors)) checkISCSIName(source['iqn'], `${path}.iqn`, errors);
  checkLun(source['lun'] ?? 0, path, errors);
  const usesCHAP = source['chapAuthDiscovery'] === true || source['chapAuthSession'] === true;
  if (usesCHAP && !source['secretRef']) errors.push(required(`${path}.secretRef`));
  if (source['initiatorName'] !== undefined) {
    checkISCSIName(source['initiatorName'], `${path}.initiatorname`, errors);
  }
}

function checkLun(lun: number, path: string, errors: FieldError[]): void {
  if (lun < 0 || lun > 255) errors.push(invalid(`${path}.lun`, lun, inclusiveRangeError(0, 255)));
}

function checkFC(source: Fields, path: string, errors: FieldError[]): void {
  const names = listOf(source['targetWWNs']);
  const ids = listOf(source['wwids']);
  const at = `${path}.targetWWNs`;
  if (names.length === 0 && ids.length === 0) {
    errors.push(required(at, 'must specify either targetWWNs or wwids, but not both'));
  }
  if (names.length > 0 && ids.length > 0) {
    errors.push(invalid(at, names, 'targetWWNs and wwids can not be specified simultaneously'));
  }
  if (names.length === 0) return;
  if (source['lun'] === undefined) errors.push(required(`${path}.lun`, 'lun is required if targetWWNs is specified'));
  else checkLun(source['lun'], path, errors);
}

function checkFlocker(source: Fields, path: string, errors: FieldError[]): void {
  const { datasetName = '', datasetUUID = '' } = source;
  if (datasetName === '' && datasetUUID === '') {
    errors.push(required(path, 'one of datasetName and datasetUUID is required'));
  }
  if (datasetName !== '' && datasetUUID !== '') {
    errors.push(invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
  }
  if (datasetName.includes('/')) errors.push(invalid(`${path}.datasetName`, datasetName, "must not contain '/'"));
}

function checkFlex(source: Fields, path: string, errors: FieldError[]): void {
  checkRequired(source['driver'], `${path}.driver`, errors);
  for (const key of Object.keys(source['options'] ?? {})) {
    const domain = `.${(key.includes('/') ? key.slice(0, key.indexOf('/')) : key).toLowerCase()}`;
    if (!domain.endsWith('.kubernetes.io') && !domain.endsWith('.k8s.io')) continue;
    errors.push(invalid(`${path}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved'));
  }
}

/** A reference to a secret must name it. */
function checkSecretRef(source: Fields, path: string, errors: FieldError[]): void {
  if (source['secretRef']) checkRequired(source['secretRef'].name, `${path}.secretRef.name`, errors);
}

const managedDisk = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const blobDisk = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

function checkAzureDisk(source: Fields, path: string, errors: FieldError[]): void {
  needs('diskName', 'diskURI')(source, path, errors);
  const { cachingMode, kind, diskURI = '' } = source;
  checkOneOf(cachingMode, ['None', 'ReadOnly', 'ReadWrite'], `${path}.cachingMode`, errors);
  checkOneOf(kind, ['Dedicated', 'Managed', 'Shared'], `${path}.kind`, errors);
  const at = `${path}.diskURI`;
  if (kind === 'Managed' && !diskURI.startsWith('/subscriptions/'))
    errors.push(notSupported(at, diskURI, [managedDisk]));
  if (kind !== undefined && kind !== 'Managed' && !diskURI.startsWith('https://')) {
    errors.push(notSupported(at, diskURI, [blobDisk]));
  }
}

function checkOneOf(value: unknown, supported: readonly string[], path: string, errors: FieldError[]): void {
  if (value !== undefined && !supported.includes(value as string)) errors.push(notSupported(path, value, supported));
}

function checkQuobyte(source: Fields, path: string, errors: FieldError[]): void {
  const { registry = '', tenant = '' } = source;
  const detail = 'must be a host:port pair or multiple pairs separated by commas';
  if (registry === '') errors.push(required(`${path}.registry`, detail));
  else if (tenant.length >= 65) {
    errors.push(required(`${path}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'));
  } else {
    for (const pair of registry.split(',')) {
      if (!/^(\[[^[\]]*\]|[^[\]:]*):[^[\]:]*$/.test(pair)) errors.push(invalid(`${path}.registry`, registry, detail));
    }
  }
  checkRequired(source['volume'], `${path}.volume`, errors);
}

function checkStorageOS(source: Fields, path: string, errors: FieldError[]): void {
  for (const field of ['volumeName', 'volumeNamespace']) {
    if (source[field]) checkDNS1123Label(source[field], `${path}.${field}`, errors);
    else if (field === 'volumeName') errors.push(required(`${path}.volumeName`));
  }
  checkSecretRef(source, path, errors);
}

/** Driver names are subdomains in any case, at most 63 bytes (ValidateCSIDriverName). */
export function checkCSIDriverName(name: string | undefined, path: string, errors: FieldError[]): void {
  if (!checkRequired(name, path, errors)) return;
  if (name!.length > 63)
    errors.push({ type: 'FieldValueTooLong', field: path, body: ': may not be more than 63 bytes' });
  const before = errors.length;
  checkDNS1123Subdomain(name!.toLowerCase(), path, errors);
  // The message shows the name as it was written.
  for (let i = before; i < errors.length; i++) {
    errors[i]!.body = errors[i]!.body.replace(JSON.stringify(name!.toLowerCase()), JSON.stringify(name));
  }
}

function checkCSI(source: Fields, path: string, errors: FieldError[]): void {
  checkCSIDriverName(source['driver'], `${path}.driver`, errors);
  const secret = source['nodePublishSecretRef'] as Fields | undefined;
  if (!secret || !checkRequired(secret['name'], `${path}.nodePublishSecretRef.name`, errors)) return;
  pushInvalid(errors, `${path}.name`, secret['name'], nameIsDNSSubdomain(secret['name'], false));
}

/** Sources in the order in which upstream looks at them, each with its check. emptyDir, ephemeral and image stand with the pod's. */
export const sourceChecks: readonly (readonly [string, CheckSource])[] = [
  ['hostPath', checkHostPath],
  [
    'gitRepo',
    (source, path, errors) => {
      checkRequired(source['repository'], `${path}.repository`, errors);
      checkLocalDescendingPath(source['directory'] ?? '', `${path}.directory`, errors);
    },
  ],
  ['gcePersistentDisk', all(needs('pdName'), checkPartition)],
  ['awsElasticBlockStore', all(needs('volumeID'), checkPartition)],
  ['secret', checkKeyedSource('secretName')],
  ['nfs', checkNFS],
  ['iscsi', checkISCSI],
  ['glusterfs', needs('endpoints', 'path')],
  ['flocker', checkFlocker],
  ['persistentVolumeClaim', needs('claimName')],
  ['rbd', needs('monitors', 'image')],
  ['cinder', all(needs('volumeID'), checkSecretRef)],
  ['cephfs', needs('monitors')],
  ['quobyte', checkQuobyte],
  ['downwardAPI', checkDownwardAPI],
  ['fc', checkFC],
  ['flexVolume', checkFlex],
  ['configMap', checkKeyedSource('name')],
  ['azureFile', needs('secretName', 'shareName')],
  ['vsphereVolume', needs('volumePath')],
  ['photonPersistentDisk', needs('pdID')],
  ['portworxVolume', needs('volumeID')],
  ['azureDisk', checkAzureDisk],
  ['storageos', checkStorageOS],
  ['projected', checkProjected],
  ['scaleIO', needs('gateway', 'system', 'volumeName')],
  ['csi', checkCSI],
];
