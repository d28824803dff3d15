// PersistentVolume (pkg/apis/core/validation ValidatePersistentVolumeSpec, ValidatePersistentVolumeUpdate).
import { type FieldError, forbidden, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import type { Fields } from '../fields.ts';
import { checkAccessModes, checkClassName, checkVolumeMode } from './claim-spec-validation.ts';
import { asInternal } from './internal-form.ts';
import { persistentSourceChecks } from './persistent-source-validation.ts';
import { checkBasicResource, checkPositiveQuantity } from './resource-validation.ts';
import { checkNodeSelector } from './scheduling-validation.ts';
import { structDiff } from './struct-diff.ts';

const reclaimPolicies = ['Delete', 'Recycle', 'Retain'];

const mountOptions = 'volume.beta.kubernetes.io/mount-options';

const mountableSources = [
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'nfs',
  'rbd',
  'quobyte',
  'iscsi',
  'cinder',
  'cephfs',
  'azureFile',
  'vsphereVolume',
  'azureDisk',
];

export function validatePersistentVolume(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const spec = (object['spec'] ?? {}) as Fields;
  checkSpec(spec, errors);
  checkMountOptions(object, errors);
  return errors;
}

/** Some sources do not take the annotation that came before spec.mountOptions (pkg/volume/validation). */
function checkMountOptions(object: KubeObject, errors: FieldError[]): void {
  if (!(mountOptions in (object.metadata.annotations ?? {}))) return;
  if (mountableSources.some((field) => object['spec']?.[field])) return;
  const path = `metadata.annotations.${mountOptions}`;
  errors.push(forbidden(path, 'may not specify mount options for this volume type'));
}

function checkSpec(spec: Fields, errors: FieldError[]): void {
  const modes = (spec['accessModes'] ?? []) as string[];
  if (modes.length === 0) errors.push(required('spec.accessModes'));
  checkAccessModes(modes, 'spec.accessModes', errors);
  checkCapacity(spec['capacity'], errors);
  const policy = spec['persistentVolumeReclaimPolicy'] as string | undefined;
  if (policy && !reclaimPolicies.includes(policy))
    errors.push(notSupported('spec.persistentVolumeReclaimPolicy', policy, reclaimPolicies));
  checkNodeAffinity(spec['nodeAffinity'], errors);
  checkSource(spec, errors);
  checkClassName(spec['storageClassName'], 'spec.storageClassName', errors);
  checkVolumeMode(spec['volumeMode'], 'spec.volumeMode', errors);
  checkAttributesClass(spec, errors);
}

/** Storage is the only thing a volume has a capacity of. */
function checkCapacity(capacity: Fields | null | undefined, errors: FieldError[]): void {
  const path = 'spec.capacity';
  const entries = Object.entries((capacity ?? {}) as Record<string, string>);
  if (entries.length === 0) errors.push(required(path));
  if (entries.length !== 1 || entries[0]![0] !== 'storage') errors.push(notSupported(path, capacity, ['storage']));
  for (const [name, quantity] of entries) {
    checkBasicResource(quantity, `${path}[${name}]`, errors);
    checkPositiveQuantity(quantity, `${path}[${name}]`, errors);
  }
}

function checkNodeAffinity(affinity: Fields | null | undefined, errors: FieldError[]): void {
  const path = 'spec.nodeAffinity.required';
  if (!affinity) return;
  if (affinity['required']) checkNodeSelector(affinity['required'], path, errors);
  else errors.push(required(path, 'must specify required node constraints'));
}

/** Exactly one source. */
function checkSource(spec: Fields, errors: FieldError[]): void {
  let found = 0;
  for (const { field, path = field, check } of persistentSourceChecks) {
    if (!spec[field]) continue;
    if (found > 0 && field !== 'flexVolume') {
      errors.push(
        forbidden(`spec.${field === 'cephfs' ? 'cephFS' : field}`, 'may not specify more than 1 volume type'),
      );
      continue;
    }
    found++;
    check(spec[field], `spec.${path}`, errors);
    if (field === 'local' && !spec['nodeAffinity'])
      errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'));
  }
  if (found === 0) errors.push(required('spec', 'must specify a volume type'));
  const isRoot = /^\/+(\.?\/*)*$/.test((spec['hostPath']?.path ?? '') as string);
  if (isRoot && spec['persistentVolumeReclaimPolicy'] === 'Recycle') {
    const detail = "may not be 'recycle' for a hostPath mount of '/'";
    errors.push(forbidden('spec.persistentVolumeReclaimPolicy', detail));
  }
}

function checkAttributesClass(spec: Fields, errors: FieldError[]): void {
  const name = (spec['volumeAttributesClassName'] ?? undefined) as string | undefined;
  const path = 'spec.volumeAttributesClassName';
  if (name === undefined) return;
  if (name === '') errors.push(required(path, 'an empty string is disallowed'));
  else checkClassName(name, path, errors);
  if (!spec['csi']) errors.push(required('spec.csi', 'has to be specified when using volumeAttributesClassName'));
}

export function validatePersistentVolumeUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors = validatePersistentVolume(object);
  const spec = (object['spec'] ?? {}) as Fields;
  const oldSpec = (old['spec'] ?? {}) as Fields;
  // Upstream checks the spec once more here, and lists what is wrong with it twice.
  checkSpec(spec, errors);
  checkSameSource(spec, oldSpec, errors);
  // These two paths are upstream's, without the spec.
  if ((spec['volumeMode'] ?? null) !== (oldSpec['volumeMode'] ?? null))
    errors.push(invalid('volumeMode', spec['volumeMode'], 'field is immutable'));
  if (oldSpec['nodeAffinity'] && !semanticEqual(gaLabels(spec['nodeAffinity']), gaLabels(oldSpec['nodeAffinity']))) {
    const detail = 'field is immutable, except for updating from beta label to GA';
    errors.push(invalid('nodeAffinity', asInternal('VolumeNodeAffinity', spec['nodeAffinity']), detail));
  }
  const hadClass = (oldSpec['volumeAttributesClassName'] ?? undefined) !== undefined;
  if (hadClass && (spec['volumeAttributesClassName'] ?? undefined) === undefined)
    errors.push(forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'));
  return errors;
}

/** A secret for expansion may be added later; nothing else of the source changes. */
function checkSameSource(spec: Fields, old: Fields, errors: FieldError[]): void {
  let compared = spec;
  if (old['csi'] && !old['csi'].controllerExpandSecretRef && spec['csi']?.controllerExpandSecretRef)
    compared = { ...spec, csi: { ...spec['csi'], controllerExpandSecretRef: undefined } };
  if (persistentSourceChecks.every(({ field }) => semanticEqual(compared[field], old[field]))) return;
  const diff = structDiff(asInternal('PersistentVolumeSource', old), asInternal('PersistentVolumeSource', compared));
  const detail = `spec.persistentvolumesource is immutable after creation\n${diff}`;
  errors.push(forbidden('spec.persistentvolumesource', detail));
}

const gaNames: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
};

/** The affinity with today's names for labels that had others. */
function gaLabels(affinity: Fields | null | undefined): Fields | null | undefined {
  const terms = affinity?.['required']?.nodeSelectorTerms as Fields[] | undefined;
  if (!terms) return affinity;
  const nodeSelectorTerms = terms.map((term) => ({
    ...term,
    matchExpressions: ((term['matchExpressions'] ?? []) as Fields[]).map((requirement) => ({
      ...requirement,
      key: gaNames[requirement['key']] ?? requirement['key'],
    })),
  }));
  return { ...affinity, required: { ...affinity!['required'], nodeSelectorTerms } };
}
