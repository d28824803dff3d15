// Namespaces for tests that share a cluster.
import type { Client } from '../../client/client.ts';
import { Namespace } from '../../client/kinds.ts';

/** Makes one with a name of its own, and gives the name. */
export async function newNamespace(client: Client): Promise<string> {
  const { metadata } = await client.resource(Namespace).create({ metadata: { generateName: 'test-' } });
  return metadata.name;
}
