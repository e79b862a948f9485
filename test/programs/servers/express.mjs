import compression from 'compression';
import cookieParser from 'cookie-parser';
import express from 'express';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import { find, newBook } from './books.mjs';

const app = express();
app.set('views', new URL('./views', import.meta.url).pathname);
app.set('view engine', 'ejs');
app.use(pinoHttp());
app.use(helmet());
app.use(compression({ threshold: 200 }));
app.use(cookieParser('a secret of this test'));
app.use(express.json());

app.get('/', (request, response) => {
  response.render('page', { title: 'Books', books: find(request.query.q) });
});

app.get('/visits', (request, response) => {
  const visits = Number(request.signedCookies.visits ?? 0) + 1;
  response.cookie('visits', String(visits), { signed: true, httpOnly: true }).json({ visits });
});

app.post('/books', (request, response) => {
  response.status(201).json(newBook.parse(request.body));
});

app.use((error, _request, response, _next) => {
  response.status(error.issues ? 422 : 500).json({ error: error.issues ?? error.message });
});

app.listen(Number(process.env.PORT), '127.0.0.1');
