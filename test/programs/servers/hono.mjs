import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { getSignedCookie, setSignedCookie } from 'hono/cookie';
import { html } from 'hono/html';
import { logger } from 'hono/logger';
import { secureHeaders } from 'hono/secure-headers';
import { validator } from 'hono/validator';
import { find, newBook } from './books.mjs';

const SECRET = 'a secret of this test';
const app = new Hono();
app.use(logger());
app.use(secureHeaders());

app.get('/', (context) =>
  context.html(
    html`<!doctype html><h1>Books</h1><ul>${find(context.req.query('q')).map(({ title }) => html`<li>${title}</li>`)}</ul>`,
  ),
);

app.get('/visits', async (context) => {
  const visits = Number((await getSignedCookie(context, SECRET, 'visits')) || 0) + 1;
  await setSignedCookie(context, 'visits', String(visits), SECRET, { httpOnly: true });
  return context.json({ visits });
});

app.post(
  '/books',
  validator('json', (value, context) => {
    const { success, data, error } = newBook.safeParse(value);
    return success ? data : context.json({ error: error.issues }, 422);
  }),
  (context) => context.json(context.req.valid('json'), 201),
);

serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' });
