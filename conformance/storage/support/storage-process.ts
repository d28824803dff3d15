// The process that process-storage.ts starts: one storage, driven by messages.
import { openPostgresStorage } from '../../../storage/postgres/postgres-storage.ts';
import type { StorageError, StorageWatch, StoredObject } from '../../../storage/storage.ts';
import type { Request, Response, SentError } from './process-storage.ts';

const storage = await openPostgresStorage({ connection: JSON.parse(process.argv[2]!) });
const watches = new Map<number, StorageWatch>();

process.on('message', (request: Request) => {
  if ('unwatch' in request) watches.get(request.unwatch)?.close();
  else if ('watch' in request) watch(request);
  else void call(request);
});
// Whoever started us is gone.
process.on('disconnect', () => process.exit());
send({ ready: true });

function watch({ watch, resource, afterRevision }: Extract<Request, { watch: number }>): void {
  const handle = storage.watch({
    ...(resource === undefined ? {} : { resource }),
    afterRevision,
    onEvents: (events, revision) => send({ watch, events: [...events], revision }),
    onError: (error) => send({ watch, error: sent(error) }),
  });
  watches.set(watch, handle);
}

async function call({ id, method, argument }: Extract<Request, { id: number }>): Promise<void> {
  try {
    const result =
      method === 'loadAll'
        ? await loadAll()
        : await (storage[method] as (argument: unknown) => Promise<unknown>).call(storage, argument);
    send({ id, result });
  } catch (error) {
    send({ id, error: sent(error as StorageError) });
  }
  if (method === 'close') process.disconnect?.();
}

async function loadAll(): Promise<{ revision: number; items: StoredObject[] }> {
  const items: StoredObject[] = [];
  const revision = await storage.loadAll((page) => items.push(...page));
  return { revision, items };
}

function sent({ reason, message, object, revision }: StorageError): SentError {
  return { reason, message, object, revision };
}

function send(response: Response): void {
  if (process.connected) process.send!(response);
}
