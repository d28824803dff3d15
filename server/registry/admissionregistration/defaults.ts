// Defaults that webhooks and policies share (pkg/apis/admissionregistration/v1/defaults.go).
import type { KubeObject } from '../../../apimachinery/object.ts';
import { defaultTo, type Fields, listOf } from '../fields.ts';

const staticSuffix = '.static.k8s.io';

/** WarningsForStaticSuffix: such names belong to configuration in manifests. */
export function staticSuffixWarnings(object: KubeObject): string[] {
  if (!object.metadata.name?.endsWith(staticSuffix)) return [];
  return [
    `metadata.name: names ending with ${JSON.stringify(staticSuffix)} are reserved for static manifest-based configurations and cannot be managed via the API`,
  ];
}

/** SetDefaults_Rule of each rule in the list. */
export function setRuleDefaults(rules: unknown): void {
  for (const rule of listOf(rules)) defaultTo(rule, 'scope', '*');
}

function setMatchingDefaults(fields: Fields): void {
  defaultTo(fields, 'matchPolicy', 'Equivalent');
  defaultTo(fields, 'namespaceSelector', {});
  defaultTo(fields, 'objectSelector', {});
}

/** SetDefaults_MatchResources, where there is one. */
export function setMatchResourcesDefaults(resources: Fields | undefined): void {
  if (!resources) return;
  setMatchingDefaults(resources);
  setRuleDefaults(resources['resourceRules']);
  setRuleDefaults(resources['excludeResourceRules']);
}

/** SetDefaults_ValidatingWebhook of each webhook. */
export function setWebhookDefaults(webhooks: unknown): void {
  for (const webhook of listOf(webhooks)) {
    defaultTo(webhook, 'failurePolicy', 'Fail');
    setMatchingDefaults(webhook);
    defaultTo(webhook, 'timeoutSeconds', 10);
    const service = webhook['clientConfig']?.service;
    if (service) defaultTo(service, 'port', 443);
    setRuleDefaults(webhook['rules']);
  }
}
