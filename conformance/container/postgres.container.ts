// The storage contract against PostgreSQL in a container, as users run it elsewhere. The image is named by
// PGPLANE_TEST_POSTGRES_IMAGE: any PostgreSQL 15 or later that trusts the user `postgres`.
import { afterAll, beforeAll, jest } from '@jest/globals';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { describeStorageContract } from '../storage/contract/contract.ts';
import { postgresBackend } from '../storage/support/postgres-backend.ts';

jest.setTimeout(120_000);

const image = process.env['PGPLANE_TEST_POSTGRES_IMAGE'] ?? 'postgres:18';
const before = process.env['PGPLANE_TEST_DATABASE_URL'];
let container: StartedTestContainer;

beforeAll(async () => {
  container = await new GenericContainer(image)
    .withExposedPorts(5432)
    .withEnvironment({ POSTGRES_HOST_AUTH_METHOD: 'trust' })
    // The official image starts twice the first time: once to set itself up, and then to stay.
    .withWaitStrategy(Wait.forListeningPorts())
    .start();
  // The first test that asks for a database reads it.
  process.env['PGPLANE_TEST_DATABASE_URL'] =
    `postgres://postgres@${container.getHost()}:${container.getMappedPort(5432)}/postgres`;
});
afterAll(async () => {
  if (before === undefined) delete process.env['PGPLANE_TEST_DATABASE_URL'];
  else process.env['PGPLANE_TEST_DATABASE_URL'] = before;
  await container?.stop();
});

describeStorageContract({ ...postgresBackend, name: 'PostgreSQL in a container' });
