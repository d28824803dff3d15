// How fast, and how far back: what keeps the number of replicas from following every change of the metrics
// (pkg/controller/podautoscaler/horizontal.go stabilizeRecommendation, convertDesiredReplicas…).
import type { HorizontalPodAutoscaler } from '../../client/kinds.ts';
import { maxInt32 } from './replica-calculator.ts';

export type Behavior = NonNullable<NonNullable<HorizontalPodAutoscaler['spec']>['behavior']>;
type Rules = NonNullable<Behavior['scaleUp']>;

export interface Recommendation {
  atMs: number;
  replicas: number;
}

/** A change that was made; `replicas` is how many more or fewer. */
export interface ScaleEvent {
  atMs: number;
  replicas: number;
}

/** What is remembered of one autoscaler; lost with the process, as upstream's. */
export interface History {
  recommendations: Recommendation[];
  ups: ScaleEvent[];
  downs: ScaleEvent[];
}

export interface Limits {
  currentReplicas: number;
  minReplicas: number;
  maxReplicas: number;
}

export interface Normalized {
  replicas: number;
  ableToScale: { reason: string; message: string };
  /** Whether the number is not what was recommended, and why. */
  limited: { holds: boolean; reason: string; message: string };
}

const upStabilized = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
};
const downStabilized = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
};
const ready = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
const withinRange = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' };
const scaleUpLimit = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
};
const scaleDownLimit = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
};
const tooMany = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
};
const tooFew = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
};

/** Twice as many, or four (scaleUpLimitFactor, scaleUpLimitMinimum). */
const maxGrowth = { factor: 2, minimum: 4 };

/** Without behaviours: fewer only when none of the last minutes wanted more, and at most twice as many at once. */
export function normalize(
  desired: number,
  limits: Limits,
  history: History,
  { windowMs, nowMs }: { windowMs: number; nowMs: number },
): Normalized {
  const recent = history.recommendations.filter(({ atMs }) => atMs >= nowMs - windowMs);
  const stabilized = Math.max(desired, ...recent.map(({ replicas }) => replicas));
  history.recommendations = [...recent, { atMs: nowMs, replicas: desired }];
  const { currentReplicas, minReplicas, maxReplicas } = limits;
  const limit = Math.max(maxGrowth.factor * currentReplicas, maxGrowth.minimum);
  let replicas = stabilized;
  let why = withinRange;
  if (stabilized < minReplicas) [replicas, why] = [minReplicas, tooFew];
  else if (stabilized > Math.min(limit, maxReplicas))
    [replicas, why] = maxReplicas > limit ? [limit, scaleUpLimit] : [maxReplicas, tooMany];
  return {
    replicas,
    ableToScale: stabilized === desired ? ready : downStabilized,
    limited: { holds: replicas !== stabilized, ...why },
  };
}

/** With behaviours; both rules are there, as defaults make them. */
export function normalizeWithBehavior(
  desired: number,
  limits: Limits,
  history: History,
  { behavior, windowMs, nowMs }: { behavior: Behavior; windowMs: number; nowMs: number },
): Normalized {
  const { currentReplicas } = limits;
  const up = behavior.scaleUp ?? {};
  const down = behavior.scaleDown ?? {};
  const upWindowMs = (up.stabilizationWindowSeconds ?? 0) * 1000;
  const downWindowMs = down.stabilizationWindowSeconds == null ? windowMs : down.stabilizationWindowSeconds * 1000;
  const since = (spanMs: number) =>
    history.recommendations.filter(({ atMs }) => atMs > nowMs - spanMs).map(({ replicas }) => replicas);
  const lowest = Math.min(desired, ...since(upWindowMs));
  const highest = Math.max(desired, ...since(downWindowMs));
  const stabilized = Math.min(Math.max(currentReplicas, lowest), highest);
  const oldest = nowMs - Math.max(upWindowMs, downWindowMs);
  history.recommendations = history.recommendations.filter(({ atMs }) => atMs >= oldest);
  history.recommendations.push({ atMs: nowMs, replicas: desired });
  const limited = limitByRate(stabilized, limits, history, { up, down, nowMs });
  const steadied = desired >= currentReplicas ? upStabilized : downStabilized;
  return { ...limited, ableToScale: stabilized === desired ? ready : steadied };
}

function limitByRate(
  desired: number,
  { currentReplicas, minReplicas, maxReplicas }: Limits,
  history: History,
  { up, down, nowMs }: { up: Rules; down: Rules; nowMs: number },
): Pick<Normalized, 'replicas' | 'limited'> {
  const limit = (replicas: number, why: typeof tooMany) => ({ replicas, limited: { holds: true, ...why } });
  if (desired > currentReplicas) {
    const rate = Math.max(currentReplicas, rateLimit(currentReplicas, history, up, 'up', nowMs));
    const most = Math.min(maxReplicas, rate);
    if (desired > most) return limit(most, maxReplicas > rate ? scaleUpLimit : tooMany);
  } else if (desired < currentReplicas) {
    const rate = Math.min(currentReplicas, rateLimit(currentReplicas, history, down, 'down', nowMs));
    const least = Math.max(minReplicas, rate);
    if (desired < least) return limit(least, minReplicas < rate ? scaleDownLimit : tooFew);
  }
  return { replicas: desired, limited: { holds: false, ...withinRange } };
}

/** The number that the policies allow by now: of several the one that allows most change, unless least is asked for. */
function rateLimit(
  currentReplicas: number,
  { ups, downs }: History,
  { selectPolicy = 'Max', policies = [] }: Rules,
  direction: 'up' | 'down',
  nowMs: number,
): number {
  if (selectPolicy === 'Disabled') return currentReplicas;
  const allowed = policies.map(({ type, value, periodSeconds }) => {
    const changed = (events: readonly ScaleEvent[]) =>
      events.reduce((sum, { atMs, replicas }) => (atMs > nowMs - periodSeconds * 1000 ? sum + replicas : sum), 0);
    const start = currentReplicas - changed(ups) + changed(downs);
    if (direction === 'up') return type === 'Pods' ? start + value : Math.ceil(start * (1 + value / 100));
    return type === 'Pods' ? start - value : Math.trunc(start * (1 - value / 100));
  });
  const least = selectPolicy === 'Min';
  if (direction === 'up') return least ? Math.min(maxInt32, ...allowed) : Math.max(-maxInt32, ...allowed);
  return least ? Math.max(-maxInt32, ...allowed) : Math.min(maxInt32, ...allowed);
}

/** Remembers a change, as long as a policy may ask for it. */
export function recordScaling(history: History, behavior: Behavior, from: number, to: number, nowMs: number): void {
  const [name, rules] = to > from ? (['ups', behavior.scaleUp] as const) : (['downs', behavior.scaleDown] as const);
  const longest = Math.max(0, ...(rules?.policies ?? []).map(({ periodSeconds }) => periodSeconds));
  const kept = history[name].filter(({ atMs }) => atMs >= nowMs - longest * 1000);
  history[name] = [...kept, { atMs: nowMs, replicas: Math.abs(to - from) }];
}
