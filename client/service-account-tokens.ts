// Tokens of a service account, asked of the server and renewed in time: how a component's parts get an identity each
// (k8s.io/controller-manager pkg/clientbuilder client_builder_dynamic.go).
import type { Client } from './client.ts';
import { type Clock, realClock } from './clock.ts';
import { isAlreadyExists, isNotFound } from './errors.ts';
import { ServiceAccount } from './kinds.ts';

interface TokenRequest {
  status: { token: string; expirationTimestamp: string };
}

const lifetimeSeconds = 3600;
/** A token is renewed after this part of its life. */
const renewAfter = 0.8;

/** Gives the account's token; makes the account where it is missing. `root` may do both. */
export function serviceAccountTokens(
  root: Client,
  namespace: string,
  name: string,
  clock: Clock = realClock,
): () => Promise<string> {
  const accounts = root.resource(ServiceAccount);
  const request = async (): Promise<TokenRequest> => {
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: lifetimeSeconds },
    };
    return accounts.createSubresource<TokenRequest>({ namespace, name }, 'token', body);
  };
  const make = async (): Promise<TokenRequest> => {
    try {
      return await request();
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    try {
      await accounts.create({ metadata: { namespace, name } });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    return request();
  };
  let current: Promise<string> | undefined;
  let renewAt = 0;
  return () => {
    if (current !== undefined && clock.now() < renewAt) return current;
    const since = clock.now();
    renewAt = Number.POSITIVE_INFINITY;
    const made = make().then(({ status }) => {
      renewAt = since + (Date.parse(status.expirationTimestamp) - since) * renewAfter;
      return status.token;
    });
    made.catch(() => {
      // The next request asks again.
      if (current === made) current = undefined;
    });
    current = made;
    return made;
  };
}
