import { expect, test } from '@jest/globals';
import { type Body, created, createErrors, row, updateErrors } from '../kind-harness.ts';
import { mutatingWebhookConfiguration } from './mutatingwebhookconfiguration.ts';
import { validatingWebhookConfiguration } from './validatingwebhookconfiguration.ts';

const rule = { operations: ['CREATE'], apiGroups: ['*'], apiVersions: ['v1'], resources: ['pods'] };
const webhook = {
  name: 'w.example.com',
  clientConfig: { url: 'https://x.example/path' },
  rules: [rule],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
};

function withWebhook(change: Body): Body {
  return { webhooks: [{ ...webhook, ...change }] };
}

test.each<[string, Body, string[]]>([
  ['all there is', {}, []],
  [
    'a short name',
    { name: 'w' },
    ['webhooks[0].name: Invalid value: "w": should be a domain with at least three segments separated by dots'],
  ],
  [
    'no side effects said',
    { sideEffects: undefined },
    ['webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun'],
  ],
  [
    'a long timeout',
    { timeoutSeconds: 31 },
    ['webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds'],
  ],
  [
    'plain HTTP',
    { clientConfig: { url: 'http://x.example?q=1' } },
    [
      'webhooks[0].clientConfig.url: Invalid value: "http": \'https\' is the only allowed URL scheme; desired format: https://host[/path]',
      'webhooks[0].clientConfig.url: Invalid value: "q=1": query parameters are not permitted in the URL',
    ],
  ],
  [
    'neither URL nor service',
    { clientConfig: {} },
    ['webhooks[0].clientConfig: Required value: exactly one of url or service is required'],
  ],
  [
    'a wildcard beside others',
    { rules: [{ ...rule, operations: ['*', 'CREATE'], resources: ['*', 'pods'] }] },
    [
      'webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if \'*\' is present, must not specify other operations',
      'webhooks[0].rules[0].resources: Invalid value: ["*","pods"]: if \'*\' is present, must not specify other resources without subresources',
    ],
  ],
  [
    'no known review version',
    { admissionReviewVersions: ['v2'] },
    ['webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1'],
  ],
])('%s', (_, change, errors) => {
  expect(createErrors(validatingWebhookConfiguration, withWebhook(change))).toEqual(errors);
});

test('webhooks have defaults', () => {
  const [made] = created(
    mutatingWebhookConfiguration,
    withWebhook({ clientConfig: { service: { name: 's', namespace: 'n' } } }),
  )['webhooks'];
  expect(made).toMatchObject({
    clientConfig: { service: { port: 443 } },
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
    reinvocationPolicy: 'Never',
    rules: [{ scope: '*' }],
    timeoutSeconds: 10,
  });
  expect(row(mutatingWebhookConfiguration, withWebhook({}))).toEqual(['a', 1, '60s']);
});

test('what the old configuration got wrong may stay', () => {
  const old = created(
    validatingWebhookConfiguration,
    withWebhook({ admissionReviewVersions: ['v2'], sideEffects: 'Some' }),
  );
  const body = withWebhook({ admissionReviewVersions: ['v3'], sideEffects: 'Unknown' });
  expect(updateErrors(validatingWebhookConfiguration, body, old)).toEqual([]);
});
