// Levels, versions and modes of the Pod Security Standards (k8s.io/pod-security-admission api/helpers.go, constants.go).
import { type FieldError, invalid } from '../../../apimachinery/field.ts';

export type Level = 'privileged' | 'baseline' | 'restricted';
const levels: readonly string[] = ['privileged', 'baseline', 'restricted'];

/** Minor version of Kubernetes 1; Infinity for `latest`. */
export type Version = number;

export interface LevelVersion {
  level: Level;
  version: Version;
}

export interface Policy {
  enforce: LevelVersion;
  audit: LevelVersion;
  warn: LevelVersion;
}

export const modes = ['enforce', 'audit', 'warn'] as const;
export type Mode = (typeof modes)[number];

type Labels = Readonly<Record<string, string>> | undefined;

export const labelPrefix = 'pod-security.kubernetes.io/';
export const levelLabel = (mode: Mode): string => labelPrefix + mode;
export const versionLabel = (mode: Mode): string => `${labelPrefix}${mode}-version`;

export function showLevelVersion({ level, version }: LevelVersion): string {
  return `${level}:${version === Infinity ? 'latest' : `v1.${version}`}`;
}

/** Undefined where the text is no level. */
export function parseLevel(text: string): Level | undefined {
  return levels.includes(text) ? (text as Level) : undefined;
}

/** Undefined where the text is no version. */
export function parseVersion(text: string): Version | undefined {
  if (text === 'latest') return Infinity;
  const match = /^v1\.([0-9]|[1-9][0-9]*)$/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** Negative where `a` allows more than `b`. */
export function compareLevels(a: Level, b: Level): number {
  return levels.indexOf(a) - levels.indexOf(b);
}

export function isFullyPrivileged(policy: Policy): boolean {
  return modes.every((mode) => policy[mode].level === 'privileged');
}

/** Versions make no difference where everything is allowed. */
export function samePolicy(a: Policy, b: Policy): boolean {
  return modes.every(
    (mode) =>
      a[mode].level === b[mode].level && (a[mode].level === 'privileged' || a[mode].version === b[mode].version),
  );
}

/** What is not readable is enforced as restricted, and neither audited nor warned about. */
function readMode(labels: NonNullable<Labels>, mode: Mode, standard: LevelVersion, errors: FieldError[]): LevelVersion {
  const result = { ...standard };
  const said = labels[levelLabel(mode)];
  if (said !== undefined) {
    const level = parseLevel(said);
    if (level === undefined)
      errors.push(invalid(`metadata.labels[${levelLabel(mode)}]`, said, `must be one of ${levels.join(', ')}`));
    result.level = level ?? (mode === 'enforce' ? 'restricted' : 'privileged');
  }
  const saidVersion = labels[versionLabel(mode)];
  if (saidVersion !== undefined) {
    const version = parseVersion(saidVersion);
    if (version === undefined)
      errors.push(invalid(`metadata.labels[${versionLabel(mode)}]`, saidVersion, 'must be "latest" or "v1.x"'));
    result.version = version ?? Infinity;
  }
  return result;
}

/** What a namespace's labels ask for, and what is wrong with them. Who enforces more than is warned about is warned as much. */
export function policyOf(labels: Labels, defaults: Policy): { policy: Policy; errors: FieldError[] } {
  const errors: FieldError[] = [];
  if (labels === undefined) return { policy: defaults, errors };
  const [enforce, audit, warn] = modes.map((mode) => readMode(labels, mode, defaults[mode], errors)) as [
    LevelVersion,
    LevelVersion,
    LevelVersion,
  ];
  const enforces = parseLevel(labels[levelLabel('enforce')] ?? '') !== undefined;
  if (labels[levelLabel('warn')] === undefined && enforces && compareLevels(enforce.level, warn.level) > 0) {
    warn.level = enforce.level;
    if (labels[versionLabel('warn')] === undefined) warn.version = enforce.version;
  }
  return { policy: { enforce, audit, warn }, errors };
}
