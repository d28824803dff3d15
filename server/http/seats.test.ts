import { expect, test } from '@jest/globals';
import { Seats } from './seats.ts';

test('seats first, then a queue in order, then nothing', async () => {
  const seats = new Seats(1, 2);
  expect(seats.take()).toBe(true);
  const order: number[] = [];
  const first = Promise.resolve(seats.take()).then(() => order.push(1));
  const second = Promise.resolve(seats.take()).then(() => order.push(2));
  expect(seats.take()).toBeUndefined();
  seats.give();
  await first;
  expect(order).toEqual([1]);
  expect(seats.take()).toBeInstanceOf(Promise);
  seats.give();
  await second;
  expect(order).toEqual([1, 2]);
});

test('a seat that is given back is free again', () => {
  const seats = new Seats(1, 0);
  expect(seats.take()).toBe(true);
  expect(seats.take()).toBeUndefined();
  seats.give();
  expect(seats.take()).toBe(true);
});
