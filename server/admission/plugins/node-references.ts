// What of the API a pod refers to (kubernetes pkg/api/pod HasAPIObjectReference): mirror pods may refer to nothing.
import { type Fields, listOf } from '../../registry/fields.ts';
import { type PodSpec, visitSecretNames } from './pod-spec.ts';

/** Volume sources that stand for objects of the API, with what they are called. */
const references: Readonly<Record<string, string>> = {
  configMap: 'configmaps (via configmap volumes)',
  secret: 'secrets (via secret volumes)',
  csi: 'csidrivers (via CSI volumes)',
  glusterfs: 'endpoints (via glusterFS volumes)',
  persistentVolumeClaim: 'persistentvolumeclaims',
  ephemeral: 'persistentvolumeclaims (via ephemeral volumes)',
  azureFile: 'secrets (via azureFile volumes)',
};
const projections: Readonly<Record<string, string>> = {
  configMap: 'configmaps (via projected volumes)',
  secret: 'secrets (via projected volumes)',
  serviceAccountToken: 'serviceaccounts (via projected volumes)',
  clusterTrustBundle: 'clustertrustbundles',
  podCertificate: 'podcertificates',
};

function found(source: Fields, table: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(table).find(([field]) => source[field])?.[1];
}

function usesConfigMaps(spec: Fields): boolean {
  const lists = [spec['initContainers'], spec['containers'], spec['ephemeralContainers']];
  const fromContainers = lists
    .flatMap((list) => listOf(list))
    .some(
      ({ env, envFrom }) =>
        listOf(env).some(({ valueFrom }) => valueFrom?.configMapKeyRef) ||
        listOf(envFrom).some(({ configMapRef }) => configMapRef),
    );
  return (
    fromContainers ||
    listOf(spec['volumes']).some(
      ({ configMap, projected }) => configMap || listOf(projected?.sources).some((source) => source['configMap']),
    )
  );
}

/** The first kind of object that a pod refers to, in upstream's order and words; undefined where there is none. */
export function referencedResource(spec: PodSpec): string | undefined {
  if (spec.serviceAccountName) return 'serviceaccounts';
  if (!visitSecretNames(spec).next().done) return 'secrets';
  const fields = spec as Fields;
  if (usesConfigMaps(fields)) return 'configmaps';
  if (listOf(fields['resourceClaims']).length > 0) return 'resourceclaims';
  for (const volume of listOf(fields['volumes'])) {
    const direct = found(volume, references);
    if (direct !== undefined) return direct;
    for (const source of listOf(volume['projected']?.sources)) {
      const projected = found(source, projections);
      if (projected !== undefined) return projected;
    }
  }
  return undefined;
}
