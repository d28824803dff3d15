import { MemoryStorage } from '../../../storage/memory/memory-storage.ts';
import type { StorageBackend } from '../contract/backend.ts';

export const memoryBackend: StorageBackend = {
  name: 'memory',
  features: { peers: false, connections: false, reads: false },
  async open() {
    const storage = new MemoryStorage();
    return { storage, dispose: () => storage.close() };
  },
};
