import { isDNS1123Label } from '../../../apimachinery/names.ts';

/** Warns of a controller's name that cannot be part of a host name as it stands; its pods' names start with it. */
export function podNameWarning(name: string | undefined): string[] {
  const messages = isDNS1123Label(name ?? '');
  if (messages.length === 0) return [];
  return [
    `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${messages.join(' ')}]`,
  ];
}
