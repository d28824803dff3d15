// ServiceAccount (pkg/registry/core/serviceaccount).
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { listOf } from '../fields.ts';
import { age, ageColumn, nameColumn } from '../print.ts';

const enforceMountableSecrets = 'kubernetes.io/enforce-mountable-secrets';

export const serviceAccount: ResourceDescriptor = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  singular: 'serviceaccount',
  namespaced: true,
  shortNames: ['sa'],
  verbs: allVerbs,
  storageVersionHash: 'pbx9ZvyFpBE=',
  stored: true,
  subresources: [
    {
      name: 'token',
      verbs: ['create'],
      kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
    },
  ],
  printer: {
    columns: [nameColumn, ageColumn],
    cells: (object, { now }) => [object.metadata.name ?? '', age(object, now)],
  },
  returnsDeletedObject: true,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  prepareForCreate: cleanSecretReferences,
  prepareForUpdate: cleanSecretReferences,
  validateName: nameIsDNSSubdomain,
  warnings(object, old) {
    if (old?.metadata.annotations?.[enforceMountableSecrets] !== undefined) return [];
    if (object.metadata.annotations?.[enforceMountableSecrets] === undefined) return [];
    return [
      `metadata.annotations[${enforceMountableSecrets}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
    ];
  },
};

/** Of references to secrets only the name counts. */
function cleanSecretReferences(object: KubeObject): void {
  const secrets = listOf(object['secrets']);
  if (secrets.length > 0) object['secrets'] = secrets.map(({ name }) => (name ? { name } : {}));
}
