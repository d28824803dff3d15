// What the printers of all kinds share: columns whose description is the API's own field documentation, ages,
// and the way `kubectl get` shows labels, selectors and lists (pkg/printers/internalversion/printers.go).
import type { KubeObject } from '../../apimachinery/object.ts';
import {
  type LabelSelectorObject,
  printLabelSelector,
  SelectorError,
  selectorFromObject,
} from '../../apimachinery/selectors.ts';
import type { Printer, TableColumn } from './descriptor.ts';
import { describe } from './field-descriptions.ts';

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

interface ColumnOptions {
  type?: TableColumn['type'];
  format?: string;
  /** Shown with `-o wide` only. */
  wide?: boolean;
}

/** A column with a description of its own. */
export function column(name: string, description: string, options: ColumnOptions = {}): TableColumn {
  return {
    name,
    type: options.type ?? 'string',
    format: options.format ?? '',
    description,
    priority: options.wide ? 1 : 0,
  };
}

/**
 * A column described by the documentation of a field of the API: `definition` is the OpenAPI definition's name,
 * such as `io.k8s.api.core.v1.PodStatus`. The text is looked up on first use.
 */
export function fieldColumn(name: string, definition: string, field: string, options: ColumnOptions = {}): TableColumn {
  const made = column(name, '', options);
  let text: string | undefined;
  Object.defineProperty(made, 'description', {
    enumerable: true,
    get() {
      text ??= describe(definition, field);
      return text;
    },
  });
  return made;
}

export const nameColumn = fieldColumn('Name', objectMeta, 'name', { format: 'name' });
export const ageColumn = fieldColumn('Age', objectMeta, 'creationTimestamp');
export const containersColumn = column('Containers', 'Names of each container in the template.', { wide: true });
export const imagesColumn = column('Images', 'Images referenced by each container in the template.', { wide: true });

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** A duration in milliseconds as k8s.io/apimachinery duration.HumanDuration prints it: `5s`, `3m10s`, `4d2h`, `2y10d`. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / second);
  // Clocks of two machines may differ a little.
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(milliseconds / minute);
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(milliseconds / hour);
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 24 * 8) return withRest(days, 'd', hours % 24, 'h');
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.trunc(days / 365);
  if (hours < 24 * 365 * 8) return withRest(years, 'y', days % 365, 'd');
  return `${years}y`;
}

function withRest(value: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${value}${unit}` : `${value}${unit}${rest}${restUnit}`;
}

/** How long ago `timestamp` (RFC 3339, or unset) was at `now` (milliseconds): translateTimestampSince. */
export function timeSince(timestamp: string | null | undefined, now: number): string {
  if (timestamp === undefined || timestamp === null || timestamp === '') return '<unknown>';
  return humanDuration(now - Date.parse(timestamp));
}

/** How long until `timestamp`: translateTimestampUntil. */
export function timeUntil(timestamp: string | null | undefined, now: number): string {
  if (timestamp === undefined || timestamp === null || timestamp === '') return '<unknown>';
  return humanDuration(Date.parse(timestamp) - now);
}

/** The Age cell. */
export function age(object: KubeObject, now: number): string {
  return timeSince(object.metadata.creationTimestamp, now);
}

/** `a=b,c=d` by key, `<none>` when empty (labels.FormatLabels). */
export function formatLabels(labels: Readonly<Record<string, string>> | null | undefined): string {
  return labelSetString(labels) || '<none>';
}

/** labels.Set.String(): `a=b,c=d` by key, '' when empty. */
export function labelSetString(labels: Readonly<Record<string, string>> | null | undefined): string {
  if (!labels) return '';
  return Object.keys(labels)
    .sort()
    .map((key) => `${key}=${labels[key]}`)
    .join(',');
}

/**
 * A metav1.LabelSelector as labels.Selector.String() writes it: `app=a,tier in (x,y),!old`. No selector gives ''; one that
 * cannot be read (an unknown operator, a value that no label can have) gives undefined.
 */
export function labelSelectorString(selector: LabelSelectorObject | null | undefined): string | undefined {
  try {
    return printLabelSelector(selectorFromObject(selector));
  } catch (error) {
    if (error instanceof SelectorError) return undefined;
    throw error;
  }
}

/** metav1.FormatLabelSelector: `<none>` for an empty selector, `<error>` for one that cannot be read. */
export function formatLabelSelector(selector: LabelSelectorObject | null | undefined): string {
  const text = labelSelectorString(selector);
  if (text === undefined) return '<error>';
  return text === '' ? '<none>' : text;
}

interface NamedContainer {
  name?: string;
  image?: string;
}

/** The Containers and Images cells of a pod template. */
export function containerCells(containers: readonly NamedContainer[] | null | undefined): [string, string] {
  const list = containers ?? [];
  return [list.map((c) => c.name ?? '').join(','), list.map((c) => c.image ?? '').join(',')];
}

const accessModeAbbreviations: readonly (readonly [string, string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

/** `RWO,ROX` in this fixed order, whatever the order in the object (GetAccessModesAsString). */
export function formatAccessModes(modes: readonly string[] | null | undefined): string {
  if (!modes) return '';
  return accessModeAbbreviations
    .filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(',');
}

/** `list` joined, with ` + 2 more...` when `total` is more than what is shown (listWithMoreString), `<unset>` when empty. */
export function listWithMore(list: readonly string[], total: number): string {
  const text = list.join(',');
  if (total > list.length) return `${text} + ${total - list.length} more...`;
  return text === '' ? '<unset>' : text;
}

/** Kinds without columns of their own, as upstream's default table convertor prints them. */
export const defaultPrinter: Printer = {
  columns: [nameColumn, { ...ageColumn, name: 'Created At', type: 'date' }],
  cells: (object) => [object.metadata.name ?? '', object.metadata.creationTimestamp ?? null],
};
