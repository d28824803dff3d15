// How the tables of this group show parameters.

import type { LabelSelectorObject } from '../../../apimachinery/selectors.ts';
import type { Fields } from '../fields.ts';

/** The ParamKind cell. */
export function paramKindCell(paramKind: Fields | undefined): string {
  return paramKind ? `${paramKind['apiVersion'] ?? ''}/${paramKind['kind'] ?? ''}` : '<unset>';
}

/** The selector as Go's generated String() prints it. */
function goString(selector: LabelSelectorObject): string {
  const labels = Object.entries(selector.matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`)
    .join('');
  const expressions = (selector.matchExpressions ?? [])
    .map(
      ({ key, operator, values }) =>
        `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${(values ?? []).join(' ')}],},`,
    )
    .join('');
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`;
}

/** The ParamRef cell: namespace and name, or the selector. */
export function paramRefCell(paramRef: Fields | undefined): string {
  if (!paramRef) return '<unset>';
  if (paramRef['name']) return `${paramRef['namespace'] || '*'}/${paramRef['name']}`;
  return paramRef['selector'] ? goString(paramRef['selector'] as LabelSelectorObject) : '<unset>';
}
