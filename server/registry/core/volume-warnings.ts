// Warnings about a pod's volumes: sources that are going or gone, and files that would lie over each other (part of
// pkg/api/pod/warnings.go).
import { type Fields, listOf } from '../fields.ts';
import { claimSpecWarnings } from './claim-warnings.ts';

/** Field of the source, the name that the warning gives it, and the warning; upstream's order, with ephemeral volumes inside it. */
const deprecatedSources: readonly (readonly [field: string, name: string, text: string])[] = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

/** `path` is the pod spec's. */
export function volumeWarnings(volumes: readonly Fields[], path: string, warnings: string[]): void {
  volumes.forEach((volume, index) => {
    const at = `${path}.volumes[${index}]`;
    for (const [field, name, text] of deprecatedSources) if (volume[field]) warnings.push(`${at}.${name}: ${text}`);
    const template = volume['ephemeral']?.volumeClaimTemplate as Fields | null | undefined;
    if (template)
      warnings.push(...claimSpecWarnings(template['spec'] ?? {}, `${at}.ephemeral.volumeClaimTemplate.spec`));
  });
  for (const volume of volumes) addOverlaps(volume, warnings);
}

/** A file that a volume has, and from what; `source` is '' where the volume has only one source. */
interface MappedPath {
  path: string;
  source: string;
}

function addOverlaps(volume: Fields, warnings: string[]): void {
  const name = JSON.stringify(volume['name']);
  const { configMap, secret, downwardAPI, projected } = volume;
  const add = (kind: string, list: readonly MappedPath[]) => {
    for (const overlap of overlaps(list)) warnings.push(`volume ${name} (${kind}): overlapping paths: ${overlap}`);
  };
  if (configMap?.items) add(`ConfigMap ${JSON.stringify(configMap.name ?? '')}`, paths(configMap.items, ''));
  if (secret?.items) add(`Secret ${JSON.stringify(secret.secretName ?? '')}`, paths(secret.items, ''));
  if (downwardAPI?.items) add('DownwardAPI', paths(downwardAPI.items, ''));
  if (!projected) return;
  const list: MappedPath[] = [];
  for (const source of listOf(projected.sources)) {
    if (Object.keys(source).length === 0) warnings.push(`volume ${name} (Projected) has no sources provided`);
    list.push(...projectedPaths(source));
  }
  add('Projected', list);
}

function paths(items: unknown, source: string): MappedPath[] {
  return listOf(items).map(({ path }) => ({ path: (path ?? '') as string, source }));
}

function projectedPaths(source: Fields): MappedPath[] {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source;
  if (configMap?.items) return paths(configMap.items, `ConfigMap ${JSON.stringify(configMap.name ?? '')}`);
  if (secret?.items) return paths(secret.items, `Secret ${JSON.stringify(secret.name ?? '')}`);
  if (downwardAPI?.items) return paths(downwardAPI.items, 'DownwardAPI');
  if (serviceAccountToken) return paths([serviceAccountToken], 'ServiceAccountToken');
  if (clusterTrustBundle) {
    const name = clusterTrustBundle.name ?? clusterTrustBundle.signerName ?? '';
    return paths([clusterTrustBundle], `ClusterTrustBundle ${JSON.stringify(name)}`);
  }
  if (!podCertificate) return [];
  const files: [string | undefined, string][] = [
    [podCertificate.certificateChainPath, 'chain'],
    [podCertificate.keyPath, 'key'],
    [podCertificate.credentialBundlePath, 'credential bundle'],
  ];
  return files.flatMap(([path, what]) => (path ? [{ path, source: `PodCertificate ${what}` }] : []));
}

/** Each pair of paths of which one is, or lies below, the other. */
function overlaps(list: readonly MappedPath[]): string[] {
  const seen: MappedPath[] = [];
  return list.flatMap(({ path, source }) => {
    const current = { path: path.replace(/\/+$/, ''), source };
    const found = current.path === '' ? [] : seen.filter((other) => other.path !== '' && isOver(current, other));
    seen.push(current);
    return found.map((other) => `${printed(current)} with ${printed(other)}`);
  });
}

function isOver(a: MappedPath, b: MappedPath): boolean {
  return `${a.path}/`.startsWith(`${b.path}/`) || `${b.path}/`.startsWith(`${a.path}/`);
}

function printed({ path, source }: MappedPath): string {
  return source === '' ? JSON.stringify(path) : `${JSON.stringify(path)} (${source})`;
}
