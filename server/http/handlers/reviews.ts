// TokenReview, SelfSubjectReview and the access reviews: questions about users, answered from what the server knows.
import type { KubeObject } from '../../../apimachinery/object.ts';
import {
  reviewLocalSubjectAccess,
  reviewSelfSubjectAccess,
  reviewSelfSubjectRules,
  reviewSubjectAccess,
} from '../../auth/access-reviews.ts';
import type { TokenAuthenticator } from '../../auth/authentication/bearer-token.ts';
import { reviewSelf, reviewToken } from '../../auth/authentication-reviews.ts';
import type { Authorizer } from '../../auth/types.ts';
import { timestamp } from '../../registry/metadata.ts';
import type { ApiRequest } from '../api-request.ts';
import type { CustomRoute } from '../resource-routes.ts';
import { readPosted, respondCreated, trackPosted } from './created.ts';

type Review = (request: ApiRequest, review: KubeObject, namespace: string) => Promise<KubeObject> | KubeObject;

function reviewRoute(group: string, resource: string, kind: string, review: Review): CustomRoute {
  return {
    path: `${resource}.${group}`,
    async handle(request, namespace) {
      const gvk = { group, version: 'v1', kind };
      const { object, options } = await readPosted(request, gvk);
      trackPosted(request, object, gvk, options);
      await respondCreated(request, await review(request, object, namespace));
    },
  };
}

export function reviewRoutes(options: {
  authorizer: Authorizer;
  tokens: TokenAuthenticator;
  audiences: readonly string[];
}): CustomRoute[] {
  const { authorizer, tokens, audiences } = options;
  const authentication = 'authentication.k8s.io';
  const authorization = 'authorization.k8s.io';
  return [
    reviewRoute(authentication, 'tokenreviews', 'TokenReview', (_request, review) =>
      reviewToken(tokens, audiences, review),
    ),
    reviewRoute(authentication, 'selfsubjectreviews', 'SelfSubjectReview', ({ user }) => reviewSelf(user, timestamp())),
    reviewRoute(authorization, 'subjectaccessreviews', 'SubjectAccessReview', (_request, review) =>
      reviewSubjectAccess(authorizer, review),
    ),
    reviewRoute(authorization, 'localsubjectaccessreviews', 'LocalSubjectAccessReview', (_request, review, namespace) =>
      reviewLocalSubjectAccess(authorizer, namespace, review),
    ),
    reviewRoute(authorization, 'selfsubjectaccessreviews', 'SelfSubjectAccessReview', ({ user }, review) =>
      reviewSelfSubjectAccess(authorizer, user, review),
    ),
    reviewRoute(authorization, 'selfsubjectrulesreviews', 'SelfSubjectRulesReview', ({ user }, review) =>
      reviewSelfSubjectRules(authorizer, user, review),
    ),
  ];
}
