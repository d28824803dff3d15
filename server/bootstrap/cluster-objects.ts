// The remaining default objects: namespaces, priority classes, config maps, the service range and the `kubernetes` Service
// (kubernetes pkg/controlplane, pkg/registry/scheduling/rest, pkg/controlplane/controller/*).
import type { KubeObject } from '../../apimachinery/object.ts';
import type { RequestHeaderOptions } from '../auth/authentication/request-header.ts';
import { type DefaultObject, ownsFields } from './ensure.ts';

export interface ClusterFacts {
  /** `--service-cluster-ip-range`, such as `10.96.0.0/16`. */
  serviceRange: string;
  /** First address of the range, of the Service `default/kubernetes`. */
  serviceAddress: string;
  securePort: number;
  /** PEM. */
  clientCA: string;
  frontProxyCA: string;
  requestHeader: RequestHeaderOptions;
  /** Now, RFC 3339 with seconds. */
  timestamp: string;
}

const systemNamespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/** The four namespaces that exist in every cluster. */
export function namespaceObjects(): DefaultObject[] {
  return systemNamespaces.map((name) => ({
    resource: 'namespaces',
    object: {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
    },
  }));
}

function priorityClassObjects(): DefaultObject[] {
  const classes = [
    [
      'system-cluster-critical',
      2000000000,
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    ],
    [
      'system-node-critical',
      2000001000,
      'Used for system critical pods that must not be moved from their current node.',
    ],
  ] as const;
  return classes.map(([name, value, description]) => ({
    resource: 'priorityclasses.scheduling.k8s.io',
    object: {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name },
      value,
      description,
      preemptionPolicy: 'PreemptLowerPriority',
    },
  }));
}

function configMap(name: string, data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'kube-system' }, data };
}

function configMapObjects(facts: ClusterFacts): DefaultObject[] {
  const { requestHeader } = facts;
  const authentication = configMap('extension-apiserver-authentication', {
    'client-ca-file': facts.clientCA,
    'requestheader-allowed-names': JSON.stringify(requestHeader.allowedNames),
    'requestheader-client-ca-file': facts.frontProxyCA,
    'requestheader-extra-headers-prefix': JSON.stringify(requestHeader.extraHeadersPrefix),
    'requestheader-group-headers': JSON.stringify(requestHeader.groupHeaders),
    'requestheader-uid-headers': JSON.stringify(requestHeader.uidHeaders),
    'requestheader-username-headers': JSON.stringify(requestHeader.usernameHeaders),
  });
  const tracking = configMap('kube-apiserver-legacy-service-account-token-tracking', {
    since: facts.timestamp.slice(0, 10),
  });
  return [
    { resource: 'configmaps', object: authentication, reconcile: ownsFields(authentication, ['data']) },
    { resource: 'configmaps', object: tracking },
  ];
}

function serviceCIDRObject(facts: ClusterFacts): DefaultObject {
  const condition = {
    type: 'Ready',
    status: 'True',
    lastTransitionTime: facts.timestamp,
    reason: '',
    message: 'Kubernetes default Service CIDR is ready',
  };
  return {
    resource: 'servicecidrs.networking.k8s.io',
    object: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name: 'kubernetes' },
      spec: { cidrs: [facts.serviceRange] },
    },
    status: { conditions: [condition] },
  };
}

/** `default/kubernetes`; its ports follow the secure port of the server that started last. */
export function kubernetesService(facts: Pick<ClusterFacts, 'securePort' | 'serviceAddress'>): DefaultObject {
  const ports = [{ name: 'https', protocol: 'TCP', port: 443, targetPort: facts.securePort }];
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: {
      ports,
      clusterIP: facts.serviceAddress,
      clusterIPs: [facts.serviceAddress],
      type: 'ClusterIP',
      sessionAffinity: 'None',
      ipFamilyPolicy: 'SingleStack',
    },
  };
  return {
    resource: 'services',
    object,
    reconcile(existing) {
      const [port] = existing['spec'].ports ?? [];
      if (existing['spec'].ports?.length === 1 && port.port === 443 && port.targetPort === facts.securePort)
        return undefined;
      return { ...existing, spec: { ...existing['spec'], ports } };
    },
  };
}

/** Everything here but the namespaces and the Service. */
export function clusterObjects(facts: ClusterFacts): DefaultObject[] {
  return [...priorityClassObjects(), ...configMapObjects(facts), serviceCIDRObject(facts)];
}
