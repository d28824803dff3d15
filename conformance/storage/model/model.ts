// The model of the correctness test: from the one order of changes that the storage claims, it knows what was stored at
// each revision, and so the right answer of every call. Every observation of a run is judged against it.
import { compareKeys, keyString } from '../../../storage/keys.ts';
import type { Key, StorageEvent, StoredObject, WriteOperation } from '../../../storage/storage.ts';
import type { Call, Outcome, WatchRecord } from './observations.ts';

interface Version {
  revision: number;
  /** Undefined: deleted. */
  object: StoredObject | undefined;
}

export interface Run {
  /** Every change of the run, as one watch that no fault touched has seen it. */
  log: readonly StorageEvent[];
  /** The revision before the first change. */
  start: number;
  calls: readonly Call[];
  watches: readonly WatchRecord[];
}

/** Returns what is wrong with the run; empty when every answer was right. */
export function judge(run: Run): string[] {
  return new Model(run).judge();
}

const enough = 20;

class Model {
  #run: Run;
  #newest: number;
  #versions = new Map<string, Version[]>();
  #problems: string[] = [];
  /** The writes that made a change and were told so, with its revision. Every other one must have changed nothing. */
  #authors = new Map<Call, number>();
  /** Writes by the moment at which they were sent, and from each on the lowest revision that one was given. */
  #sent: { at: number; lowest: number }[] = [];

  constructor(run: Run) {
    this.#run = run;
    this.#newest = run.start + run.log.length;
  }

  judge(): string[] {
    this.#judgeLog();
    this.#indexWrites();
    for (const call of this.#run.calls) {
      if (this.#problems.length < enough && !this.#isRight(call))
        this.#problems.push(`wrong answer: ${JSON.stringify(call)}`);
    }
    for (const watch of this.#run.watches) if (this.#problems.length < enough) this.#judgeWatch(watch);
    return this.#problems;
  }

  /** Dense, and each change explained by one write that the model accepts at that point. */
  #judgeLog(): void {
    const claims = new Map<string, Call[]>();
    for (const call of this.#run.calls) {
      if (call.method !== 'write') continue;
      if (call.outcome.kind === 'unavailable') group(claims, keyString(call.argument.key)).push(call);
      else if (call.outcome.kind === 'written') group(claims, String(call.outcome.object.revision)).push(call);
    }
    for (const [index, event] of this.#run.log.entries()) {
      const { revision } = event.object;
      if (revision !== this.#run.start + 1 + index) this.#problems.push(`revision ${revision} out of order in the log`);
      const before = this.#at(event.object, revision - 1);
      const told = (claims.get(String(revision)) ?? []).find(
        (call) => revision > call.floor && explains(call, before, event),
      );
      const untold = (claims.get(keyString(event.object)) ?? []).find((call) => explains(call, before, event));
      if (told) this.#authors.set(told, revision);
      else if (!untold)
        this.#problems.push(`nothing explains ${JSON.stringify(event)} after ${JSON.stringify(before)}`);
      const object = event.type === 'DELETED' ? undefined : event.object;
      group(this.#versions, keyString(event.object)).push({ revision, object });
    }
  }

  #indexWrites(): void {
    const writes = [...this.#authors].map(([{ sentAt }, revision]) => ({ at: sentAt, lowest: revision }));
    writes.sort((left, right) => left.at - right.at);
    let lowest = Number.POSITIVE_INFINITY;
    for (const write of writes.toReversed()) {
      lowest = Math.min(lowest, write.lowest);
      write.lowest = lowest;
    }
    this.#sent = writes;
  }

  /** The newest revision that can have existed at a moment: what was sent later has a later one. */
  #ceiling(at: number): number {
    let low = 0;
    let high = this.#sent.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sent[middle]!.at > at) high = middle;
      else low = middle + 1;
    }
    return Math.min(this.#newest, (this.#sent[low]?.lowest ?? Number.POSITIVE_INFINITY) - 1);
  }

  #at(key: Key, revision: number): StoredObject | undefined {
    const versions = this.#versions.get(keyString(key)) ?? [];
    return versions.findLast((version) => version.revision <= revision)?.object;
  }

  #stateAt(revision: number, resource: string): StoredObject[] {
    const objects = [...this.#versions.values()].map(
      (versions) => versions.findLast((version) => version.revision <= revision)?.object,
    );
    return objects
      .filter((object) => object?.resource === resource)
      .map((object) => object!)
      .sort(compareKeys);
  }

