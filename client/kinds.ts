// The kinds of Kubernetes v1.36 as clients speak of them: each name is the type of the object as it goes over the wire, and the
// resource to ask for it by: `client.resource(Pod)`, `informers.of(Deployment)`. Names are upstream's (its discovery documents);
// the fields are those of @kubernetes/client-node's models, with times as the strings that JSON has.
import type {
  CoreV1Event,
  EventsV1Event,
  ResourceV1ResourceClaim,
  V1APIService,
  V1CertificateSigningRequest,
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1ConfigMap,
  V1ControllerRevision,
  V1CronJob,
  V1CSIDriver,
  V1CSINode,
  V1CSIStorageCapacity,
  V1CustomResourceDefinition,
  V1DaemonSet,
  V1Deployment,
  V1DeviceClass,
  V1EndpointSlice,
  V1Endpoints,
  V1FlowSchema,
  V1Ingress,
  V1IngressClass,
  V1IPAddress,
  V1Job,
  V1Lease,
  V1LimitRange,
  V1MutatingAdmissionPolicy,
  V1MutatingAdmissionPolicyBinding,
  V1MutatingWebhookConfiguration,
  V1Namespace,
  V1NetworkPolicy,
  V1Node,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1PodTemplate,
  V1PriorityClass,
  V1PriorityLevelConfiguration,
  V1ReplicaSet,
  V1ReplicationController,
  V1ResourceClaimTemplate,
  V1ResourceQuota,
  V1ResourceSlice,
  V1Role,
  V1RoleBinding,
  V1RuntimeClass,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1ServiceCIDR,
  V1StatefulSet,
  V1StorageClass,
  V1ValidatingAdmissionPolicy,
  V1ValidatingAdmissionPolicyBinding,
  V1ValidatingWebhookConfiguration,
  V1VolumeAttachment,
  V1VolumeAttributesClass,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';
import type { ClusterScoped, Namespaced, Resource } from './resource.ts';

export type ConfigMap = Namespaced<V1ConfigMap>;
export const ConfigMap: Resource<ConfigMap> = {
  group: '',
  version: 'v1',
  resource: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};

export type Endpoints = Namespaced<V1Endpoints>;
export const Endpoints: Resource<Endpoints> = {
  group: '',
  version: 'v1',
  resource: 'endpoints',
  kind: 'Endpoints',
  namespaced: true,
};

export type CoreEvent = Namespaced<CoreV1Event>;
export const CoreEvent: Resource<CoreEvent> = {
  group: '',
  version: 'v1',
  resource: 'events',
  kind: 'Event',
  namespaced: true,
};

export type LimitRange = Namespaced<V1LimitRange>;
export const LimitRange: Resource<LimitRange> = {
  group: '',
  version: 'v1',
  resource: 'limitranges',
  kind: 'LimitRange',
  namespaced: true,
};

export type Namespace = ClusterScoped<V1Namespace>;
export const Namespace: Resource<Namespace> = {
  group: '',
  version: 'v1',
  resource: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
};

export type Node = ClusterScoped<V1Node>;
export const Node: Resource<Node> = { group: '', version: 'v1', resource: 'nodes', kind: 'Node', namespaced: false };

export type PersistentVolumeClaim = Namespaced<V1PersistentVolumeClaim>;
export const PersistentVolumeClaim: Resource<PersistentVolumeClaim> = {
  group: '',
  version: 'v1',
  resource: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  namespaced: true,
};

export type PersistentVolume = ClusterScoped<V1PersistentVolume>;
export const PersistentVolume: Resource<PersistentVolume> = {
  group: '',
  version: 'v1',
  resource: 'persistentvolumes',
  kind: 'PersistentVolume',
  namespaced: false,
};

export type Pod = Namespaced<V1Pod>;
export const Pod: Resource<Pod> = { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true };

export type PodTemplate = Namespaced<V1PodTemplate>;
export const PodTemplate: Resource<PodTemplate> = {
  group: '',
  version: 'v1',
  resource: 'podtemplates',
  kind: 'PodTemplate',
  namespaced: true,
};

export type ReplicationController = Namespaced<V1ReplicationController>;
export const ReplicationController: Resource<ReplicationController> = {
  group: '',
  version: 'v1',
  resource: 'replicationcontrollers',
  kind: 'ReplicationController',
  namespaced: true,
};

export type ResourceQuota = Namespaced<V1ResourceQuota>;
export const ResourceQuota: Resource<ResourceQuota> = {
  group: '',
  version: 'v1',
  resource: 'resourcequotas',
  kind: 'ResourceQuota',
  namespaced: true,
};

export type Secret = Namespaced<V1Secret>;
export const Secret: Resource<Secret> = {
  group: '',
  version: 'v1',
  resource: 'secrets',
  kind: 'Secret',
  namespaced: true,
};

export type ServiceAccount = Namespaced<V1ServiceAccount>;
export const ServiceAccount: Resource<ServiceAccount> = {
  group: '',
  version: 'v1',
  resource: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
};

export type Service = Namespaced<V1Service>;
export const Service: Resource<Service> = {
  group: '',
  version: 'v1',
  resource: 'services',
  kind: 'Service',
  namespaced: true,
};

export type MutatingAdmissionPolicy = ClusterScoped<V1MutatingAdmissionPolicy>;
export const MutatingAdmissionPolicy: Resource<MutatingAdmissionPolicy> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'mutatingadmissionpolicies',
  kind: 'MutatingAdmissionPolicy',
  namespaced: false,
};

