import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import helmet from '@fastify/helmet';
import Fastify from 'fastify';
import { find } from './books.mjs';

const app = Fastify({ logger: true });
await app.register(helmet);
await app.register(cookie, { secret: 'a secret of this test' });
await app.register(formbody);

const book = {
  type: 'object',
  required: ['title', 'pages'],
  properties: { title: { type: 'string', minLength: 3 }, pages: { type: 'integer', minimum: 1 } },
};

app.get('/', { schema: { response: { 200: { type: 'array', items: book } } } }, async ({ query }) =>
  find(query.q),
);

app.get('/visits', async ({ cookies, unsignCookie }, reply) => {
  const { valid, value } = unsignCookie(cookies.visits ?? '');
  const visits = (valid ? Number(value) : 0) + 1;
  return reply.setCookie('visits', String(visits), { signed: true, httpOnly: true }).send({ visits });
});

app.post('/books', { schema: { body: book } }, async ({ body }, reply) => reply.code(201).send(body));

await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
