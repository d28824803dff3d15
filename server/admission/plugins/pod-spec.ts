// The part of a pod's spec that plugins read and change.
import type { KubeObject } from '../../../apimachinery/object.ts';

/** Quantities as they are written. */
export type ResourceList = Record<string, string>;

export interface Resources {
  requests?: ResourceList;
  limits?: ResourceList;
}

export interface Container {
  name: string;
  resources?: Resources;
  restartPolicy?: string;
  env?: { name: string; valueFrom?: { secretKeyRef?: { name: string } } }[];
  envFrom?: { secretRef?: { name: string } }[];
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
}

export interface Volume {
  name: string;
  secret?: { secretName: string };
  projected?: { defaultMode?: number; sources?: Record<string, unknown>[] };
  [source: string]: unknown;
}

export interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}

export interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
  ephemeralContainers?: Container[];
  volumes?: Volume[];
  imagePullSecrets?: { name: string }[];
  serviceAccount?: string;
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  priorityClassName?: string;
  priority?: number;
  preemptionPolicy?: string;
  runtimeClassName?: string;
  overhead?: Record<string, string>;
  nodeName?: string;
  nodeSelector?: Record<string, string>;
  tolerations?: Toleration[];
  resources?: Resources;
}

/** A pod's spec, to be read and changed; one without gets an empty one, for validation to complain about. */
export function podSpecOf(pod: KubeObject): PodSpec {
  pod['spec'] ??= {};
  return pod['spec'];
}

/** Every container with the word that error messages call its kind by, in upstream's order. */
export function containersOf(spec: PodSpec): [kind: string, container: Container][] {
  return [
    ...(spec.initContainers ?? []).map((container): [string, Container] => ['init container', container]),
    ...(spec.containers ?? []).map((container): [string, Container] => ['container', container]),
    ...(spec.ephemeralContainers ?? []).map((container): [string, Container] => ['ephemeral container', container]),
  ];
}

/** The names in every `secretRef`, `secretName` and the like below a volume source. */
function* secretsBelow(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [field, inner] of Object.entries(value)) {
    if (field === 'secretName' && typeof inner === 'string') yield inner;
    else if (/^(secret|\w*SecretRef|secretRef)$/.test(field) && typeof inner?.name === 'string') yield inner.name;
    yield* secretsBelow(inner);
  }
}

/** The names of all secrets a pod refers to (kubernetes pkg/api/pod VisitPodSecretNames). */
export function* visitSecretNames(spec: PodSpec): Generator<string> {
  for (const { name } of spec.imagePullSecrets ?? []) yield name;
  for (const [, { env, envFrom }] of containersOf(spec)) {
    for (const { secretRef } of envFrom ?? []) if (secretRef !== undefined) yield secretRef.name;
    for (const { valueFrom } of env ?? []) if (valueFrom?.secretKeyRef !== undefined) yield valueFrom.secretKeyRef.name;
  }
  for (const volume of spec.volumes ?? []) yield* secretsBelow(volume);
}
