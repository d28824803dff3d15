// Sends random requests and checks what must hold of every one: an answer in time, never a 5xx, and whatever is stored can be read
// back in every form. A case is made from the seed and its number alone, so any one can be sent again.
import type { Target, WireAnswer } from '../corpus/target.ts';
import { type FuzzCase, makeCase } from './cases.ts';
import { Random } from './random.ts';
import { openSeeds, type Seed } from './seeds.ts';

export interface FuzzOptions {
  seed: number;
  /** Number of the first case. */
  first: number;
  cases: number;
  /** Requests in flight. */
  concurrency: number;
  /** Called after every thousand cases. */
  progress?(done: number): void;
}

/** What went wrong, with what it takes to see it again. */
export interface Finding {
  number: number;
  kind: string;
  problem: string;
  request: string;
}

export interface FuzzReport {
  findings: Finding[];
  /** Cases by the class of their answer: `2xx`, `4xx`. */
  answers: Record<string, number>;
}

const protobuf = 'application/vnd.kubernetes.protobuf';
const forms = [
  protobuf,
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/yaml',
];
const maxFindings = 20;

/** Plays cases until all are sent or too much was found. */
export async function fuzz(target: Target, options: FuzzOptions): Promise<FuzzReport> {
  const seeds = await openSeeds(target);
  for (const seed of seeds) if (seed.stored) await makeLive(target, seed);
  const report: FuzzReport = { findings: [], answers: {} };
  let next = options.first;
  const end = options.first + options.cases;
  const worker = async () => {
    while (next < end && report.findings.length < maxFindings) {
      const number = next++;
      await playCase(target, number, options.seed, seeds, report);
      if ((number + 1) % 1000 === 0) options.progress?.(number + 1 - options.first);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, worker));
  const collections = new Set(seeds.filter(({ stored }) => stored).map(({ collection }) => collection));
  await Promise.all([...collections].map((collection) => readCollection(target, collection, report)));
  return report;
}

/** The object that changes are made to. It may be there from another run. */
async function makeLive(target: Target, seed: Seed): Promise<void> {
  await target.send({ method: 'POST', path: seed.collection, body: JSON.stringify(seed.object) });
}

async function playCase(
  target: Target,
  number: number,
  seed: number,
  seeds: readonly Seed[],
  report: FuzzReport,
): Promise<void> {
  const random = new Random(seed * 1_000_003 + number);
  const made = makeCase(random, seeds, `${seed}-${number}`);
  const find = (problem: string) => report.findings.push({ number, kind: made.kind, problem, request: show(made) });
  try {
    const answer = await target.send(made.request);
    const group = `${Math.floor(answer.status / 100)}xx`;
    report.answers[group] = (report.answers[group] ?? 0) + 1;
    if (answer.status >= 500) find(`${answer.status}: ${answer.body.toString().slice(0, 400)}`);
    if (answer.status >= 300) return;
    if (made.path !== undefined) await readBack(target, made.path, random, find);
    if (made.collection === undefined) return;
    const path = `${made.collection}/${encodeURIComponent(nameIn(answer))}`;
    await readBack(target, path, random, find);
    if (random.chance(0.95)) await remove(target, path, find);
  } catch (error) {
    find(String(error));
  }
}

function show({ request }: FuzzCase): string {
  const { method, path, type = '', body = '' } = request;
  const text = typeof body === 'string' ? body : `base64 ${body.toString('base64')}`;
  return `${method} ${path} ${type}\n${text.slice(0, 4000)}`;
}

/** The name of the object that an answer shows. */
function nameIn({ body }: WireAnswer): string {
  return (JSON.parse(body.toString()) as { metadata: { name: string } }).metadata.name;
}

/** Reads what was stored in one or all forms. */
async function readBack(target: Target, path: string, random: Random, find: (problem: string) => void): Promise<void> {
  const read = await target.send({ method: 'GET', path });
  if (read.status !== 200) find(`stored, and then ${read.status} to GET ${path}`);
  else if (!isJson(read)) find(`what is stored at ${path} is no JSON`);
  if (random.chance(0.15)) {
    for (const accept of forms) {
      const form = await target.send({ method: 'GET', path, accept });
      if (form.status !== 200)
        find(`${form.status} to GET ${path} as ${accept}: ${form.body.toString().slice(0, 200)}`);
    }
  }
}

/** Most of what is made goes again, so that a long run does not fill the server. */
async function remove(target: Target, path: string, find: (problem: string) => void): Promise<void> {
  const body = JSON.stringify({ gracePeriodSeconds: 0 });
  const gone = await target.send({ method: 'DELETE', path, body });
  if (gone.status >= 500) find(`${gone.status} to DELETE ${path}: ${gone.body.toString().slice(0, 200)}`);
}

function isJson({ body }: WireAnswer): boolean {
  try {
    JSON.parse(body.toString());
    return true;
  } catch {
    return false;
  }
}

/** Everything that a collection holds by now, listed in every form and watched from its beginning. */
async function readCollection(target: Target, collection: string, report: FuzzReport): Promise<void> {
  const watch =
    '?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=1&allowWatchBookmarks=true';
  const reads: [query: string, accept: string][] = [
    ['', 'application/json'],
    ['', protobuf],
    ['', 'application/json;as=Table;v=v1;g=meta.k8s.io'],
    ['?limit=5', 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'],
    [watch, 'application/json'],
    [watch, `${protobuf};stream=watch`],
  ];
  const check = async ([query, accept]: [string, string]) => {
    const path = collection + query;
    const problem = await target
      .send({ method: 'GET', path, accept })
      .then(
        ({ status, body }) => (status === 200 && !body.includes('"type":"ERROR"') ? undefined : body.toString()),
        String,
      );
    if (problem === undefined) return;
    report.findings.push({
      number: -1,
      kind: 'collection',
      problem: problem.slice(0, 400),
      request: `GET ${path} ${accept}`,
    });
  };
  await Promise.all(reads.map(check));
}
