// The judge itself: it accepts a right run and rejects each of the ways in which one can be wrong.
import { describe, expect, test } from '@jest/globals';
import type { StorageEvent, StoredObject } from '../../../storage/storage.ts';
import { judge, type Run } from './model.ts';
import type { Call, Outcome, WatchRecord } from './observations.ts';

const key = { resource: 'pods', namespace: 'ns', name: 'a' };
const object = (revision: number, value: string, name = 'a'): StoredObject => ({
  ...key,
  name,
  uid: `u${name}`,
  revision,
  value,
});
const unanswered: Outcome = { kind: 'unavailable' };

/** Calls one after the other: each begins when the one before it has been answered. */
function sequence(...calls: (Pick<Call, 'method' | 'argument' | 'outcome'> & { floor: number })[]): Call[] {
  return calls.map((call, index) => ({ ...call, sentAt: 2 * index, answeredAt: 2 * index + 1, compacted: 0 }) as Call);
}

const log: StorageEvent[] = [
  { type: 'ADDED', object: object(2, '1') },
  { type: 'MODIFIED', object: object(3, '2') },
  { type: 'ADDED', object: object(4, '3', 'b') },
  { type: 'DELETED', object: object(5, '2') },
];

const create = { method: 'write', argument: { type: 'create', key, uid: 'ua', value: '1' }, floor: 1 } as const;
const update = { method: 'write', argument: { type: 'update', key, value: '2' }, floor: 2 } as const;
const createB = {
  method: 'write',
  argument: { type: 'create', key: { ...key, name: 'b' }, uid: 'ub', value: '3' },
  floor: 3,
} as const;
const remove = {
  method: 'write',
  argument: { type: 'delete', key, preconditions: { revision: 3 } },
  floor: 4,
} as const;
const written = (stored: StoredObject): Outcome => ({ kind: 'written', object: stored });

function rightRun(): Run & { calls: Call[]; watches: WatchRecord[]; log: StorageEvent[] } {
  const calls = sequence(
    { ...create, outcome: written(object(2, '1')) },
    { ...update, outcome: written(object(3, '2')) },
    { ...createB, outcome: written(object(4, '3', 'b')) },
    { method: 'get', argument: key, floor: 4, outcome: { kind: 'object', object: object(3, '2') } },
    {
      method: 'list',
      argument: { resource: 'pods', limit: 1 },
      floor: 4,
      outcome: { kind: 'list', revision: 4, items: [object(3, '2')], remaining: 1 },
    },
    { ...remove, outcome: written(object(5, '2')) },
    { ...create, floor: 5, outcome: unanswered },
  );
  const watch = { resource: 'pods', error: undefined, problems: [], floor: 5, compacted: 0 };
  return { start: 1, log: [...log], calls, watches: [{ ...watch, after: 2, events: log.slice(1), progress: 5 }] };
}

describe('the judge of the correctness test', () => {
  test('accepts a run in which every answer is right', () => {
    expect(judge(rightRun())).toEqual([]);
  });

  const wrongs: Record<string, (run: ReturnType<typeof rightRun>) => void> = {
    'a hole in the log': (run) => run.log.splice(1, 1),
    'a change that nobody made': (run) => run.log.push({ type: 'ADDED', object: object(6, 'x', 'c') }),
    'a write that was acknowledged and lost': (run) => run.log.splice(3, 1),
    'a revision given to two writes': (run) => {
      run.calls[2]!.outcome = written(object(3, '3', 'b'));
    },
    'a write that should have been refused': (run) => {
      run.calls[5] = {
        ...run.calls[5]!,
        method: 'write',
        argument: { ...remove.argument, preconditions: { revision: 2 } },
      };
    },
    'a refusal without reason': (run) => {
      run.calls[5]!.outcome = { kind: 'refused', reason: 'KeyNotFound', object: undefined };
    },
    'another value stored than was sent': (run) => {
      run.log[1] = { type: 'MODIFIED', object: object(3, 'x') };
    },
    'a stale get': (run) => {
      run.calls[3]!.outcome = { kind: 'object', object: object(2, '1') };
    },
    'a get of the future': (run) => {
      run.calls[3]!.outcome = { kind: 'object', object: undefined };
    },
    'a stale list': (run) => {
      run.calls[4]!.outcome = { kind: 'list', revision: 3, items: [object(3, '2')], remaining: 0 };
    },
    'a list that lacks an object': (run) => {
      run.calls[4]!.outcome = { kind: 'list', revision: 4, items: [object(4, '3', 'b')], remaining: 1 };
    },
    'a wrong count of what remains': (run) => {
      run.calls[4]!.outcome = { kind: 'list', revision: 4, items: [object(3, '2')], remaining: 0 };
    },
    'a list refused as compacted that was not': (run) => {
      run.calls[4]!.outcome = { kind: 'refused', reason: 'Compacted', object: undefined };
    },
    'a watch that missed an event': (run) => {
      run.watches[0]!.events = [log[1]!, log[3]!];
    },
    'a watch that repeated an event': (run) => {
      run.watches[0]!.events = [log[1]!, log[1]!, log[2]!, log[3]!];
    },
    'a watch that reordered events': (run) => {
      run.watches[0]!.events = [log[2]!, log[1]!, log[3]!];
    },
    'a watch whose progress runs ahead of its events': (run) => {
      run.watches[0]!.events = [log[1]!];
    },
    'a watch that saw what lies before its start': (run) => {
      run.watches[0]!.events = log;
    },
    'a watch that ended as compacted without a compaction': (run) => {
      run.watches[0]!.error = 'Compacted';
    },
    'a watch whose recorder complains': (run) => {
      run.watches[0]!.problems = ['called after the end'];
    },
  };
  test.each(Object.keys(wrongs))('rejects %s', (name) => {
    const run = rightRun();
    wrongs[name]!(run);
    expect(judge(run)).not.toEqual([]);
  });
});
