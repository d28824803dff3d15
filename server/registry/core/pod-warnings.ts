// Warnings about pods and pod templates: fields that are deprecated or no longer work, and what is valid but hardly meant
// (pkg/api/pod/warnings.go).
import { warningsForIP } from '../../../apimachinery/ip.ts';
import { isDNS1123Label } from '../../../apimachinery/names.ts';
import type { KubeObject, ObjectMeta } from '../../../apimachinery/object.ts';
import { quantityMilliValue, quantityOf } from '../../../apimachinery/quantity.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { type Fields, listOf } from '../fields.ts';
import { deprecatedNodeLabel, nodeSelectorTermWarnings } from './node-label-warnings.ts';
import { containerLists } from './pod-containers.ts';
import { portWarnings } from './port-warnings.ts';
import { volumeWarnings } from './volume-warnings.ts';

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';
const seccompAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompPrefix = 'container.seccomp.security.alpha.kubernetes.io/';
const useSeccompField = 'non-functional in v1.27+; use the "seccompProfile" field instead';

const deprecatedAnnotations: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
};

/** Of a new pod: people seldom update pods themselves, so updates warn of nothing. */
export function podWarnings(pod: KubeObject, old: KubeObject | undefined): string[] {
  if (old !== undefined) return [];
  const warnings: string[] = [];
  const messages = isDNS1123Label(pod.metadata.name ?? '');
  if (messages.length > 0) {
    const text = "this is used in the Pod's hostname, which can result in surprising behavior";
    warnings.push(`metadata.name: ${text}; a DNS label is recommended: [${messages.join(' ')}]`);
  }
  addWarnings((pod['spec'] ?? {}) as Fields, pod.metadata, '', warnings);
  return warnings;
}

/** `path` is the template's. Of an update only where it changes the template; `old` is undefined on create. */
export function podTemplateWarnings(template: Fields | undefined, old: Fields | undefined, path: string): string[] {
  if (!template || (old !== undefined && semanticEqual(template, old))) return [];
  const warnings: string[] = [];
  const metadata = (template['metadata'] ?? {}) as ObjectMeta;
  addWarnings((template['spec'] ?? {}) as Fields, metadata, `${path}.`, warnings);
  return warnings;
}

/** `prefix` is what comes before `spec` and `metadata` in paths. */
function addWarnings(spec: Fields, metadata: ObjectMeta, prefix: string, warnings: string[]): void {
  const path = `${prefix}spec`;
  if (spec['nodeSelector']) addSelectorWarnings(spec['nodeSelector'], path, warnings);
  if (spec['affinity']?.nodeAffinity) addNodeAffinityWarnings(spec['affinity'].nodeAffinity, path, warnings);
  if (spec['topologySpreadConstraints']) addSpreadWarnings(spec, path, warnings);
  for (const [key, message] of Object.entries(deprecatedAnnotations)) {
    if (metadata.annotations && key in metadata.annotations)
      warnings.push(`${prefix}metadata.annotations[${key}]: ${message}`);
  }
  if (spec['volumes']) volumeWarnings(listOf(spec['volumes']), path, warnings);
  addDuplicates(listOf(spec['hostAliases']), 'ip', `${path}.hostAliases`, warnings);
  addDuplicates(listOf(spec['imagePullSecrets']), 'name', `${path}.imagePullSecrets`, warnings);
  listOf(spec['imagePullSecrets']).forEach(({ name }, index) => {
    if (!name) warnings.push(`${path}.imagePullSecrets[${index}].name: invalid empty name ""`);
  });
  if (spec['overhead']) addFractions(spec['overhead'], `${path}.overhead`, warnings);
  if (metadata.annotations && !spec['securityContext']?.seccompProfile && seccompAnnotation in metadata.annotations)
    warnings.push(`${prefix}metadata.annotations[${seccompAnnotation}]: ${useSeccompField}`);
  for (const list of containerLists) {
    const containers = listOf(spec[list]);
    for (let i = 0; i < containers.length; i++) {
      if (metadata.annotations) addAnnotationWarnings(containers[i]!, spec, metadata.annotations, prefix, warnings);
      addContainerWarnings(containers[i]!, `${path}.${list}[${i}]`, warnings);
    }
  }
  portWarnings(spec, path, warnings);
  if (spec['terminationGracePeriodSeconds'] < 0) {
    const text = 'must be >= 0; negative values are invalid and will be treated as 1';
    warnings.push(`${path}.terminationGracePeriodSeconds: ${text}`);
  }
  if (spec['affinity']) addPodAffinityWarnings(spec['affinity'], `${path}.affinity`, warnings);
  ((spec['dnsConfig']?.nameservers ?? []) as string[]).forEach((address, index) => {
    warnings.push(...warningsForIP(`${path}.dnsConfig.nameservers[${index}]`, address));
  });
  listOf(spec['hostAliases']).forEach(({ ip }, index) => {
    warnings.push(...warningsForIP(`${path}.hostAliases[${index}].ip`, ip ?? ''));
  });
}

function addSelectorWarnings(selector: Record<string, string>, path: string, warnings: string[]): void {
  for (const key in selector) {
    const message = deprecatedNodeLabel(key);
    if (message !== undefined) warnings.push(`${path}.nodeSelector[${key}]: ${message}`);
  }
}

