import { expect, test } from '@jest/globals';
import { hasFormat, isSupportedFormat } from './formats.ts';

/** Each format with texts that kube-apiserver takes, and texts that it does not. */
test.each<[format: string, good: string[], bad: string[]]>([
  ['bsonobjectid', ['507f1f77bcf86cd799439011'], ['507f', '507f1f77bcf86cd79943901z']],
  [
    'uri',
    ['https://a.example/b?c=d', '/path', 'mailto:x@y', 'http://[::1]:80/', 'http://a', 'a:b'],
    ['', 'a/b', '://x', 'http://a b/', 'http://x:y/', '/%zz', 'x\u0000'],
  ],
  ['email', ['a@b.example', 'Some One <a@b>', '"a b"@c'], ['', 'a', 'a@', '@b', 'a b@c', 'a@b c', '<a@b']],
  [
    'hostname',
    ['a', 'a-b.example', '1a.example', 'bücher.example'],
    ['-a', 'a_b', `${'a'.repeat(64)}.example`, 'a..b'],
  ],
  ['ipv4', ['1.2.3.4', '01.2.3.4', '::ffff:1.2.3.4'], ['1.2.3', '256.1.1.1', '::1']],
  ['ipv6', ['::1', 'fe80::1'], ['1.2.3.4', ':::', '::g']],
  ['cidr', ['10.0.0.0/8', '::/0'], ['10.0.0.0', '10.0.0.0/33']],
  ['mac', ['01:23:45:67:89:ab', '01-23-45-67-89-ab', '0123.4567.89ab'], ['01:23:45:67:89', '01:23-45:67:89:ab']],
  ['uuid', ['A987FBC9-4BED-3078-CF07-9141BA07C9F3'], ['a987fbc9', '']],
  ['uuid3', ['a987fbc9-4bed-3078-cf07-9141ba07c9f3'], ['a987fbc9-4bed-4078-8f07-9141ba07c9f3']],
  ['uuid4', ['57b73598-8764-4ad0-a76a-679bb6640eb1'], ['a987fbc9-4bed-3078-cf07-9141ba07c9f3']],
  ['uuid5', ['987fbc97-4bed-5078-af07-9141ba07c9f3'], ['57b73598-8764-4ad0-a76a-679bb6640eb1']],
  ['isbn', ['0321751043', '978-0321751041'], ['0321751044', '978-0321751042']],
  ['isbn10', ['0-321-75104-3', '080442957X'], ['978-0321751041']],
  ['isbn13', ['978-0321751041'], ['0321751043']],
  ['creditcard', ['4111 1111 1111 1111', '5555-5555-5555-4444'], ['4111 1111 1111 1112', '']],
  ['ssn', ['111-11-1111', '111 11 1111'], ['111111111', '111-11-111']],
  ['hexcolor', ['#FFFFFF', 'fff'], ['#ff', '#gggggg']],
  ['rgbcolor', ['rgb(255,255,255)', 'rgb( 0 , 10 , 199 )'], ['rgb(256,1,1)', 'rgb(1,1)']],
  ['byte', ['YQ==', 'YWI=', 'YWJj'], ['', 'YQ', 'Y===', 'YW-j']],
  ['password', ['', 'anything'], []],
  ['date', ['2024-02-29', '2000-12-31'], ['2023-02-29', '2024-13-01', '2024-1-1', '']],
  [
    'date-time',
    ['2014-12-15T19:30:20.000Z', '2014-12-15t19:30:20+99:99'],
    ['2014-12-15', '2014-12-15T19:30:60Z', '2014-12-15T24:00:00Z', '2014-12-15T19:30:20'],
  ],
  ['duration', ['1h30m', '-1.5s', '0', '3 days', '2w', '22 ns'], ['', 'h', '1', '1x', '99999999999999999999h']],
  ['k8s-short-name', ['a', 'a-b', 'a'.repeat(63)], ['A', '-a', 'a.b', 'a'.repeat(64)]],
  ['k8s-long-name', ['a.b-c', 'a'.repeat(253)], ['a..b', 'a'.repeat(254)]],
])('format %s', (format, good, bad) => {
  expect(isSupportedFormat(format)).toBe(true);
  expect(good.filter((text) => !hasFormat(text, format))).toEqual([]);
  expect(bad.filter((text) => hasFormat(text, format))).toEqual([]);
});

test('a format that nobody knows says nothing', () => {
  expect(isSupportedFormat('quantity')).toBe(false);
  expect(hasFormat('x', 'quantity')).toBe(true);
});

test('texts of a megabyte are no burden to any format', () => {
  const texts = ['1', ' ', 'a', '-', '"', '.', '1 ', 'a.', '1h', '%41', '\\"'].map((part) => part.repeat(1_000_000));
  const formats = ['uri', 'email', 'hostname', 'ipv6', 'cidr', 'mac', 'byte', 'date', 'date-time', 'duration'];
  const more = ['creditcard', 'isbn', 'ssn', 'uuid', 'rgbcolor', 'k8s-long-name', 'ipv4', 'bsonobjectid'];
  for (const text of texts)
    for (const format of [...formats, ...more]) expect(typeof hasFormat(text, format)).toBe('boolean');
});
