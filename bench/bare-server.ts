// The physical limit for reads: `node:https` and nothing else, answering each request with the same bytes. Prints its port.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';

const folder = mkdtempSync(path.join(os.tmpdir(), 'pgplane-bench-'));
const keyFile = path.join(folder, 'key.pem');
const certFile = path.join(folder, 'cert.pem');
const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-x509', '-subj', '/CN=bench'];
execFileSync('openssl', ['req', ...curve, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' });
const identity = { key: readFileSync(keyFile), cert: readFileSync(certFile) };
rmSync(folder, { recursive: true });

const body = Buffer.alloc(Number(process.argv[2]), 'x');
const headers = { 'content-type': 'application/json', 'content-length': body.length };
const server = https.createServer(identity, (_request, response) => {
  response.writeHead(200, headers).end(body);
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
