// What authentication finds out and what authorization is asked, in upstream's words
// (k8s.io/apiserver pkg/authentication/user, pkg/authorization/authorizer).

export interface UserInfo {
  name: string;
  uid?: string;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

/** What an authenticator may look at. Header names are lower case. */
export interface AuthenticationRequest {
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The verified client certificate of the TLS connection (DER), if it gave one. */
  peerCertificate(): Uint8Array | undefined;
  /** The same of a front proxy: verified against its own CA. */
  proxyCertificate?(): Uint8Array | undefined;
  /** Header names and values as they were sent. */
  source: { readonly rawHeaders: readonly string[] };
  /** Per-connection memo, so that a certificate is parsed once per connection. */
  connection: { userFromCertificate?: UserInfo | null };
  /** The request path, for rules that let anonymous callers reach health and discovery. */
  path: string;
}

export interface AuthenticationResult {
  user: UserInfo;
  /** Audiences the credential was issued for, where it has any. */
  audiences?: readonly string[];
}

/**
 * Undefined: this authenticator has no opinion, ask the next. A rejected promise or thrown error: the credential is bad (401).
 * Answers without a promise where it can, since it stands on every request's path.
 */
export interface Authenticator {
  authenticate(
    request: AuthenticationRequest,
  ): AuthenticationResult | undefined | Promise<AuthenticationResult | undefined>;
}

/** authorizer.Attributes: resource requests have `resource`, others only `path`. */
export interface AuthorizationAttributes {
  user: UserInfo;
  verb: string;
  /** '' when not namespaced. */
  namespace: string;
  /** API group, '' for core. */
  group: string;
  version: string;
  resource: string;
  subresource: string;
  name: string;
  isResourceRequest: boolean;
  path: string;
}

export interface AuthorizationDecision {
  decision: 'Allow' | 'Deny' | 'NoOpinion';
  reason: string;
}

export interface ResourceRuleInfo {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
}

export interface NonResourceRuleInfo {
  verbs: string[];
  nonResourceURLs?: string[];
}

export interface Authorizer {
  authorize(attributes: AuthorizationAttributes): AuthorizationDecision | Promise<AuthorizationDecision>;
  /** What the user may do in a namespace (SelfSubjectRulesReview). */
  rulesFor(
    user: UserInfo,
    namespace: string,
  ): {
    resourceRules: ResourceRuleInfo[];
    nonResourceRules: NonResourceRuleInfo[];
    incomplete: boolean;
    evaluationError?: string;
  };
}
