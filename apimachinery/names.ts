// The forms that names, labels and ports may have. Each `is…` function answers the messages of what is wrong, none when
// the value is fine, in the words of k8s.io/apimachinery pkg/util/validation and pkg/api/validate/content.

const dns1123LabelFmt = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const dns1123SubdomainFmt = `${dns1123LabelFmt}(\\.${dns1123LabelFmt})*`;
const dns1035LabelFmt = '[a-z]([-a-z0-9]*[a-z0-9])?';
const labelKeyFmt = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValueFmt = `(${labelKeyFmt})?`;
const wildcardSubdomainFmt = `\\*\\.${dns1123SubdomainFmt}`;
const httpPathFmt = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const cIdentifierFmt = '[A-Za-z_][A-Za-z0-9_]*';
const configMapKeyFmt = '[-._a-zA-Z0-9]+';
const percentFmt = '[0-9]+%';

function whole(format: string): RegExp {
  return new RegExp(`^${format}$`);
}

const dns1123Label = whole(dns1123LabelFmt);
const dns1123Subdomain = whole(dns1123SubdomainFmt);
const dns1035Label = whole(dns1035LabelFmt);
const labelKey = whole(labelKeyFmt);
const labelValue = whole(labelValueFmt);
const wildcardSubdomain = whole(wildcardSubdomainFmt);
const httpPath = whole(httpPathFmt);
const cIdentifier = whole(cIdentifierFmt);
const configMapKey = whole(configMapKeyFmt);
const percent = whole(percentFmt);

/** validation.RegexError: the rule, the examples and the expression. */
export function regexError(message: string, format: string, ...examples: string[]): string {
  const quoted = examples.map((example) => `'${example}', `).join(' or ');
  return quoted === ''
    ? `${message} (regex used for validation is '${format}')`
    : `${message} (e.g. ${quoted}regex used for validation is '${format}')`;
}

/** validation.MaxLenError. */
export function maxLenError(length: number): string {
  return `must be no more than ${length} characters`;
}

