import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { defaultTo, listOf } from '../fields.ts';
import { age, ageColumn, column, nameColumn } from '../print.ts';
import { setWebhookDefaults, staticSuffixWarnings } from './defaults.ts';
import { validateWebhooks, validateWebhooksUpdate } from './webhook-validation.ts';

/** admissionregistration.k8s.io/v1 MutatingWebhookConfiguration. */
export const mutatingWebhookConfiguration: ResourceDescriptor = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  resource: 'mutatingwebhookconfigurations',
  singular: 'mutatingwebhookconfiguration',
  categories: ['api-extensions'],
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'Sqi0GUgDaX0=',
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
    for (const webhook of listOf(object['webhooks'])) defaultTo(webhook, 'reinvocationPolicy', 'Never');
  },
};
