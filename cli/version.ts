// Versions as people see them.
import { readFileSync } from 'node:fs';
import { versionInfo } from '../server/version.ts';

export function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** `pgplane 0.1.0 (Kubernetes v1.36.2, Node v26.10.0)` */
export function versionText(): string {
  return `pgplane ${packageVersion()} (Kubernetes ${versionInfo.gitVersion}, Node ${process.version})`;
}
