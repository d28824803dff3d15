// Who somebody is: TokenReview and SelfSubjectReview (kubernetes pkg/registry/authentication).
import type { KubeObject } from '../../apimachinery/object.ts';
import { newBadRequest } from '../../apimachinery/status.ts';
import { invalidBearerToken, type TokenAuthenticator } from './authentication/bearer-token.ts';
import type { UserInfo } from './types.ts';
import { withAuthenticatedGroup } from './user.ts';

/** authentication/v1 UserInfo. */
function userInfo(user: UserInfo): Record<string, unknown> {
  return {
    username: user.name,
    ...(user.uid === undefined || user.uid === '' ? {} : { uid: user.uid }),
    ...(user.groups.length === 0 ? {} : { groups: [...user.groups] }),
    ...(user.extra === undefined || Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
  };
}

/** Answers the review with its status set. `audiences` are the API server's own. Throws BadRequest without a token. */
export async function reviewToken(
  tokens: TokenAuthenticator,
  audiences: readonly string[],
  review: KubeObject,
): Promise<KubeObject> {
  const token: string = review['spec']?.token ?? '';
  if (token === '') throw newBadRequest('token is required for TokenReview in authentication');
  const wanted: readonly string[] = review['spec'].audiences?.length > 0 ? review['spec'].audiences : audiences;
  const unknown = (error: string) => ({ ...review, status: { user: {}, error } });
  try {
    const result = await tokens.authenticateToken(token, wanted);
    if (result === undefined) return unknown(invalidBearerToken);
    // A token without audiences of its own (static ones) is good for the API server only.
    const shared = wanted.filter((audience) => (result.audiences ?? audiences).includes(audience));
    if (shared.length === 0) return unknown(invalidBearerToken);
    const user = userInfo(withAuthenticatedGroup(result.user));
    return { ...review, status: { authenticated: true, user, audiences: shared } };
  } catch (error) {
    return unknown((error as Error).message);
  }
}

/** Says who asks. `timestamp` is RFC 3339 with seconds. */
export function reviewSelf(user: UserInfo, timestamp: string): KubeObject {
  return {
    kind: 'SelfSubjectReview',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { creationTimestamp: timestamp },
    status: { userInfo: userInfo(user) },
  };
}
