import { allVerbs, dropStatus, keepStatus, type ResourceDescriptor } from '../descriptor.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';
import { statusOnlySubresource } from '../status-metadata.ts';

const specDefinition = 'io.k8s.api.storage.v1.VolumeAttachmentSpec';

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
  subresources: [statusOnlySubresource()],
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
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: false,
  hasGeneration: false,
  prepareForCreate: dropStatus,
  prepareForUpdate: keepStatus,
};
