import { type Fields, listOf } from '../fields.ts';
import { containerLists } from './pod-containers.ts';

interface Port {
  path: string;
  port: Fields;
}

/** More warnings than an answer can carry are not gathered: thousands of equal ports have millions of pairs. */
const maxWarnings = 4096;

/** Ports of a pod that are declared twice, or that share numbers or names (part of pkg/api/pod/warnings.go). */
export function portWarnings(spec: Fields, path: string, warnings: string[]): void {
  const ports: Port[] = [];
  for (const list of containerLists) {
    const containers = listOf(spec[list]);
    for (let i = 0; i < containers.length; i++) {
      if (!containers[i]!['ports']) continue;
      listOf(containers[i]!['ports']).forEach((port, j) => {
        ports.push({ path: `${path}.${list}[${i}].ports[${j}]`, port });
      });
    }
  }
  if (ports.length === 0) return;
  addOverlaps(ports, warnings);
  addSharedNames(ports, warnings);
}

function addOverlaps(ports: readonly Port[], warnings: string[]): void {
  const byNumber = new Map<string, Port[]>();
  for (const current of ports) {
    const { containerPort = 0, hostIP = '', hostPort = 0, protocol = '', name = '' } = current.port;
    if (hostIP !== '' && hostPort === 0) {
      const printed = `{Name:${name} HostPort:0 ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
      warnings.push(`${current.path}: hostIP set without hostPort: ${printed}`);
    }
    const key = `${containerPort}/${protocol}`;
    const others = byNumber.get(key) ?? [];
    for (const other of others) {
      if (warnings.length >= maxWarnings) return;
      const overlap = overlapOf(current.port, other.port);
      if (overlap !== undefined) warnings.push(`${current.path}: ${overlap} port definition with ${other.path}`);
    }
    others.push(current);
    byNumber.set(key, others);
  }
}

function overlapOf(port: Fields, other: Fields): string | undefined {
  const [ip, otherIP] = [port['hostIP'] ?? '', other['hostIP'] ?? ''];
  const [host, otherHost] = [port['hostPort'] ?? 0, other['hostPort'] ?? 0];
  if (ip === otherIP && host === otherHost) return 'duplicate';
  if (host === 0 || otherHost === 0) return 'overlapping';
  return host === otherHost && (ip === '') !== (otherIP === '') ? 'dangerously ambiguous' : undefined;
}

function addSharedNames(ports: readonly Port[], warnings: string[]): void {
  const byName = new Map<string, string>();
  for (const { path, port } of ports) {
    const name = port['name'] as string | undefined;
    if (!name) continue;
    const other = byName.get(name);
    if (other === undefined) byName.set(name, path);
    else
      warnings.push(
        `${path}: duplicate port name ${JSON.stringify(name)} with ${other}, services and probes that select ports by name will use ${other}`,
      );
  }
}
