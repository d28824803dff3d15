// For whom a node may ask tokens of a pod's service account (KEP-4935, kubernetes plugin/pkg/admission/noderestriction
// validateNodeServiceAccountAudience): those that the pod's volumes name, and those that the node is authorized for.
import type { KubeObject } from '../../../apimachinery/object.ts';
import { type Fields, listOf } from '../../registry/fields.ts';
import type { ObjectReader } from '../../registry/objects.ts';
import { forbidden, type PluginContext } from '../plugin.ts';
import type { AdmissionAttributes } from '../types.ts';

/** The CSI driver behind a volume of a pod; undefined where there is none. */
function driverOf(objects: ObjectReader, pod: KubeObject, volume: Fields): string | undefined {
  const { csi, persistentVolumeClaim, ephemeral, name } = volume;
  if (csi) return csi.driver;
  const claimName: string | undefined = ephemeral?.volumeClaimTemplate
    ? `${pod.metadata.name}-${name}`
    : persistentVolumeClaim?.claimName;
  if (claimName === undefined) return undefined;
  const claim = objects.resource('persistentvolumeclaims').get(pod.metadata.namespace ?? '', claimName);
  const volumeName: string | undefined = claim?.['spec']?.volumeName;
  return volumeName && objects.resource('persistentvolumes').get('', volumeName)?.['spec']?.csi?.driver;
}

function isNamedByPod(objects: ObjectReader, pod: KubeObject, audience: string): boolean {
  return listOf(pod['spec']?.volumes).some((volume) => {
    const tokens = listOf(volume['projected']?.sources).flatMap(({ serviceAccountToken }) => serviceAccountToken ?? []);
    if (tokens.some((token: Fields) => (token['audience'] ?? '') === audience)) return true;
    const driver = driverOf(objects, pod, volume);
    const found = driver === undefined ? undefined : objects.resource('csidrivers.storage.k8s.io').get('', driver);
    return listOf(found?.['spec']?.tokenRequests).some((request) => (request['audience'] ?? '') === audience);
  });
}

/** Throws 403 where the node may not have a token for these audiences. */
export async function checkAudience(
  { objects, authorizer }: PluginContext,
  attributes: AdmissionAttributes,
  pod: KubeObject,
  audiences: readonly string[],
): Promise<void> {
  if (audiences.length > 1) throw forbidden(attributes, 'node may only request 0 or 1 audiences');
  const audience = audiences[0] ?? '';
  if (isNamedByPod(objects, pod, audience)) return;
  const { user, namespace, name } = attributes;
  const { decision } = await authorizer.authorize({
    user,
    verb: 'request-serviceaccounts-token-audience',
    namespace,
    group: '',
    version: 'v1',
    resource: audience,
    subresource: '',
    name,
    isResourceRequest: true,
    path: '',
  });
  if (decision === 'Allow') return;
  throw forbidden(
    attributes,
    `audience ${JSON.stringify(audience)} not found in pod spec volume, ${user.name} is not authorized to request tokens for this audience`,
  );
}