export type MutatingAdmissionPolicyBinding = ClusterScoped<V1MutatingAdmissionPolicyBinding>;
export const MutatingAdmissionPolicyBinding: Resource<MutatingAdmissionPolicyBinding> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'mutatingadmissionpolicybindings',
  kind: 'MutatingAdmissionPolicyBinding',
  namespaced: false,
};

export type MutatingWebhookConfiguration = ClusterScoped<V1MutatingWebhookConfiguration>;
export const MutatingWebhookConfiguration: Resource<MutatingWebhookConfiguration> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'mutatingwebhookconfigurations',
  kind: 'MutatingWebhookConfiguration',
  namespaced: false,
};

export type ValidatingAdmissionPolicy = ClusterScoped<V1ValidatingAdmissionPolicy>;
export const ValidatingAdmissionPolicy: Resource<ValidatingAdmissionPolicy> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'validatingadmissionpolicies',
  kind: 'ValidatingAdmissionPolicy',
  namespaced: false,
};

export type ValidatingAdmissionPolicyBinding = ClusterScoped<V1ValidatingAdmissionPolicyBinding>;
export const ValidatingAdmissionPolicyBinding: Resource<ValidatingAdmissionPolicyBinding> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'validatingadmissionpolicybindings',
  kind: 'ValidatingAdmissionPolicyBinding',
  namespaced: false,
};

export type ValidatingWebhookConfiguration = ClusterScoped<V1ValidatingWebhookConfiguration>;
export const ValidatingWebhookConfiguration: Resource<ValidatingWebhookConfiguration> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'validatingwebhookconfigurations',
  kind: 'ValidatingWebhookConfiguration',
  namespaced: false,
};

export type CustomResourceDefinition = ClusterScoped<V1CustomResourceDefinition>;
export const CustomResourceDefinition: Resource<CustomResourceDefinition> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

export type APIService = ClusterScoped<V1APIService>;
export const APIService: Resource<APIService> = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  resource: 'apiservices',
  kind: 'APIService',
  namespaced: false,
};

export type ControllerRevision = Namespaced<V1ControllerRevision>;
export const ControllerRevision: Resource<ControllerRevision> = {
  group: 'apps',
  version: 'v1',
  resource: 'controllerrevisions',
  kind: 'ControllerRevision',
  namespaced: true,
};

export type DaemonSet = Namespaced<V1DaemonSet>;
export const DaemonSet: Resource<DaemonSet> = {
  group: 'apps',
  version: 'v1',
  resource: 'daemonsets',
  kind: 'DaemonSet',
  namespaced: true,
};

export type Deployment = Namespaced<V1Deployment>;
export const Deployment: Resource<Deployment> = {
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  kind: 'Deployment',
  namespaced: true,
};

