// The concurrency part of the contract once more, the second server being a process of its own.
import { describe, jest } from '@jest/globals';
import { describeConcurrency } from './contract/concurrency.ts';
import { postgresBackendWithProcesses } from './support/postgres-backend.ts';

jest.setTimeout(60_000);

describe('the storage contract on PostgreSQL between processes', () => {
  describeConcurrency(postgresBackendWithProcesses);
});
