// Metrics of Pods, objects and anything else, from the three metrics APIs that somebody may serve behind the aggregation layer
// (pkg/controller/podautoscaler/metrics/client.go, k8s.io/metrics). Values are in thousandths.
import { parseDurationMs } from '../../apimachinery/duration.ts';
import { groupResourceOf, parseApiVersion } from '../../apimachinery/object.ts';
import { quantityMilliValue, quantityOf } from '../../apimachinery/quantity.ts';
import { StatusError } from '../../apimachinery/status.ts';
import type { Client } from '../../client/client.ts';
import type { RestMapper } from '../../client/discovery.ts';
import { messageOf } from '../shared/aggregate.ts';

export interface PodMetric {
  /** Milliseconds since the epoch. */
  timestampMs: number;
  windowMs: number;
  /** Thousandths. */
  value: number;
}

/** By the Pods' names. */
export type PodMetrics = Map<string, PodMetric>;

/** An object that a metric is about. */
export interface DescribedObject {
  apiVersion?: string;
  kind: string;
  name: string;
}

const customGroup = 'custom.metrics.k8s.io';
/** Of custom metrics that do not say over how long they were taken. */
const defaultWindowMs = 60_000;

interface PodMetricsList {
  items?: {
    metadata: { name: string };
    timestamp: string;
    window: string;
    containers?: { name: string; usage?: Record<string, string> }[];
  }[];
}

interface MetricValue {
  describedObject?: { name?: string };
  timestamp?: string;
  /** v1beta1, and v1beta2. */
  window?: number;
  windowSeconds?: number;
  value: string;
}

type Values = { items?: MetricValue[] };

export class MetricsClient {
  readonly #client: Client;
  readonly #mapper: RestMapper;

  constructor(client: Client, mapper: RestMapper) {
    this.#client = client;
    this.#mapper = mapper;
  }

  /** What the Pods use of a resource, or one container of each does. Throws where nobody knows. */
  async resource(
    name: string,
    namespace: string,
    selector: string,
    container: string | undefined,
  ): Promise<PodMetrics> {
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`;
    const list = await this.#get<PodMetricsList>(path, { labelSelector: selector }, 'resource', 'pods.metrics.k8s.io');
    const { items = [] } = list;
    if (items.length === 0) throw new Error('no metrics returned from resource metrics API');
    const metrics: PodMetrics = new Map();
    for (const { metadata, timestamp, window, containers = [] } of items) {
      const counted =
        container === undefined ? containers : containers.filter((one) => one.name === container).slice(0, 1);
      const usages = counted.map(({ usage }) => usage?.[name]);
      // A Pod of which anything is missing is as one that says nothing.
      if (usages.length === 0 || usages.includes(undefined)) continue;
      const value = usages.reduce((sum, usage) => sum + milli(usage), 0);
      metrics.set(metadata.name, { timestampMs: Date.parse(timestamp), windowMs: parseDurationMs(window) ?? 0, value });
    }
    return metrics;
  }

  /** A custom metric of each Pod. Throws where nobody knows. */
  async pods(metric: string, namespace: string, selector: string, metricSelector: string): Promise<PodMetrics> {
    const query = { labelSelector: selector, metricLabelSelector: metricSelector };
    const { items = [] } = await this.#custom(`namespaces/${namespace}/pods/*/${metric}`, query, `pods.${customGroup}`);
    if (items.length === 0) throw new Error('no metrics returned from custom metrics API');
    return new Map(
      items.map(({ describedObject, timestamp, window, windowSeconds, value }) => {
        const seconds = windowSeconds ?? window;
        const windowMs = seconds === undefined ? defaultWindowMs : seconds * 1000;
        return [
          describedObject?.name ?? '',
          { timestampMs: Date.parse(timestamp ?? ''), windowMs, value: milli(value) },
        ];
      }),
    );
  }

  /** A custom metric of one object. Throws where nobody knows. */
  async object(metric: string, namespace: string, object: DescribedObject, metricSelector: string): Promise<number> {
    const { apiVersion = '', kind, name } = object;
    const { group } = parseApiVersion(apiVersion);
    let path = `namespaces/${namespace}/metrics/${metric}`;
    if (kind !== 'Namespace' || group !== '') {
      const resource = await this.#mapper.findAnyVersion(apiVersion, kind);
      if (resource === undefined) {
        const message = `no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`;
        throw new Error(
          `unable to fetch metrics from custom metrics API: unable to map kind ${group === '' ? kind : `${kind}.${group}`} to resource: ${message}`,
        );
      }
      path = `namespaces/${namespace}/${groupResourceOf(resource.group, resource.resource)}/${name}/${metric}`;
    }
    const { items = [] } = await this.#custom(path, { metricLabelSelector: metricSelector }, `${kind}.${customGroup}`);
    if (items.length !== 1) {
      const message = `the custom metrics API server returned ${items.length} results when we asked for exactly one`;
      throw new Error(`unable to fetch metrics from custom metrics API: ${message}`);
    }
    return milli(items[0]!.value);
  }

  /** The values of a metric that is of nothing in the cluster. Throws where nobody knows. */
  async external(metric: string, namespace: string, metricSelector: string): Promise<number[]> {
    const path = `/apis/external.metrics.k8s.io/v1beta1/namespaces/${namespace}/${metric}`;
    const named = `${metric}.external.metrics.k8s.io`;
    const { items = [] } = await this.#get<Values>(path, { labelSelector: metricSelector }, 'external', named);
    if (items.length === 0) throw new Error('no metrics returned from external metrics API');
    return items.map(({ value }) => milli(value));
  }

  async #custom(path: string, query: Record<string, string>, named: string): Promise<Values> {
    const { all } = await this.#mapper.discovery();
    const version = all.find(({ group }) => group === customGroup)?.version ?? 'v1beta2';
    return this.#get(`/apis/${customGroup}/${version}/${path}`, query, 'custom', named);
  }

  async #get<T>(path: string, query: Record<string, string>, api: string, named: string): Promise<T> {
    try {
      return await this.#client.request<T>({ method: 'GET', path, query });
    } catch (error) {
      const message = wordsOf(error, named);
      throw new Error(`unable to fetch metrics from ${api} metrics API: ${message}`, { cause: error });
    }
  }
}

/** What client-go says of an answer that is no Status. */
function wordsOf(error: unknown, named: string): string {
  const code = error instanceof StatusError ? error.status.code : undefined;
  const details = error instanceof StatusError ? error.status.details : undefined;
  if (details?.name !== undefined || details?.kind !== undefined) return messageOf(error);
  if (code === 404) return `the server could not find the requested resource (get ${named})`;
  if (code === 503) return `the server is currently unable to handle the request (get ${named})`;
  return messageOf(error);
}

function milli(value: unknown): number {
  return Number(quantityMilliValue(quantityOf(value)));
}
