// What each source of a PersistentVolume must have, where it differs from a pod's (pkg/apis/core/validation
// validate*PersistentVolumeSource).
import { type FieldError, invalid } from '../../../apimachinery/field.ts';
import { nameIsDNSLabel } from '../../../apimachinery/names.ts';
import type { Fields } from '../fields.ts';
import { checkDNS1123Label, checkDNS1123Subdomain, checkNoBacksteps, checkRequired, pushInvalid } from './checks.ts';
import { all, type CheckSource, checkCSIDriverName, needs, sourceChecks } from './volume-source-validation.ts';

export interface PersistentSourceCheck {
  field: string;
  /** In errors, where it is not the field's name. */
  path?: string;
  check: CheckSource;
}

/** A secret of another namespace must be named in full. */
function checkSecretRef(source: Fields, path: string, errors: FieldError[]): void {
  if (source['secretRef']) needs('name', 'namespace')(source['secretRef'], `${path}.secretRef`, errors);
}

function checkGlusterfs(source: Fields, path: string, errors: FieldError[]): void {
  needs('endpoints', 'path')(source, path, errors);
  const namespace = (source['endpointsNamespace'] ?? undefined) as string | undefined;
  const at = `${path}.endpointsNamespace`;
  if (namespace === '')
    errors.push(invalid(at, namespace, 'if the endpointnamespace is set, it must be a valid namespace name'));
  else if (namespace !== undefined) pushInvalid(errors, at, namespace, nameIsDNSLabel(namespace, false));
}

function checkAzureFile(source: Fields, path: string, errors: FieldError[]): void {
  needs('secretName', 'shareName')(source, path, errors);
  const namespace = source['secretNamespace'] as string | null | undefined;
  if (namespace !== undefined && namespace !== null) checkRequired(namespace, `${path}.secretNamespace`, errors);
}

function checkLocal(source: Fields, path: string, errors: FieldError[]): void {
  if (checkRequired(source['path'], `${path}.path`, errors)) checkNoBacksteps(source['path'], `${path}.path`, errors);
}

function checkStorageOS(source: Fields, path: string, errors: FieldError[]): void {
  if (checkRequired(source['volumeName'], `${path}.volumeName`, errors))
    checkDNS1123Label(source['volumeName'], `${path}.volumeName`, errors);
  if (source['volumeNamespace']) checkDNS1123Label(source['volumeNamespace'], `${path}.volumeNamespace`, errors);
  checkSecretRef(source, path, errors);
}

const csiSecrets = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
];

function checkCSI(source: Fields, path: string, errors: FieldError[]): void {
  checkCSIDriverName(source['driver'], `${path}.driver`, errors);
  checkRequired(source['volumeHandle'], `${path}.volumeHandle`, errors);
  for (const field of csiSecrets) {
    const secret = source[field] as Fields | null | undefined;
    if (!secret) continue;
    const at = `${path}.${field}`;
    if (checkRequired(secret['name'], `${at}.name`, errors))
      checkDNS1123Subdomain(secret['name'], `${at}.name`, errors);
    if (checkRequired(secret['namespace'], `${at}.namespace`, errors))
      checkDNS1123Label(secret['namespace'], `${at}.namespace`, errors);
  }
}

const shared = new Map(sourceChecks);

function same(field: string, path?: string): PersistentSourceCheck {
  return { field, check: shared.get(field)!, ...(path === undefined ? {} : { path }) };
}

/** In the order in which upstream looks at them. */
export const persistentSourceChecks: readonly PersistentSourceCheck[] = [
  same('hostPath'),
  same('gcePersistentDisk', 'persistentDisk'),
  same('awsElasticBlockStore'),
  { field: 'glusterfs', check: checkGlusterfs },
  same('flocker'),
  same('nfs'),
  same('rbd'),
  same('quobyte'),
  same('cephfs'),
  same('iscsi'),
  { field: 'cinder', check: all(needs('volumeID'), checkSecretRef) },
  same('fc'),
  same('flexVolume'),
  { field: 'azureFile', check: checkAzureFile },
  same('vsphereVolume'),
  same('photonPersistentDisk'),
  same('portworxVolume'),
  same('azureDisk'),
  same('scaleIO'),
  { field: 'local', check: checkLocal },
  { field: 'storageos', check: checkStorageOS },
  { field: 'csi', check: checkCSI },
];