  /** Whether the answer is right at some moment between the call's start and its end. */
  #isRight(call: Call): boolean {
    const { outcome, floor } = call;
    const ceiling = this.#ceiling(call.answeredAt);
    const sometime = (right: (revision: number) => boolean) => {
      for (let revision = floor; revision <= ceiling; revision++) if (right(revision)) return true;
      return false;
    };
    if (outcome.kind === 'unavailable') return true;
    switch (call.method) {
      case 'write': {
        const { argument } = call;
        const made = this.#authors.get(call);
        if (made !== undefined)
          return (
            made <= ceiling &&
            same(outcome, { kind: 'written', object: this.#run.log[made - this.#run.start - 1]!.object })
          );
        return sometime((revision) => same(answer(argument, this.#at(argument.key, revision)), outcome));
      }
      case 'get':
        return sometime((revision) => same(outcome, { kind: 'object', object: this.#at(call.argument, revision) }));
      case 'currentRevision':
        return outcome.kind === 'revision' && outcome.revision >= floor && outcome.revision <= ceiling;
      case 'list':
        return this.#isListRight(call, ceiling);
    }
  }

  #isListRight({ argument, outcome, floor, compacted }: Extract<Call, { method: 'list' }>, ceiling: number): boolean {
    const { resource, revision: wanted, limit, after } = argument;
    if (outcome.kind === 'refused') {
      if (wanted === undefined) return false;
      return outcome.reason === 'Compacted'
        ? wanted < compacted
        : outcome.reason === 'FutureRevision' && wanted > floor;
    }
    if (outcome.kind !== 'list') return false;
    const { revision } = outcome;
    if (wanted === undefined ? revision < floor || revision > ceiling : revision !== wanted || wanted > ceiling)
      return false;
    const state = this.#stateAt(revision, resource);
    const rest = after ? state.filter((object) => compareKeys(object, { resource, ...after }) > 0) : state;
    const items = rest.slice(0, limit);
    return same(items, outcome.items) && outcome.remaining === rest.length - items.length;
  }

  #judgeWatch(watch: WatchRecord): void {
    const { after, resource, events, progress, error, floor, compacted } = watch;
    const problems = [...watch.problems];
    const expected = this.#run.log.filter(
      ({ object }) =>
        object.revision > after && object.revision <= progress && (!resource || object.resource === resource),
    );
    if (!same(events, expected)) problems.push(`events ${summary(events)} instead of ${summary(expected)}`);
    const allowed =
      error === undefined ||
      error === 'Unavailable' ||
      (error === 'Compacted' && Math.max(after, progress) < compacted) ||
      (error === 'FutureRevision' && after > floor);
    if (!allowed) problems.push(`ended with ${error}`);
    if (problems.length > 0)
      this.#problems.push(`watch of ${resource ?? 'all'} after ${after}: ${problems.join('; ')}`);
  }
}

/** What the model answers to a write on a key with that state; undefined when it makes a change. */
function answer(operation: WriteOperation, before: StoredObject | undefined): Outcome | undefined {
  if (operation.type === 'create') return before ? { kind: 'refused', reason: 'KeyExists', object: before } : undefined;
  if (!before) return { kind: 'refused', reason: 'KeyNotFound', object: undefined };
  const { revision = before.revision, uid = before.uid } = operation.preconditions ?? {};
  if (revision !== before.revision || uid !== before.uid)
    return { kind: 'refused', reason: 'Conflict', object: before };
  if (operation.type === 'update' && operation.value === before.value) return { kind: 'written', object: before };
  return undefined;
}

const eventTypes = { create: 'ADDED', update: 'MODIFIED', delete: 'DELETED' };

/** Whether the write, on that state, makes that change. */
function explains(call: Call, before: StoredObject | undefined, { type, object }: StorageEvent): boolean {
  if (call.method !== 'write') return false;
  const operation = call.argument;
  if (answer(operation, before) !== undefined || eventTypes[operation.type] !== type) return false;
  const uid = operation.type === 'create' ? operation.uid : before!.uid;
  const value = operation.type === 'delete' ? before!.value : operation.value;
  return keyString(operation.key) === keyString(object) && object.uid === uid && object.value === value;
}

function group<Item>(groups: Map<string, Item[]>, name: string): Item[] {
  const found = groups.get(name) ?? [];
  groups.set(name, found);
  return found;
}

function same(left: unknown, right: unknown): boolean {
  return JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));
}

/** Objects with their properties in one order, for comparison. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, each]) => [name, sorted(each)]),
  );
}

function summary(events: readonly StorageEvent[]): string {
  return `[${events.map(({ object }) => object.revision).join(' ')}]`;
}
