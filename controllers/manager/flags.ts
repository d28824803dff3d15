// What controllers can be told on the command line, under kube-controller-manager's names (cmd/kube-controller-manager/app/options).
// Data only, because the command line is read before any controller is loaded. A controller adds its flags here and reads them as
// `context.flags['concurrent-foo-syncs']`.

/** How a flag's text becomes its value. */
export interface Flag<Value> {
  readonly description: string;
  /** As it is typed; undefined where the flag has no value unless it is given. */
  readonly standard: string | undefined;
  /** What stands for the value in help. */
  readonly placeholder: string;
  /** Throws what is wrong, in words for the user. */
  parse(text: string): Value;
}

/** A whole number from `minimum` on. */
export function count(standard: number, description: string, minimum = 1): Flag<number> {
  return {
    description,
    standard: String(standard),
    placeholder: 'count',
    parse(text) {
      const value = Number(text);
      if (!Number.isInteger(value) || value < minimum) throw new Error(`Give a whole number of at least ${minimum}.`);
      return value;
    },
  };
}

/** A number that may have decimals. */
export function number(standard: number, description: string): Flag<number> {
  return {
    description,
    standard: String(standard),
    placeholder: 'number',
    parse(text) {
      const value = Number(text);
      if (text.trim() === '' || Number.isNaN(value)) throw new Error('Give a number.');
      return value;
    },
  };
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A duration as Go prints it (`1h30m`, `500ms`); its value is in milliseconds. */
export function duration(standard: string, description: string): Flag<number> {
  return {
    description,
    standard,
    placeholder: 'duration',
    parse(text) {
      if (text === '0') return 0;
      const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
      if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text)
        throw new Error('Give a duration such as 500ms, 90s, 5m or 1h30m.');
      return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * unitMs[unit!]!, 0);
    },
  };
}

export function boolean(standard: boolean, description: string): Flag<boolean> {
  return {
    description,
    standard: String(standard),
    placeholder: 'boolean',
    parse(text) {
      if (text !== 'true' && text !== 'false') throw new Error('Give true or false.');
      return text === 'true';
    },
  };
}

/** Text, '' unless it is given. */
export function text(description: string, placeholder = 'text', standard = ''): Flag<string> {
  return { description, standard, placeholder, parse: (value) => value };
}

/** Texts by commas. */
export function list(standard: string, description: string, placeholder = 'names'): Flag<string[]> {
  const parse = (value: string) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  return { description, standard, placeholder, parse };
}

/** The manager's own flags. */
export const managerFlags = {
  controllers: list(
    '*',
    "controllers to run, by commas: '*' for all that are on by default, 'foo' for foo, '-foo' for all but foo",
  ),
  'leader-elect': boolean(true, 'lead only while holding a lease, so that several managers can stand by'),
  'leader-elect-lease-duration': duration('15s', 'how long others wait after the last renewal before they take over'),
  'leader-elect-renew-deadline': duration('10s', 'how long the leader tries to renew before it gives up'),
  'leader-elect-retry-period': duration('2s', 'time between attempts to get or renew the lease'),
  'leader-elect-resource-name': text('name of the Lease', 'name', 'kube-controller-manager'),
  'leader-elect-resource-namespace': text('namespace of the Lease', 'namespace', 'kube-system'),
  'controller-shutdown-timeout': duration('10s', 'how long controllers may take to stop'),
} as const;

