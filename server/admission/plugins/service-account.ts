// Every pod runs as a service account that exists, and gets its token, the cluster's CA and its namespace mounted
// (kubernetes plugin/pkg/admission/serviceaccount).

import { randomInt } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';

import { isPathSegmentName } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { forbidden, type PluginContext, type ScopedPlugin } from '../plugin.ts';
import type { AdmissionAttributes } from '../types.ts';
import { type Container, containersOf, type PodSpec, podSpecOf, type Volume, visitSecretNames } from './pod-spec.ts';

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const volumePrefix = 'kube-api-access-';
const mirrorAnnotation = 'kubernetes.io/config.mirror';
const enforceSecretsAnnotation = 'kubernetes.io/enforce-mountable-secrets';
/** Go's strconv.ParseBool. */
const trueWords = ['1', 't', 'T', 'TRUE', 'true', 'True'];
/** What a token is asked for with; the API server knows by it that kubelet renews the token. */
const tokenExpirationSeconds = 3607;

/** Upstream's generated suffixes: five characters without vowels and look-alikes. */
function randomSuffix(): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  let suffix = '';
  for (let i = 0; i < 5; i++) suffix += alphabet[randomInt(alphabet.length)];
  return suffix;
}

function tokenVolume(name: string): Volume {
  const fieldRef = { apiVersion: 'v1', fieldPath: 'metadata.namespace' };
  return {
    name,
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenExpirationSeconds, path: 'token' } },
        { configMap: { items: [{ key: 'ca.crt', path: 'ca.crt' }], name: 'kube-root-ca.crt' } },
        { downwardAPI: { items: [{ fieldRef, path: 'namespace' }] } },
      ],
    },
  };
}

/** A container that has something mounted at the path keeps that. */
function mountToken(spec: PodSpec): void {
  const existing = spec.volumes?.find(({ name }) => name.startsWith(volumePrefix));
  const name = existing?.name ?? volumePrefix + randomSuffix();
  let mounted = false;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    if (container.volumeMounts?.some((mount) => mount.mountPath === mountPath)) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }];
    mounted = true;
  }
  if (existing === undefined && mounted) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

function wantsToken(account: KubeObject, spec: PodSpec): boolean {
  return spec.automountServiceAccountToken ?? account['automountServiceAccountToken'] ?? true;
}

function isMirror(pod: KubeObject): boolean {
  return pod.metadata.annotations?.[mirrorAnnotation] !== undefined;
}

function validateMirror(attributes: AdmissionAttributes, spec: PodSpec): void {
  if (spec.serviceAccountName) throw forbidden(attributes, 'a mirror pod may not reference service accounts');
  if (!visitSecretNames(spec).next().done) throw forbidden(attributes, 'a mirror pod may not reference secrets');
  for (const { projected } of spec.volumes ?? [])
    if (projected?.sources?.some((source) => source['serviceAccountToken'] !== undefined))
      throw forbidden(attributes, 'a mirror pod may not use ServiceAccountToken volume projections');
}

function mountableSecrets(account: KubeObject): Set<string> | undefined {
  if (!trueWords.includes(account.metadata.annotations?.[enforceSecretsAnnotation] ?? '')) return undefined;
  return new Set((account['secrets'] ?? []).map(({ name }: { name: string }) => name));
}

function limitContainerSecrets(
  kind: string,
  container: Container,
  mountable: Set<string>,
  account: string,
): string | undefined {
  const refuse = (how: string, name: string) =>
    `${kind} ${container.name} with ${how} referencing secret.secretName="${name}" is not allowed because service account ${account} does not reference that secret`;
  for (const { name: variable, valueFrom } of container.env ?? []) {
    const name = valueFrom?.secretKeyRef?.name;
    if (name !== undefined && !mountable.has(name)) return refuse(`envVar ${variable}`, name);
  }
  for (const { secretRef } of container.envFrom ?? [])
    if (secretRef !== undefined && !mountable.has(secretRef.name)) return refuse('envFrom', secretRef.name);
  return undefined;
}