function addNodeAffinityWarnings(affinity: Fields, path: string, warnings: string[]): void {
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
  listOf(affinity[required]?.nodeSelectorTerms).forEach((term, index) => {
    const at = `${path}.affinity.nodeAffinity.${required}.nodeSelectorTerms[${index}]`;
    warnings.push(...nodeSelectorTermWarnings(term, at));
  });
  listOf(affinity[preferred]).forEach(({ preference }, index) => {
    const at = `${path}.affinity.nodeAffinity.${preferred}[${index}].preference`;
    warnings.push(...nodeSelectorTermWarnings(preference ?? {}, at, true));
  });
}

const noSelector = 'a null labelSelector results in matching no pod';

function addSpreadWarnings(spec: Fields, path: string, warnings: string[]): void {
  listOf(spec['topologySpreadConstraints']).forEach(({ topologyKey = '', labelSelector }, index) => {
    const at = `${path}.topologySpreadConstraints[${index}]`;
    const message = deprecatedNodeLabel(topologyKey);
    if (message !== undefined) warnings.push(`${at}.topologyKey: ${topologyKey} is ${message}`);
    if (!labelSelector) warnings.push(`${at}.labelSelector: ${noSelector}`);
  });
}

function addPodAffinityWarnings(affinity: Fields, path: string, warnings: string[]): void {
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    const required = 'requiredDuringSchedulingIgnoredDuringExecution';
    const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
    listOf(affinity[kind]?.[required]).forEach((term, index) => {
      if (!term['labelSelector']) warnings.push(`${path}.${kind}.${required}[${index}].labelSelector: ${noSelector}`);
    });
    listOf(affinity[kind]?.[preferred]).forEach((weighted, index) => {
      if (weighted['podAffinityTerm']?.labelSelector) return;
      warnings.push(`${path}.${kind}.${preferred}[${index}].podAffinityTerm.labelSelector: ${noSelector}`);
    });
  }
}

function addDuplicates(items: readonly Fields[], field: string, path: string, warnings: string[]): void {
  if (items.length < 2) return;
  const seen = new Set<string>();
  items.forEach((item, index) => {
    const value = (item[field] ?? '') as string;
    if (seen.has(value)) warnings.push(`${path}[${index}].${field}: duplicate ${field} ${JSON.stringify(value)}`);
    seen.add(value);
  });
}

/** Memory and storage come in whole bytes. */
function addFractions(resources: Record<string, string>, path: string, warnings: string[]): void {
  for (const name of ['memory', 'ephemeral-storage']) {
    const value = resources[name];
    if (value === undefined || quantityMilliValue(quantityOf(value)) % 1000n === 0n) continue;
    warnings.push(`${path}[${name}]: fractional byte value "${value}" is invalid, must be an integer`);
  }
}

function addAnnotationWarnings(
  container: Fields,
  spec: Fields,
  annotations: Record<string, string>,
  prefix: string,
  warnings: string[],
): void {
  const context = container['securityContext'] as Fields | null | undefined;
  const seccomp = `${seccompPrefix}${container['name']}`;
  if (!context?.['seccompProfile'] && seccomp in annotations)
    warnings.push(`${prefix}metadata.annotations[${seccomp}]: ${useSeccompField}`);
  const key = `${appArmorPrefix}${container['name']}`;
  // A pod's own annotations become fields when it is created.
  if (prefix === '' || context?.['appArmorProfile'] || !(key in annotations)) return;
  const profile = spec['securityContext']?.appArmorProfile as Fields | null | undefined;
  if (profile && semanticEqual(profile, profileOf(annotations[key]!))) return;
  const text = 'deprecated since v1.30; use the "appArmorProfile" field instead';
  warnings.push(`${prefix}metadata.annotations[${key}]: ${text}`);
}

function profileOf(annotation: string): Fields | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' };
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' };
  const local = /^localhost\/(.+)$/.exec(annotation);
  return local ? { type: 'Localhost', localhostProfile: local[1] } : undefined;
}

function addContainerWarnings(container: Fields, path: string, warnings: string[]): void {
  const resources = container['resources'] as Fields | null | undefined;
  const found: string[] = [];
  if (resources?.['limits']) addFractions(resources['limits'], `${path}.resources.limits`, found);
  if (resources?.['requests']) addFractions(resources['requests'], `${path}.resources.requests`, found);
  // Upstream looks at memory before storage, whichever list it is in.
  if (found.length > 0) warnings.push(...found.sort((a, b) => rank(a) - rank(b)));
  const env = listOf(container['env']);
  if (env.length > 1) addHiddenVariables(env, path, warnings);
}

function rank(warning: string): number {
  return warning.includes('[memory]: ') ? 0 : 1;
}

/** A later variable of a name wins, which is fine where it builds on the earlier one. */
function addHiddenVariables(env: readonly Fields[], path: string, warnings: string[]): void {
  const seen = new Set<string>();
  env.forEach(({ name = '', value = '', valueFrom }, index) => {
    if (!seen.has(name)) {
      seen.add(name);
      return;
    }
    const reference = `$(${name})`;
    if (!valueFrom && value !== reference && value.includes(reference)) return;
    const text = `hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`;
    warnings.push(`${path}.env[${index}]: ${text}`);
  });
}
