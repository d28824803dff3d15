/**
 * Values as Go prints them, for conversions and the messages of faults. Behaviour: Go's strconv and fmt.
 */

/** `%g`: the shortest text, with an exponent below 1e-4 and from 1e21 on. */
export function formatGoFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (power < -4 || power >= 21)
    return `${digits}e${power < 0 ? '-' : '+'}${Math.abs(power).toString().padStart(2, '0')}`;
  return formatPlainFloat(value);
}

/** `%f` with as many digits as needed. */
export function formatPlainFloat(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  const [digits, exponent] = text.split('e') as [string, string];
  const [whole, fraction = ''] = digits.replace('-', '').split('.') as [string, string?];
  const power = Number(exponent);
  const sign = value < 0 ? '-' : '';
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${whole}${fraction}`;
  return `${sign}${whole}${fraction.padEnd(power, '0')}`;
}

/** `%q`: in double quotes, with Go's escapes. */
export function quoteGo(text: string): string {
  let quoted = '"';
  for (const character of text) quoted += quotedCharacter(character);
  return `${quoted}"`;
}

const shortEscapes: Readonly<Record<string, string>> = {
  ...{
    '"': '\\"',
    '\\': '\\\\',
    '\x07': '\\a',
    '\b': '\\b',
    '\f': '\\f',
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '\v': '\\v',
  },
};

function quotedCharacter(character: string): string {
  const short = shortEscapes[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) as number;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x7f || /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(character)) return character;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}
