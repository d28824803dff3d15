// Numbers as Go's fmt prints them in the messages of schema validation.

/** `%v` of a float64: `2.5`, `1e+06`, `1e-05`. */
export function printFloat(value: number): string {
  if (value === 0) return '0';
  const [digits, power] = value.toExponential().split('e') as [string, string];
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return String(value);
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
