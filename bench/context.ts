// What every benchmark of a running server is given.
import type { Target } from './http.ts';
import type { Figure } from './report.ts';

export interface BenchContext {
  target: Target;
  /** Roots of the server's process trees; empty when not known. */
  pids: readonly number[];
  /** Numbers of connections to measure at, in turn. */
  connections: readonly number[];
  /** Numbers of watchers to measure at, in turn. */
  watchers: readonly number[];
  /** Connections that write while the watchers watch. */
  writers: number;
  /** Pods that LIST lists and that memory is measured with. */
  pods: number;
  /** Ends each run, whichever comes first. */
  seconds: number;
  count: number | undefined;
  warmupSeconds: number;
  /** How long each physical limit is measured. */
  limitSeconds: number;
  databaseUrl: string | undefined;
  /** A namespace that no other run uses. */
  namespace(purpose: string): string;
  /** Begins to count the server's processor seconds; the function tells them, undefined when its processes are not known. */
  serverCpu(): () => number | undefined;
  /** Prints a figure as soon as it is known, and returns it. */
  say(figure: Figure): Figure;
  /** Empties a namespace, unless the run is to leave its objects there. */
  drop(namespace: string): Promise<void>;
}
