// CustomResourceDefinitions as the extension server reads them, and their conditions (apiextensions-apiserver
// pkg/apis/apiextensions/v1/types.go, pkg/apihelpers/helpers.go).
import type { JsonObject, KubeObject } from '../../apimachinery/object.ts';

export const crdResource = 'customresourcedefinitions.apiextensions.k8s.io';
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

export interface CrdNames {
  plural: string;
  singular?: string;
  shortNames?: readonly string[];
  kind: string;
  listKind?: string;
  categories?: readonly string[];
}

export interface CrdColumn {
  name: string;
  type: string;
  format?: string;
  description?: string;
  priority?: number;
  jsonPath: string;
}

export interface CrdScale {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath?: string;
}

export interface CrdVersion {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  schema?: { openAPIV3Schema?: JsonObject };
  subresources?: { status?: JsonObject; scale?: CrdScale };
  additionalPrinterColumns?: readonly CrdColumn[];
  selectableFields?: readonly { jsonPath: string }[];
}

/** Where a webhook is: a URL, or a Service of the cluster. */
export interface CrdWebhookClientConfig {
  url?: string;
  service?: { namespace: string; name: string; path?: string; port?: number };
  /** PEM in base64. */
  caBundle?: string;
}

export interface CrdConversion {
  strategy: 'None' | 'Webhook';
  webhook?: { clientConfig?: CrdWebhookClientConfig; conversionReviewVersions?: readonly string[] };
}

export interface CrdSpec {
  group: string;
  names: CrdNames;
  scope: 'Cluster' | 'Namespaced';
  versions: readonly CrdVersion[];
  conversion?: CrdConversion;
  preserveUnknownFields?: boolean;
}

export type ConditionType = 'Established' | 'KubernetesAPIApprovalPolicyConformant' | 'NamesAccepted' | 'Terminating';

export interface CrdCondition {
  type: ConditionType;
  status: 'False' | 'True' | 'Unknown';
  lastTransitionTime?: string;
  reason: string;
  message: string;
}

export interface CrdStatus {
  conditions: readonly CrdCondition[];
  /** Empty names until some are accepted. */
  acceptedNames: CrdNames;
  storedVersions: readonly string[];
}

export function specOf(crd: KubeObject): CrdSpec {
  return crd['spec'] as CrdSpec;
}

export function statusOfCrd(crd: KubeObject): CrdStatus {
  const { conditions, acceptedNames, storedVersions, ...status } = (crd['status'] ?? {}) as Partial<CrdStatus>;
  return {
    ...status,
    conditions: conditions ?? [],
    acceptedNames: acceptedNames ?? { plural: '', kind: '' },
    storedVersions: storedVersions ?? [],
  };
}

export function conditionOf(crd: KubeObject, type: ConditionType): CrdCondition | undefined {
  return statusOfCrd(crd).conditions.find((condition) => condition.type === type);
}

export function isConditionTrue(crd: KubeObject, type: ConditionType): boolean {
  return conditionOf(crd, type)?.status === 'True';
}

/** The conditions with `next` among them; its transition time is `now` where the status changes. */
export function withCondition(
  conditions: readonly CrdCondition[],
  next: Omit<CrdCondition, 'lastTransitionTime'>,
  now: string,
): CrdCondition[] {
  const before = conditions.find(({ type }) => type === next.type);
  const lastTransitionTime = before?.status === next.status ? (before.lastTransitionTime ?? now) : now;
  const { type, status, reason, message } = next;
  const made: CrdCondition = { type, status, lastTransitionTime, reason, message };
  return before === undefined
    ? [...conditions, made]
    : conditions.map((condition) => (condition === before ? made : condition));
}

/** The version that objects are stored in; validation sees to it that there is one. */
export function storageVersionOf(spec: CrdSpec): CrdVersion {
  const found = spec.versions.find(({ storage }) => storage);
  if (found === undefined) throw new Error('invalid apiextensionsv1.CustomResourceDefinition, no storage version');
  return found;
}
