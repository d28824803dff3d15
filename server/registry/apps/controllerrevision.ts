// ControllerRevision (pkg/registry/apps/controllerrevision).
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import { type KubeObject, parseApiVersion } from '../../../apimachinery/object.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { defaultTo } from '../fields.ts';
import { age, ageColumn, column, fieldColumn, nameColumn } from '../print.ts';
import { validateControllerRevision, validateControllerRevisionUpdate } from './controllerrevision-validation.ts';

export const controllerRevision: ResourceDescriptor = {
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  resource: 'controllerrevisions',
  singular: 'controllerrevision',
  namespaced: true,
  verbs: allVerbs,
  storageVersionHash: '85nkx63pcBU=',
  stored: true,
  subresources: [],
  printer: {
    columns: [
      nameColumn,
      column('Controller', 'Controller of the object'),
      fieldColumn('Revision', 'io.k8s.api.apps.v1.ControllerRevision', 'revision'),
      ageColumn,
    ],
    cells: (object, { now }) => [
      object.metadata.name ?? '',
      formatController(object),
      object['revision'] ?? 0,
      age(object, now),
    ],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  setDefaults: (object) => defaultTo(object, 'revision', 0),
  validateName: nameIsDNSSubdomain,
  validate: validateControllerRevision,
  validateUpdate: validateControllerRevisionUpdate,
};

/** `statefulset.apps/name`, the kind in lower case with its group. */
function formatController(object: KubeObject): string {
  const owner = object.metadata.ownerReferences?.find((reference) => reference.controller === true);
  if (owner === undefined) return '<none>';
  const { group } = parseApiVersion(owner.apiVersion);
  const kind = group === '' ? owner.kind : `${owner.kind}.${group}`;
  return `${kind.toLowerCase()}/${owner.name}`;
}
