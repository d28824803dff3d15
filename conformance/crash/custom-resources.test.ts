// Definitions outlive crashes at any point of their lives: what was established is served again, what was being deleted goes with its objects.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { crds, definition } from '../api/support/custom.ts';
import { parsed, send } from '../support/https.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

jest.setTimeout(300_000);

let folder: string;
let server: ServerProcess;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'pgplane-crash-'));
});
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const things = '/apis/crash.io/v1/namespaces/default/things';
const crdPath = `${crds}/things.crash.io`;

async function status(method: string, target: string, body?: object): Promise<number> {
  const answer = await send(server, { method, path: target, ...(body ? { body: JSON.stringify(body) } : {}) });
  return answer.status;
}

const thing = (name: string) => ({ apiVersion: 'crash.io/v1', kind: 'Thing', metadata: { name } });

async function restart(): Promise<void> {
  await server.kill();
  server = await startServerProcess({ dataDirectory: path.join(folder, 'data') });
}

test('kill -9 right after a definition was made, while objects are made, and while it is deleted', async () => {
  server = await startServerProcess({ dataDirectory: path.join(folder, 'data') });
  for (let round = 0; round < 2; round++) {
    expect(await status('POST', crds, definition('crash.io', 'Thing'))).toBe(201);
    await restart();
    await until('the resource', async () => (await status('GET', things)) === 200);
    const made: string[] = [];
    const writing = Promise.all(
      Array.from({ length: 4 }, async (_, slot) => {
        for (let i = 0; ; i++) {
          const name = `t-${slot}-${i}`;
          if ((await status('POST', things, thing(name)).catch(() => 0)) !== 201) return;
          made.push(name);
        }
      }),
    );
    await until('objects', () => made.length > 50 + 20 * round);
    await server.kill();
    await writing;
    server = await startServerProcess({ dataDirectory: path.join(folder, 'data') });
    const { items } = parsed(await send(server, { path: things }));
    const there = new Set(items!.map(({ metadata }) => metadata.name));
    expect(made.filter((name) => !there.has(name))).toEqual([]);

    expect(await status('DELETE', crdPath)).toBe(200);
    await restart();
    await until('the definition to go', async () => (await status('GET', crdPath)) === 404);
    await until('its APIService to go', async () => {
      return (await status('GET', '/apis/apiregistration.k8s.io/v1/apiservices/v1.crash.io')) === 404;
    });
    expect(await status('GET', things)).toBe(404);
  }
});