/** The controllers' flags. */
export const controllerFlags = {
  'allocate-node-cidrs': boolean(false, 'give each node a range of --cluster-cidr for its Pods'),
  'cluster-cidr': list('', "ranges of the cluster's Pods, one or one of each family", 'cidrs'),
  'cluster-signing-cert-file': text('certificate (PEM) that signs certificates of the cluster', 'file'),
  'cluster-signing-duration': duration('8760h', 'how long signed certificates are valid at most'),
  'cluster-signing-key-file': text('its key (PEM)', 'file'),
  'cluster-signing-kube-apiserver-client-cert-file': text(
    'certificate (PEM) that signs for kubernetes.io/kube-apiserver-client',
    'file',
  ),
  'cluster-signing-kube-apiserver-client-key-file': text('its key (PEM)', 'file'),
  'cluster-signing-kubelet-client-cert-file': text(
    'certificate (PEM) that signs for kubernetes.io/kube-apiserver-client-kubelet',
    'file',
  ),
  'cluster-signing-kubelet-client-key-file': text('its key (PEM)', 'file'),
  'cluster-signing-kubelet-serving-cert-file': text(
    'certificate (PEM) that signs for kubernetes.io/kubelet-serving',
    'file',
  ),
  'cluster-signing-kubelet-serving-key-file': text('its key (PEM)', 'file'),
  'cluster-signing-legacy-unknown-cert-file': text(
    'certificate (PEM) that signs for kubernetes.io/legacy-unknown',
    'file',
  ),
  'cluster-signing-legacy-unknown-key-file': text('its key (PEM)', 'file'),
  'concurrent-cron-job-syncs': count(5, 'CronJobs that are worked on at once'),
  'concurrent-daemonset-syncs': count(2, 'daemon sets that are worked on at once'),
  'concurrent-deployment-syncs': count(5, 'deployments that are worked on at once'),
  'concurrent-endpoint-syncs': count(5, 'Endpoints that are worked on at once'),
  'concurrent-gc-syncs': count(20, 'objects that the garbage collector works on at once'),
  'concurrent-horizontal-pod-autoscaler-syncs': count(5, 'HorizontalPodAutoscalers that are worked on at once'),
  'concurrent-job-syncs': count(5, 'Jobs that are worked on at once'),
  'concurrent-namespace-syncs': count(10, 'Namespaces that are worked on at once'),
  'concurrent-rc-syncs': count(5, 'replication controllers that are worked on at once'),
  'concurrent-replicaset-syncs': count(5, 'replica sets that are worked on at once'),
  'concurrent-resource-quota-syncs': count(5, 'ResourceQuotas that are worked on at once'),
  'concurrent-service-endpoint-syncs': count(5, 'Services whose EndpointSlices are worked on at once'),
  'concurrent-serviceaccount-token-syncs': count(5, 'secrets with tokens that are worked on at once'),
  'concurrent-statefulset-syncs': count(5, 'stateful sets that are worked on at once'),
  'concurrent-ttl-after-finished-syncs': count(5, 'finished Jobs that are worked on at once'),
  'concurrent-validating-admission-policy-status-syncs': count(5, 'policies whose expressions are checked at once'),
  'enable-garbage-collector': boolean(true, 'collect what is owned when its owners go'),
  'endpoint-updates-batch-period': duration('0s', 'how long changes of Pods are gathered before Endpoints are written'),
  'endpointslice-updates-batch-period': duration(
    '0s',
    'how long changes of Pods are gathered before EndpointSlices are written',
  ),
  'horizontal-pod-autoscaler-cpu-initialization-period': duration(
    '5m',
    'after the start of a Pod, how long its CPU use may be left out',
  ),
  'horizontal-pod-autoscaler-downscale-stabilization': duration(
    '5m',
    'how far back the highest recommendation counts before fewer Pods are wanted',
  ),
  'horizontal-pod-autoscaler-initial-readiness-delay': duration(
    '30s',
    'after the start of a Pod, how long a change of readiness is taken for its first',
  ),
  'horizontal-pod-autoscaler-sync-period': duration('15s', 'between looks at each HorizontalPodAutoscaler'),
  'horizontal-pod-autoscaler-tolerance': number(0.1, 'how far use and target may be apart before something is done'),
  'large-cluster-size-threshold': count(
    50,
    'nodes beyond which a zone is large, so that eviction goes on when it is unhealthy',
    0,
  ),
  'legacy-service-account-token-clean-up-period': duration(
    '8760h',
    'how long a token made automatically may be unused before it is cleaned up',
  ),
  'max-endpoints-per-slice': count(100, 'endpoints that an EndpointSlice may have'),
  'mirroring-concurrent-service-endpoint-syncs': count(5, 'Endpoints that are mirrored at once'),
  'mirroring-endpointslice-updates-batch-period': duration(
    '0s',
    'how long changes of Endpoints are gathered before they are mirrored',
  ),
  'mirroring-max-endpoints-per-subset': count(1000, 'addresses of a subset of Endpoints that are mirrored'),
  'namespace-deletion-grace-period': duration(
    '5s',
    'after a Namespace is marked for deletion, how long servers have to hear of it',
  ),
  'namespace-sync-period': duration('5m', 'between looks at each Namespace'),
  'node-cidr-mask-size': count(
    0,
    "size of the mask of a node's range, where there is one family (default: 24 or 64)",
    0,
  ),
  'node-cidr-mask-size-ipv4': count(0, "size of the mask of a node's IPv4 range (default: 24)", 0),
  'node-cidr-mask-size-ipv6': count(0, "size of the mask of a node's IPv6 range (default: 64)", 0),
  'node-eviction-rate': number(0.1, 'nodes a second that are tainted in a healthy zone'),
  'node-monitor-grace-period': duration('50s', 'how long a node may be silent before its condition Ready is Unknown'),
  'node-monitor-period': duration('5s', 'how often nodes are looked at'),
  'node-startup-grace-period': duration('60s', 'how long a node may be silent that has never posted its status'),
  'resource-quota-sync-period': duration('5m', 'between recalculations of each ResourceQuota'),
  'root-ca-file': text(
    'certificates (PEM) that Pods are to trust the API server by (default: those of the kubeconfig)',
    'file',
  ),
  'secondary-node-eviction-rate': number(0.01, 'nodes a second that are tainted in an unhealthy zone, if it is large'),
  'service-account-private-key-file': text('key (PEM) that signs the tokens of secrets', 'file'),
  'service-cluster-ip-range': text('ranges of Services, by commas, which no node gets', 'cidrs'),
  'terminated-pod-gc-threshold': count(12500, 'terminated Pods that are kept, 0 for all', 0),
  'unhealthy-zone-threshold': number(0.55, 'share of nodes not ready (three at least) from which a zone is unhealthy'),
} as const;

type FlagTable = Readonly<Record<string, Flag<unknown>>>;
export type FlagValues<Table extends FlagTable> = { readonly [Name in keyof Table]: ReturnType<Table[Name]['parse']> };

export type ManagerFlags = FlagValues<typeof managerFlags>;
export type ControllerFlags = FlagValues<typeof controllerFlags>;

/** The values of all flags of a table: what was given, by name, over the standard. Throws what is wrong with one. */
export function flagValues<Table extends FlagTable>(
  table: Table,
  given: Partial<FlagValues<Table>> = {},
): FlagValues<Table> {
  const standard = Object.entries(table).map(([name, flag]) => [
    name,
    flag.standard === undefined ? undefined : flag.parse(flag.standard),
  ]);
  return { ...Object.fromEntries(standard), ...given } as FlagValues<Table>;
}
