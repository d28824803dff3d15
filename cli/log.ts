// Structured logs on standard error; standard output is for people.
import pino, { type Logger } from 'pino';

/** klog verbosity to pino levels: 0 to 1 info, 2 to 3 info too (upstream's default detail), 4 and 5 debug, above trace. */
export function createLogger(verbosity: number): Logger {
  const level = verbosity >= 6 ? 'trace' : verbosity >= 4 ? 'debug' : verbosity >= 2 ? 'info' : 'warn';
  return pino(
    { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
