// What every runtime does (habit of `Runtime`'s verbs): called by each implementation's test with a way to make one.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Container, Pod } from './pods/pod.ts';
import type { Runtime } from './runtime.ts';

export interface RuntimeUnderTest {
  runtime: Runtime;
  /** A Pod whose containers run until they are stopped, of an image that can be pulled. */
  pod(uid: string): Pod;
}

const grace = 5;

export function describeRuntimeContract(name: string, open: () => Promise<RuntimeUnderTest>): void {
  describe(`${name} keeps the contract of runtimes`, () => {
    let runtime: Runtime;
    let pod: Pod;
    let container: Container;

    beforeEach(async () => {
      const opened = await open();
      runtime = opened.runtime;
      pod = opened.pod('11111111-1111-1111-1111-111111111111');
      container = pod.spec!.containers[0]!;
    });

    afterEach(async () => {
      await runtime.removePod(pod.metadata.uid);
      await runtime.close();
    });

    const state = () => runtime.pod(pod.metadata.uid)!;

    async function run(attempt = 0): Promise<string> {
      await runtime.pullImage(pod, container);
      const id = await runtime.createContainer(pod, container, attempt);
      await runtime.startContainer(id);
      return id;
    }

    test('a pod that it has never seen is undefined; stopping and removing it is no error', async () => {
      expect(runtime.pod('nobody')).toBeUndefined();
      await runtime.stopSandbox('nobody');
      await runtime.removePod('nobody');
      await runtime.stopContainer(`${runtime.name}://nobody`, 0);
      expect(runtime.podUids()).toEqual([]);
    });

    test('a sandbox has an address, which stays known when it is stopped', async () => {
      const sandbox = await runtime.runSandbox(pod, 0);
      expect(sandbox).toMatchObject({ attempt: 0, ready: true });
      expect(sandbox.ips).toHaveLength(1);
      expect(state().sandbox).toEqual(sandbox);
      const [ip] = sandbox.ips;
      await runtime.stopSandbox(pod.metadata.uid);
      await runtime.stopSandbox(pod.metadata.uid);
      expect(state().sandbox).toMatchObject({ ready: false, ips: [ip] });
    });

    test('an image is on the node once it has been pulled', async () => {
      expect(runtime.image(container.image!)).toBeUndefined();
      const image = await runtime.pullImage(pod, container);
      expect(image.ref).toMatch(/@sha256:[0-9a-f]{64}$/);
      expect(runtime.image(container.image!)).toEqual(image);
      expect(runtime.images()).toContainEqual(image);
    });

    test('a container is created, runs, and ends when it is stopped; stopping it again is no error', async () => {
      await runtime.runSandbox(pod, 0);
      const id = await run();
      expect(id.startsWith(`${runtime.name}://`)).toBe(true);
      expect(state().containers[0]).toMatchObject({ id, name: container.name, attempt: 0, state: 'running' });
      await runtime.stopContainer(id, grace);
      const [ended] = state().containers;
      expect(ended).toMatchObject({ state: 'exited', ready: false });
      expect(ended!.finishedAtMs).toBeGreaterThanOrEqual(ended!.startedAtMs!);
      await runtime.stopContainer(id, grace);
    });

    test('of a name the latest container comes first, and one before it is kept', async () => {
      await runtime.runSandbox(pod, 0);
      for (const attempt of [0, 1, 2]) await runtime.stopContainer(await run(attempt), 0);
      expect(state().containers.map(({ attempt }) => attempt)).toEqual([2, 1]);
    });

    test('removing a pod ends what runs and forgets it; the address can be had again', async () => {
      const { ips } = await runtime.runSandbox(pod, 0);
      await run();
      await runtime.removePod(pod.metadata.uid);
      expect(runtime.pod(pod.metadata.uid)).toBeUndefined();
      expect(runtime.podUids()).toEqual([]);
      expect(ips).toHaveLength(1);
    });

    test('containers need a sandbox', async () => {
      await expect(runtime.createContainer(pod, container, 0)).rejects.toMatchObject({
        reason: 'CreateContainerError',
      });
    });
  });
}
