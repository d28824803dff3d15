// The Targets cell of an autoscaler: `cpu: 40%/50%, 10/20 (avg)` (formatHPAMetrics).
import type { Fields } from '../fields.ts';

const unknown = '<unknown>';
/** So many metrics are shown, then how many more there are. */
const shown = 2;

/** `specs` are spec.metrics, `statuses` status.currentMetrics in the same order. */
export function formatMetrics(specs: readonly Fields[], statuses: readonly Fields[]): string {
  if (specs.length === 0) return '<none>';
  const list = specs.map((spec, i) => formatMetric(spec, statuses[i] ?? {}));
  const text = list.slice(0, shown).join(', ');
  return list.length > shown ? `${text} + ${list.length - shown} more...` : text;
}

function formatMetric(spec: Fields, status: Fields): string {
  switch (spec['type']) {
    case 'External':
      return formatValue(spec['external'] ?? {}, status['external']);
    case 'Object':
      return formatValue(spec['object'] ?? {}, status['object']);
    case 'Pods':
      return `${current(status['pods'])}/${quantity(spec['pods']?.target?.averageValue)}`;
    case 'Resource':
      return formatResource(spec['resource'] ?? {}, status['resource']);
    case 'ContainerResource':
      return formatResource(spec['containerResource'] ?? {}, status['containerResource']);
    default:
      return '<unknown type>';
  }
}

/** An unset quantity prints as zero. */
function quantity(value: unknown): string {
  return value === undefined || value === null ? '0' : String(value);
}

function current(status: Fields | undefined): string {
  return status ? quantity(status['current']?.averageValue) : unknown;
}

function formatValue(source: Fields, status: Fields | undefined): string {
  const target = (source['target'] ?? {}) as Fields;
  if (target['averageValue'] !== undefined) {
    return `${status?.['current']?.averageValue ?? unknown}/${target['averageValue']} (avg)`;
  }
  return `${status ? quantity(status['current']?.value) : unknown}/${quantity(target['value'])}`;
}

function formatResource(source: Fields, status: Fields | undefined): string {
  const target = (source['target'] ?? {}) as Fields;
  if (target['averageValue'] !== undefined) return `${source['name']}: ${current(status)}/${target['averageValue']}`;
  const utilization = status?.['current']?.averageUtilization as number | undefined;
  const aim = target['averageUtilization'] as number | undefined;
  return `${source['name']}: ${utilization === undefined ? unknown : `${utilization}%`}/${aim === undefined ? '<auto>' : `${aim}%`}`;
}
