// Who one is and what one may do: auth, tokens, certificates.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { table } from '../support/kubectl.ts';
import { until } from '../support/until.ts';
import { describeKubectl } from './suite.ts';

/** A certificate signing request for `subject`, PEM, made by openssl as a user would. */
function signingRequest(folder: string, subject: string): string {
  const request = path.join(folder, 'request.csr');
  execFileSync(
    'openssl',
    [
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      subject,
      '-keyout',
      path.join(folder, 'request.key'),
      '-out',
      request,
    ],
    { stdio: 'ignore' },
  );
  return readFileSync(request, 'utf8');
}

describeKubectl('security', (suite) => {
  const k = () => suite().kubectl;

  test('auth whoami', async () => {
    const text = await k().ok('auth whoami');
    expect(text).toMatch(/^ATTRIBUTE +VALUE$/m);
    expect(text).toMatch(/^Username +\S+/m);
    expect(text).toMatch(/^Groups +\[.*system:authenticated\]$/m);
    const other = await k().ok('auth whoami --as=jane --as-group=dev');
    expect(other).toMatch(/^Username +jane$/m);
    expect(other).toMatch(/^Groups +\[dev system:authenticated\]$/m);
  });

  test('auth can-i', async () => {
    expect(await k().ok('auth can-i create pods')).toBe('yes\n');
    const robot = '--as=system:serviceaccount:suite:robot';
    expect(await k().run(`auth can-i list pods ${robot}`)).toMatchObject({ code: 1, stdout: 'no\n' });
    await k().ok('create serviceaccount robot');
    await k().ok('create role pod-reader --verb=get,list,watch --resource=pods');
    await k().ok('create rolebinding robot --role=pod-reader --serviceaccount=suite:robot');
    expect(await k().ok(`auth can-i list pods ${robot}`)).toBe('yes\n');
    expect(await k().run(`auth can-i list pods ${robot} --namespace default`)).toMatchObject({ code: 1 });
    expect(await k().run(`auth can-i delete pods ${robot}`)).toMatchObject({ code: 1, stdout: 'no\n' });
    expect(await k().ok('auth can-i get /healthz --as=jane')).toBe('yes\n');
    const listed = await k().ok(`auth can-i --list ${robot}`);
    expect(listed).toMatch(/^Resources +Non-Resource URLs +Resource Names +Verbs$/m);
    expect(listed).toMatch(/^pods +\[\] +\[\] +\[get list watch\]$/m);
    expect(listed).toMatch(/^selfsubjectaccessreviews\.authorization\.k8s\.io +\[\] +\[\] +\[create\]$/m);
    expect(await k().ok('auth can-i --list')).toMatch(/^\*\.\* +\[\] +\[\] +\[\*\]$/m);
    const forbidden = await k().fails(`get secrets ${robot}`);
    expect(forbidden).toBe(
      'Error from server (Forbidden): secrets is forbidden: User "system:serviceaccount:suite:robot" cannot list resource "secrets" in API group "" in the namespace "suite"\n',
    );
  });

  test('create token, and use it', async () => {
    await k().ok('create serviceaccount carrier');
    await k().ok('create role carrier --verb=get,list --resource=configmaps');
    await k().ok('create rolebinding carrier --role=carrier --serviceaccount=suite:carrier');
    const token = (await k().ok('create token carrier --duration=1h')).trim();
    const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<
      string,
      number | string
    >;
    expect(claims).toMatchObject({ sub: 'system:serviceaccount:suite:carrier' });
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(3600);
    // A kubeconfig without the admin's certificate, so that only the token speaks.
    const config = path.join(k().folder, 'token.kubeconfig');
    writeFileSync(config, '');
    const authority = path.join(k().folder, 'ca.pem');
    const { clusters } = JSON.parse(await k().ok('config view --raw -o json')) as {
      clusters: { cluster: Record<string, string> }[];
    };
    writeFileSync(authority, Buffer.from(clusters[0]!.cluster['certificate-authority-data']!, 'base64'));
    const carrier = `--kubeconfig ${config} --server ${suite().cluster.url} --certificate-authority ${authority} --token ${token}`;
    await k().ok('create configmap carried');
    expect(await k().ok(`get configmap carried -o name ${carrier}`)).toBe('configmap/carried\n');
    expect(await k().fails(`get pods ${carrier}`)).toContain(
      'pods is forbidden: User "system:serviceaccount:suite:carrier"',
    );
    expect(await k().ok(`auth whoami ${carrier}`)).toMatch(/^Username +system:serviceaccount:suite:carrier$/m);
    await k().ok('delete serviceaccount carrier');
    // A token that was good stays good for some seconds: servers remember that (upstream: 10 s).
    const refused = await until('the token to be refused', async () => {
      const { code, stderr } = await k().run(`get configmap carried ${carrier}`);
      return code !== 0 && stderr;
    });
    expect(refused).toContain('You must be logged in to the server');
  });

  test('certificate approve and deny', async () => {
    const request = Buffer.from(signingRequest(k().folder, '/O=dev/CN=jane')).toString('base64');
    for (const name of ['jane', 'mallory']) {
      await k().ok('create -f -', {
        input: {
          apiVersion: 'certificates.k8s.io/v1',
          kind: 'CertificateSigningRequest',
          metadata: { name },
          spec: { request, signerName: 'example.com/suite', usages: ['client auth'] },
        },
      });
    }
    expect(table(await k().ok('get csr jane'))[0]).toMatchObject({
      SIGNERNAME: 'example.com/suite',
      CONDITION: 'Pending',
    });
    expect(await k().ok('certificate approve jane')).toBe(
      'certificatesigningrequest.certificates.k8s.io/jane approved\n',
    );
    expect(await k().ok('certificate deny mallory')).toBe(
      'certificatesigningrequest.certificates.k8s.io/mallory denied\n',
    );
    expect(table(await k().ok('get csr')).map((row) => `${row['NAME']} ${row['CONDITION']}`)).toEqual([
      'jane Approved',
      'mallory Denied',
    ]);
    const jane = await k().json<{ spec: { username: string } }>('get csr jane');
    expect((await k().ok('auth whoami')).split('\n').find((line) => line.startsWith('Username'))).toContain(
      jane.spec.username,
    );
  });
});
