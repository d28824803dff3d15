// A label selector as Go prints it, in events and conditions that upstream words with %v (apimachinery meta/v1 generated.pb.go).
import type { LabelSelectorObject } from '../../apimachinery/selectors.ts';

/** `&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{},}`; `nil` for none. */
export function printGoLabelSelector(selector: LabelSelectorObject | null | undefined): string {
  if (selector == null) return 'nil';
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const labels = Object.entries(matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}: ${value},`);
  const requirements = (matchExpressions ?? []).map(
    ({ key, operator, values }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${(values ?? []).join(' ')}],},`,
  );
  const list = requirements.join('');
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${list}},}`;
}
