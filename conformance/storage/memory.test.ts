import { describeStorageContract } from './contract/contract.ts';
import { memoryBackend } from './support/memory-backend.ts';

describeStorageContract(memoryBackend);
