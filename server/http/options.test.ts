import { describe, expect, test } from '@jest/globals';
import { checkDeleteOptions, deleteOptionsOfQuery, parseListOptions, parseWriteOptions } from './options.ts';

const query = (text: string) => new URLSearchParams(text);

describe('parseListOptions', () => {
  test('what is not given', () => {
    expect(parseListOptions(query(''), false)).toMatchObject({
      labelSelector: '',
      fieldSelector: '',
      resourceVersion: undefined,
      resourceVersionMatch: '',
      limit: 0,
      continue: '',
      timeoutSeconds: undefined,
      sendInitialEvents: undefined,
    });
  });

  test.each([
    ['sendInitialEvents=true&resourceVersionMatch=NotOlderThan', true],
    ['sendInitialEvents=false&resourceVersionMatch=NotOlderThan', false],
  ])('%s', (text, expected) => {
    expect(parseListOptions(query(text), true).sendInitialEvents).toBe(expected);
  });

  test.each([
    ['limit=x', 'strconv.ParseInt: parsing "x": invalid syntax'],
    ['timeoutSeconds=99999999999999999999', 'strconv.ParseInt: parsing "99999999999999999999": value out of range'],
    ['resourceVersion=-1', 'invalid resource version'],
  ])('%s is 400', (text, message) => {
    expect(() => parseListOptions(query(text), false)).toThrow(
      expect.objectContaining({ code: 400, message: expect.stringContaining(message) }),
    );
  });
});

describe('parseWriteOptions', () => {
  test('defaults and values', () => {
    expect(parseWriteOptions(query(''), 'CreateOptions')).toEqual({
      dryRun: false,
      fieldManager: '',
      fieldValidation: 'Warn',
    });
    expect(parseWriteOptions(query('dryRun=All&fieldManager=me&fieldValidation=Strict'), 'PatchOptions')).toEqual({
      dryRun: true,
      fieldManager: 'me',
      fieldValidation: 'Strict',
    });
  });

  test.each(['dryRun=None', 'fieldValidation=Maybe', `fieldManager=${'x'.repeat(129)}`])('%s is 422', (text) => {
    expect(() => parseWriteOptions(query(text), 'UpdateOptions')).toThrow(expect.objectContaining({ code: 422 }));
  });
});

describe('DeleteOptions', () => {
  test('from a query', () => {
    const text = 'gracePeriodSeconds=5&propagationPolicy=Orphan&dryRun=All';
    expect(checkDeleteOptions(deleteOptionsOfQuery(query(text)))).toEqual({
      gracePeriodSeconds: 5,
      propagationPolicy: 'Orphan',
      dryRun: true,
    });
  });

  test('a negative grace is one second', () => {
    expect(checkDeleteOptions({ gracePeriodSeconds: -7 }).gracePeriodSeconds).toBe(1);
  });
});
