import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { listOf } from '../fields.ts';
import { age, ageColumn, column, nameColumn } from '../print.ts';
import { setWebhookDefaults, staticSuffixWarnings } from './defaults.ts';
import { validateWebhooks, validateWebhooksUpdate } from './webhook-validation.ts';

/** admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration. */
export const validatingWebhookConfiguration: ResourceDescriptor = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations',
  singular: 'validatingwebhookconfiguration',
  categories: ['api-extensions'],
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'B0wHjQmsGNk=',
  stored: true,
  subresources: [],
  printer: {
    columns: [
      nameColumn,
      column('Webhooks', 'Webhooks indicates the number of webhooks registered in this configuration', {
        type: 'integer',
      }),
      ageColumn,
    ],
    cells: (object, { now }) => [object.metadata.name ?? '', listOf(object['webhooks']).length, age(object, now)],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: false,
  hasGeneration: true,
  warnings: staticSuffixWarnings,
  validate: validateWebhooks,
  validateUpdate: validateWebhooksUpdate,
  setDefaults(object) {
    setWebhookDefaults(object['webhooks']);
  },
};
