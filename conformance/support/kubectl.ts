// Runs real kubectl binaries against a server and keeps what they print.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type ProgramResult, runProgram } from './program.ts';

export interface KubectlOptions {
  /** Further arguments, for those with spaces in them. */
  more?: readonly string[];
  /** Standard input; an object is given as JSON. */
  input?: string | object;
  /** Environment beside the process's own. */
  env?: Readonly<Record<string, string>>;
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Every kubectl in PATH: `kubectl` itself and versions beside it by the name of `kubectl-1.36`. KUBECTL, where set, is the only one.
 * Throws when there is none: these suites are about kubectl.
 */
export function findKubectls(): string[] {
  if (process.env['KUBECTL']) return [process.env['KUBECTL']];
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter(Boolean);
  const found = new Map<string, string>();
  for (const folder of folders) {
    let names: string[] = [];
    try {
      names = readdirSync(folder).filter((name) => /^kubectl(-1\.\d+)?$/.test(name));
    } catch {
      continue; // PATH may name folders that do not exist.
    }
    for (const name of names) {
      const file = path.join(folder, name);
      if (
        !found.has(name) &&
        executable(file) &&
        ![...found.values()].some((other) => realpathSync(other) === realpathSync(file))
      )
        found.set(name, file);
    }
  }
  if (found.size === 0) throw new Error('there is no kubectl in PATH');
  return [...found.values()];
}

/** Splits a command line at blanks; `'single quotes'` keep theirs. */
function words(line: string): string[] {
  return (line.match(/(?:'[^']*'|\S)+/g) ?? []).map((word) => word.replaceAll("'", ''));
}

/** One kubectl with one kubeconfig, with a home and caches of its own so that runs do not see each other's. */
export class Kubectl {
  readonly binary: string;
  readonly #kubeconfig: string;
  readonly #namespace: string;
  readonly #home: string;

  constructor(
    binary: string,
    kubeconfig: string,
    namespace = 'default',
    home = mkdtempSync(path.join(os.tmpdir(), 'pgplane-kubectl-')),
  ) {
    this.binary = binary;
    this.#kubeconfig = kubeconfig;
    this.#namespace = namespace;
    this.#home = home;
  }

  /** The same kubectl in another namespace. */
  in(namespace: string): Kubectl {
    return new Kubectl(this.binary, this.#kubeconfig, namespace, this.#home);
  }

  /** A folder that goes away with `close`. */
  get folder(): string {
    return this.#home;
  }

  close(): void {
    rmSync(this.#home, { recursive: true, force: true });
  }

  #args(line: string, options: KubectlOptions): string[] {
    const args = [...words(line), ...(options.more ?? [])];
    const named = args.some((arg) => /^(-n|--namespace|-A|--all-namespaces)(=|$)/.test(arg));
    return named ? args : ['--namespace', this.#namespace, ...args];
  }

  #env(options: KubectlOptions): NodeJS.ProcessEnv {
    return { ...process.env, KUBECONFIG: this.#kubeconfig, HOME: this.#home, TERM: 'dumb', ...options.env };
  }

  /** Runs `kubectl LINE`, whatever it exits with. */
  run(line: string, options: KubectlOptions = {}): Promise<ProgramResult> {
    const { input } = options;
    return runProgram(this.binary, this.#args(line, options), {
      env: this.#env(options),
      ...(input !== undefined && { input: typeof input === 'string' ? input : JSON.stringify(input) }),
    });
  }

  /** Runs `kubectl LINE`, which must succeed, and gives what it printed on standard output. */
  async ok(line: string, options: KubectlOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(line, options);
    if (code !== 0) throw new Error(`kubectl ${line}: exit ${code}\n${stderr}${stdout}`);
    return stdout;
  }

  /** Runs `kubectl LINE`, which must fail, and gives what it printed on standard error. */
  async fails(line: string, options: KubectlOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(line, options);
    if (code === 0) throw new Error(`kubectl ${line} succeeded:\n${stdout}`);
    return stderr;
  }

  /** `kubectl get … -o json`, parsed. */
  async json<T = Record<string, unknown>>(line: string): Promise<T> {
    return JSON.parse(await this.ok(`${line} -o json`)) as T;
  }

  /** Starts a kubectl that goes on until it is stopped: `get --watch`, `wait`. */
  start(line: string): RunningKubectl {
    return new RunningKubectl(line, spawn(this.binary, this.#args(line, {}), { env: this.#env({}), stdio: 'pipe' }));
  }
}

/** A kubectl under way, and what it has printed so far. */
export class RunningKubectl {
  stdout = '';
  stderr = '';
  readonly #line: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number>;
  #heard: () => void = () => {};

  constructor(line: string, child: ChildProcess) {
    this.#line = line;
    this.#child = child;
    child.stdin!.end();
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#heard();
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#ended = once(child, 'close').then(([code]) => {
      this.#heard();
      return (code as number | null) ?? -1;
    });
  }

  /** Resolves when the output matches; rejects when kubectl ends first. */
  async until(pattern: RegExp): Promise<void> {
    let ended = false;
    void this.#ended.then(() => {
      ended = true;
    });
    while (!pattern.test(this.stdout)) {
      if (ended) throw new Error(`kubectl ${this.#line} ended without ${pattern}:\n${this.stdout}${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  /** Waits for its end and gives its exit code. */
  ended(): Promise<number> {
    return this.#ended;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended;
  }
}

/** The rows that kubectl printed, split into columns by the positions of the headers, so that empty cells stay. */
export function table(output: string): Record<string, string>[] {
  const [header = '', ...rows] = output.replace(/\n+$/, '').split('\n');
  const columns = [...header.matchAll(/\S+( \S+)*/g)].map((match) => ({ name: match[0], at: match.index }));
  return rows.map((row) =>
    Object.fromEntries(columns.map(({ name, at }, i) => [name, row.slice(at, columns[i + 1]?.at).trim()])),
  );
}

/** The headers that kubectl printed. */
export function headers(output: string): string[] {
  return [...(output.split('\n')[0] ?? '').matchAll(/\S+( \S+)*/g)].map((match) => match[0]);
}
