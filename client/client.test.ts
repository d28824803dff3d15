// When a client waits: for its own rate, and where the server says so. Answers come from a table, time from a clock that tests move.
import { expect, test } from '@jest/globals';
import { Client } from './client.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { type Transport, TransportError, type TransportResponse } from './transport.ts';

interface Answer {
  status: number;
  retryAfter?: string;
}

/** Answers in turn, the last one for ever; says when it was asked, in milliseconds. */
function scripted(
  clock: FakeClock,
  answers: readonly (Answer | Error)[],
): { transport: Transport; askedAtMs: number[] } {
  const askedAtMs: number[] = [];
  const start = clock.now();
  const send = async (): Promise<TransportResponse> => {
    const answer = answers[Math.min(askedAtMs.length, answers.length - 1)]!;
    askedAtMs.push(clock.now() - start);
    if (answer instanceof Error) throw answer;
    return {
      status: answer.status,
      header: (name) => (name === 'retry-after' ? answer.retryAfter : undefined),
      text: async () => '{}',
      async *chunks() {},
    };
  };
  return { askedAtMs, transport: { send, close: async () => undefined } };
}

const ok = { status: 200 };
const wait = (status: number, seconds: number) => ({ status, retryAfter: String(seconds) });
const read = { method: 'GET', path: '/api' } as const;

test.each([
  ['429 that says when', [wait(429, 2), wait(429, 1), ok], [0, 2000, 3000], 'done'],
  ['503 that says when', [wait(503, 1), ok], [0, 1000], 'done'],
  ['429 that does not', [{ status: 429 }, ok], [0], '429'],
  ['409 is never tried again', [wait(409, 1), ok], [0], '409'],
  ['ten times at most', [wait(429, 1)], Array.from({ length: 11 }, (_, i) => i * 1000), '429'],
])('%s', async (_what, answers, asked, outcome) => {
  const clock = new FakeClock();
  const { transport, askedAtMs } = scripted(clock, answers);
  const request = new Client(transport, { clock }).request(read).then(
    () => 'done',
    (error: { code: number }) => String(error.code),
  );
  await clock.advance(60_000);
  expect(await request).toBe(outcome);
  expect(askedAtMs).toEqual(asked);
});

test.each([
  ['a read', read, new TransportError('cut'), 2],
  [
    'a write that was never sent',
    { method: 'POST', path: '/api' } as const,
    new TransportError('cut', { unsent: true }),
    2,
  ],
  ['a write that may have been', { method: 'POST', path: '/api' } as const, new TransportError('cut'), 1],
])('after a broken connection %s is sent again only where that is safe', async (_what, request, failure, times) => {
  const clock = new FakeClock();
  const { transport, askedAtMs } = scripted(clock, [failure, ok]);
  await new Client(transport, { clock }).request(request).catch((error: unknown) => expect(error).toBe(failure));
  expect(askedAtMs).toHaveLength(times);
});

test('qps and burst hold requests back; watches do not count', async () => {
  const clock = new FakeClock();
  const { transport, askedAtMs } = scripted(clock, [ok]);
  const client = new Client(transport, { clock, qps: 2, burst: 3 });
  const requests = Promise.all(Array.from({ length: 6 }, () => client.request(read)));
  await client.stream(read);
  await clock.advance(5000);
  await requests;
  expect(askedAtMs).toEqual([0, 0, 0, 0, 500, 1000, 1500]);
});
