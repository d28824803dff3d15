// What a check of the Pod Security Standards is, and the words that all of them share (k8s.io/pod-security-admission policy checks.go).
import type { ObjectMeta } from '../../../apimachinery/object.ts';
import { type Fields, listOf } from '../../registry/fields.ts';

export interface Violation {
  /** `hostPort` */
  reason: string;
  /** `container "a" uses hostPort 80` */
  detail: string;
}

export type CheckPod = (spec: Fields, metadata: ObjectMeta) => Violation | undefined;

export interface Check {
  id: string;
  level: 'baseline' | 'restricted';
  /** By the minor version from which on it is this check, ascending. */
  versions: readonly { since: number; check: CheckPod }[];
  /** A baseline check that this one makes needless. */
  overrides?: string;
}

export function pluralize(singular: string, plural: string, count: number): string {
  return count === 1 ? singular : plural;
}

export function joinQuote(items: Iterable<string>): string {
  return [...items].map((item) => `"${item}"`).join(', ');
}

/** `container "a"`, `containers "a", "b"`. */
export function containersNamed(names: readonly string[]): string {
  return `${pluralize('container', 'containers', names.length)} ${joinQuote(names)}`;
}

/** Init containers, containers and ephemeral ones, in this order. */
export function containersOf(spec: Fields): readonly Fields[] {
  return [...listOf(spec['initContainers']), ...listOf(spec['containers']), ...listOf(spec['ephemeralContainers'])];
}

/** Names of the containers for which `isBad` holds. */
export function badContainers(spec: Fields, isBad: (securityContext: Fields, container: Fields) => boolean): string[] {
  return containersOf(spec)
    .filter((container) => isBad((container['securityContext'] ?? {}) as Fields, container))
    .map(({ name }) => name as string);
}

/** `pod and containers "a", "b"`: who sets something that may not be set; '' where nobody does. */
export function setters(byPod: boolean, containers: readonly string[]): string {
  return [...(byPod ? ['pod'] : []), ...(containers.length > 0 ? [containersNamed(containers)] : [])].join(' and ');
}

/** Pods of Windows have no use for what Linux restricts. */
export function exceptWindows(check: CheckPod): CheckPod {
  return (spec, metadata) => (spec['os']?.name === 'windows' ? undefined : check(spec, metadata));
}

/** Root in a user namespace of its own is nobody outside. */
export function exceptUserNamespaces(check: CheckPod): CheckPod {
  return (spec, metadata) => (spec['hostUsers'] === false ? undefined : check(spec, metadata));
}

export function podContext(spec: Fields): Fields {
  return (spec['securityContext'] ?? {}) as Fields;
}

export function sorted(values: Iterable<string>): string[] {
  return [...new Set(values)].sort();
}
