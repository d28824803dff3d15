// Which server is measured: one given by address or kubeconfig, or a pgplane that the benchmark starts for itself.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { call, request, type Target } from './http.ts';

export interface TargetOptions {
  url?: string;
  token?: string;
  kubeconfig?: string;
  databaseUrl?: string;
  /** Process ids of the server's process trees, for its processor time and memory. */
  pid?: number[];
}

export interface Measured {
  target: Target;
  /** The roots of the server's process trees; empty when not known. */
  pids: number[];
  /** Ends the server, where it is the benchmark's own. */
  stop(): Promise<void>;
}

interface Kubeconfig {
  'current-context': string;
  contexts: { name: string; context: { cluster: string; user: string } }[];
  clusters: { name: string; cluster: Record<string, string> }[];
  users: { name: string; user: Record<string, string> }[];
}

/** `<name>-data` in base64, or the file that `<name>` names. */
function material(entry: Record<string, string>, name: string, folder: string): string | undefined {
  const inline = entry[`${name}-data`];
  if (inline !== undefined) return Buffer.from(inline, 'base64').toString();
  const file = entry[name];
  return file === undefined ? undefined : readFileSync(path.resolve(folder, file), 'utf8');
}

/** The current context of a kubeconfig with a token or a client certificate; other ways of logging in are not known here. */
export function targetFromKubeconfig(file: string): Target {
  const config = parse(readFileSync(file, 'utf8')) as Kubeconfig;
  const context = config.contexts.find(({ name }) => name === config['current-context'])?.context;
  const cluster = config.clusters.find(({ name }) => name === context?.cluster)?.cluster;
  const user = config.users.find(({ name }) => name === context?.user)?.user;
  if (cluster?.['server'] === undefined || user === undefined) throw new Error(`${file} has no usable current context`);
  const folder = path.dirname(file);
  return {
    ...address(cluster['server']),
    ca: material(cluster, 'certificate-authority', folder),
    cert: material(user, 'client-certificate', folder),
    key: material(user, 'client-key', folder),
    token: user['token'],
  };
}

function address(url: string): { host: string; port: number } {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'https:') throw new Error(`${url}: only https is measured`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) };
}

/** A TCP port of the loopback interface that is free now. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Polls `/readyz` every few milliseconds until it answers 200. Throws when `child` ends or `seconds` pass. */
export async function ready(target: Target, seconds: number, child?: ChildProcess): Promise<void> {
  const probe = request(target, 'GET', '/readyz');
  for (const deadline = Date.now() + seconds * 1000; ; ) {
    const up = await call(target, probe, [200]).then(
      () => true,
      () => false,
    );
    if (up) return;
    if (child !== undefined && (child.exitCode !== null || child.signalCode !== null))
      throw new Error('the server ended');
    if (Date.now() > deadline) throw new Error(`the server was not ready within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A server that the benchmark started must not outlive it, however it ends. */
export function endWithThisProcess(child: ChildProcess): void {
  const end = () => child.kill('SIGTERM');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
}

/** The server that the options name, or a fresh pgplane in a temporary data directory: `server`, or `command` with its flags. */
export async function openTarget(options: TargetOptions, command: readonly string[] = ['server']): Promise<Measured> {
  const pids = options.pid ?? [];
  const stop = async () => {};
  if (options.kubeconfig !== undefined) return { target: targetFromKubeconfig(options.kubeconfig), pids, stop };
  if (options.url !== undefined) return { target: { ...address(options.url), token: options.token }, pids, stop };
  return startOwn(command, options.databaseUrl);
}

async function startOwn(command: readonly string[], databaseUrl: string | undefined): Promise<Measured> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'pgplane-bench-'));
  const port = await freePort();
  const data = path.join(folder, 'data');
  const main = fileURLToPath(new URL('../cli/pgplane.mjs', import.meta.url));
  const args = [main, ...command, '--data-dir', data, '--secure-port', String(port)];
  if (databaseUrl !== undefined) args.push('--database-url', databaseUrl);
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  endWithThisProcess(child);
  await ready({ host: '127.0.0.1', port }, 60, child);
  // The server writes it once it is ready, before it says so.
  const kubeconfig = path.join(data, 'kubeconfig');
  for (let tries = 0; !existsSync(kubeconfig); tries++) {
    if (tries > 1000) throw new Error(`the server wrote no ${kubeconfig}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    target: targetFromKubeconfig(kubeconfig),
    pids: [child.pid!],
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
