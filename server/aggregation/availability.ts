// Whether the servers behind APIServices can be used (kubernetes kube-aggregator pkg/controllers/status/remote): the condition
// `Available`. Every server process checks for itself and writes only what changed, so that several may run.
import type { Logger } from 'pino';
import type { KubeObject } from '../../apimachinery/object.ts';
import { StatusError } from '../../apimachinery/status.ts';
import { type Fields, listOf } from '../registry/fields.ts';
import { timestamp } from '../registry/metadata.ts';
import type { ObjectChange, ObjectReader, ObjectWriter } from '../registry/objects.ts';
import type { Backend } from './backend.ts';
import { endpointsOf, servicePortName } from './service-resolver.ts';

const apiServices = 'apiservices.apiregistration.k8s.io';
const checkTimeoutMilliseconds = 5_000;
/** Asked at once; one good answer is enough, since a Service may have endpoints that are not what they should be. */
const attempts = 5;
const resyncMilliseconds = 30_000;
const backoffMilliseconds = { first: 5, most: 30_000 };

export interface Availability {
  status: 'True' | 'False';
  reason: string;
  message: string;
}

function unavailable(reason: string, message: string): Availability {
  return { status: 'False', reason, message };
}

/** What can be known without asking the server itself; undefined where nothing speaks against it. */
export function checkService(objects: ObjectReader, { service }: Pick<Backend, 'service'>): Availability | undefined {
  const { namespace, name, port } = service;
  const found = objects.resource('services').get(namespace, name);
  const where = `service/${name} in "${namespace}"`;
  if (found === undefined) return unavailable('ServiceNotFound', `${where} is not present`);
  if (found['spec']?.type !== 'ClusterIP') return undefined;
  const portName = servicePortName(found, port);
  if (portName === undefined) return unavailable('ServicePortError', `${where} is not listening on port ${port}`);
  const endpoints = endpointsOf(objects, found, portName);
  if (endpoints === undefined) return unavailable('EndpointsNotFound', `cannot find endpointslices for ${where}`);
  if (endpoints.ready.length > 0) return undefined;
  return unavailable('MissingEndpoints', `endpointslices for ${where} have no addresses with port name "${portName}"`);
}

/** Asks for the API's own discovery document. */
async function checkDiscovery(backend: Backend): Promise<Availability> {
  const ask = async (): Promise<void> => {
    const { host, port } = backend.resolve();
    const url = `https://${host.includes(':') ? `[${host}]` : host}:${port}${backend.path}`;
    let problem: string;
    try {
      const { status } = await backend.get(backend.path, {}, checkTimeoutMilliseconds);
      if (status >= 200 && status < 300) return;
      problem = `bad status from ${url}: ${status}`;
    } catch (error) {
      problem = (error as Error).message;
    }
    throw new Error(`failing or missing response from ${url}: ${problem}`);
  };
  try {
    await Promise.any(Array.from({ length: attempts }, ask));
    return { status: 'True', reason: 'Passed', message: 'all checks passed' };
  } catch (error) {
    const [first] = (error as AggregateError).errors as Error[];
    return unavailable('FailedDiscoveryCheck', first!.message);
  }
}

/** The object with the condition, or undefined where it says so already (apiregistration helpers SetAPIServiceCondition). */
export function withAvailability(apiService: KubeObject, now: Availability, at: string): KubeObject | undefined {
  const conditions = listOf(apiService['status']?.conditions);
  const before = conditions.find(({ type }) => type === 'Available');
  if (before?.['status'] === now.status && before['reason'] === now.reason && before['message'] === now.message)
    return undefined;
  const lastTransitionTime = before?.['status'] === now.status ? before['lastTransitionTime'] : at;
  const condition: Fields = { type: 'Available', lastTransitionTime, ...now };
  const others = conditions.filter((other) => other !== before);
  return { ...apiService, status: { ...apiService['status'], conditions: [...others, condition] } };
}

/** One APIService's turn: never two at a time, and once more when something changed meanwhile. */
interface Turn {
  running: boolean;
  again: boolean;
  failures: number;
  timer: NodeJS.Timeout | undefined;
}

export interface AvailabilityOptions {
  objects: ObjectReader;
  writer: Pick<ObjectWriter, 'updateStatus'>;
  backends(): Iterable<Backend>;
  log: Logger;
}

export class AvailabilityController {
  readonly #options: AvailabilityOptions;
  readonly #turns = new Map<string, Turn>();
  readonly #stops: (() => void)[];
  readonly #resync: NodeJS.Timeout;
  #closed = false;

  constructor(options: AvailabilityOptions) {
    this.#options = options;
    const { objects } = options;
    const named = ({ object }: ObjectChange) => this.#serviceChanged(object, object.metadata.name);
    this.#stops = [
      objects.resource('services').onChange(named),
      objects.resource('endpoints').onChange(named),
      objects
        .resource('endpointslices.discovery.k8s.io')
        .onChange(({ object }) => this.#serviceChanged(object, object.metadata.labels?.['kubernetes.io/service-name'])),
    ];
    this.#resync = setInterval(() => this.checkAll(), resyncMilliseconds);
    this.#resync.unref();
  }

  checkAll(): void {
    for (const { name } of this.#options.backends()) this.check(name);
  }

  #serviceChanged({ metadata }: KubeObject, service: string | undefined): void {
    for (const backend of this.#options.backends())
      if (backend.service.name === service && backend.service.namespace === metadata.namespace)
        this.check(backend.name);
  }

  /** Checks an APIService soon. */
  check(name: string): void {
    if (this.#closed) return;
    let turn = this.#turns.get(name);
    if (turn === undefined) {
      turn = { running: false, again: false, failures: 0, timer: undefined };
      this.#turns.set(name, turn);
    }
    clearTimeout(turn.timer);
    if (turn.running) turn.again = true;
    else void this.#run(name, turn);
  }

  async #run(name: string, turn: Turn): Promise<void> {
    turn.running = true;
    let settled = false;
    try {
      settled = await this.#sync(name);
    } catch (error) {
      const expected = error instanceof StatusError && (error.reason === 'Conflict' || error.reason === 'NotFound');
      if (!expected && !this.#closed)
        this.#options.log.warn({ err: error, apiService: name }, 'checking an APIService failed; it is tried again');
    }
    turn.running = false;
    if (this.#closed) return;
    turn.failures = settled ? 0 : turn.failures + 1;
    if (turn.again) {
      turn.again = false;
      void this.#run(name, turn);
    } else if (!settled) {
      const { first, most } = backoffMilliseconds;
      turn.timer = setTimeout(() => void this.#run(name, turn), Math.min(first * 2 ** (turn.failures - 1), most));
    }
  }

  /** False where it is to be tried again. */
  async #sync(name: string): Promise<boolean> {
    const { objects, writer } = this.#options;
    const backend = [...this.#options.backends()].find((candidate) => candidate.name === name);
    if (backend === undefined) {
      this.#turns.delete(name);
      return true;
    }
    const now = checkService(objects, backend) ?? (await checkDiscovery(backend));
    const apiService = objects.resource(apiServices).get('', name);
    if (this.#closed || apiService === undefined || !apiService['spec']?.service) return true;
    const changed = withAvailability(apiService, now, timestamp());
    if (changed !== undefined) await writer.updateStatus(apiServices, '', changed);
    return now.reason !== 'FailedDiscoveryCheck';
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#resync);
    for (const stop of this.#stops) stop();
    for (const { timer } of this.#turns.values()) clearTimeout(timer);
  }
}
