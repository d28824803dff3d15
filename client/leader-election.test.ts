// Two candidates and one lease: one leads, the other takes over, and never both.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { until } from '../conformance/support/until.ts';
import { type Cluster, startCluster } from '../testing/index.ts';
import { Client } from './client.ts';
import { EventRecorder } from './events/event-recorder.ts';
import { CoreEvent, Lease } from './kinds.ts';
import { type LeaderElectionOptions, LeaderElector } from './leader-election.ts';
import { silentLog, transports } from './testing/clients.ts';
import { FakeClock } from './testing/fake-clock.ts';
import type { Transport } from './transport.ts';

// The first cluster prepares a database, which takes its time on a busy machine.
jest.setTimeout(60_000);

const lock = { namespace: 'kube-system', name: 'test' };

let cluster: Cluster;
let clock: FakeClock;
/** Who leads now, and who has led. */
const leaders = new Set<string>();
const history: string[] = [];
const candidates: Candidate[] = [];

class Candidate {
  readonly transport: Transport;
  readonly elector: LeaderElector;
  readonly ending = new AbortController();
  readonly ended: Promise<void>;
  /** Set: every request fails, as on a machine that is cut off. */
  cutOff = false;

  constructor(identity: string, more: Partial<LeaderElectionOptions> = {}) {
    const inner = transports['in-process'](cluster);
    this.transport = {
      send: (request) => (this.cutOff ? Promise.reject(new Error('cut off')) : inner.send(request)),
      close: () => inner.close(),
    };
    const client = new Client(this.transport);
    this.elector = new LeaderElector({
      client,
      ...lock,
      identity,
      clock,
      log: silentLog,
      onStartedLeading: lead(identity),
      ...more,
    });
    this.ended = this.elector.run(this.ending.signal);
    candidates.push(this);
  }
}

function lead(identity: string) {
  return (signal: AbortSignal): Promise<void> => {
    leaders.add(identity);
    history.push(identity);
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        leaders.delete(identity);
        resolve();
      });
    });
  };
}

/** Moves time on in small steps, so that requests are answered in between. Never may two lead. */
async function pass(ms: number, done: () => boolean = () => false): Promise<void> {
  for (let passed = 0; passed < ms && !done(); passed += 250) {
    await clock.advance(250);
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(leaders.size).toBeLessThanOrEqual(1);
  }
}

const leaseSpec = async () => (await new Client(transports['in-process'](cluster)).resource(Lease).get(lock)).spec!;

beforeEach(async () => {
  cluster = await startCluster({ storage: 'memory' });
  clock = new FakeClock(Date.now());
  leaders.clear();
  history.length = 0;
});

afterEach(async () => {
  for (const candidate of candidates.splice(0)) {
    candidate.ending.abort();
    await candidate.ended.catch(() => undefined);
    await candidate.transport.close();
  }
  await cluster.stop();
});

test('the first leads and renews; the second waits, and takes over at once what is released', async () => {
  const a = new Candidate('a', { releaseOnCancel: true });
  await until('a leads', () => leaders.has('a'));
  const b = new Candidate('b');
  const taken = await leaseSpec();
  await pass(30_000);
  expect(history).toEqual(['a']);
  const renewed = await leaseSpec();
  expect(renewed).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });
  expect(renewed.acquireTime).toBe(taken.acquireTime);
  expect(Date.parse(renewed.renewTime!)).toBeGreaterThan(Date.parse(taken.renewTime!));
  expect(b.elector.leader).toBe('a');
  a.ending.abort();
  await a.ended;
  expect(await leaseSpec()).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
  const before = clock.now();
  await pass(10_000, () => leaders.has('b'));
  expect(history).toEqual(['a', 'b']);
  // A retry period, with its jitter, and the time that the released lease still says.
  expect(clock.now() - before).toBeLessThanOrEqual(5500);
  expect(await leaseSpec()).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
});

test('one that is cut off stops leading before the other may begin', async () => {
  const a = new Candidate('a');
  await until('a leads', () => leaders.has('a'));
  new Candidate('b');
  await pass(4000);
  a.cutOff = true;
  const before = clock.now();
  await pass(12_500, () => !leaders.has('a'));
  expect(leaders.has('a')).toBe(false);
  await pass(25_000, () => leaders.has('b'));
  expect(history).toEqual(['a', 'b']);
  const tookMs = clock.now() - before;
  expect(tookMs).toBeGreaterThan(11_000);
  // A candidate looks again after 2 to 4.4 s: it may see the last renewal that late, and the end of its 15 s.
  expect(tookMs).toBeLessThan(24_000);
  expect((await leaseSpec()).leaseTransitions).toBe(1);
});

test('who leads is told, and events say so', async () => {
  const told: string[] = [];
  const client = new Client(transports['in-process'](cluster));
  const recorder = new EventRecorder({ client, component: 'test', log: silentLog });
  const a = new Candidate('a', { recorder, onNewLeader: (identity) => void told.push(identity) });
  await until('a leads', () => leaders.has('a'));
  a.ending.abort();
  await a.ended;
  await recorder.flushed();
  const { items } = await client.resource(CoreEvent).list({ fieldSelector: 'reason=LeaderElection' });
  expect(items.map(({ message }) => message).sort()).toEqual(['a became leader', 'a stopped leading']);
  expect(told).toEqual(['a']);
  await recorder.close();
});

test.each([
  [{ leaseDurationMs: 10_000, renewDeadlineMs: 10_000 }, 'leaseDuration must be greater than renewDeadline'],
  [{ renewDeadlineMs: 2000 }, 'renewDeadline must be greater than retryPeriod*JitterFactor'],
])('times that cannot work are refused', (times, message) => {
  const client = new Client(transports['in-process'](cluster));
  const options = { client, ...lock, identity: 'a', log: silentLog, onStartedLeading: async () => undefined, ...times };
  expect(() => new LeaderElector(options)).toThrow(message);
});
