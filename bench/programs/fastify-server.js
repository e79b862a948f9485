import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import helmet from '@fastify/helmet';
import Fastify from 'fastify';

const { HOST = '127.0.0.1', PORT = '3000' } = process.env;

const app = Fastify();
await app.register(helmet);
await app.register(cookie, { secret: 'a secret of this benchmark' });
await app.register(formbody);

const notes = Array.from({ length: 60 }, (_, id) => ({ id, title: `Note ${id}`, tags: [`t${id % 7}`, `t${id % 5}`] }));

app.get('/api/notes', {
  schema: {
    querystring: { type: 'object', properties: { tag: { type: 'string' } } },
    response: {
      200: {
        type: 'array',
        items: {
          type: 'object',
          properties: { id: { type: 'integer' }, title: { type: 'string' }, tags: { type: 'array', items: { type: 'string' } } },
        },
      },
    },
  },
  handler: async ({ query }) => notes.filter((note) => !query.tag || note.tags.includes(query.tag)),
});

app.post('/api/notes', async ({ body }, reply) => {
  const note = { id: notes.length, title: String(body?.title), tags: [] };
  notes.push(note);
  return reply.code(201).send(note);
});

await app.listen({ host: HOST, port: Number(PORT) });
