import { afterAll } from '@jest/globals';
import { describeStorageContract } from './contract/contract.ts';
import { closePglite, pgliteBackend } from './support/pglite-backend.ts';

afterAll(closePglite);

describeStorageContract(pgliteBackend);
