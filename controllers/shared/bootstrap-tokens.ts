// Bootstrap tokens: Secrets of kube-system by which new nodes join (k8s.io/cluster-bootstrap, KEP for kubeadm's discovery).
import type { Secret } from '../../client/kinds.ts';

export const bootstrapTokenType = 'bootstrap.kubernetes.io/token';
export const bootstrapTokenNamespace = 'kube-system';

/** A field of a token as text; '' without. */
export function tokenField({ data }: Secret, field: string): string {
  return Buffer.from(data?.[field] ?? '', 'base64').toString();
}

/** Milliseconds until a token expires, 0 or less when it has, or when its time cannot be read; undefined where it never does. */
export function expiresInMs(secret: Secret, nowMs: number): number | undefined {
  const expiration = tokenField(secret, 'expiration');
  if (expiration === '') return undefined;
  const atMs = /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/.test(expiration) ? Date.parse(expiration) : Number.NaN;
  return Number.isNaN(atMs) ? 0 : atMs - nowMs;
}

/** Id and secret of a token that may sign now; undefined for another one. */
export function signingToken(secret: Secret, nowMs: number): { id: string; secret: string } | undefined {
  const [, nameId] = /^bootstrap-token-([a-z0-9]{6})$/.exec(secret.metadata.name) ?? [];
  const id = tokenField(secret, 'token-id');
  const value = tokenField(secret, 'token-secret');
  if (nameId === undefined || id !== nameId || value === '') return undefined;
  const leftMs = expiresInMs(secret, nowMs);
  if (leftMs !== undefined && leftMs <= 0) return undefined;
  return tokenField(secret, 'usage-bootstrap-signing') === 'true' ? { id, secret: value } : undefined;
}
