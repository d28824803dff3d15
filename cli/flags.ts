// The command line of `up` and `server`, with upstream's names wherever kube-apiserver has the flag.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { controllerFlags, managerFlags } from '../controllers/manager/flags.ts';
import { defaultServerOptions, type ServerOptions } from '../server/options.ts';
import { addComponentFlags } from './component-flags.ts';
import { addHollowFlags, type HollowFlags } from './hollow-nodes.ts';
import { clientFlags, leaderElectionFlags, schedulerUpFlags } from './scheduler-flags.ts';

/** What the flags come to, as commander hands them over. Durations are seconds. */
export interface ServerFlags
  extends HollowFlags,
    Omit<
      ServerOptions,
      | 'certDirectory'
      | 'advertiseAddress'
      | 'minRequestTimeoutSeconds'
      | 'watchBookmarkIntervalMilliseconds'
      | 'watchCacheRing'
      | 'requestHeader'
      | 'requestHeaderClientCA'
      | 'proxyClient'
      | 'admissionConfiguration'
    > {
  admissionControlConfigFile?: string;
  proxyClientCertFile?: string;
  proxyClientKeyFile?: string;
  requestheaderClientCaFile?: string;
  requestheaderAllowedNames?: string[];
  requestheaderUsernameHeaders?: string[];
  requestheaderUidHeaders?: string[];
  requestheaderGroupHeaders?: string[];
  requestheaderExtraHeadersPrefix?: string[];
  /** Seconds. */
  minRequestTimeout: number;
  dataDir: string;
  databaseUrl?: string;
  storageBackend: 'postgres' | 'memory';
  advertiseAddress?: string;
  certDir?: string;
  compactionInterval: number;
  compactionRetention: number;
  eventTtl: number;
  v: number;
}

function integer(minimum: number, maximum: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < minimum || value > maximum) {
      throw new InvalidArgumentError(`Give a whole number from ${minimum} to ${maximum}.`);
    }
    return value;
  };
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** Durations as Go prints them (`5m0s`, `1h`, `90s`), in seconds. */
export function duration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|m|s)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) {
    throw new InvalidArgumentError('Give a duration such as 90s, 5m or 1h30m.');
  }
  return parts.reduce((seconds, [, count, unit]) => seconds + Number(count) * unitSeconds[unit!]!, 0);
}

/** Help shows the default as it would be typed. */
function durationOption(flags: string, description: string, standard: string): Option {
  return new Option(flags, description).argParser(duration).default(duration(standard), standard);
}

function list(text: string, before: string[] = []): string[] {
  const items = text.split(',').map((item) => item.trim());
  return [...before, ...items.filter((item) => item !== '')];
}

function boolean(text: string): boolean {
  if (text === 'true') return true;
  if (text === 'false') return false;
  throw new InvalidArgumentError('Give true or false.');
}

/** Where things are kept and how the server is reached. */
function addPlaceFlags(command: Command): Command {
  const defaults = defaultServerOptions;
  return command
    .option('--data-dir <directory>', 'where PostgreSQL, certificates and the kubeconfig are kept', '.pgplane')
    .addOption(
      new Option('--database-url <url>', 'a PostgreSQL (15 or later) to use instead of the embedded one').env(
        'PGPLANE_DATABASE_URL',
      ),
    )
    .addOption(
      new Option('--storage-backend <name>', 'where objects are kept; memory forgets everything at the end')
        .choices(['postgres', 'memory'])
        .default('postgres'),
    )
    .addOption(durationOption('--compaction-interval <duration>', 'how often history is compacted', '5m'))
    .addOption(durationOption('--compaction-retention <duration>', 'how much history is kept', '5m'))
    .addOption(durationOption('--event-ttl <duration>', 'how long Events are kept', '1h'))
    .option('--bind-address <address>', 'address to listen on', defaults.bindAddress)
    .option('--secure-port <port>', 'port to listen on; 0 picks a free one', integer(0, 65535), defaults.securePort)
    .option(
      '--advertise-address <address>',
      'address that others reach this server by (default: --bind-address, or this machine’s where that is loopback)',
    )
    .option('--cert-dir <directory>', 'where certificates and keys are kept (default: pki in --data-dir)')
    .option('--tls-san-names <names>', 'more names and addresses for the serving certificate, by commas', list, []);
}

/** Front proxies in front of this server, and this server as the front proxy of aggregated ones. Lists are empty unless given. */
function addAggregationFlags(command: Command): Command {
  return command
    .option('--requestheader-client-ca-file <file>', 'CA of front proxies (default: front-proxy-ca of --cert-dir)')
    .option('--requestheader-allowed-names <names>', 'front proxies’ common names, by commas; "" for any', list)
    .option('--requestheader-username-headers <names>', 'headers that hold the user (default: X-Remote-User)', list)
    .option('--requestheader-uid-headers <names>', 'headers that hold the uid (default: X-Remote-Uid)', list)
    .option('--requestheader-group-headers <names>', 'headers that hold groups (default: X-Remote-Group)', list)
    .option('--requestheader-extra-headers-prefix <prefixes>', 'of extra information (default: X-Remote-Extra-)', list)
    .option('--proxy-client-cert-file <file>', 'certificate shown to aggregated servers (default: our own)')
    .option('--proxy-client-key-file <file>', 'key of --proxy-client-cert-file');
}

