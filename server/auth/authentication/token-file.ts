// Static tokens from `--token-auth-file` (k8s.io/apiserver pkg/authentication/token/tokenfile).
import type { AuthenticationResult, UserInfo } from '../types.ts';
import type { TokenAuthenticator } from './bearer-token.ts';

/** The fields of one CSV line as Go's encoding/csv reads them: quoted fields may hold commas and doubled quotes. */
function csvFields(line: string): string[] {
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/y;
  while (field.lastIndex <= line.length) {
    const match = field.exec(line);
    if (match === null) throw new Error(`bare quote in token file line`);
    fields.push(match[1] === undefined ? match[2]! : match[1].replaceAll('""', '"'));
    if (match[3] === '') break;
  }
  return fields;
}

/**
 * Reads lines of `token,user,uid[,"group1,group2"]`; a later line with the same token wins, empty tokens are passed over.
 * Throws when a line has fewer than three columns. `file` only names the source in that error.
 */
export function tokenFileAuthenticator(text: string, file: string): TokenAuthenticator {
  const results = new Map<string, AuthenticationResult>();
  for (const line of text.split(/\r?\n/)) {
    if (line === '' || line.startsWith('#')) continue;
    const [token, name, uid, groups, ...rest] = csvFields(line);
    if (uid === undefined) {
      const found = [token, name].filter((column) => column !== undefined).length + rest.length;
      throw new Error(`token file '${file}' must have at least 3 columns (token, user name, user uid), found ${found}`);
    }
    if (token === '') continue;
    const user: UserInfo = {
      name: name!,
      ...(uid === '' ? {} : { uid }),
      groups: groups === undefined || groups === '' ? [] : groups.split(','),
    };
    results.set(token!, { user });
  }
  return { authenticateToken: (token) => results.get(token) };
}
