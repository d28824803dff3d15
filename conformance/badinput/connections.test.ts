// Clients that connect and say nothing, speak slowly, or do not speak HTTP: limits are held and others are served meanwhile.
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { residentBytes } from '../../bench/process.ts';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { connect, said, send } from '../support/https.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

jest.setTimeout(120_000);

let cluster: Cluster | undefined;
let server: ServerProcess | undefined;
const sockets: TLSSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await cluster?.stop();
  await server?.stop();
  cluster = undefined;
  server = undefined;
});

const path = '/api/v1/namespaces/default/configmaps';

async function open(port: number): Promise<TLSSocket> {
  const socket = await connect(port);
  socket.on('error', () => {}); // Being closed by the server is what some of these are for.
  sockets.push(socket);
  return socket;
}

describe('in one process', () => {
  test('what is no HTTP is answered 400 and closed', async () => {
    cluster = await startCluster();
    for (const text of [
      '\u0016\u0003\u0001 nonsense\r\n\r\n',
      'GET\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      'POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n',
    ]) {
      const socket = await open(cluster.port);
      const answer = said(socket);
      socket.write(text);
      expect(await answer).toMatch(/^(HTTP\/1\.1 400|$)/);
    }
    expect((await send(cluster, { path })).status).toBe(200);
  });

  test('headers beyond any measure are answered 431', async () => {
    cluster = await startCluster();
    const socket = await open(cluster.port);
    const answer = said(socket);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(1024 * 1024)}\r\n\r\n`);
    expect(await answer).toMatch(/^(HTTP\/1\.1 431|$)/);
    expect((await send(cluster, { path })).status).toBe(200);
  });

  test('two hundred clients that stop in the middle of a body hold up nobody, and are served when they go on', async () => {
    cluster = await startCluster();
    const { port, token } = cluster;
    const slow = await Promise.all(Array.from({ length: 200 }, () => open(port)));
    const body = (i: number) =>
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `slow-${i}` } });
    slow.forEach((socket, i) => {
      const text = body(i);
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text.slice(0, 10)}`,
      );
    });
    expect((await send(cluster, { path })).status).toBe(200);
    const answers = slow.map((socket) => said(socket, /\r\n\r\n/));
    slow.forEach((socket, i) => {
      socket.write(body(i).slice(10));
    });
    const codes = new Set((await Promise.all(answers)).map((answer) => answer.slice(9, 12)));
    expect([...codes]).toEqual(['201']);
  });

  test('a connection beyond --max-connections is closed; one of them ends, and the next is served', async () => {
    cluster = await startCluster({ server: { maxConnections: 20 } });
    const { port, token } = cluster;
    const within = await Promise.all(Array.from({ length: 20 }, () => open(port)));
    const beyond = await connect(port).then(
      async (socket) => {
        sockets.push(socket);
        return said(socket);
      },
      () => '',
    );
    expect(beyond).toBe('');
    within[0]!.destroy();
    await until('a free place', async () => {
      const socket = await connect(port).catch(() => undefined);
      if (socket === undefined) return false;
      sockets.push(socket);
      const answer = said(socket, /\r\n\r\n/);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
      return (await answer).startsWith('HTTP/1.1 200');
    });
  });
});

describe('as a process of its own', () => {
  /** What a connection may cost while nothing is asked of it; measured: about 60 KB with its TLS state. */
  const bytesPerIdleConnection = 250_000;

  test('two thousand idle connections: others are served, memory stays within its bounds, all can be used', async () => {
    server = await startServerProcess();
    const { port, pid } = server;
    const before = residentBytes([pid]);
    for (let i = 0; i < 2000; i += 100) await Promise.all(Array.from({ length: 100 }, () => open(port)));
    expect((await send(server, { path })).status).toBe(200);
    expect((residentBytes([pid]) - before) / 2000).toBeLessThan(bytesPerIdleConnection);
    const last = sockets.at(-1)!;
    const answer = said(last, /\r\n\r\n/);
    last.write('GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await answer).toMatch(/^HTTP\/1\.1 200/);
  });

  test('a flood of large and hostile bodies leaves the server up and within its memory', async () => {
    server = await startServerProcess();
    const endpoint = server;
    const bodies = [
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"${'x'.repeat(2_900_000)}"}}`,
      '['.repeat(1_000_000),
      `{"a":${'{"a":'.repeat(400_000)}`,
      'x'.repeat(4_000_000),
    ];
    const before = residentBytes([endpoint.pid]);
    const statuses = new Set<number>();
    for (let round = 0; round < 15; round++) {
      const answers = await Promise.all(
        [...bodies, ...bodies].map((body) =>
          send(endpoint, { method: 'POST', path, body }).then(
            ({ status }) => status,
            () => 0,
          ),
        ),
      );
      for (const status of answers) statuses.add(status);
    }
    statuses.delete(0); // The connection may be closed while a body that is too large is still being sent.
    expect([...statuses].sort()).toEqual([400, 413, 422]);
    expect(await send(endpoint, { path: '/readyz' })).toMatchObject({ status: 200, body: 'ok' });
    expect(residentBytes([endpoint.pid]) - before).toBeLessThan(500e6);
  });
});
