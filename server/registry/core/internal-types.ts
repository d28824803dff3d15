// The fields of upstream's internal types (pkg/apis/core and pkg/apis/batch types.go) under their Go names and in their order:
// errors that show a struct show it that way. After a colon stands what an unset field shows, or the type of its value
// (`*` where it may be missing, `[]` for a list); fields without one show null. `@` names a field's JSON name where that is not
// the Go name in another case, and `+metadata` stands for an embedded ObjectMeta.

export const internalTypes: Readonly<Record<string, string>> = {
  PodTemplateSpec: '+metadata Spec:PodSpec',
  PodSpec:
    'Volumes:[]Volume InitContainers:[]Container Containers:[]Container EphemeralContainers:[]EphemeralContainer RestartPolicy:"" TerminationGracePeriodSeconds ActiveDeadlineSeconds DNSPolicy:"" NodeSelector ServiceAccountName:"" AutomountServiceAccountToken NodeName:"" SecurityContext:*PodSecurityContext ImagePullSecrets:[]LocalObjectReference Hostname:"" Subdomain:"" SetHostnameAsFQDN Affinity:*Affinity SchedulerName:"" Tolerations:[]Toleration HostAliases:[]HostAlias PriorityClassName:"" Priority PreemptionPolicy DNSConfig:*PodDNSConfig ReadinessGates:[]PodReadinessGate RuntimeClassName Overhead EnableServiceLinks TopologySpreadConstraints:[]TopologySpreadConstraint OS:*PodOS SchedulingGates:[]PodSchedulingGate ResourceClaims:[]PodResourceClaim Resources:*ResourceRequirements HostnameOverride SchedulingGroup:*PodSchedulingGroup',
  Volume:
    'Name:"" HostPath:*HostPathVolumeSource EmptyDir:*EmptyDirVolumeSource GCEPersistentDisk:*GCEPersistentDiskVolumeSource AWSElasticBlockStore:*AWSElasticBlockStoreVolumeSource GitRepo:*GitRepoVolumeSource Secret:*SecretVolumeSource NFS:*NFSVolumeSource ISCSI:*ISCSIVolumeSource Glusterfs:*GlusterfsVolumeSource PersistentVolumeClaim:*PersistentVolumeClaimVolumeSource RBD:*RBDVolumeSource Quobyte:*QuobyteVolumeSource FlexVolume:*FlexVolumeSource Cinder:*CinderVolumeSource CephFS:*CephFSVolumeSource Flocker:*FlockerVolumeSource DownwardAPI:*DownwardAPIVolumeSource FC:*FCVolumeSource AzureFile:*AzureFileVolumeSource ConfigMap:*ConfigMapVolumeSource VsphereVolume:*VsphereVirtualDiskVolumeSource AzureDisk:*AzureDiskVolumeSource PhotonPersistentDisk:*PhotonPersistentDiskVolumeSource Projected:*ProjectedVolumeSource PortworxVolume:*PortworxVolumeSource ScaleIO:*ScaleIOVolumeSource StorageOS:*StorageOSVolumeSource CSI:*CSIVolumeSource Ephemeral:*EphemeralVolumeSource Image:*ImageVolumeSource',
  LocalObjectReference: 'Name:""',
  HostPathVolumeSource: 'Path:"" Type',
  EmptyDirVolumeSource: 'Medium:"" SizeLimit',
  GCEPersistentDiskVolumeSource: 'PDName:"" FSType:"" Partition:0 ReadOnly:false',
  AWSElasticBlockStoreVolumeSource: 'VolumeID:"" FSType:"" Partition:0 ReadOnly:false',
  GitRepoVolumeSource: 'Repository:"" Revision:"" Directory:""',
  SecretVolumeSource: 'SecretName:"" Items:[]KeyToPath DefaultMode Optional',
  KeyToPath: 'Key:"" Path:"" Mode',
  NFSVolumeSource: 'Server:"" Path:"" ReadOnly:false',
  ISCSIVolumeSource:
    'TargetPortal:"" IQN:"" Lun:0 ISCSIInterface:"" FSType:"" ReadOnly:false Portals DiscoveryCHAPAuth@chapAuthDiscovery:false SessionCHAPAuth@chapAuthSession:false SecretRef:*LocalObjectReference InitiatorName',
  GlusterfsVolumeSource: 'EndpointsName@endpoints:"" Path:"" ReadOnly:false',
  PersistentVolumeClaimVolumeSource: 'ClaimName:"" ReadOnly:false',
  RBDVolumeSource:
    'CephMonitors@monitors RBDImage@image:"" FSType:"" RBDPool@pool:"" RadosUser@user:"" Keyring:"" SecretRef:*LocalObjectReference ReadOnly:false',
  QuobyteVolumeSource: 'Registry:"" Volume:"" ReadOnly:false User:"" Group:"" Tenant:""',
  FlexVolumeSource: 'Driver:"" FSType:"" SecretRef:*LocalObjectReference ReadOnly:false Options',
  CinderVolumeSource: 'VolumeID:"" FSType:"" ReadOnly:false SecretRef:*LocalObjectReference',
  CephFSVolumeSource: 'Monitors Path:"" User:"" SecretFile:"" SecretRef:*LocalObjectReference ReadOnly:false',
  FlockerVolumeSource: 'DatasetName:"" DatasetUUID:""',
  DownwardAPIVolumeSource: 'Items:[]DownwardAPIVolumeFile DefaultMode',
  DownwardAPIVolumeFile: 'Path:"" FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector Mode',
  ObjectFieldSelector: 'APIVersion:"" FieldPath:""',
  ResourceFieldSelector: 'ContainerName:"" Resource:"" Divisor:"0"',
  FCVolumeSource: 'TargetWWNs Lun FSType:"" ReadOnly:false WWIDs',
  AzureFileVolumeSource: 'SecretName:"" ShareName:"" ReadOnly:false',
  ConfigMapVolumeSource: 'Name:"" Items:[]KeyToPath DefaultMode Optional',
  VsphereVirtualDiskVolumeSource: 'VolumePath:"" FSType:"" StoragePolicyName:"" StoragePolicyID:""',
  AzureDiskVolumeSource: 'DiskName:"" DataDiskURI@diskURI:"" CachingMode FSType ReadOnly Kind',
  PhotonPersistentDiskVolumeSource: 'PdID:"" FSType:""',
  ProjectedVolumeSource: 'Sources:[]VolumeProjection DefaultMode',
  VolumeProjection:
    'Secret:*SecretProjection DownwardAPI:*DownwardAPIProjection ConfigMap:*ConfigMapProjection ServiceAccountToken:*ServiceAccountTokenProjection ClusterTrustBundle:*ClusterTrustBundleProjection PodCertificate:*PodCertificateProjection',
  SecretProjection: 'Name:"" Items:[]KeyToPath Optional',
  DownwardAPIProjection: 'Items:[]DownwardAPIVolumeFile',
  ConfigMapProjection: 'Name:"" Items:[]KeyToPath Optional',
  ServiceAccountTokenProjection: 'Audience:"" ExpirationSeconds:0 Path:""',
  ClusterTrustBundleProjection: 'Name SignerName LabelSelector Optional Path:""',
  PodCertificateProjection:
    'SignerName:"" KeyType:"" MaxExpirationSeconds CredentialBundlePath:"" KeyPath:"" CertificateChainPath:"" UserAnnotations',
  PortworxVolumeSource: 'VolumeID:"" FSType:"" ReadOnly:false',
  ScaleIOVolumeSource:
    'Gateway:"" System:"" SecretRef:*LocalObjectReference SSLEnabled:false ProtectionDomain:"" StoragePool:"" StorageMode:"" VolumeName:"" FSType:"" ReadOnly:false',
  StorageOSVolumeSource: 'VolumeName:"" VolumeNamespace:"" FSType:"" ReadOnly:false SecretRef:*LocalObjectReference',
  CSIVolumeSource: 'Driver:"" ReadOnly FSType VolumeAttributes NodePublishSecretRef:*LocalObjectReference',
  EphemeralVolumeSource: 'VolumeClaimTemplate:*PersistentVolumeClaimTemplate',
  PersistentVolumeClaimTemplate: '+metadata Spec:PersistentVolumeClaimSpec',
  PersistentVolumeClaimSpec:
    'AccessModes Selector Resources:VolumeResourceRequirements VolumeName:"" StorageClassName VolumeMode DataSource:*TypedLocalObjectReference DataSourceRef:*TypedObjectReference VolumeAttributesClassName',
  VolumeResourceRequirements: 'Limits Requests',
  TypedLocalObjectReference: 'APIGroup Kind:"" Name:""',
  TypedObjectReference: 'APIGroup Kind:"" Name:"" Namespace',
  ImageVolumeSource: 'Reference:"" PullPolicy:""',
  Container:
    'Name:"" Image:"" Command Args WorkingDir:"" Ports:[]ContainerPort EnvFrom:[]EnvFromSource Env:[]EnvVar Resources:ResourceRequirements ResizePolicy:[]ContainerResizePolicy RestartPolicy RestartPolicyRules:[]ContainerRestartRule VolumeMounts:[]VolumeMount VolumeDevices:[]VolumeDevice LivenessProbe:*Probe ReadinessProbe:*Probe StartupProbe:*Probe Lifecycle:*Lifecycle TerminationMessagePath:"" TerminationMessagePolicy:"" ImagePullPolicy:"" SecurityContext:*SecurityContext Stdin:false StdinOnce:false TTY:false',
  ContainerPort: 'Name:"" HostPort:0 ContainerPort:0 Protocol:"" HostIP:""',
  EnvFromSource: 'Prefix:"" ConfigMapRef:*ConfigMapEnvSource SecretRef:*SecretEnvSource',
  ConfigMapEnvSource: 'Name:"" Optional',
  SecretEnvSource: 'Name:"" Optional',
  EnvVar: 'Name:"" Value:"" ValueFrom:*EnvVarSource',
  EnvVarSource:
    'FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector ConfigMapKeyRef:*ConfigMapKeySelector SecretKeyRef:*SecretKeySelector FileKeyRef:*FileKeySelector',
  ConfigMapKeySelector: 'Name:"" Key:"" Optional',
  SecretKeySelector: 'Name:"" Key:"" Optional',
  FileKeySelector: 'VolumeName:"" Path:"" Key:"" Optional',
  ResourceRequirements: 'Limits Requests Claims:[]ResourceClaim',
  ResourceClaim: 'Name:"" Request:""',
  ContainerResizePolicy: 'ResourceName:"" RestartPolicy:""',
  ContainerRestartRule: 'Action:"" ExitCodes:*ContainerRestartRuleOnExitCodes',
  ContainerRestartRuleOnExitCodes: 'Operator:"" Values',
  VolumeMount: 'Name:"" ReadOnly:false RecursiveReadOnly MountPath:"" SubPath:"" MountPropagation SubPathExpr:""',
  VolumeDevice: 'Name:"" DevicePath:""',
  Probe:
    'Exec:*ExecAction HTTPGet:*HTTPGetAction TCPSocket:*TCPSocketAction GRPC:*GRPCAction InitialDelaySeconds:0 TimeoutSeconds:0 PeriodSeconds:0 SuccessThreshold:0 FailureThreshold:0 TerminationGracePeriodSeconds',
  ExecAction: 'Command',
  HTTPGetAction: 'Path:"" Port:0 Host:"" Scheme:"" HTTPHeaders:[]HTTPHeader',
  HTTPHeader: 'Name:"" Value:""',
  TCPSocketAction: 'Port:0 Host:""',
  GRPCAction: 'Port:0 Service',
  Lifecycle: 'PostStart:*LifecycleHandler PreStop:*LifecycleHandler StopSignal',
  LifecycleHandler: 'Exec:*ExecAction HTTPGet:*HTTPGetAction TCPSocket:*TCPSocketAction Sleep:*SleepAction',
  SleepAction: 'Seconds:0',
  SecurityContext:
    'Capabilities:*Capabilities Privileged SELinuxOptions:*SELinuxOptions WindowsOptions:*WindowsSecurityContextOptions RunAsUser RunAsGroup RunAsNonRoot ReadOnlyRootFilesystem AllowPrivilegeEscalation ProcMount SeccompProfile:*SeccompProfile AppArmorProfile:*AppArmorProfile',
  Capabilities: 'Add Drop',
  SELinuxOptions: 'User:"" Role:"" Type:"" Level:""',
  WindowsSecurityContextOptions: 'GMSACredentialSpecName GMSACredentialSpec RunAsUserName HostProcess',
  SeccompProfile: 'Type:"" LocalhostProfile',
  AppArmorProfile: 'Type:"" LocalhostProfile',
  EphemeralContainer:
    'Name:"" Image:"" Command Args WorkingDir:"" Ports:[]ContainerPort EnvFrom:[]EnvFromSource Env:[]EnvVar Resources:ResourceRequirements ResizePolicy:[]ContainerResizePolicy RestartPolicy RestartPolicyRules:[]ContainerRestartRule VolumeMounts:[]VolumeMount VolumeDevices:[]VolumeDevice LivenessProbe:*Probe ReadinessProbe:*Probe StartupProbe:*Probe Lifecycle:*Lifecycle TerminationMessagePath:"" TerminationMessagePolicy:"" ImagePullPolicy:"" SecurityContext:*SecurityContext Stdin:false StdinOnce:false TTY:false TargetContainerName:""',
  PodSecurityContext:
    'HostNetwork:false HostPID:false HostIPC:false ShareProcessNamespace HostUsers SELinuxOptions:*SELinuxOptions WindowsOptions:*WindowsSecurityContextOptions RunAsUser RunAsGroup RunAsNonRoot SupplementalGroups SupplementalGroupsPolicy FSGroup FSGroupChangePolicy Sysctls:[]Sysctl SeccompProfile:*SeccompProfile AppArmorProfile:*AppArmorProfile SELinuxChangePolicy',
  Sysctl: 'Name:"" Value:""',
  Affinity: 'NodeAffinity:*NodeAffinity PodAffinity:*PodAffinity PodAntiAffinity:*PodAntiAffinity',
  NodeAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution:*NodeSelector PreferredDuringSchedulingIgnoredDuringExecution:[]PreferredSchedulingTerm',
  NodeSelector: 'NodeSelectorTerms:[]NodeSelectorTerm',
  NodeSelectorTerm: 'MatchExpressions:[]NodeSelectorRequirement MatchFields:[]NodeSelectorRequirement',
  NodeSelectorRequirement: 'Key:"" Operator:"" Values',
  PreferredSchedulingTerm: 'Weight:0 Preference:NodeSelectorTerm',
  PodAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm PreferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm',
  PodAffinityTerm: 'LabelSelector Namespaces TopologyKey:"" NamespaceSelector MatchLabelKeys MismatchLabelKeys',
  WeightedPodAffinityTerm: 'Weight:0 PodAffinityTerm:PodAffinityTerm',
  PodAntiAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm PreferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm',
  Toleration: 'Key:"" Operator:"" Value:"" Effect:"" TolerationSeconds',
  HostAlias: 'IP:"" Hostnames',
  PodDNSConfig: 'Nameservers Searches Options:[]PodDNSConfigOption',
  PodDNSConfigOption: 'Name:"" Value',
  PodReadinessGate: 'ConditionType:""',
  TopologySpreadConstraint:
    'MaxSkew:0 TopologyKey:"" WhenUnsatisfiable:"" LabelSelector MinDomains NodeAffinityPolicy NodeTaintsPolicy MatchLabelKeys',
  PodOS: 'Name:""',
  PodSchedulingGate: 'Name:""',
  PodResourceClaim: 'Name:"" ResourceClaimName ResourceClaimTemplateName',
  PodSchedulingGroup: 'PodGroupName',
  PodFailurePolicy: 'Rules:[]PodFailurePolicyRule',
  PodFailurePolicyRule:
    'Action:"" OnExitCodes:*PodFailurePolicyOnExitCodesRequirement OnPodConditions:[]PodFailurePolicyOnPodConditionsPattern',
  PodFailurePolicyOnExitCodesRequirement: 'ContainerName Operator:"" Values',
  PodFailurePolicyOnPodConditionsPattern: 'Type:"" Status:""',
  SuccessPolicy: 'Rules:[]SuccessPolicyRule',
  SuccessPolicyRule: 'SucceededIndexes SucceededCount',
  UncountedTerminatedPods: 'Succeeded Failed',
  VolumeNodeAffinity: 'Required:*NodeSelector',
  PersistentVolumeSource:
    'GCEPersistentDisk:*GCEPersistentDiskVolumeSource AWSElasticBlockStore:*AWSElasticBlockStoreVolumeSource HostPath:*HostPathVolumeSource Glusterfs:*GlusterfsPersistentVolumeSource NFS:*NFSVolumeSource RBD:*RBDPersistentVolumeSource Quobyte:*QuobyteVolumeSource ISCSI:*ISCSIPersistentVolumeSource FlexVolume:*FlexPersistentVolumeSource Cinder:*CinderPersistentVolumeSource CephFS:*CephFSPersistentVolumeSource FC:*FCVolumeSource Flocker:*FlockerVolumeSource AzureFile:*AzureFilePersistentVolumeSource VsphereVolume:*VsphereVirtualDiskVolumeSource AzureDisk:*AzureDiskVolumeSource PhotonPersistentDisk:*PhotonPersistentDiskVolumeSource PortworxVolume:*PortworxVolumeSource ScaleIO:*ScaleIOPersistentVolumeSource Local:*LocalVolumeSource StorageOS:*StorageOSPersistentVolumeSource CSI:*CSIPersistentVolumeSource',
  GlusterfsPersistentVolumeSource: 'EndpointsName@endpoints:"" Path:"" ReadOnly:false EndpointsNamespace',
  RBDPersistentVolumeSource:
    'CephMonitors@monitors RBDImage@image:"" FSType:"" RBDPool@pool:"" RadosUser@user:"" Keyring:"" SecretRef:*SecretReference ReadOnly:false',
  SecretReference: 'Name:"" Namespace:""',
  ISCSIPersistentVolumeSource:
    'TargetPortal:"" IQN:"" Lun:0 ISCSIInterface:"" FSType:"" ReadOnly:false Portals DiscoveryCHAPAuth@chapAuthDiscovery:false SessionCHAPAuth@chapAuthSession:false SecretRef:*SecretReference InitiatorName',
  FlexPersistentVolumeSource: 'Driver:"" FSType:"" SecretRef:*SecretReference ReadOnly:false Options',
  CinderPersistentVolumeSource: 'VolumeID:"" FSType:"" ReadOnly:false SecretRef:*SecretReference',
  CephFSPersistentVolumeSource: 'Monitors Path:"" User:"" SecretFile:"" SecretRef:*SecretReference ReadOnly:false',
  AzureFilePersistentVolumeSource: 'SecretName:"" ShareName:"" ReadOnly:false SecretNamespace',
  ScaleIOPersistentVolumeSource:
    'Gateway:"" System:"" SecretRef:*SecretReference SSLEnabled:false ProtectionDomain:"" StoragePool:"" StorageMode:"" VolumeName:"" FSType:"" ReadOnly:false',
  LocalVolumeSource: 'Path:"" FSType',
  StorageOSPersistentVolumeSource:
    'VolumeName:"" VolumeNamespace:"" FSType:"" ReadOnly:false SecretRef:*ObjectReference',
  ObjectReference: 'Kind:"" Namespace:"" Name:"" UID:"" APIVersion:"" ResourceVersion:"" FieldPath:""',
  CSIPersistentVolumeSource:
    'Driver:"" VolumeHandle:"" ReadOnly:false FSType:"" VolumeAttributes ControllerPublishSecretRef:*SecretReference NodeStageSecretRef:*SecretReference NodePublishSecretRef:*SecretReference ControllerExpandSecretRef:*SecretReference NodeExpandSecretRef:*SecretReference',
  EventSource: 'Component:"" Host:""',
};
