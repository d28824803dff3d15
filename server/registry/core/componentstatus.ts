// ComponentStatus: health of the control plane's parts, made up when asked for. Deprecated upstream, still read by kubectl.
import type { ResourceDescriptor } from '../descriptor.ts';
import { listOf } from '../fields.ts';
import { column, nameColumn } from '../print.ts';

export const componentStatus: ResourceDescriptor = {
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  resource: 'componentstatuses',
  singular: 'componentstatus',
  namespaced: false,
  shortNames: ['cs'],
  verbs: ['get', 'list'],
  storageVersionHash: '',
  stored: false,
  subresources: [],
  printer: {
    columns: [
      nameColumn,
      column('Status', 'Status of the component conditions'),
      column('Message', 'Message of the component conditions'),
      column('Error', 'Error of the component conditions'),
    ],
    cells(object) {
      const healthy = listOf(object['conditions']).find((condition) => condition['type'] === 'Healthy');
      const status = healthy === undefined ? 'Unknown' : healthy['status'] === 'True' ? 'Healthy' : 'Unhealthy';
      return [object.metadata.name ?? '', status, healthy?.['message'] ?? '', healthy?.['error'] ?? ''];
    },
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: false,
  hasGeneration: false,
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
};
