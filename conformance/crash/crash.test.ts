// What was acknowledged is there after anything: twenty crashes in the middle of writes, and ordinary stops.
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { processTree } from '../../bench/process.ts';
import { parsed, send } from '../support/https.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

jest.setTimeout(300_000);

let folder: string;
let dataDirectory: string;
let server: ServerProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'pgplane-crash-'));
  dataDirectory = path.join(folder, 'data');
});
afterEach(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const listPath = '/api/v1/namespaces/default/configmaps';

/** name → resourceVersion of every ConfigMap of ours. */
async function stored(endpoint: ServerProcess): Promise<Map<string, string>> {
  const answer = parsed(await send(endpoint, { path: `${listPath}?labelSelector=set%3Dcrash` }));
  return new Map(
    answer.items!.map(({ metadata }) => [metadata.name, (metadata as { resourceVersion?: string }).resourceVersion!]),
  );
}

/** Eight writers that create until the server is gone. `acknowledged` gets what was answered 201, as it comes. */
function write(endpoint: ServerProcess, round: number, acknowledged: Map<string, string>): Promise<unknown> {
  const writer = async (slot: number): Promise<void> => {
    for (let i = 0; ; i++) {
      const name = `crash-${round}-${slot}-${i}`;
      const body = JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, labels: { set: 'crash' } },
        data: { filler: 'x'.repeat(500) },
      });
      const answer = await send(endpoint, { method: 'POST', path: listPath, body }).catch(() => undefined);
      if (answer?.status !== 201) return;
      acknowledged.set(name, (parsed(answer)['metadata'] as { resourceVersion: string }).resourceVersion);
    }
  };
  return Promise.all(Array.from({ length: 8 }, (_, slot) => writer(slot)));
}

test('kill -9 of everything in the middle of writes, twenty times, loses nothing that was acknowledged', async () => {
  const acknowledged = new Map<string, string>();
  for (let round = 0; round < 20; round++) {
    server = await startServerProcess({ dataDirectory });
    const there = await stored(server);
    const lost = [...acknowledged].filter(([name, revision]) => there.get(name) !== revision);
    expect({ round, lost }).toEqual({ round, lost: [] });
    const enough = acknowledged.size + 20 + ((round * 37) % 150);
    const writing = write(server, round, acknowledged);
    await until('enough writes', () => acknowledged.size >= enough);
    await server.kill();
    await writing;
  }
  server = await startServerProcess({ dataDirectory });
  const there = await stored(server);
  expect([...acknowledged.keys()].filter((name) => !there.has(name))).toEqual([]);
  // Revisions stay dense and unique across crashes: no two objects were given the same.
  expect(new Set(there.values()).size).toBe(there.size);
});

test('SIGTERM ends every process within 5 s and leaves no lock; the next start finds every object', async () => {
  server = await startServerProcess({ dataDirectory });
  const acknowledged = new Map<string, string>();
  const writing = write(server, 0, acknowledged);
  const endpoint = server;
  await until('some writes', () => acknowledged.size > 50);
  const tree = processTree([endpoint.pid]);
  expect(tree.length).toBeGreaterThan(1); // PostgreSQL's processes are the server's.
  const began = Date.now();
  expect(await endpoint.stop()).toBe(0);
  expect(Date.now() - began).toBeLessThan(5000);
  await writing;
  expect(processTree(tree)).toEqual([]);
  expect(filesBelow(dataDirectory).filter((file) => /postmaster\.pid$|\.lock$/.test(file))).toEqual([]);

  server = await startServerProcess({ dataDirectory });
  const there = await stored(server);
  expect([...acknowledged].filter(([name, revision]) => there.get(name) !== revision)).toEqual([]);
});

test('keys and kubeconfig are for their owner only', async () => {
  server = await startServerProcess({ dataDirectory });
  const secret = filesBelow(dataDirectory).filter((file) => /\.key$|key\.pem$|kubeconfig$/.test(file));
  expect(secret.length).toBeGreaterThan(3);
  expect(secret.filter((file) => (statSync(file).mode & 0o077) !== 0)).toEqual([]);
});

test('a second server on the same data directory says so and ends; the first goes on', async () => {
  server = await startServerProcess({ dataDirectory });
  await expect(startServerProcess({ dataDirectory })).rejects.toThrow(
    /the server ended with 1:[\s\S]*(in use|another|belongs)/,
  );
  expect((await send(server, { path: '/readyz' })).status).toBe(200);
});

function filesBelow(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