export type ReplicaSet = Namespaced<V1ReplicaSet>;
export const ReplicaSet: Resource<ReplicaSet> = {
  group: 'apps',
  version: 'v1',
  resource: 'replicasets',
  kind: 'ReplicaSet',
  namespaced: true,
};

export type StatefulSet = Namespaced<V1StatefulSet>;
export const StatefulSet: Resource<StatefulSet> = {
  group: 'apps',
  version: 'v1',
  resource: 'statefulsets',
  kind: 'StatefulSet',
  namespaced: true,
};

export type HorizontalPodAutoscaler = Namespaced<V2HorizontalPodAutoscaler>;
export const HorizontalPodAutoscaler: Resource<HorizontalPodAutoscaler> = {
  group: 'autoscaling',
  version: 'v2',
  resource: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
  namespaced: true,
};

export type CronJob = Namespaced<V1CronJob>;
export const CronJob: Resource<CronJob> = {
  group: 'batch',
  version: 'v1',
  resource: 'cronjobs',
  kind: 'CronJob',
  namespaced: true,
};

export type Job = Namespaced<V1Job>;
export const Job: Resource<Job> = { group: 'batch', version: 'v1', resource: 'jobs', kind: 'Job', namespaced: true };

export type CertificateSigningRequest = ClusterScoped<V1CertificateSigningRequest>;
export const CertificateSigningRequest: Resource<CertificateSigningRequest> = {
  group: 'certificates.k8s.io',
  version: 'v1',
  resource: 'certificatesigningrequests',
  kind: 'CertificateSigningRequest',
  namespaced: false,
};

export type Lease = Namespaced<V1Lease>;
export const Lease: Resource<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  resource: 'leases',
  kind: 'Lease',
  namespaced: true,
};

export type EndpointSlice = Namespaced<V1EndpointSlice>;
export const EndpointSlice: Resource<EndpointSlice> = {
  group: 'discovery.k8s.io',
  version: 'v1',
  resource: 'endpointslices',
  kind: 'EndpointSlice',
  namespaced: true,
};

export type Event = Namespaced<EventsV1Event>;
export const Event: Resource<Event> = {
  group: 'events.k8s.io',
  version: 'v1',
  resource: 'events',
  kind: 'Event',
  namespaced: true,
};

export type FlowSchema = ClusterScoped<V1FlowSchema>;
export const FlowSchema: Resource<FlowSchema> = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  resource: 'flowschemas',
  kind: 'FlowSchema',
  namespaced: false,
};

export type PriorityLevelConfiguration = ClusterScoped<V1PriorityLevelConfiguration>;
export const PriorityLevelConfiguration: Resource<PriorityLevelConfiguration> = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  resource: 'prioritylevelconfigurations',
  kind: 'PriorityLevelConfiguration',
  namespaced: false,
};

export type IngressClass = ClusterScoped<V1IngressClass>;
export const IngressClass: Resource<IngressClass> = {
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'ingressclasses',
  kind: 'IngressClass',
  namespaced: false,
};

export type Ingress = Namespaced<V1Ingress>;
export const Ingress: Resource<Ingress> = {
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'ingresses',
  kind: 'Ingress',
  namespaced: true,
};

export type IPAddress = ClusterScoped<V1IPAddress>;
export const IPAddress: Resource<IPAddress> = {
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'ipaddresses',
  kind: 'IPAddress',
  namespaced: false,
};

export type NetworkPolicy = Namespaced<V1NetworkPolicy>;
export const NetworkPolicy: Resource<NetworkPolicy> = {
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'networkpolicies',
  kind: 'NetworkPolicy',
  namespaced: true,
};

export type ServiceCIDR = ClusterScoped<V1ServiceCIDR>;
export const ServiceCIDR: Resource<ServiceCIDR> = {
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'servicecidrs',
  kind: 'ServiceCIDR',
  namespaced: false,
};

