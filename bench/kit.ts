// What the test kit costs: `node bench/kit.ts` starts clusters one after the other and several at once, and resets one that
// holds objects. PostgreSQL is the embedded one, or that of PGPLANE_TEST_DATABASE_URL.
import { type Cluster, startCluster } from '../testing/index.ts';

const runs = 5;
const atOnce = 8;
const objects = 100;

async function milliseconds(action: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

async function makeObjects({ storage }: Cluster): Promise<void> {
  const make = (i: number) => {
    const metadata = { name: `made-${i}`, namespace: 'default', uid: `uid-${i}` };
    const key = { resource: 'configmaps', namespace: metadata.namespace, name: metadata.name };
    const value = JSON.stringify({ kind: 'ConfigMap', apiVersion: 'v1', metadata });
    return storage.write({ type: 'create', key, uid: metadata.uid, value });
  };
  await Promise.all(Array.from({ length: objects }, (_, i) => make(i)));
}

function median(values: readonly number[]): string {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!.toFixed(0);
}

let first: Cluster | undefined;
const firstMs = await milliseconds(async () => {
  first = await startCluster();
});
const starts: number[] = [];
const resets: number[] = [];
for (let run = 0; run < runs; run++) {
  let cluster: Cluster | undefined;
  starts.push(
    await milliseconds(async () => {
      cluster = await startCluster();
    }),
  );
  await makeObjects(cluster!);
  resets.push(await milliseconds(() => cluster!.reset()));
  await cluster!.stop();
}
let several: Cluster[] = [];
const severalMs = await milliseconds(async () => {
  several = await Promise.all(Array.from({ length: atOnce }, () => startCluster()));
});
await Promise.all([first!, ...several].map((cluster) => cluster.stop()));
console.log(`first cluster of a process, PostgreSQL included: ${firstMs.toFixed(0)} ms`);
console.log(`next clusters: p50 ${median(starts)} ms  most ${Math.max(...starts).toFixed(0)} ms`);
console.log(`reset with ${objects} objects: p50 ${median(resets)} ms  most ${Math.max(...resets).toFixed(0)} ms`);
console.log(`${atOnce} clusters at once: ${severalMs.toFixed(0)} ms`);
