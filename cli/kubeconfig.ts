// `pgplane kubeconfig`: prints a kubeconfig, for the administrator or for a user it makes a certificate for.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { kubeconfig } from '../server/auth/kubeconfig.ts';
import { issueClientCertificate } from '../server/auth/pki.ts';
import { certDirectoryIn } from '../server/options.ts';

export interface KubeconfigFlags {
  dataDir: string;
  server?: string;
  user?: string;
  group?: string[];
}

/** Where the control plane in this directory was last served, from the kubeconfig it wrote. */
async function lastServer(dataDirectory: string): Promise<string> {
  const path = join(dataDirectory, 'kubeconfig');
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Error(
      `there is no kubeconfig at ${path}: start the control plane first (pgplane up --data-dir ${dataDirectory})`,
    );
  });
  return parse(text).clusters[0].cluster.server as string;
}

export async function printKubeconfig(flags: KubeconfigFlags): Promise<void> {
  try {
    const server = flags.server ?? (await lastServer(flags.dataDir));
    const directory = certDirectoryIn(flags.dataDir);
    const read = (name: string) => readFile(join(directory, name), 'utf8');
    const ca = { certificate: await read('ca.crt'), key: await read('ca.key') };
    const credentials =
      flags.user === undefined
        ? { certificate: await read('admin.crt'), key: await read('admin.key') }
        : await issueClientCertificate(ca, { name: flags.user, groups: flags.group ?? [] });
    process.stdout.write(
      kubeconfig({
        server,
        certificateAuthority: ca.certificate,
        credentials,
        ...(flags.user ? { user: flags.user } : {}),
      }),
    );
  } catch (error) {
    process.stderr.write(`pgplane: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