export type RuntimeClass = ClusterScoped<V1RuntimeClass>;
export const RuntimeClass: Resource<RuntimeClass> = {
  group: 'node.k8s.io',
  version: 'v1',
  resource: 'runtimeclasses',
  kind: 'RuntimeClass',
  namespaced: false,
};

export type PodDisruptionBudget = Namespaced<V1PodDisruptionBudget>;
export const PodDisruptionBudget: Resource<PodDisruptionBudget> = {
  group: 'policy',
  version: 'v1',
  resource: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
  namespaced: true,
};

export type ClusterRoleBinding = ClusterScoped<V1ClusterRoleBinding>;
export const ClusterRoleBinding: Resource<ClusterRoleBinding> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource: 'clusterrolebindings',
  kind: 'ClusterRoleBinding',
  namespaced: false,
};

export type ClusterRole = ClusterScoped<V1ClusterRole>;
export const ClusterRole: Resource<ClusterRole> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource: 'clusterroles',
  kind: 'ClusterRole',
  namespaced: false,
};

export type RoleBinding = Namespaced<V1RoleBinding>;
export const RoleBinding: Resource<RoleBinding> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource: 'rolebindings',
  kind: 'RoleBinding',
  namespaced: true,
};

export type Role = Namespaced<V1Role>;
export const Role: Resource<Role> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource: 'roles',
  kind: 'Role',
  namespaced: true,
};

export type DeviceClass = ClusterScoped<V1DeviceClass>;
export const DeviceClass: Resource<DeviceClass> = {
  group: 'resource.k8s.io',
  version: 'v1',
  resource: 'deviceclasses',
  kind: 'DeviceClass',
  namespaced: false,
};

export type ResourceClaim = Namespaced<ResourceV1ResourceClaim>;
export const ResourceClaim: Resource<ResourceClaim> = {
  group: 'resource.k8s.io',
  version: 'v1',
  resource: 'resourceclaims',
  kind: 'ResourceClaim',
  namespaced: true,
};

export type ResourceClaimTemplate = Namespaced<V1ResourceClaimTemplate>;
export const ResourceClaimTemplate: Resource<ResourceClaimTemplate> = {
  group: 'resource.k8s.io',
  version: 'v1',
  resource: 'resourceclaimtemplates',
  kind: 'ResourceClaimTemplate',
  namespaced: true,
};

export type ResourceSlice = ClusterScoped<V1ResourceSlice>;
export const ResourceSlice: Resource<ResourceSlice> = {
  group: 'resource.k8s.io',
  version: 'v1',
  resource: 'resourceslices',
  kind: 'ResourceSlice',
  namespaced: false,
};

export type PriorityClass = ClusterScoped<V1PriorityClass>;
export const PriorityClass: Resource<PriorityClass> = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  resource: 'priorityclasses',
  kind: 'PriorityClass',
  namespaced: false,
};

export type CSIDriver = ClusterScoped<V1CSIDriver>;
export const CSIDriver: Resource<CSIDriver> = {
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'csidrivers',
  kind: 'CSIDriver',
  namespaced: false,
};

export type CSINode = ClusterScoped<V1CSINode>;
export const CSINode: Resource<CSINode> = {
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'csinodes',
  kind: 'CSINode',
  namespaced: false,
};

export type CSIStorageCapacity = Namespaced<V1CSIStorageCapacity>;
export const CSIStorageCapacity: Resource<CSIStorageCapacity> = {
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'csistoragecapacities',
  kind: 'CSIStorageCapacity',
  namespaced: true,
};

export type StorageClass = ClusterScoped<V1StorageClass>;
export const StorageClass: Resource<StorageClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'storageclasses',
  kind: 'StorageClass',
  namespaced: false,
};

export type VolumeAttachment = ClusterScoped<V1VolumeAttachment>;
export const VolumeAttachment: Resource<VolumeAttachment> = {
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'volumeattachments',
  kind: 'VolumeAttachment',
  namespaced: false,
};

export type VolumeAttributesClass = ClusterScoped<V1VolumeAttributesClass>;
export const VolumeAttributesClass: Resource<VolumeAttributesClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'volumeattributesclasses',
  kind: 'VolumeAttributesClass',
  namespaced: false,
};
