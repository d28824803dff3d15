// URIs and mail addresses as Go's net/url.ParseRequestURI and net/mail.ParseAddress take them.
import { parseIPSloppy } from '../ip.ts';

function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

/** Percent signs are followed by two hexadecimal digits. */
function isEscaped(text: string): boolean {
  return !/%(?![0-9a-fA-F]{2})/.test(text);
}

function isPort(text: string): boolean {
  return text === '' || /^:[0-9]*$/.test(text);
}

/** A host may hold escapes of bytes above 0x7f only; an address in brackets may have a zone. */
function isHost(host: string): boolean {
  if (host.startsWith('[')) {
    const end = host.lastIndexOf(']');
    return end > 0 && isPort(host.slice(end + 1)) && isEscaped(host.slice(0, end));
  }
  const colon = host.lastIndexOf(':');
  if (colon >= 0 && !isPort(host.slice(colon))) return false;
  return isEscaped(host) && !/%[0-7]/.test(host) && !/[ "<>\\^`{|}[\]]/.test(host.replace(/["<>[\]]/g, ''));
}

function isUserInfo(text: string): boolean {
  return /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(text) && isEscaped(text);
}

function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf('@');
  return isHost(authority.slice(at + 1)) && (at < 0 || isUserInfo(authority.slice(0, at)));
}

/** url.ParseRequestURI: an absolute URI, or an absolute path; there is no fragment, `#` is a character like others. */
export function isRequestURI(text: string): boolean {
  if (text === '' || hasControlCharacter(text)) return false;
  if (text === '*') return true;
  if (text.startsWith(':')) return false;
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[0] ?? '';
  const rest = text.slice(scheme.length).split('?', 1)[0]!;
  if (!rest.startsWith('/')) return scheme !== '';
  if (!rest.startsWith('//') || (scheme === '' && rest.startsWith('///'))) return isEscaped(rest);
  if (scheme === '') return isEscaped(rest);
  const slash = rest.indexOf('/', 2);
  const authority = rest.slice(2, slash < 0 ? undefined : slash);
  return isAuthority(authority) && isEscaped(slash < 0 ? '' : rest.slice(slash));
}

const atom = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~\\u0080-\\u{10ffff}]+";
const dotAtom = `${atom}(?:\\.${atom})*`;
const quoted = '"(?:[^"\\\\\\r\\n]|\\\\[\\t -~\\u0080-\\u{10ffff}])*"';
const maxEmailCharacters = 4096;

let emailPattern: RegExp | undefined;

/** `local@domain`, or `Some Name <local@domain>`: RFC 5322, with characters beyond ASCII. */
export function isEmail(text: string): boolean {
  if (text.length > maxEmailCharacters) return false;
  const trimmed = text.replace(/^[ \t]+|[ \t]+$/g, '');
  const bracket = /^(.*)<([^<>]*)>$/su.exec(trimmed);
  if (bracket === null) return isAddrSpec(trimmed);
  return isDisplayName(bracket[1]!) && isAddrSpec(bracket[2]!.trim());
}

function isDisplayName(text: string): boolean {
  const word = `(?:${dotAtom}\\.?|${quoted})`;
  const name = text.trim();
  return (
    name === '' ||
    name.split(/[ \t]+(?=(?:[^"]*"[^"]*")*[^"]*$)/).every((part) => new RegExp(`^${word}$`, 'u').test(part))
  );
}

function isAddrSpec(text: string): boolean {
  emailPattern ??= new RegExp(`^(?:${dotAtom}|${quoted})@(?:${dotAtom}|\\[([^\\[\\]\\\\]*)\\])$`, 'u');
  const match = emailPattern.exec(text);
  if (match === null) return false;
  const literal = match[1];
  return literal === undefined || parseIPSloppy(literal.replace(/^IPv6:/i, '')) !== undefined;
}
