// Runs another program to its end without stopping this process, which may be the server that the program talks to.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ProgramResult {
  /** -1 where a signal ended it. */
  code: number;
  stdout: string;
  stderr: string;
}

export interface ProgramOptions {
  input?: string;
  env?: NodeJS.ProcessEnv;
}

/** Resolves when the program has ended and closed its output. Rejects when it cannot be started. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const child = spawn(program, args, { env: options.env ?? process.env, stdio: 'pipe' });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  child.stdin.on('error', () => {}); // The program may end without reading all of it.
  child.stdin.end(options.input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, ...output };
}
