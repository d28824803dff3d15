import { type FieldError, forbidden, invalid, required, tooLong } from '../../../apimachinery/field.ts';
import { byteLength, inclusiveRangeError, isDNS1123Subdomain } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { invalidEach, validateImmutableField } from '../../../apimachinery/validation.ts';
import { allVerbs, dropStatus, keepStatus, type ResourceDescriptor } from '../descriptor.ts';
import type { Fields } from '../fields.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';
import { statusOnlySubresource } from '../status-metadata.ts';
import { validateInlineVolume } from './inline-volume.ts';
import { totalBytes, validateCSIDriverName } from './validation.ts';

const specDefinition = 'io.k8s.api.storage.v1.VolumeAttachmentSpec';

const maxMetadataBytes = 256 * 1024;
const maxErrorMessageBytes = 1024;

function validateSource(source: Fields, field: string): FieldError[] {
  const { inlineVolumeSpec, persistentVolumeName: name } = source;
  const rule = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (inlineVolumeSpec === undefined && name === undefined) return [required(field, rule)];
  if (inlineVolumeSpec !== undefined && name !== undefined) return [forbidden(field, rule)];
  if (inlineVolumeSpec !== undefined) return validateInlineVolume(inlineVolumeSpec, `${field}.inlineVolumeSpec`);
  return name === '' ? [required(`${field}.persistentVolumeName`, 'must specify non empty persistentVolumeName')] : [];
}

function validateVolumeError(error: Fields | undefined, field: string): FieldError[] {
  if (!error) return [];
  const { message = '', errorCode = 0 } = error;
  // The limit that upstream names here is the one for metadata.
  const errors = byteLength(message) > maxErrorMessageBytes ? [tooLong(`${field}.message`, maxMetadataBytes)] : [];
  if (errorCode < 0) errors.push(invalid(`${field}.errorCode`, errorCode, inclusiveRangeError(0, 2 ** 31 - 1)));
  return errors;
}

function validate(object: KubeObject): FieldError[] {
  const { attacher = '', nodeName = '', source = {} } = object['spec'] ?? {};
  const status = object['status'] ?? {};
  const volume = source.persistentVolumeName as string | undefined;
  return [
    ...validateCSIDriverName(attacher, 'spec.attacher'),
    ...validateSource(source, 'spec.source'),
    ...invalidEach('spec.nodeName', nodeName, isDNS1123Subdomain(nodeName)),
    ...(totalBytes(status.attachmentMetadata) > maxMetadataBytes
      ? [tooLong('status.attachmentMetadata', maxMetadataBytes)]
      : []),
    ...validateVolumeError(status.attachError, 'status.attachError'),
    ...validateVolumeError(status.detachError, 'status.detachError'),
    ...(volume === undefined
      ? []
      : invalidEach('spec.source.persistentVolumeName', volume, isDNS1123Subdomain(volume))),
  ];
}

/** The spec as Go prints its internal type. */
function specOf(object: KubeObject): Fields {
  const { attacher = '', nodeName = '', source = {} } = object['spec'] ?? {};
  const { persistentVolumeName, inlineVolumeSpec } = source;
  return {
    Attacher: attacher,
    Source: { PersistentVolumeName: persistentVolumeName ?? null, InlineVolumeSpec: inlineVolumeSpec ?? null },
    NodeName: nodeName,
  };
}

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  return [...validate(object), ...validateImmutableField(specOf(object), specOf(old), 'spec')];
}

/** storage.k8s.io/v1 VolumeAttachment. */
export const volumeAttachment: ResourceDescriptor = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  resource: 'volumeattachments',
  singular: 'volumeattachment',
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'tJx/ezt6UDU=',
  stored: true,
  subresources: [statusOnlySubresource({ validateUpdate })],
  printer: {
    columns: [
      nameColumn,
      fieldColumn('Attacher', specDefinition, 'attacher', { format: 'name' }),
      fieldColumn('PV', 'io.k8s.api.storage.v1.VolumeAttachmentSource', 'persistentVolumeName'),
      fieldColumn('Node', specDefinition, 'nodeName'),
      fieldColumn('Attached', 'io.k8s.api.storage.v1.VolumeAttachmentStatus', 'attached', { type: 'boolean' }),
      ageColumn,
    ],
    cells: (object, { now }) => [
      object.metadata.name ?? '',
      object['spec']?.attacher ?? '',
      object['spec']?.source?.persistentVolumeName ?? '',
      object['spec']?.nodeName ?? '',
      object['status']?.attached ?? false,
      age(object, now),
    ],
  },
  returnsDeletedObject: true,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: false,
  hasGeneration: false,
  prepareForCreate: dropStatus,
  prepareForUpdate: keepStatus,
  validate,
  validateUpdate,
};
