// Numbers that may be percentages (apimachinery pkg/util/intstr).

export type IntOrString = number | string;

/** The number; of a percentage its part of `total`, rounded up or down. Throws for text that is neither (GetScaledValueFromIntOrPercent). */
export function scaledValue(value: IntOrString, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  if (percent === undefined) throw new Error(`invalid value for IntOrString: invalid type: string is not a percentage`);
  const exact = (Number(percent) * total) / 100;
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact);
}