function limitSecrets(account: KubeObject, mountable: Set<string>, spec: PodSpec): string | undefined {
  const name = account.metadata.name!;
  for (const { secret } of spec.volumes ?? [])
    if (secret !== undefined && !mountable.has(secret.secretName))
      return `volume with secret.secretName="${secret.secretName}" is not allowed because service account ${name} does not reference that secret`;
  for (const [kind, container] of containersOf(spec)) {
    const refused = limitContainerSecrets(kind, container, mountable, name);
    if (refused !== undefined) return refused;
  }
  const pullSecrets = new Set((account['imagePullSecrets'] ?? []).map((secret: { name: string }) => secret.name));
  const index = (spec.imagePullSecrets ?? []).findIndex((secret) => !pullSecrets.has(secret.name));
  if (index < 0) return undefined;
  const pullSecret = spec.imagePullSecrets![index]!.name;
  return `imagePullSecrets[${index}].name="${pullSecret}" is not allowed because service account ${name} does not reference that imagePullSecret`;
}

/** About as long as upstream's nine pauses of 100 to 200 ms. */
const defaultAccountWaitMs = 1350;
const defaultAccountPollMs = 15;

/** The client that upstream looks with refuses names that would leave the path. */
function lookupProblem(name: string): string {
  const reasons = isPathSegmentName(name);
  if (reasons.length > 0) return `invalid resource name ${JSON.stringify(name)}: [${reasons.join(', ')}]`;
  return `serviceaccount ${JSON.stringify(name)} not found`;
}

export function serviceAccount({ objects, fresh }: PluginContext): ScopedPlugin {
  const accounts = objects.resource('serviceaccounts');

  const missing = ({ namespace, ...attributes }: AdmissionAttributes, name: string) =>
    forbidden(
      { namespace, ...attributes },
      `error looking up service account ${namespace}/${name}: ${lookupProblem(name)}`,
    );

  const complete = (account: KubeObject, spec: PodSpec) => {
    if (wantsToken(account, spec)) mountToken(spec);
    const pullSecrets: { name: string }[] = account['imagePullSecrets'] ?? [];
    if (!spec.imagePullSecrets?.length && pullSecrets.length > 0)
      spec.imagePullSecrets = pullSecrets.map(({ name }) => ({ name }));
  };

  const limit = (attributes: AdmissionAttributes, account: KubeObject, spec: PodSpec) => {
    const mountable = mountableSecrets(account);
    const refused = mountable === undefined ? undefined : limitSecrets(account, mountable, spec);
    if (refused !== undefined) throw forbidden(attributes, refused);
  };

  /** The one of a new namespace is about to be made by a controller. */
  const awaitDefault = async (namespace: string): Promise<KubeObject | undefined> => {
    for (let waitedMs = 0; waitedMs < defaultAccountWaitMs; waitedMs += defaultAccountPollMs) {
      await setTimeout(defaultAccountPollMs, undefined, { ref: false });
      const account = accounts.get(namespace, 'default');
      if (account !== undefined) return account;
    }
    await fresh();
    return accounts.get(namespace, 'default');
  };

  return {
    name: 'ServiceAccount',
    operations: ['CREATE', 'UPDATE'],
    resources: ['pods'],
    admit(attributes) {
      const { object: pod, operation, subresource, namespace } = attributes;
      if (pod === undefined || operation !== 'CREATE' || subresource !== '' || isMirror(pod)) return;
      const spec = podSpecOf(pod);
      const name = spec.serviceAccountName || spec.serviceAccount || 'default';
      // The old name of the field always says the same.
      spec.serviceAccountName = name;
      spec.serviceAccount = name;
      const account = accounts.get(namespace, name);
      if (account !== undefined) return complete(account, spec);
      return fresh().then(async () => {
        const found = accounts.get(namespace, name) ?? (name === 'default' ? await awaitDefault(namespace) : undefined);
        if (found === undefined) throw missing(attributes, name);
        complete(found, spec);
      });
    },
    validate(attributes) {
      const { object: pod, operation, subresource, namespace } = attributes;
      const ephemeral = operation === 'UPDATE' && subresource === 'ephemeralcontainers';
      if (pod === undefined || !(ephemeral || (operation === 'CREATE' && subresource === ''))) return;
      const spec = podSpecOf(pod);
      if (!ephemeral && isMirror(pod)) return validateMirror(attributes, spec);
      const name = spec.serviceAccountName ?? '';
      if (name === '')
        throw forbidden(attributes, `no service account specified for pod ${namespace}/${pod.metadata.name ?? ''}`);
      const account = accounts.get(namespace, name);
      if (account === undefined) throw missing(attributes, name);
      limit(attributes, account, ephemeral ? { ephemeralContainers: spec.ephemeralContainers ?? [] } : spec);
    },
  };
}
