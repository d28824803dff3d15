/**
 * The strings library, version 2, and CEL's own functions of strings. Offsets count code points. Behaviour: cel-go ext/strings.go and
 * common/types/string.go.
 */
import { EvaluationFault, spendWork } from '../errors.ts';
import type { OverloadRow } from '../functions.ts';
import { stringList } from '../json.ts';
import { formatValue } from '../value-format.ts';
import { type CelList, codePointCount } from '../values.ts';
import { formatString } from './string-format.ts';

function outOfRange(index: bigint): EvaluationFault {
  return new EvaluationFault(`index out of range: ${index}`);
}

/** The UTF-16 offset of a code point; text without astral characters needs no search. */
function utf16Offset(text: string, codePoint: number): number {
  if (codePointCount(text) === text.length) return codePoint;
  let at = 0;
  for (let left = codePoint; left > 0; left--) at += (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
  return at;
}

function charAt(text: string, index: bigint): string {
  const count = codePointCount(text);
  if (index < 0n || index > count) throw outOfRange(index);
  return index === BigInt(count)
    ? ''
    : String.fromCodePoint(text.codePointAt(utf16Offset(text, Number(index))) as number);
}

function indexOf(text: string, part: string, offset = 0n): bigint {
  if (part === '') return offset;
  if (offset < 0n) throw outOfRange(offset);
  if (offset >= codePointCount(text)) return -1n;
  const found = text.indexOf(part, utf16Offset(text, Number(offset)));
  return found < 0 ? -1n : BigInt(codePointCount(text.slice(0, found)));
}

function lastIndexOf(text: string, part: string): bigint {
  if (part === '') return BigInt(codePointCount(text));
  if (text.length < part.length) return -1n;
  return lastIndexOfOffset(text, part, BigInt(codePointCount(text) - 1));
}

function lastIndexOfOffset(text: string, part: string, offset: bigint): bigint {
  if (part === '') return offset;
  if (offset < 0n) throw outOfRange(offset);
  if (offset >= codePointCount(text)) return -1n;
  const found = text.lastIndexOf(part, utf16Offset(text, Number(offset)));
  return found < 0 ? -1n : BigInt(codePointCount(text.slice(0, found)));
}

/** Go's strings.Replace: an empty `old` matches before every character and at the end. */
function replace(text: string, old: string, by: string, limit = -1n): string {
  const pieces = old === '' ? ['', ...text, ''] : text.split(old);
  const available = pieces.length - 1;
  const count = limit < 0n || limit > BigInt(available) ? available : Number(limit);
  spendWork(Math.ceil((text.length + count * by.length) / 4));
  if (old !== '')
    return (
      pieces.slice(0, count + 1).join(by) +
      pieces
        .slice(count + 1)
        .map((piece) => old + piece)
        .join('')
    );
  const characters = pieces.slice(1, -1);
  const replaced = characters.map((character, at) => (at < count ? by + character : character)).join('');
  return count > characters.length ? replaced + by : replaced;
}

/** Go's strings.SplitN: none for 0, all for negative limits, the rest in the last part otherwise. */
function split(text: string, separator: string, limit = -1n): CelList {
  if (limit === 0n) return stringList([]);
  const parts = separator === '' ? [...text] : text.split(separator);
  if (limit < 0n || BigInt(parts.length) <= limit) return stringList(parts);
  const kept = parts.slice(0, Number(limit) - 1);
  return stringList([...kept, parts.slice(kept.length).join(separator)]);
}

function substring(text: string, start: bigint, end?: bigint): string {
  const count = codePointCount(text);
  if (end !== undefined && start > end)
    throw new EvaluationFault(`invalid substring range. start: ${start}, end: ${end}`);
  if (start < 0n || start > count) throw outOfRange(start);
  if (end !== undefined && (end < 0n || end > count)) throw outOfRange(end);
  return text.slice(utf16Offset(text, Number(start)), end === undefined ? undefined : utf16Offset(text, Number(end)));
}

/** Go's strings.TrimSpace: Unicode's White_Space, which differs from JavaScript's by U+0085 and U+FEFF. Linear, which /\s+$/ is not. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text, start)) start++;
  while (end > start && isSpace(text, end - 1)) end--;
  return text.slice(start, end);
}

function isSpace(text: string, at: number): boolean {
  return /\p{White_Space}/u.test(text[at] as string);
}

function join(list: CelList, separator = ''): string {
  const parts: string[] = [];
  let length = 0;
  for (let at = 0; at < list.size; at++) {
    const part = list.at(at);
    if (typeof part !== 'string') throw new EvaluationFault(`join: invalid input: ${formatValue(part)}`);
    length += part.length + separator.length;
    spendWork(1 + Math.ceil((part.length + separator.length) / 4));
    parts.push(part);
  }
  return length === 0 ? '' : parts.join(separator);
}

const quoteEscapes: Readonly<Record<string, string>> = {
  ...{
    '\x07': '\\a',
    '\b': '\\b',
    '\f': '\\f',
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '\v': '\\v',
    '\\': '\\\\',
    '"': '\\"',
  },
};

function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
  return `"${text.toWellFormed().replace(/[\x07\b\f\n\r\t\v\\"]/g, (character) => quoteEscapes[character] as string)}"`;
}

const toLower = (text: string): string => text.replace(/[A-Z]+/g, (part) => part.toLowerCase());
const toUpper = (text: string): string => text.replace(/[a-z]+/g, (part) => part.toUpperCase());

/** The rows of the strings library. */
export function stringRows(): OverloadRow[] {
  return [
    ['contains', 'contains_string', 'string.(string) bool', (text: string, part: string) => text.includes(part)],
    ['endsWith', 'ends_with_string', 'string.(string) bool', (text: string, part: string) => text.endsWith(part)],
    ['startsWith', 'starts_with_string', 'string.(string) bool', (text: string, part: string) => text.startsWith(part)],
    ['charAt', 'string_char_at_int', 'string.(int) string', charAt],
    ['indexOf', 'string_index_of_string', 'string.(string) int', indexOf],
    ['indexOf', 'string_index_of_string_int', 'string.(string, int) int', indexOf],
    ['lastIndexOf', 'string_last_index_of_string', 'string.(string) int', lastIndexOf],
    ['lastIndexOf', 'string_last_index_of_string_int', 'string.(string, int) int', lastIndexOfOffset],
    ['lowerAscii', 'string_lower_ascii', 'string.() string', toLower],
    ['upperAscii', 'string_upper_ascii', 'string.() string', toUpper],
    ['replace', 'string_replace_string_string', 'string.(string, string) string', replace],
    ['replace', 'string_replace_string_string_int', 'string.(string, string, int) string', replace],
    ['split', 'string_split_string', 'string.(string) list(string)', split],
    ['split', 'string_split_string_int', 'string.(string, int) list(string)', split],
    ['substring', 'string_substring_int', 'string.(int) string', substring],
    ['substring', 'string_substring_int_int', 'string.(int, int) string', substring],
    ['trim', 'string_trim', 'string.() string', trim],
    ['format', 'string_format', 'string.(list(dyn)) string', formatString],
    ['strings.quote', 'strings_quote', '(string) string', quote],
    ['join', 'list_join', 'list(string).() string', join],
    ['join', 'list_join_string', 'list(string).(string) string', join],
  ];
}
