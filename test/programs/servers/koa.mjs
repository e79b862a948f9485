import Router from '@koa/router';
import ejs from 'ejs';
import Koa from 'koa';
import bodyParser from 'koa-bodyparser';
import pino from 'pino';
import { find, newBook } from './books.mjs';

const page = new URL('./views/page.ejs', import.meta.url).pathname;
const log = pino();
const app = new Koa({ keys: ['a secret of this test'] });
const router = new Router();

app.use(async (context, next) => {
  await next();
  log.info({ method: context.method, path: context.path, status: context.status });
});
app.use(async (context, next) => {
  try {
    await next();
  } catch (error) {
    context.status = error.issues ? 422 : 500;
    context.body = { error: error.issues ?? error.message };
  }
});
app.use(bodyParser());
app.use(router.routes());

router.get('/', async (context) => {
  context.type = 'html';
  context.body = await ejs.renderFile(
    page,
    { title: 'Books', books: find(context.query.q) },
    { cache: true },
  );
});
router.get('/visits', (context) => {
  const visits = Number(context.cookies.get('visits', { signed: true }) ?? 0) + 1;
  context.cookies.set('visits', String(visits), { signed: true });
  context.body = { visits };
});
router.post('/books', (context) => {
  context.status = 201;
  context.body = newBook.parse(context.request.body);
});

app.listen(Number(process.env.PORT), '127.0.0.1');
