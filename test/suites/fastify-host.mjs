/** A server of Fastify that, asked for /suite, closes and runs Fastify's own tests in its process. */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { sep } from 'node:path';

const require = createRequire(import.meta.url);
const fastify = require('fastify');

/** Files that cannot share a process with the others, or that wait for many seconds. */
const LEFT_OUT = [
  // Subscribers of its channels stay and fail the tests of other files.
  'diagnostics-channel/',
  // They expect that nobody has loaded a part of Fastify yet.
  'conditional-pino.test.js',
  'internals/schema-controller-perf.test.js',
  // They define tests in callbacks, when the suite of their file has ended.
  'custom-http-server.test.js',
  'https/custom-https-server.test.js',
  'options',
  'patch',
  'promises.test.js',
  'put',
  // These need ES modules to be loaded in time, ESLint or webpack.
  'esm/',
  'build/',
  'bundler/',
  // It listens on fixed ports, which a suite beside this one uses as well.
  'server.test.js',
  // They wait for four to ten seconds.
  'skip-reply-send.test.js',
  'close.test.js',
  'request-header-host.test.js',
  'hooks.test.js',
];

const tests = `${require.resolve('fastify').slice(0, -'fastify.js'.length)}test${sep}`;
const app = fastify({ logger: false, forceCloseConnections: true });
app.get(
  '/',
  { schema: { response: { 200: { type: 'object', properties: { ready: { type: 'boolean' } } } } } },
  async () => ({
    ready: true,
  }),
);
app.get('/suite', async (_request, reply) => {
  reply.raw.on('finish', () => app.close().then(runSuite));
  return { started: true };
});
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });

function runSuite() {
  const { describe } = require('node:test');
  const files = readdirSync(tests, { recursive: true, encoding: 'utf8' });
  for (const file of files.sort()) {
    if (file.endsWith('.test.js') && !LEFT_OUT.some((start) => file.startsWith(start)))
      describe(file, () => load(file));
  }
}

/** Each file gets its helpers anew, as in a process of its own. */
function load(file) {
  for (const known of Object.keys(require.cache)) if (known.startsWith(tests)) delete require.cache[known];
  require(tests + file);
}
