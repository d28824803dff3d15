// Decoded JSON as Go's fmt prints it. Go tells int64 from float64: a JSON number without fraction that fits in 64 bits is an int64.

const maxInt64 = 2 ** 63;

/** Whether Go's JSON decoding makes an int64 of the number. */
export function isInt64(value: number): boolean {
  return Number.isInteger(value) && value >= -maxInt64 && value < maxInt64;
}

/** `%v` of a float64: `2.5`, `1e+06`, `1e-05`. */
export function printFloat(value: number): string {
  if (value === 0) return '0';
  const [digits, power] = value.toExponential().split('e') as [string, string];
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return String(value);
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** `%v` of a number. */
export function printNumber(value: number): string {
  return isInt64(value) ? String(value) : printFloat(value);
}

/** `%T`. */
export function goType(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'number') return isInt64(value) ? 'int64' : 'float64';
  return { boolean: 'bool', string: 'string' }[typeof value as string] ?? 'map[string]interface {}';
}

/** `%v`: maps are sorted by name. */
export function printGo(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'number') return printNumber(value);
  if (Array.isArray(value)) return `[${value.map(printGo).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${fields.map(([name, item]) => `${name}:${printGo(item)}`).join(' ')}]`;
}

/** What Go's json.Marshal writes escaped in strings, because HTML would read it. */
export function escapeHtml(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
