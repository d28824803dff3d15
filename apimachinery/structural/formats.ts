// The string formats that schemas may name, each as strict as upstream (kube-openapi pkg/validation/strfmt and its govalidator,
// apiextensions-apiserver pkg/apiserver/validation/formats.go). Names are compared without dashes.
import { parseCIDRSloppy, parseIPSloppy } from '../ip.ts';
import { lazyPattern } from '../patterns.ts';
import { isEmail, isRequestURI } from './format-addresses.ts';
import { isDate, isDateTime, isDuration } from './format-times.ts';

type Check = (text: string) => boolean;

const shortName = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';

/** Anchored expressions of our own that take linear time with JavaScript's engine too. */
function matching(pattern: RegExp): Check {
  return (text) => pattern.test(text);
}

function uuid(version: string, variant: string): Check {
  return matching(new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, 'i'));
}

const label = 'a-zA-Z0-9\\p{S}\\p{L}';
const hostnamePattern = lazyPattern(
  `^([${label}]((-?[${label}]{0,62})?)|([${label}](([a-zA-Z0-9-\\p{S}\\p{L}]{0,61}[${label}])?)(\\.)){1,}([a-zA-Z\\p{L}]){2,63})$`,
);

function bytes(text: string): number {
  return Buffer.byteLength(text);
}

function isHostname(text: string): boolean {
  if (bytes(text) > 255 || hostnamePattern()?.(text) !== true) return false;
  return text.split('.').every((part) => bytes(part) <= 63);
}

function isIPv4(text: string): boolean {
  return text.includes('.') && parseIPSloppy(text) !== undefined;
}

function isIPv6(text: string): boolean {
  const address = text.includes(':') ? parseIPSloppy(text) : undefined;
  return address !== undefined && !address.leadingZeros;
}

function isMAC(text: string): boolean {
  return (
    /^[0-9a-f]{2}(?:([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}(?:(?:\1[0-9a-f]{2}){2}|(?:\1[0-9a-f]{2}){14})?)$/i.test(
      text,
    ) || /^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?:\.[0-9a-f]{4}|(?:\.[0-9a-f]{4}){7})?$/i.test(text)
  );
}

function isISBN10(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '');
  if (!/^(?:[0-9]{9}X|[0-9]{10})$/.test(digits)) return false;
  const sum = [...digits].reduce((total, digit, i) => total + (i + 1) * (digit === 'X' ? 10 : Number(digit)), 0);
  return sum % 11 === 0;
}

function isISBN13(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '');
  if (!/^[0-9]{13}$/.test(digits)) return false;
  const sum = [...digits.slice(0, 12)].reduce((total, digit, i) => total + (i % 2 === 0 ? 1 : 3) * Number(digit), 0);
  return Number(digits[12]) === (10 - (sum % 10)) % 10;
}

const cardPattern =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11})$/;

function isCreditCard(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, '');
  if (!cardPattern.test(digits)) return false;
  const sum = [...digits].reverse().reduce((total, digit, i) => {
    const doubled = Number(digit) * (i % 2 === 0 ? 1 : 2);
    return total + (doubled >= 10 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

function isBase64(text: string): boolean {
  return text !== '' && text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

const channel = '(?:0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])';

/** By name without dashes. */
const checks: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['bsonobjectid', matching(/^[0-9a-fA-F]{24}$/)],
  ['uri', isRequestURI],
  ['email', isEmail],
  ['hostname', isHostname],
  ['ipv4', isIPv4],
  ['ipv6', isIPv6],
  ['cidr', (text) => parseCIDRSloppy(text) !== undefined],
  ['mac', isMAC],
  ['uuid', uuid('[0-9a-f]{4}', '[0-9a-f]')],
  ['uuid3', uuid('3[0-9a-f]{3}', '[0-9a-f]')],
  ['uuid4', uuid('4[0-9a-f]{3}', '[89ab]')],
  ['uuid5', uuid('5[0-9a-f]{3}', '[89ab]')],
  ['isbn', (text) => isISBN10(text) || isISBN13(text)],
  ['isbn10', isISBN10],
  ['isbn13', isISBN13],
  ['creditcard', isCreditCard],
  ['ssn', matching(/^(?=.{11}$)\d{3}[- ]?\d{2}[- ]?\d{4}$/)],
  ['hexcolor', matching(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/)],
  ['rgbcolor', matching(new RegExp(`^rgb\\(\\s*${channel}\\s*,\\s*${channel}\\s*,\\s*${channel}\\s*\\)$`))],
  ['byte', isBase64],
  ['password', () => true],
  ['date', isDate],
  ['duration', isDuration],
  ['datetime', isDateTime],
  ['k8sshortname', (text) => bytes(text) <= 63 && new RegExp(`^${shortName}$`).test(text)],
  ['k8slongname', (text) => bytes(text) <= 253 && new RegExp(`^${shortName}(\\.${shortName})*$`).test(text)],
]);

function checkOf(format: string): Check | undefined {
  return checks.get(format.replaceAll('-', ''));
}

/** Whether the format says anything; others are ignored. */
export function isSupportedFormat(format: string): boolean {
  return checkOf(format) !== undefined;
}

/** Whether a text is of a format; a format that nobody knows takes any. */
export function hasFormat(text: string, format: string): boolean {
  return checkOf(format)?.(text) ?? true;
}
