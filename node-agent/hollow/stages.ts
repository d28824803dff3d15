// The stage table of simulated pods: read from YAML (`stages.yaml` is the standard one), and asked by the runtime what happens to a
// container and when. A pod's annotations win over the table.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Container, isSidecar, type Pod } from '../pods/pod.ts';

export const stageNames = ['SandboxReady', 'Pulled', 'Running', 'Ready', 'Exited', 'Stopped'] as const;
export type StageName = (typeof stageNames)[number];

export interface Stage {
  stage: StageName;
  match: Match;
  afterMs: number;
  jitterMs: number;
  /** It is not reached by itself. */
  never: boolean;
  /** It is not reached, and this is why. */
  failure?: string;
  exitCode: number;
  /** `Completed`, `Error`, or what was given. */
  reason?: string;
}

interface Match {
  namespace?: string;
  /** Kind of the controlling owner; `none` for pods without one. */
  owner?: string;
  restartPolicy?: string;
  container?: 'init' | 'sidecar' | 'regular' | 'ephemeral';
  name?: string;
  /** The image begins with it. */
  image?: string;
  labels?: Record<string, string>;
}

/** What happens next to a container, as `StageTable` has found it. */
export type Outcome = Pick<Stage, 'afterMs' | 'never' | 'failure' | 'exitCode' | 'reason'>;

export const annotationPrefix = 'hollow.pgplane.io/';

/** Annotations of each stage: after how long, and how it fails. */
const annotationNames: Readonly<Record<StageName, string>> = {
  SandboxReady: 'sandbox',
  Pulled: 'pull',
  Running: 'start',
  Ready: 'ready',
  Exited: 'exit',
  Stopped: 'stop',
};

const stageFields = ['stage', 'match', 'after', 'jitter', 'never', 'failure', 'exitCode', 'reason'];
const matchFields = ['namespace', 'owner', 'restartPolicy', 'container', 'name', 'image', 'labels'];
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `1m30s`, `250ms`, `0`, in milliseconds; undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  if (text === '0') return 0;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) return undefined;
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * unitMs[unit!]!, 0);
}

