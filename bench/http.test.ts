import { describe, expect, test } from '@jest/globals';
import { AnswerParser } from './http.ts';

interface Seen {
  status: number;
  body: string;
}

function parseInPieces(text: string, size: number): Seen[] {
  const answers: Seen[] = [];
  let open: Seen = { status: 0, body: '' };
  const parser = new AnswerParser({
    head: (status) => {
      open = { status, body: '' };
    },
    body: (part) => {
      open.body += part.toString();
    },
    end: () => answers.push(open),
  });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
  return answers;
}

describe('AnswerParser', () => {
  const text =
    'HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX: y\r\n\r\nhello' +
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n' +
    'HTTP/1.1 204 No Content\r\n\r\n' +
    'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n';
  const expected = [
    { status: 201, body: 'hello' },
    { status: 200, body: 'abc0123456789' },
    { status: 204, body: '' },
    { status: 404, body: '' },
  ];

  test.each([1, 2, 3, 7, 50, 10_000])('parses the same answers from pieces of %d bytes', (size) => {
    expect(parseInPieces(text, size)).toEqual(expected);
  });

  test('refuses what is not an answer', () => {
    expect(() => parseInPieces('SSH-2.0-OpenSSH_9.2\r\n\r\n', 100)).toThrow('not an HTTP/1.1 answer');
    expect(() => parseInPieces('HTTP/1.1 200 OK\r\n\r\nto the end', 100)).toThrow('without a length');
  });
});
