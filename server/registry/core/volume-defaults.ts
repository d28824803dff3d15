// Defaults of volumes (pkg/apis/core/v1/defaults.go and the `+default` markers of its types).
import { defaultTo, defaultZero, type Fields, listOf } from '../fields.ts';
import { imageTag } from './image-name.ts';
import { canonicalizeField, defaultRequirements } from './resource-lists.ts';

/** Mode of files that volumes project, 0644. */
const defaultFileMode = 0o644;

/** Defaults one entry of spec.volumes, in place. A volume without a source is an emptyDir. */
export function defaultVolume(volume: Fields): void {
  let hasSource = false;
  for (const field in volume) {
    if (field === 'name' || volume[field] === undefined || volume[field] === null) continue;
    hasSource = true;
    sourceDefaults[field]?.(volume[field] as Fields);
  }
  if (!hasSource) volume['emptyDir'] = {};
}

/** The defaults of a volume source by its field; PersistentVolumes share those of hostPath, iscsi, rbd and scaleIO. */
export const sourceDefaults: Readonly<Record<string, (source: Fields) => void>> = {
  hostPath: (source) => defaultTo(source, 'type', ''),
  emptyDir: (source) => canonicalizeField(source, 'sizeLimit'),
  secret: (source) => defaultTo(source, 'defaultMode', defaultFileMode),
  configMap: (source) => defaultTo(source, 'defaultMode', defaultFileMode),
  downwardAPI(source) {
    defaultTo(source, 'defaultMode', defaultFileMode);
    defaultDownwardItems(source['items']);
  },
  projected(source) {
    defaultTo(source, 'defaultMode', defaultFileMode);
    for (const projection of listOf(source['sources'])) defaultProjection(projection);
  },
  iscsi: (source) => defaultZero(source, 'iscsiInterface', 'default'),
  rbd(source) {
    defaultZero(source, 'pool', 'rbd');
    defaultZero(source, 'user', 'admin');
    defaultZero(source, 'keyring', '/etc/ceph/keyring');
  },
  azureDisk(source) {
    defaultTo(source, 'cachingMode', 'ReadWrite');
    defaultTo(source, 'fsType', 'ext4');
    defaultTo(source, 'readOnly', false);
    defaultTo(source, 'kind', 'Shared');
  },
  scaleIO(source) {
    defaultZero(source, 'storageMode', 'ThinProvisioned');
    defaultZero(source, 'fsType', 'xfs');
  },
  image(source) {
    defaultZero(source, 'pullPolicy', imageTag(source['reference'] ?? '') === 'latest' ? 'Always' : 'IfNotPresent');
  },
  ephemeral(source) {
    const spec = source['volumeClaimTemplate']?.spec as Fields | undefined;
    if (spec) defaultClaimSpec(spec);
  },
};

function defaultDownwardItems(items: unknown): void {
  for (const item of listOf(items)) {
    if (item['fieldRef']) defaultZero(item['fieldRef'], 'apiVersion', 'v1');
    if (item['resourceFieldRef']) defaultDivisor(item['resourceFieldRef']);
  }
}

/** A resourceFieldRef always shows its divisor; an unset one is "0". */
export function defaultDivisor(reference: Fields): void {
  defaultTo(reference, 'divisor', '0');
  canonicalizeField(reference, 'divisor');
}

function defaultProjection(projection: Fields): void {
  // Behind gates that are off (ClusterTrustBundleProjection, PodCertificateRequest): dropped without a word.
  delete projection['clusterTrustBundle'];
  delete projection['podCertificate'];
  if (projection['downwardAPI']) defaultDownwardItems(projection['downwardAPI'].items);
  if (projection['serviceAccountToken']) defaultTo(projection['serviceAccountToken'], 'expirationSeconds', 3600);
}

/** SetDefaults_PersistentVolumeClaimSpec, with its resource lists. */
export function defaultClaimSpec(spec: Fields): void {
  defaultTo(spec, 'volumeMode', 'Filesystem');
  defaultTo(spec, 'resources', {});
  defaultRequirements(spec['resources']);
}
