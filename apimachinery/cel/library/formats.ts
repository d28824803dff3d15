/**
 * Named formats: `format.dns1123Label().validate(x)`. Behaviour: apiserver pkg/cel/library/format.go and kube-openapi's strfmt.
 */
import { isLabelValue, isQualifiedName, nameIsDNS1035Label, nameIsDNSLabel, nameIsDNSSubdomain } from '../../names.ts';
import { formatType, type OverloadRow } from '../functions.ts';
import { stringList } from '../json.ts';
import { parseTimestamp } from '../time.ts';
import { CelOpaque, CelOptional, type CelValue } from '../values.ts';
import { parseRequestURI } from './urls.ts';

/** A format as a CEL value. */
export class FormatValue extends CelOpaque {
  override readonly type = formatType;
  readonly name: string;
  /** The size of the pattern that costs are counted with. */
  readonly maxRegexSize: number;
  /** What is wrong with a text. */
  readonly validate: (text: string) => string[];

  constructor(name: string, maxRegexSize: number, validate: (text: string) => string[]) {
    super();
    this.name = name;
    this.maxRegexSize = maxRegexSize;
    this.validate = validate;
  }

  override equals(other: CelValue): boolean {
    return other instanceof FormatValue && this.name === other.name;
  }
}

function rule(complaint: string, holds: (text: string) => boolean): (text: string) => string[] {
  return (text) => (holds(text) ? [] : [complaint]);
}

function uriFaults(text: string): string[] {
  const parts = parseRequestURI(text);
  return 'fault' in parts ? [parts.fault] : [];
}

const uuid = /^[a-f0-9]{8}-?[a-f0-9]{4}-?[a-f0-9]{4}-?[a-f0-9]{4}-?[a-f0-9]{12}$/i;

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && parseTimestamp(`${text}T00:00:00Z`) !== undefined;
}

function isDateTime(text: string): boolean {
  return parseTimestamp(text.replace(/^(\S{10})[ t]/, '$1T').replace(/z$/, 'Z')) !== undefined;
}

/** Formats by the name of their function. */
function formats(): Map<string, FormatValue> {
  const rows: [string, string, number, (text: string) => string[]][] = [
    ['dns1123Label', 'DNS1123Label', 30, (text) => nameIsDNSLabel(text, false)],
    ['dns1123Subdomain', 'DNS1123Subdomain', 60, (text) => nameIsDNSSubdomain(text, false)],
    ['dns1035Label', 'DNS1035Label', 30, (text) => nameIsDNS1035Label(text, false)],
    ['qualifiedName', 'QualifiedName', 60, isQualifiedName],
    ['dns1123LabelPrefix', 'DNS1123LabelPrefix', 30, (text) => nameIsDNSLabel(text, true)],
    ['dns1123SubdomainPrefix', 'DNS1123SubdomainPrefix', 60, (text) => nameIsDNSSubdomain(text, true)],
    ['dns1035LabelPrefix', 'DNS1035LabelPrefix', 30, (text) => nameIsDNS1035Label(text, true)],
    ['labelValue', 'LabelValue', 40, isLabelValue],
    ['uri', 'URI', 1103, uriFaults],
    ['uuid', 'uuid', 87, rule('does not match the UUID format', (text) => uuid.test(text))],
    ['byte', 'byte', 84, rule('invalid base64', isBase64)],
    ['date', 'date', 118, rule('invalid date', isDate)],
    ['datetime', 'datetime', 118, rule('invalid datetime', isDateTime)],
  ];
  return new Map(rows.map(([key, name, size, validate]) => [key, new FormatValue(name, size, validate)]));
}

/** The rows of the format library. */
export function formatRows(): OverloadRow[] {
  const named = formats();
  const byName = (name: string): CelOptional => {
    const format = named.get(name);
    return format ? CelOptional.of(format) : CelOptional.none;
  };
  const validate = (format: FormatValue, text: string): CelOptional => {
    const faults = format.validate(text);
    return faults.length === 0 ? CelOptional.none : CelOptional.of(stringList(faults));
  };
  return [
    ['validate', 'format-validate', 'Format.(string) optional(list(string))', validate],
    ['format.named', 'format-named', '(string) optional(Format)', byName],
    ...[...named].map(([name, format]): OverloadRow => [`format.${name}`, `format.${name}`, '() Format', () => format]),
  ];
}
