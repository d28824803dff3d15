// Probes and lifecycle handlers (pkg/apis/core/validation validateProbe, validateLifecycle, validateHandler).
import { type FieldError, forbidden, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import { isHTTPHeaderName } from '../../../apimachinery/names.ts';
import { type Fields, listOf } from '../fields.ts';
import { checkNonnegative, checkPortNumOrName, checkRequired, pushInvalid } from './checks.ts';
import { checkStopSignal } from './stop-signals.ts';

/** What the handlers of a container depend on: the pod's grace period in seconds, and its operating system. */
export interface HandlerRules {
  gracePeriodSeconds: number | undefined;
  os: string | undefined;
}

type CheckAction = (action: Fields, path: string, errors: FieldError[], rules: HandlerRules) => void;

/** The handlers in the order in which upstream looks at them. */
const actions: readonly (readonly [string, CheckAction])[] = [
  [
    'exec',
    ({ command }, path, errors) => {
      if (listOf(command).length === 0) errors.push(required(`${path}.command`));
    },
  ],
  ['httpGet', checkHTTPGet],
  ['tcpSocket', ({ port }, path, errors) => checkPortNumOrName(port, `${path}.port`, errors)],
  ['grpc', ({ port }, path, errors) => checkPortNumOrName(port, `${path}.port`, errors)],
  ['sleep', checkSleep],
];

function checkHTTPGet(action: Fields, path: string, errors: FieldError[]): void {
  checkRequired(action['path'], `${path}.path`, errors);
  checkPortNumOrName(action['port'], `${path}.port`, errors);
  const scheme = action['scheme'] ?? '';
  if (scheme !== 'HTTP' && scheme !== 'HTTPS') errors.push(notSupported(`${path}.scheme`, scheme, ['HTTP', 'HTTPS']));
  for (const header of listOf(action['httpHeaders'])) {
    const name = header['name'] ?? '';
    pushInvalid(errors, `${path}.httpHeaders`, name, isHTTPHeaderName(name));
  }
}

function checkSleep(action: Fields, path: string, errors: FieldError[], { gracePeriodSeconds }: HandlerRules): void {
  const seconds = action['seconds'] ?? 0;
  if (gracePeriodSeconds === undefined || (seconds >= 0 && seconds <= gracePeriodSeconds)) return;
  const detail = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriodSeconds})`;
  errors.push(invalid(path, seconds, detail));
}

function checkHandler(handler: Fields, path: string, rules: HandlerRules, errors: FieldError[]): void {
  let count = 0;
  for (const [field, check] of actions) {
    const action = handler[field] as Fields | null | undefined;
    if (!action) continue;
    if (count > 0) errors.push(forbidden(`${path}.${field}`, 'may not specify more than 1 handler type'));
    else check(action, `${path}.${field}`, errors, rules);
    count++;
  }
  if (count === 0) errors.push(required(path, 'must specify a handler type'));
}

const probeNumbers = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'];

function checkProbe(probe: Fields, path: string, rules: HandlerRules, errors: FieldError[]): void {
  checkHandler(probe, path, rules, errors);
  for (const field of probeNumbers) checkNonnegative(probe[field], `${path}.${field}`, errors);
  const grace = probe['terminationGracePeriodSeconds'];
  if (grace !== undefined && grace <= 0) {
    errors.push(invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  }
}

/** The three probes and the lifecycle of a container that may have them. `path` is the container's. */
export function checkHandlers(container: Fields, path: string, rules: HandlerRules, errors: FieldError[]): void {
  if (container['lifecycle']) checkLifecycle(container['lifecycle'], `${path}.lifecycle`, rules, errors);
  if (container['livenessProbe']) checkOnceProbe(container['livenessProbe'], `${path}.livenessProbe`, rules, errors);
  const readiness = container['readinessProbe'] as Fields | null | undefined;
  if (readiness) {
    checkProbe(readiness, `${path}.readinessProbe`, rules, errors);
    const grace = readiness['terminationGracePeriodSeconds'];
    if (grace !== undefined) {
      const at = `${path}.readinessProbe.terminationGracePeriodSeconds`;
      errors.push(invalid(at, grace, 'must not be set for readinessProbes'));
    }
  }
  if (container['startupProbe']) checkOnceProbe(container['startupProbe'], `${path}.startupProbe`, rules, errors);
}

/** Liveness and startup probes succeed with the first success. */
function checkOnceProbe(probe: Fields, path: string, rules: HandlerRules, errors: FieldError[]): void {
  checkProbe(probe, path, rules, errors);
  const threshold = probe['successThreshold'] ?? 0;
  if (threshold !== 1) errors.push(invalid(`${path}.successThreshold`, threshold, 'must be 1'));
}

function checkLifecycle(lifecycle: Fields, path: string, rules: HandlerRules, errors: FieldError[]): void {
  if (lifecycle['postStart']) checkHandler(lifecycle['postStart'], `${path}.postStart`, rules, errors);
  if (lifecycle['preStop']) checkHandler(lifecycle['preStop'], `${path}.preStop`, rules, errors);
  const signal = lifecycle['stopSignal'] as string | undefined;
  if (signal !== undefined) checkStopSignal(signal, rules.os, `${path}.stopSignal`, errors);
}
