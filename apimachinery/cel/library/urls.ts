/**
 * URLs as Go reads them: absolute ones, or absolute paths. Behaviour: apiserver pkg/cel/library/urls.go and Go's net/url.
 */
import { EvaluationFault } from '../errors.ts';
import { type OverloadRow, urlType } from '../functions.ts';
import { quoteGo } from '../go-format.ts';
import { stringList } from '../json.ts';
import { CelOpaque, type CelValue, EntryMap } from '../values.ts';

interface Parts {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly text: string;
}

/** A URL as a CEL value. */
export class URLValue extends CelOpaque {
  override readonly type = urlType;
  readonly parts: Parts;

  constructor(parts: Parts) {
    super();
    this.parts = parts;
  }

  override get size(): number {
    return this.parts.text.length;
  }

  override equals(other: CelValue): boolean {
    return other instanceof URLValue && this.parts.text === other.parts.text;
  }

  override toJSON(): string {
    return this.parts.text;
  }
}

/** Why a text is no URL, or its parts without a fragment's. */
export function parseRequestURI(text: string): Parts | { readonly fault: string } {
  const fault = (words: string): { fault: string } => ({ fault: `parse ${quoteGo(text)}: ${words}` });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\x00-\x1f\x7f]/.test(text)) return fault('net/url: invalid control character in URL');
  if (text === '') return fault('empty url');
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text);
  if (!scheme && text.startsWith(':')) return fault('missing protocol scheme');
  const rest = scheme ? text.slice(scheme[0].length) : text;
  if (!rest.startsWith('/')) return fault('invalid URI for request');
  const [beforeQuery, query] = splitFirst(rest, '?');
  const hasAuthority = beforeQuery.startsWith('//') && (scheme || !beforeQuery.startsWith('///'));
  const authorityEnd = hasAuthority ? indexOrEnd(beforeQuery, '/', 2) : 0;
  const authority = hasAuthority ? beforeQuery.slice(2, authorityEnd) : '';
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const path = beforeQuery.slice(authorityEnd);
  const wrong = hostFault(host) ?? escapeFault(path);
  return wrong ? fault(wrong) : { scheme: scheme?.[1]?.toLowerCase() ?? '', host, path, query, text };
}

function splitFirst(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function indexOrEnd(text: string, part: string, from: number): number {
  const at = text.indexOf(part, from);
  return at < 0 ? text.length : at;
}

function escapeFault(text: string): string | undefined {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(text);
  return bad ? `invalid URL escape ${quoteGo(bad[0])}` : undefined;
}

function hostFault(host: string): string | undefined {
  if (host.startsWith('[')) {
    const end = host.lastIndexOf(']');
    if (end < 0) return "missing ']' in host";
    return portFault(host.slice(end + 1));
  }
  const colon = host.lastIndexOf(':');
  const wrong = colon >= 0 ? portFault(host.slice(colon)) : undefined;
  if (wrong) return wrong;
  const bad = /[ "<>\\^`{|}]/.exec(host);
  return bad ? `invalid character ${quoteGo(bad[0])} in host name` : escapeFault(host);
}

function portFault(port: string): string | undefined {
  return /^(:\d*)?$/.test(port) ? undefined : `invalid port ${quoteGo(port)} after host`;
}

function toURL(text: string): URLValue {
  const parts = parseRequestURI(text);
  if ('fault' in parts) throw new EvaluationFault(`URL parse error during conversion from string: ${parts.fault}`);
  const withoutFragment = parseRequestURI(splitFirst(text, '#')[0]);
  return new URLValue('fault' in withoutFragment ? parts : { ...withoutFragment, text });
}

function hostname({ parts: { host } }: URLValue): string {
  if (host.startsWith('[')) return host.slice(1, host.lastIndexOf(']'));
  const colon = host.lastIndexOf(':');
  return colon < 0 ? host : host.slice(0, colon);
}

function port({ parts: { host } }: URLValue): string {
  const colon = host.lastIndexOf(':');
  return colon > host.lastIndexOf(']') ? host.slice(colon + 1) : '';
}

function escapedPath({ parts: { path } }: URLValue): string {
  if (/^[A-Za-z0-9\-_.~!$&'()*+,;=:@[\]/%]*$/.test(path)) return path;
  return [...Buffer.from(percentDecode(path), 'latin1')]
    .map((byte) => String.fromCharCode(byte))
    .map((character) => (/[A-Za-z0-9\-_.~$&+,/:;=@]/.test(character) ? character : percentEncode(character)))
    .join('');
}

/** The bytes that escapes and UTF-8 stand for, one character each. */
function percentDecode(text: string): string {
  const bytes = Buffer.from(text).toString('latin1');
  return bytes.replace(/%([0-9a-fA-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function query({ parts }: URLValue): CelValue {
  const values = new Map<string, string[]>();
  for (const pair of parts.query.split('&')) {
    if (pair === '' || pair.includes(';') || escapeFault(pair)) continue;
    const [key, value] = splitFirst(pair, '=').map((part) => utf8(percentDecode(part.replaceAll('+', ' ')))) as [
      string,
      string,
    ];
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  const map = new EntryMap();
  for (const [key, list] of values) map.set(key, stringList(list));
  return map;
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}

/** The rows of the URL library. */
export function urlRows(): OverloadRow[] {
  return [
    ['url', 'string_to_url', '(string) URL', toURL],
    ['isURL', 'is_url_string', '(string) bool', (text: string) => !('fault' in parseRequestURI(text))],
    ['getScheme', 'url_get_scheme', 'URL.() string', ({ parts }: URLValue) => parts.scheme],
    ['getHost', 'url_get_host', 'URL.() string', ({ parts }: URLValue) => parts.host],
    ['getHostname', 'url_get_hostname', 'URL.() string', hostname],
    ['getPort', 'url_get_port', 'URL.() string', port],
    ['getEscapedPath', 'url_get_escaped_path', 'URL.() string', escapedPath],
    ['getQuery', 'url_get_query', 'URL.() map(string, list(string))', query],
  ];
}
