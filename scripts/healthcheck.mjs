// The image's health check: exits 0 when https://127.0.0.1:PORT/readyz answers 200. PORT is the first argument, 6443 without.
// The certificate is not verified: the check asks the server in its own container.
import https from 'node:https';

const options = {
  host: '127.0.0.1',
  port: Number(process.argv[2] ?? 6443),
  path: '/readyz',
  rejectUnauthorized: false,
  timeout: 4000,
};
const request = https.get(options, (response) => process.exit(response.statusCode === 200 ? 0 : 1));
request.on('timeout', () => request.destroy(new Error('no answer')));
request.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
