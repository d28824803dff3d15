// client-go, unmodified, as Debian packages it (golang-k8s-client-go-dev): every built-in kind in protobuf, with upstream's own Go types.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { runProgram } from '../support/program.ts';

// All of client-go is compiled the first time: about a minute on two cores.
jest.setTimeout(400_000);

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

/** Where .ci/install unpacks Debian's packages of Go and client-go. */
const installed = process.env['PGPLANE_GO_ROOT'] ?? '/usr/local/lib/pgplane-go';
const everything = fileURLToPath(new URL('../kubectl/everything', import.meta.url));

/** The environment in which that Go builds from those packages alone. */
function goEnvironment(): { go: string; env: NodeJS.ProcessEnv } {
  const toolchains = existsSync(`${installed}/usr/lib`) ? readdirSync(`${installed}/usr/lib`) : [];
  const version = toolchains.find((name) => name.startsWith('go-'));
  if (version === undefined) throw new Error(`there is no Go in ${installed}: run .ci/install`);
  const root = `${installed}/usr/lib/${version}`;
  const source = { GOROOT: root, GOPATH: `${installed}/usr/share/gocode`, GO111MODULE: 'off' };
  return {
    go: `${root}/bin/go`,
    env: { ...process.env, ...source, CGO_ENABLED: '0', GOFLAGS: '', GOTOOLCHAIN: 'local' },
  };
}

function manifests(): Manifest[] {
  const files = readdirSync(everything).sort();
  const documents = files.flatMap((file) => parseAllDocuments(readFileSync(join(everything, file), 'utf8')));
  return documents.map((document) => document.toJS() as Manifest);
}

let folder: string;
let cluster: Cluster;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pgplane-go-'));
  cluster = await startCluster();
});
afterAll(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('creates, reads, watches, patches, lists and deletes every built-in kind in protobuf', async () => {
  const { go, env } = goEnvironment();
  const source = fileURLToPath(new URL('go/main.go', import.meta.url));
  const program = join(folder, 'client');
  const built = spawnSync(go, ['build', '-o', program, source], { env, encoding: 'utf8' });
  expect(built.stderr).toBe('');
  const objects = manifests();
  const path = join(folder, 'objects');
  writeFileSync(path, objects.map((object) => JSON.stringify(object)).join('\n'));
  const { code, stdout, stderr } = await runProgram(program, [cluster.kubeconfigPath, path]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const expected = objects.map(({ apiVersion, kind }) => `${apiVersion}/${kind}`).reverse();
  expect(stdout.trim().split('\n')).toEqual(expected);
});
