// legacy-serviceaccount-token-cleaner-controller: tokens that were made for service accounts automatically, long ago, are marked as invalid when
// nobody has used them for a year, and deleted a year later (pkg/controller/serviceaccount/legacy_serviceaccount_token_cleaner.go, KEP-2799).
import { isConflict, isNotFound } from '../../client/errors.ts';
import { ConfigMap, Pod, Secret, ServiceAccount } from '../../client/kinds.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import { isOf, tokenSecretType } from '../serviceaccount-token/serviceaccount-token.ts';
import { Periodic } from '../shared/periodic.ts';
import { podSecretNames } from './pod-secrets.ts';

const periodMs = 24 * 3_600_000;
const dayMs = 24 * 3_600_000;
const trackingMap = { namespace: 'kube-system', name: 'kube-apiserver-legacy-service-account-token-tracking' };
const lastUsedLabel = 'kubernetes.io/legacy-token-last-used';
const invalidSinceLabel = 'kubernetes.io/legacy-token-invalid-since';

/** `2006-01-02`, in UTC. */
export const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const isDate = (text: string | undefined): text is string =>
  text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));

/** What is to be done to a secret that some account refers to and no Pod mounts. */
export function verdict(secret: Secret, nowMs: number, periodOfUseMs: number): 'keep' | 'invalidate' | 'delete' {
  const { creationTimestamp, deletionTimestamp, labels = {} } = secret.metadata;
  const since = nowMs - periodOfUseMs;
  if (secret.type !== tokenSecretType || deletionTimestamp !== undefined) return 'keep';
  if (!(Date.parse(creationTimestamp ?? '') < since)) return 'keep';
  const lastUsed = labels[lastUsedLabel];
  if (lastUsed !== undefined && (!isDate(lastUsed) || lastUsed >= dateOf(since))) return 'keep';
  const invalidSince = labels[invalidSinceLabel];
  if (!isDate(invalidSince)) return 'invalidate';
  return invalidSince >= dateOf(since) ? 'keep' : 'delete';
}

export const legacyServiceAccountTokenCleaner: ControllerDescriptor = {
  name: 'legacy-serviceaccount-token-cleaner-controller',
  aliases: ['legacy-service-account-token-cleaner'],
  build({ informers, client, flags, log, clock }) {
    const accounts = informers.of(ServiceAccount);
    const secrets = informers.of(Secret, { fieldSelector: `type=${tokenSecretType}` });
    const pods = informers.of(Pod);
    const api = client('legacy-service-account-token-cleaner');
    const secretApi = api.resource(Secret);
    const periodOfUseMs = flags['legacy-service-account-token-clean-up-period'];

    const isAutomatic = (secret: Secret): boolean => {
      const { namespace, name, annotations } = secret.metadata;
      const account = accounts.lister.get(namespace, annotations?.['kubernetes.io/service-account.name'] ?? '');
      return account !== undefined && isOf(secret, account) && !!account.secrets?.some((other) => other.name === name);
    };

    const clean = async (secret: Secret, mounted: (namespace: string) => ReadonlySet<string>): Promise<void> => {
      const { namespace, name, uid, resourceVersion } = secret.metadata;
      const what = verdict(secret, clock.now(), periodOfUseMs);
      if (what === 'keep' || !isAutomatic(secret) || mounted(namespace).has(name)) return;
      if (what === 'invalidate') {
        const labels = { [invalidSinceLabel]: dateOf(clock.now()) };
        await secretApi.patch({ namespace, name }, 'merge', { metadata: { uid, labels } });
      } else await secretApi.delete({ namespace, name }, { preconditions: { resourceVersion: resourceVersion! } });
    };

    const run = async (): Promise<void> => {
      const { data } = await api.resource(ConfigMap).get(trackingMap);
      const since = data?.['since'];
      if (!isDate(since)) throw new Error('configMap does not have since label');
      // The whole of the first day may have gone by untracked.
      if (clock.now() < Date.parse(since) + dayMs + periodOfUseMs) return;
      const namesByNamespace = new Map<string, ReadonlySet<string>>();
      const mounted = (namespace: string): ReadonlySet<string> => {
        const known = namesByNamespace.get(namespace);
        if (known !== undefined) return known;
        const names = new Set(pods.lister.list({ namespace }).flatMap(podSecretNames));
        namesByNamespace.set(namespace, names);
        return names;
      };
      for (const secret of secrets.lister.list())
        await clean(secret, mounted).catch((error: unknown) => {
          if (isConflict(error) || isNotFound(error)) return;
          log.warn({ err: error, secret: secret.metadata.name }, 'a service account token could not be cleaned up');
        });
    };

    const name = 'legacy-serviceaccount-token-cleaner-controller';
    return new Periodic({ name, periodMs, run, needs: [accounts, secrets, pods], log, clock });
  },
};
