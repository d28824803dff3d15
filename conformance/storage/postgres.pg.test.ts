import { describeStorageContract } from './contract/contract.ts';
import { postgresBackend } from './support/postgres-backend.ts';

describeStorageContract(postgresBackend);
