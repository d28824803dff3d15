// The signals that may stop a container (core.Signal).
import { type FieldError, forbidden, notSupported } from '../../../apimachinery/field.ts';

const named =
  'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX';

function linuxSignals(): string[] {
  const signals = named.split(' ').map((name) => `SIG${name}`);
  for (let i = 1; i <= 15; i++) signals.push(`SIGRTMIN+${i}`);
  for (let i = 1; i <= 14; i++) signals.push(`SIGRTMAX-${i}`);
  return signals.sort();
}

const supported: Readonly<Record<string, readonly string[]>> = {
  linux: linuxSignals(),
  windows: ['SIGKILL', 'SIGTERM'],
};

/** The signals go by spec.os.name, so that must be set. */
export function checkStopSignal(signal: string, os: string | undefined, path: string, errors: FieldError[]): void {
  if (os === undefined) {
    errors.push(forbidden(path, 'may not be set for containers with empty `spec.os.name`'));
    return;
  }
  const known = supported[os];
  if (known && !known.includes(signal)) errors.push(notSupported(path, signal, known));
}
