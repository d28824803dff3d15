// A pgplane server as a process of its own, as a user runs it: for what can only be seen from outside (signals, crashes, memory).
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { processTree } from '../../bench/process.ts';

export interface ServerProcessOptions {
  /** A data directory that is kept; without one it is a temporary one that goes with `stop`. */
  dataDirectory?: string;
  /** `server` by default: the API server alone. */
  command?: 'server' | 'up';
  /** Further flags. */
  args?: readonly string[];
}

export interface ServerProcess {
  port: number;
  token: string;
  pid: number;
  kubeconfigPath: string;
  /** What it printed on standard output. */
  output(): string;
  /** Sends SIGTERM and gives the exit code. Idempotent. */
  stop(): Promise<number | null>;
  /** Kills the server and everything it started, at once, as a power cut would. */
  kill(): Promise<void>;
}

const main = fileURLToPath(new URL('../../cli/pgplane.mjs', import.meta.url));

/** Starts `pgplane server` (or `up`) on a free port; resolves when it says that it is ready, and throws what it said when it is not. */
export async function startServerProcess(options: ServerProcessOptions = {}): Promise<ServerProcess> {
  const temporary = mkdtempSync(path.join(os.tmpdir(), 'pgplane-process-'));
  const data = options.dataDirectory ?? path.join(temporary, 'data');
  mkdirSync(data, { recursive: true });
  const token = randomBytes(16).toString('hex');
  const tokens = path.join(temporary, 'tokens.csv');
  writeFileSync(tokens, `${token},admin,admin,"system:masters"\n`, { mode: 0o600 });
  const flags = ['--data-dir', data, '--secure-port', '0', '--token-auth-file', tokens, ...(options.args ?? [])];
  const child = spawn(process.execPath, [main, options.command ?? 'server', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const clean = () => rmSync(temporary, { recursive: true, force: true });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const port = await portWhenReady(child, output).catch((error: unknown) => {
    clean();
    throw error;
  });
  return {
    port,
    token,
    pid: child.pid!,
    kubeconfigPath: path.join(data, 'kubeconfig'),
    output: () => output.stdout,
    async stop() {
      const code = await ended(child, () => child.kill('SIGTERM'));
      clean();
      return code;
    },
    async kill() {
      const tree = processTree([child.pid!]);
      await ended(child, () => killAll(tree));
      clean();
    },
  };
}

function portWhenReady(child: ChildProcess, output: { stdout: string; stderr: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', () => {
      const port = /https:\/\/[^\s:]+:(\d+)[\s\S]*Ready in/.exec(output.stdout)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.once('close', (code) =>
      reject(new Error(`the server ended with ${code}:\n${output.stdout}${output.stderr}`)),
    );
  });
}

/** Stops every process before killing any, so that none can tidy up after another. */
function killAll(pids: readonly number[]): void {
  for (const signal of ['SIGSTOP', 'SIGKILL'] as const) {
    for (const pid of pids) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // It has ended already.
      }
    }
  }
}

async function ended(child: ChildProcess, end: () => void): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, 'exit');
    end();
    await exit;
  }
  return child.exitCode;
}