/** validation.InclusiveRangeError. */
export function inclusiveRangeError(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

/** Length as Go's len() counts: bytes of UTF-8. */
export function byteLength(value: string): number {
  return Buffer.byteLength(value);
}

function subdomain(value: string, tooLong: (max: number) => string): string[] {
  const errors: string[] = [];
  if (byteLength(value) > 253) errors.push(tooLong(253));
  if (!dns1123Subdomain.test(value))
    errors.push(
      regexError(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        dns1123SubdomainFmt,
        'example.com',
      ),
    );
  return errors;
}

/** `example.com`: at most 253 characters of dotted DNS-1123 labels. */
export function isDNS1123Subdomain(value: string): string[] {
  return subdomain(value, maxLenError);
}

/** `my-name`: at most 63 characters, no dots. */
export function isDNS1123Label(value: string): string[] {
  const errors: string[] = [];
  if (byteLength(value) > 63) errors.push(maxLenError(63));
  if (dns1123Label.test(value)) return errors;
  if (dns1123Subdomain.test(value)) errors.push('must not contain dots');
  else
    errors.push(
      regexError(
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
        dns1123LabelFmt,
        'my-name',
        '123-abc',
      ),
    );
  return errors;
}

/** `my-name`: a DNS label that starts with a letter. */
export function isDNS1035Label(value: string): string[] {
  const errors: string[] = [];
  if (byteLength(value) > 63) errors.push(maxLenError(63));
  if (!dns1035Label.test(value))
    errors.push(
      regexError(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        dns1035LabelFmt,
        'my-name',
        'abc-123',
      ),
    );
  return errors;
}

/** `*.example.com`. */
export function isWildcardDNS1123Subdomain(value: string): string[] {
  const errors: string[] = [];
  if (byteLength(value) > 253) errors.push(maxLenError(253));
  if (!wildcardSubdomain.test(value))
    errors.push(
      regexError(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
        wildcardSubdomainFmt,
        '*.example.com',
      ),
    );
  return errors;
}

const labelKeyMessage =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

function labelKeyRule(): string {
  return regexError(labelKeyMessage, labelKeyFmt, 'MyName', 'my.name', '123-abc');
}

/** `[prefix/]name`, the form of label keys, annotation keys, finalizers and extended resources (upstream's IsQualifiedName too). */
export function isLabelKey(value: string): string[] {
  const errors: string[] = [];
  const parts = value.split('/');
  if (parts.length > 2)
    return [
      `a valid label key ${labelKeyRule()} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  const name = parts.at(-1)!;
  if (parts.length === 2) {
    const messages =
      parts[0] === '' ? ['must be non-empty'] : subdomain(parts[0]!, (max) => `must be no more than ${max} bytes`);
    errors.push(...messages.map((message) => `prefix part ${message}`));
  }
  if (name === '') errors.push('name part must be non-empty');
  else if (byteLength(name) > 63) errors.push('name part must be no more than 63 bytes');
  if (!labelKey.test(name)) errors.push(`name part ${labelKeyRule()}`);
  return errors;
}

/** The same check under the name by which most of upstream calls it. */
export const isQualifiedName = isLabelKey;

/** A label's value: empty or up to 63 bytes. */
export function isLabelValue(value: string): string[] {
  const errors: string[] = [];
  if (byteLength(value) > 63) errors.push('must be no more than 63 bytes');
  if (!labelValue.test(value))
    errors.push(
      regexError(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        labelValueFmt,
        'MyValue',
        'my_value',
        '12345',
      ),
    );
  return errors;
}

/**
 * What may stand as one segment of a URL path: any name but `.` and `..`, without `/` and `%`. A prefix may be dots. The NUL
 * character, which upstream takes, is refused: PostgreSQL has no text with it.
 */
export function isPathSegmentName(value: string, prefix = false): string[] {
  if (value.includes('\0')) return ["may not contain '\\x00'"];
  if (!prefix && (value === '.' || value === '..')) return [`may not be '${value}'`];
  return ['/', '%'].filter((part) => value.includes(part)).map((part) => `may not contain '${part}'`);
}

/** A C identifier. */
export function isCIdentifier(value: string): string[] {
  if (cIdentifier.test(value)) return [];
  return [
    regexError(
      "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
      cIdentifierFmt,
      'my_name',
      'MY_NAME',
      'MyName',
    ),
  ];
}

/** 1 to 65535. */
export function isValidPortNum(port: number): string[] {
  return port >= 1 && port <= 65535 ? [] : [inclusiveRangeError(1, 65535)];
}

/** An IANA_SVC_NAME: up to 15 of lower case letters, digits and single inner hyphens, with a letter. */
export function isValidPortName(port: string): string[] {
  const errors: string[] = [];
  if (byteLength(port) > 15) errors.push(maxLenError(15));
  if (!/^[-a-z0-9]+$/.test(port)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(port)) errors.push('must contain at least one letter (a-z)');
  if (port.includes('--')) errors.push('must not contain consecutive hyphens');
  if (port.startsWith('-') || port.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
}

/** `25%`. */
export function isValidPercent(value: string): string[] {
  if (percent.test(value)) return [];
  return [
    regexError("a valid percent string must be a numeric string followed by an ending '%'", percentFmt, '1%', '93%'),
  ];
}

function relativeDirectory(value: string): string[] {
  if (value === '.' || value === '..') return [`must not be '${value}'`];
  return value.startsWith('..') ? ["must not start with '..'"] : [];
}

/** A key of a ConfigMap or Secret. */
export function isConfigMapKey(value: string): string[] {
  const errors: string[] = [];
  if (byteLength(value) > 253) errors.push(maxLenError(253));
  if (!configMapKey.test(value))
    errors.push(
      regexError(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        configMapKeyFmt,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  return [...errors, ...relativeDirectory(value)];
}

/** The name of an environment variable: printable ASCII without `=` (the relaxed form, which is on by default). */
export function isRelaxedEnvVarName(value: string): string[] {
  const errors: string[] = [];
  if (value === '') errors.push('environment variable name must be non-empty');
  if (/[^\x20-\x7e]|=/.test(value))
    errors.push("a valid environment variable name must consist only of printable ASCII characters other than '='");
  return errors;
}

/** The name of an HTTP header, as upstream checks it in probes. */
export function isHTTPHeaderName(value: string): string[] {
  if (/^[-A-Za-z0-9]+$/.test(value)) return [];
  return [
    regexError("a valid HTTP header must consist of alphanumeric characters or '-'", '[-A-Za-z0-9]+', 'X-Header-Name'),
  ];
}

/** The characters of a URL's path, with the message that upstream gives where they are not. */
export function isHTTPPath(value: string): string[] {
  return httpPath.test(value) ? [] : [regexError('Invalid path', httpPathFmt)];
}

/** How a kind checks metadata.name; `prefix` where the value is a generateName. */
export type ValidateName = (name: string, prefix: boolean) => string[];

/** A generateName may end in the dash that the random suffix follows. */
function maskTrailingDash(name: string, prefix: boolean): string {
  return prefix && name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}

export function nameIsDNSSubdomain(name: string, prefix: boolean): string[] {
  return isDNS1123Subdomain(maskTrailingDash(name, prefix));
}

export function nameIsDNSLabel(name: string, prefix: boolean): string[] {
  return isDNS1123Label(maskTrailingDash(name, prefix));
}

export function nameIsDNS1035Label(name: string, prefix: boolean): string[] {
  return isDNS1035Label(maskTrailingDash(name, prefix));
}

/** rbac and others: any name that may stand in a path. */
export function nameIsPathSegment(name: string, prefix: boolean): string[] {
  return isPathSegmentName(name, prefix);
}
