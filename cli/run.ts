// `pgplane up` and `pgplane server`: start everything, say so, and stop everything on SIGTERM or SIGINT.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Logger } from 'pino';
import type { ControllerManager } from '../controllers/manager/manager.ts';
import type { NodeAgent } from '../node-agent/node-agent.ts';
import type { SchedulerComponent } from '../scheduler/component.ts';
import { readAdmissionConfiguration } from '../server/admission/configuration.ts';
import { kubeconfig } from '../server/auth/kubeconfig.ts';
import { defaultAdvertiseAddress } from '../server/bootstrap/identity-lease.ts';
import { certDirectoryIn, defaultServerOptions, type ServerOptions } from '../server/options.ts';
import type { ApiServer } from '../server/server.ts';
import { versionInfo } from '../server/version.ts';
import type { ServerFlags } from './flags.ts';
import { refuseContainerd } from './hollow-nodes.ts';
import type { InProcessNodes } from './in-process-nodes.ts';
import { createLogger } from './log.ts';
import type { OpenedStorage } from './open-storage.ts';
import { packageVersion } from './version.ts';

/** As upstream: an address that others can reach, even where the server listens on loopback only. */
function advertiseAddress({ advertiseAddress: given, bindAddress }: ServerFlags): string {
  if (given !== undefined) return given;
  const reachable = !['0.0.0.0', '::', '127.0.0.1', '::1', 'localhost'].includes(bindAddress);
  return reachable ? bindAddress : (defaultAdvertiseAddress() ?? '127.0.0.1');
}

function requestHeaderOptions(flags: ServerFlags): ServerOptions['requestHeader'] {
  const standard = defaultServerOptions.requestHeader;
  return {
    allowedNames: flags.requestheaderAllowedNames ?? standard.allowedNames,
    usernameHeaders: flags.requestheaderUsernameHeaders ?? standard.usernameHeaders,
    uidHeaders: flags.requestheaderUidHeaders ?? standard.uidHeaders,
    groupHeaders: flags.requestheaderGroupHeaders ?? standard.groupHeaders,
    extraHeadersPrefix: flags.requestheaderExtraHeadersPrefix ?? standard.extraHeadersPrefix,
  };
}

/** The contents of files that flags name. */
async function fileOptions(flags: ServerFlags): Promise<Partial<ServerOptions>> {
  const { requestheaderClientCaFile: ca, proxyClientCertFile, proxyClientKeyFile, admissionControlConfigFile } = flags;
  if ((proxyClientCertFile === undefined) !== (proxyClientKeyFile === undefined))
    throw new Error('--proxy-client-cert-file and --proxy-client-key-file are given together');
  const text = (file: string) => readFile(file, 'utf8');
  return {
    ...(ca === undefined ? {} : { requestHeaderClientCA: await text(ca) }),
    ...(proxyClientCertFile === undefined || proxyClientKeyFile === undefined
      ? {}
      : { proxyClient: { certificate: await text(proxyClientCertFile), key: await text(proxyClientKeyFile) } }),
    ...(admissionControlConfigFile === undefined
      ? {}
      : { admissionConfiguration: await readAdmissionConfiguration(admissionControlConfigFile) }),
  };
}

/** The options that the flags come to; what has no flag keeps its standard. */
export function serverOptions(flags: ServerFlags): ServerOptions {
  return {
    // What has no flag of its own keeps its standard.
    ...defaultServerOptions,
    ...flags,
    certDirectory: flags.certDir ?? certDirectoryIn(flags.dataDir),
    advertiseAddress: advertiseAddress(flags),
    minRequestTimeoutSeconds: flags.minRequestTimeout,
    requestHeader: requestHeaderOptions(flags),
  };
}

