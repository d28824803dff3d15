// Secret (pkg/registry/core/secret).
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { ensure, type Fields } from '../fields.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';
import { validateSecret, validateSecretUpdate } from './data-validation.ts';
import { secretWarnings } from './secret-warnings.ts';

const definition = 'io.k8s.api.core.v1.Secret';

export const secret: ResourceDescriptor = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  resource: 'secrets',
  singular: 'secret',
  namespaced: true,
  verbs: allVerbs,
  storageVersionHash: 'S6u1pOWzb84=',
  stored: true,
  subresources: [],
  selectableFields: { type: (object) => object['type'] ?? '' },
  printer: {
    columns: [nameColumn, fieldColumn('Type', definition, 'type'), fieldColumn('Data', definition, 'data'), ageColumn],
    cells: (object, { now }) => [
      object.metadata.name ?? '',
      object['type'] ?? '',
      Object.keys(object['data'] ?? {}).length,
      age(object, now),
    ],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  setDefaults(object) {
    if (!object['type']) object['type'] = 'Opaque';
    moveStringData(object);
  },
  validateName: nameIsDNSSubdomain,
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
  warnings: secretWarnings,
};

/** stringData is write-only: it ends up, encoded, in data. */
function moveStringData(object: Fields): void {
  const strings = object['stringData'] as Record<string, string> | null | undefined;
  if (strings) {
    const data = Object.keys(strings).length === 0 ? object : ensure(object, 'data');
    for (const [key, value] of Object.entries(strings)) data[key] = Buffer.from(value, 'utf8').toString('base64');
  }
  delete object['stringData'];
}
