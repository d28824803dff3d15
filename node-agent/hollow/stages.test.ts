// The stage table: how it is read, and which entry counts; and the ranges of nodes' addresses.
import { describe, expect, test } from '@jest/globals';
import type { Container, Pod } from '../pods/pod.ts';
import { NodeRanges } from './addresses.ts';
import { parseDurationMs, parseStages, stageNames, standardStages } from './stages.ts';

const rest = stageNames.map((stage) => `- { stage: ${stage} }`).join('\n');
const tableOf = (lines: string) => parseStages(`stages:\n${lines}\n${rest}`);

function podOf(metadata: object = {}, spec: object = {}): Pod {
  const containers = [{ name: 'c', image: 'registry.example/a/c:1' }];
  const meta = { name: 'p', namespace: 'default', uid: 'u', ...metadata };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: meta,
    spec: { restartPolicy: 'Always', containers, ...spec },
  } as Pod;
}

const owner = (kind: string) => ({
  ownerReferences: [{ kind, controller: true, name: 'o', uid: 'o', apiVersion: 'v1' }],
});

test.each([
  ['namespace: default', podOf(), true],
  ['namespace: other', podOf(), false],
  ['owner: Job', podOf(owner('Job')), true],
  ['owner: Job', podOf(owner('ReplicaSet')), false],
  ['owner: none', podOf(), true],
  ['restartPolicy: Never', podOf({}, { restartPolicy: 'Never' }), true],
  ['container: regular', podOf(), true],
  ['container: init', podOf(), false],
  ['name: c', podOf(), true],
  ['name: d', podOf(), false],
  ['image: registry.example/a/', podOf(), true],
  ['image: docker.io/', podOf(), false],
  ['labels: { app: a }', podOf({ labels: { app: 'a', tier: 'b' } }), true],
  ['labels: { app: a }', podOf({ labels: { app: 'b' } }), false],
])('an entry that matches %s', (match, pod, fits) => {
  const table = tableOf(`- { stage: Ready, after: 1m30s, match: { ${match} } }`);
  const { afterMs } = table.outcome('Ready', pod, pod.spec!.containers[0] as Container);
  expect(afterMs).toBe(fits ? 90_000 : 0);
});

test('jitter is drawn from 0 up to what is given', () => {
  const table = tableOf('- { stage: Running, after: 1s, jitter: 1s }');
  const times = Array.from({ length: 50 }, () => table.outcome('Running', podOf(), undefined).afterMs);
  expect(Math.min(...times)).toBeGreaterThanOrEqual(1000);
  expect(Math.max(...times)).toBeLessThan(2000);
  expect(new Set(times).size).toBeGreaterThan(1);
});

test('by the standard table containers run on, those of Jobs and init containers end', () => {
  const table = standardStages();
  const pod = podOf(owner('Job'), { initContainers: [{ name: 'i', image: 'i' }] });
  const exit = (of: Pod, container: Container) => table.outcome('Exited', of, container);
  expect(exit(podOf(), podOf().spec!.containers[0]!)).toMatchObject({ never: true });
  expect(exit(pod, pod.spec!.containers[0]!)).toMatchObject({ never: false, afterMs: 1000, exitCode: 0 });
  expect(exit(pod, pod.spec!.initContainers![0]!)).toMatchObject({ never: false, afterMs: 0, exitCode: 0 });
});

describe('a table that is wrong says where', () => {
  test.each([
    ['- { stage: Sleeping }', 'stages[0].stage is not one of SandboxReady'],
    ['- { stage: Ready, after: soon }', 'stages[0].after: give a duration'],
    ['- { stage: Ready, afer: 1s }', 'stages[0] has no field afer'],
    ['- { stage: Ready, match: { pod: a } }', 'stages[0].match has no field pod'],
    ['- { stage: Exited, exitCode: 300 }', 'stages[0].exitCode is not a whole number from 0 to 255'],
    ['- 7', 'stages[0] is not an object'],
  ])('%s', (line, message) => expect(() => tableOf(line)).toThrow(message));

  test.each([
    ['stages: 7', 'stages is not a list'],
    ['steps: []', 'the file has no field steps'],
    ['stages: [{ stage: Ready }]', 'no entry for SandboxReady without a match'],
  ])('%s', (text, message) => expect(() => parseStages(text)).toThrow(message));
});

test.each([
  ['250ms', 250],
  ['1m30s', 90_000],
  ['0', 0],
  ['5', undefined],
  ['1s or so', undefined],
  ['', undefined],
])('%j is %s ms', (text, ms) => expect(parseDurationMs(text)).toBe(ms));

test('nodes get ranges that no other node has, and addresses that go with them', () => {
  const ranges = new NodeRanges('10.244.0.0/22', '100.64.0.0/10');
  ranges.reserve('10.244.1.0/24');
  // Not of this range: nobody's here.
  ranges.reserve('192.168.0.0/24');
  const taken = [ranges.take(), ranges.take(), ranges.take()];
  expect(taken).toEqual(['10.244.0.0/24', '10.244.2.0/24', '10.244.3.0/24']);
  expect(taken.map((cidr) => ranges.nodeAddress(cidr))).toEqual(['100.64.0.1', '100.64.0.3', '100.64.0.4']);
  expect(() => ranges.take()).toThrow('--cluster-cidr');
});
