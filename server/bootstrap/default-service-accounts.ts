// A stand-in for two controllers (service account and root CA publisher) while a cluster runs without a controller manager:
// every namespace gets the ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`, so that pods can be created at all.
// It acts only when a namespace is created and once at start; the controllers, which also repair, replace it.
import type { KubeObject } from '../../apimachinery/object.ts';
import { ensureObjects, type Objects } from './ensure.ts';

const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal ' +
  'service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

function rootCAConfigMap(namespace: string, clusterCA: string): KubeObject {
  const annotations = { 'kubernetes.io/description': description };
  const metadata = { name: 'kube-root-ca.crt', namespace, annotations };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'ca.crt': clusterCA } };
}

/** Makes both objects in the given namespace, where they are missing. `clusterCA` is PEM. */
export async function ensureNamespaceDefaults(objects: Objects, namespace: string, clusterCA: string): Promise<void> {
  const metadata = { name: 'default', namespace };
  await ensureObjects(objects, [
    { resource: 'serviceaccounts', object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata } },
    { resource: 'configmaps', object: rootCAConfigMap(namespace, clusterCA) },
  ]);
}