/** How requests are judged and limited. */
function addApiFlags(command: Command): Command {
  const defaults = defaultServerOptions;
  return command
    .option('--token-auth-file <file>', 'static bearer tokens: CSV of token,user,uid,"group1,group2"')
    .option('--anonymous-auth <boolean>', 'let anybody reach health and version', boolean, defaults.anonymousAuth)
    .option('--service-account-issuer <url>', 'issuer of service account tokens', defaults.serviceAccountIssuer)
    .option('--service-cluster-ip-range <cidr>', 'addresses for Services', defaults.serviceClusterIpRange)
    .option('--service-node-port-range <range>', 'ports for NodePort Services', defaults.serviceNodePortRange)
    .option(
      '--enable-admission-plugins <names>',
      'admission plugins to run beside the default ones, by commas',
      list,
      [],
    )
    .option('--disable-admission-plugins <names>', 'default admission plugins not to run, by commas', list, [])
    .option('--admission-control-config-file <file>', 'AdmissionConfiguration of plugins (YAML or JSON)')
    .option(
      '--max-requests-inflight <count>',
      'requests that read, served at once',
      integer(1, 100_000),
      defaults.maxRequestsInflight,
    )
    .option(
      '--max-mutating-requests-inflight <count>',
      'requests that write, served at once',
      integer(1, 100_000),
      defaults.maxMutatingRequestsInflight,
    )
    .option(
      '--min-request-timeout <seconds>',
      'a watch without timeoutSeconds ends after a random time between this and twice this',
      integer(1, 1_000_000),
      defaults.minRequestTimeoutSeconds,
    )
    .option('--max-connections <count>', 'connections open at once', integer(1, 1_000_000), defaults.maxConnections)
    .option(
      '--http2-max-streams-per-connection <count>',
      'streams open at once on one HTTP/2 connection',
      integer(1, 100_000),
      defaults.http2MaxStreamsPerConnection,
    )
    .option(
      '--default-service-accounts <boolean>',
      'make ServiceAccount default and ConfigMap kube-root-ca.crt in every namespace',
      boolean,
      defaults.defaultServiceAccounts,
    );
}

function addLogFlag(command: Command): Command {
  return command.option(
    '-v, --v <level>',
    'log level: 0 what an operator must know, 2 more, 4 and above for debugging',
    integer(0, 10),
    0,
  );
}

export function addServerFlags(command: Command): Command {
  return addLogFlag(addAggregationFlags(addApiFlags(addPlaceFlags(command))));
}

/** kube-controller-manager's, for a manager that is alone in its process. */
export function addControllersFlags(command: Command): Command {
  command
    .option('--kubeconfig <file>', 'how to reach the cluster (default: as the Pod that this runs in)')
    .addOption(
      new Option('--use-service-account-credentials [boolean]', 'give each controller its own service account')
        .argParser(boolean)
        .preset('true')
        .default(false),
    )
    .option('--kube-api-qps <count>', 'requests a second, of each controller', Number, 20)
    .option('--kube-api-burst <count>', 'requests at once, of each controller', integer(1, 1_000_000), 30);
  addLogFlag(command);
  return addComponentFlags(addComponentFlags(command, managerFlags), controllerFlags);
}

/** kube-scheduler's, for one that is alone in its process. */
export function addSchedulerFlags(command: Command): Command {
  command
    .option('--config <file>', 'KubeSchedulerConfiguration (YAML or JSON)')
    .option('--kubeconfig <file>', 'how to reach the cluster (default: as the Pod that this runs in)');
  addLogFlag(command);
  return addComponentFlags(addComponentFlags(command, leaderElectionFlags), clientFlags);
}

/** What nodes there are and what they run. */
function addNodeCountFlags(command: Command): Command {
  return addHollowFlags(
    command
      .addOption(new Option('--nodes <count>', 'nodes to run (default: 1)').argParser(integer(0, 10_000)))
      .addOption(
        new Option('--runtime <name>', 'what runs containers; auto is what this machine can run').choices([
          'auto',
          'containerd',
          'hollow',
        ]),
      ),
  );
}

export function addUpFlags(command: Command): Command {
  addServerFlags(command);
  addComponentFlags(addComponentFlags(command, managerFlags), controllerFlags);
  return addNodeCountFlags(addComponentFlags(command, schedulerUpFlags));
}

/** The kubelet's, for nodes that are alone in their process. */
export function addNodeFlags(command: Command): Command {
  command.option('--kubeconfig <file>', 'how to reach the cluster (default: as the Pod that this runs in)');
  return addLogFlag(addNodeCountFlags(command));
}