function checkFields(value: unknown, allowed: readonly string[], where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${where} is not an object`);
  for (const field of Object.keys(value))
    if (!allowed.includes(field)) throw new Error(`${where} has no field ${field}: there are ${allowed.join(', ')}`);
  return value as Record<string, unknown>;
}

function durationOf(value: unknown, where: string): number {
  const ms = value === undefined ? 0 : parseDurationMs(String(value));
  if (ms === undefined) throw new Error(`${where}: give a duration such as 250ms, 5s or 1m30s`);
  return ms;
}

function stageOf(value: unknown, index: number): Stage {
  const where = `stages[${index}]`;
  const entry = checkFields(value, stageFields, where);
  const { stage, match = {}, after, jitter, never = false, failure, exitCode = 0, reason } = entry;
  if (!stageNames.includes(stage as StageName))
    throw new Error(`${where}.stage is not one of ${stageNames.join(', ')}`);
  if (!Number.isInteger(exitCode) || (exitCode as number) < 0 || (exitCode as number) > 255)
    throw new Error(`${where}.exitCode is not a whole number from 0 to 255`);
  return {
    stage: stage as StageName,
    match: checkFields(match, matchFields, `${where}.match`) as Match,
    afterMs: durationOf(after, `${where}.after`),
    jitterMs: durationOf(jitter, `${where}.jitter`),
    never: never === true,
    exitCode: exitCode as number,
    ...(failure === undefined ? {} : { failure: String(failure) }),
    ...(reason === undefined ? {} : { reason: String(reason) }),
  };
}

/** Throws what is wrong with the table, and where. Each stage has to have an entry that fits everything. */
export function parseStages(text: string): StageTable {
  const { stages } = checkFields(parse(text), ['stages'], 'the file');
  if (!Array.isArray(stages)) throw new Error('stages is not a list');
  const table = stages.map(stageOf);
  for (const name of stageNames)
    if (!table.some(({ stage, match }) => stage === name && Object.keys(match).length === 0))
      throw new Error(`stages has no entry for ${name} without a match`);
  return new StageTable(table);
}

/** The table in this folder. */
export function standardStages(): StageTable {
  return parseStages(readFileSync(new URL('./stages.yaml', import.meta.url), 'utf8'));
}

export class StageTable {
  readonly #byStage: ReadonlyMap<StageName, readonly Stage[]>;

  constructor(stages: readonly Stage[]) {
    this.#byStage = new Map(stageNames.map((name) => [name, stages.filter(({ stage }) => stage === name)]));
  }

  /** What happens to a container (to the pod, without one) at a stage. `attempt` counts how often it has run before. */
  outcome(stage: StageName, pod: Pod, container: Container | undefined, attempt = 0): Outcome {
    const found = this.#byStage.get(stage)!.find(({ match }) => matches(match, pod, container))!;
    const afterMs = found.jitterMs === 0 ? found.afterMs : found.afterMs + Math.random() * found.jitterMs;
    const { never, failure, exitCode, reason } = found;
    const outcome: Outcome = {
      afterMs,
      never,
      exitCode,
      ...(failure ? { failure } : {}),
      ...(reason ? { reason } : {}),
    };
    return annotated(stage, outcome, pod, container, attempt);
  }
}

function kindOf(pod: Pod, container: Container): string {
  const { initContainers, ephemeralContainers } = pod.spec!;
  if (initContainers?.some(({ name }) => name === container.name)) return isSidecar(container) ? 'sidecar' : 'init';
  return ephemeralContainers?.some(({ name }) => name === container.name) ? 'ephemeral' : 'regular';
}

function matches(match: Match, pod: Pod, container: Container | undefined): boolean {
  const { namespace, owner, restartPolicy, labels, image, name } = match;
  const { metadata, spec } = pod;
  if (namespace !== undefined && namespace !== metadata.namespace) return false;
  if (restartPolicy !== undefined && restartPolicy !== spec!.restartPolicy) return false;
  if (owner !== undefined) {
    const kind = metadata.ownerReferences?.find(({ controller }) => controller)?.kind ?? 'none';
    if (owner !== kind) return false;
  }
  for (const label in labels) if (metadata.labels?.[label] !== labels[label]) return false;
  if (match.container !== undefined && (container === undefined || match.container !== kindOf(pod, container)))
    return false;
  if (name !== undefined && name !== container?.name) return false;
  return image === undefined || container?.image?.startsWith(image) === true;
}

/** What annotations say over the table. One that cannot be read counts as not there. */
function annotated(
  stage: StageName,
  outcome: Outcome,
  pod: Pod,
  container: Container | undefined,
  attempt: number,
): Outcome {
  const { annotations } = pod.metadata;
  if (annotations === undefined || !Object.keys(annotations).some((key) => key.startsWith(annotationPrefix)))
    return outcome;
  const get = (name: string) =>
    (container === undefined ? undefined : annotations[`${annotationPrefix}${name}.${container.name}`]) ??
    annotations[annotationPrefix + name];
  const name = annotationNames[stage];
  const result = { ...outcome };
  const after = parseDurationMs(get(`${name}-after`) ?? '');
  if (after !== undefined) Object.assign(result, { afterMs: after, never: false });
  const failure = get(`${name}-failure`);
  if (failure !== undefined) result.failure = failure;
  if (stage === 'Ready' && get('ready') === 'false') result.never = true;
  if (stage === 'Exited' || stage === 'Stopped') applyExit(result, stage, name, get, attempt);
  return result;
}

function applyExit(
  result: Outcome,
  stage: StageName,
  name: string,
  get: (name: string) => string | undefined,
  attempt: number,
): void {
  const code = Number(get(`${name}-code`) ?? Number.NaN);
  const given = Number.isInteger(code) && code >= 0 && code <= 255;
  // A code alone says that it ends.
  if (given) Object.assign(result, { exitCode: code }, result.never ? { never: false } : {});
  const reason = get(`${name}-reason`);
  if (reason !== undefined) result.reason = reason;
  const restarts = Number(get('restarts') ?? Number.NaN);
  if (stage !== 'Exited' || !Number.isInteger(restarts)) return;
  // So often it fails; then it goes on as the table says.
  if (attempt < restarts) Object.assign(result, { never: false, exitCode: given ? code : 1 });
  else if (given || get('exit-after') !== undefined) Object.assign(result, { never: true });
}