/** Written whole, readable by its owner only. */
async function writeAdminKubeconfig(path: string, server: Pick<ApiServer, 'url' | 'pki'>): Promise<void> {
  const text = kubeconfig({
    server: server.url,
    certificateAuthority: server.pki.ca.certificate,
    credentials: server.pki.admin,
  });
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(2)} s`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What went wrong, in words that say what to do. */
function explain(error: unknown, flags: ServerFlags): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return `port ${flags.securePort} is taken on ${flags.bindAddress}: stop what listens there, or give another --secure-port`;
  if (code === 'EACCES')
    return `${message}: choose a --data-dir that this user can write, or a --secure-port above 1023`;
  if (code === 'ECONNREFUSED') return `${message}: is the PostgreSQL of --database-url running?`;
  return message;
}

export async function run(command: 'up' | 'server', flags: ServerFlags): Promise<void> {
  const log = createLogger(flags.v);
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  try {
    await start(command, flags, log);
  } catch (error) {
    log.debug({ err: error }, 'start failed');
    process.stderr.write(`pgplane: ${explain(error, flags)}\n`);
    process.exitCode = 1;
  }
}

async function start(command: 'up' | 'server', flags: ServerFlags, log: Logger): Promise<void> {
  // From the start of the process, so that the figure is what a person waits.
  const began = 0;
  refuseContainerd(flags);
  await mkdir(flags.dataDir, { recursive: true });
  say(`pgplane ${packageVersion()} serves Kubernetes ${versionInfo.gitVersion}`);
  const options = { ...serverOptions(flags), ...(await fileOptions(flags)) };
  // PostgreSQL starts in its own process while the server's modules are loaded here and, at a first start, certificates are made.
  const opening = import('./open-storage.ts').then(({ openStorage }) => openStorage(flags, log));
  opening.catch(() => undefined);
  const { ensureServerPki, startServer, controllers, scheduler, nodes } = await load(command, flags, options).catch(
    async (error: unknown) => {
      await (await opening).close();
      throw error;
    },
  );
  // startServer reads the certificates, or fails in the same way.
  const [opened] = await Promise.all([opening, ensureServerPki(options).catch(() => undefined)]);
  say(
    `  storage     ${flags.storageBackend === 'memory' ? '' : 'PostgreSQL '}${opened.description} (${seconds(began)})`,
  );
  const path = join(flags.dataDir, 'kubeconfig');
  let server: ApiServer;
  try {
    server = await startServer(opened.storage, options, log, (listening) => writeAdminKubeconfig(path, listening));
  } catch (error) {
    await opened.close();
    throw error;
  }
  say(`  API server  ${server.url}`);
  const manager = controllers?.controllersOf(server, flags, log);
  const component = await scheduler?.schedulerOf(server, flags, log);
  const simulated = await nodes?.nodesOf(server, flags, log);
  const parts = { manager, scheduler: component, nodes: simulated?.agent, server, opened };
  const stopping = stopOnSignal(parts, log);
  await Promise.all([
    manager === undefined ? undefined : startControllers(manager, server),
    component === undefined ? undefined : startScheduler(component, server),
    simulated === undefined ? undefined : startNodes(simulated, server),
  ]);
  if (stopping()) return;
  say(
    `Ready in ${seconds(began)}. Now type:\n\n  kubectl --kubeconfig ${relative(process.cwd(), path) || path} get namespaces\n`,
  );
}

/** The modules of what is to run. Throws for a controller that does not exist. */
async function load(command: 'up' | 'server', flags: ServerFlags, options: ServerOptions) {
  const [server, controllers, scheduler, nodes] = await Promise.all([
    import('../server/server.ts'),
    command === 'up' ? import('./in-process-controllers.ts') : undefined,
    command === 'up' ? import('./in-process-scheduler.ts') : undefined,
    command === 'up' ? import('./in-process-nodes.ts') : undefined,
  ]);
  // What the server makes by itself elsewhere is here what controllers do.
  if (controllers?.runServiceAccounts(flags)) options.defaultServiceAccounts = false;
  return { ...server, controllers, scheduler, nodes };
}

/** Resolves when they run, or another process's do; until then the server is not ready. */
async function startControllers(manager: ControllerManager, server: ApiServer): Promise<void> {
  let settled = false;
  server.addReadyCheck('controllers', () => (settled ? undefined : 'not started'));
  manager.start();
  const state = await manager.settled();
  if (manager.state === 'stopped') return;
  settled = true;
  const names = manager.controllers.length;
  say(`  controllers ${state === 'running' ? `${names} running` : `${names} standing by: another process leads`}`);
}

/** The same for the scheduler. */
async function startScheduler(scheduler: SchedulerComponent, server: ApiServer): Promise<void> {
  let settled = false;
  server.addReadyCheck('scheduler', () => (settled ? undefined : 'not started'));
  scheduler.start();
  const state = await scheduler.settled();
  if (scheduler.state === 'stopped') return;
  settled = true;
  say(`  scheduler   ${state === 'running' ? 'running' : 'standing by: another process leads'}`);
}

/** The same for nodes. */
async function startNodes({ agent, description }: InProcessNodes, server: ApiServer): Promise<void> {
  let registered = false;
  server.addReadyCheck('nodes', () => (registered ? undefined : 'not registered'));
  await agent.start();
  registered = true;
  say(`  nodes       ${description}`);
}

/** What runs, to be stopped in this order. */
interface Running {
  nodes: NodeAgent | undefined;
  scheduler: SchedulerComponent | undefined;
  manager: ControllerManager | undefined;
  server: ApiServer;
  opened: OpenedStorage;
}

/** Says, from then on, whether it is stopping. */
function stopOnSignal({ manager, scheduler, nodes, server, opened }: Running, log: Logger): () => boolean {
  let stopping: Promise<void> | undefined;
  const stop = async (reason: string, exitCode: number) => {
    log.info({ reason }, 'stopping');
    process.exitCode = exitCode;
    try {
      await Promise.all([nodes?.stop(), scheduler?.stop(), manager?.stop()]);
      await server.close();
      await opened.close();
    } catch (error) {
      log.error({ err: error }, 'stopping failed');
      process.exitCode = 1;
    }
  };
  const once = (reason: string, exitCode: number) => {
    stopping ??= stop(reason, exitCode);
  };
  process.on('SIGTERM', () => once('SIGTERM', 0));
  process.on('SIGINT', () => once('SIGINT', 0));
  opened.ended.then(() => {
    if (stopping !== undefined) return;
    process.stderr.write('pgplane: PostgreSQL has ended; see postgres.log in its directory\n');
    once('PostgreSQL has ended', 1);
  });
  return () => stopping !== undefined;
}
