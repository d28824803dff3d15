// Events do not come faster than configured: in all, of a namespace, of a user, or of one source about one object
// (kubernetes plugin/pkg/admission/eventratelimit).
import { newTooManyRequests } from '../../../apimachinery/status.ts';
import { aggregate } from '../../auth/go-format.ts';
import type { Fields } from '../../registry/fields.ts';
import type { PluginContext, ScopedPlugin } from '../plugin.ts';
import type { AdmissionAttributes } from '../types.ts';

interface Limit {
  type: 'Server' | 'Namespace' | 'User' | 'SourceAndObject';
  qps: number;
  burst: number;
  cacheSize?: number;
}

const defaultCacheSize = 4096;

/** As many at once as `burst`, then `qps` a second (client-go flowcontrol token bucket). */
class TokenBucket {
  readonly #limit: Limit;
  #tokens: number;
  #atMs: number;

  constructor(limit: Limit, nowMs: number) {
    this.#limit = limit;
    this.#tokens = limit.burst;
    this.#atMs = nowMs;
  }

  tryAccept(nowMs: number): boolean {
    const { qps, burst } = this.#limit;
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#atMs) / 1000) * qps);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

const keys: Record<Limit['type'], (attributes: AdmissionAttributes) => string> = {
  Server: () => '',
  Namespace: ({ namespace }) => namespace,
  User: ({ user }) => user.name,
  SourceAndObject({ object }) {
    const { source, involvedObject: about } = (object ?? {}) as Fields;
    const parts = [source?.component, source?.host, about?.kind, about?.namespace, about?.name, about?.uid];
    return [...parts, about?.apiVersion].map((part) => part ?? '').join('');
  },
};

/** Buckets by key; the one that was not used for longest goes first. */
function enforcer(limit: Limit, now: () => number): (attributes: AdmissionAttributes) => string | undefined {
  const buckets = new Map<string, TokenBucket>();
  const size = limit.cacheSize || defaultCacheSize;
  return (attributes) => {
    const key = keys[limit.type](attributes);
    const bucket = buckets.get(key) ?? new TokenBucket(limit, now());
    buckets.delete(key);
    buckets.set(key, bucket);
    if (buckets.size > size) buckets.delete(buckets.keys().next().value!);
    return bucket.tryAccept(now()) ? undefined : `limit reached on type ${limit.type} for key ${key}`;
  };
}

function readLimits(context: PluginContext): Limit[] {
  const limits = (context.configuration('EventRateLimit')?.['limits'] ?? []) as unknown as Limit[];
  if (limits.length === 0) throw new Error('EventRateLimit: limits: Invalid value: must not be empty');
  for (const [index, { type, qps, burst }] of limits.entries()) {
    const at = `EventRateLimit: limits[${index}]`;
    if (keys[type] === undefined) throw new Error(`${at}.type: Unsupported value: ${JSON.stringify(type)}`);
    if (!(qps > 0)) throw new Error(`${at}.qps: Invalid value: ${qps}: must be positive`);
    if (!(burst > 0)) throw new Error(`${at}.burst: Invalid value: ${burst}: must be positive`);
  }
  return limits;
}

/** `now` gives milliseconds. Throws where no limits are configured. */
export function eventRateLimit(context: PluginContext, now: () => number = Date.now): ScopedPlugin {
  const enforcers = readLimits(context).map((limit) => enforcer(limit, now));
  return {
    name: 'EventRateLimit',
    operations: ['CREATE', 'UPDATE'],
    resources: ['events', 'events.events.k8s.io'],
    validate(attributes) {
      if (attributes.dryRun) return;
      const errors = enforcers.flatMap((accept) => accept(attributes) ?? []);
      if (errors.length > 0) throw newTooManyRequests(aggregate(errors), 1);
    },
  };
}
