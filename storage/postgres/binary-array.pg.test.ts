import { expect, test } from '@jest/globals';
import pg from 'pg';
import { testPostgres } from '../testing/test-postgres.ts';
import { encodeBigintArray, encodeTextArray } from './binary-array.ts';

async function roundTrip(type: string, value: Buffer): Promise<unknown> {
  const client = new pg.Client((await testPostgres()).admin);
  await client.connect();
  try {
    const { rows } = await client.query(`SELECT to_json($1::${type}) AS value`, [value]);
    return rows[0].value;
  } finally {
    await client.end();
  }
}

test.each([[[]], [['']], [[null]], [['a', null, '{"b":"\\"c\\\\"}', 'ünïcödé 🚀', 'x'.repeat(100_000)]]])(
  'text %#',
  async (values) => {
    expect(await roundTrip('text[]', encodeTextArray(values))).toEqual(values);
  },
);

test.each([[[]], [[null, null]], [[0, -1, null, Number.MAX_SAFE_INTEGER]]])('bigint %#', async (values) => {
  expect(await roundTrip('bigint[]', encodeBigintArray(values))).toEqual(values);
});
