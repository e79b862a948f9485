import compression from 'compression';
import cookieParser from 'cookie-parser';
import express from 'express';
import helmet from 'helmet';
import morgan from 'morgan';
import { books } from './books.js';
import { pages } from './pages.js';

const { HOST = '127.0.0.1', PORT = '3000' } = process.env;

const app = express();
app.set('views', new URL('./views', import.meta.url).pathname);
app.set('view engine', 'ejs');
app.set('view cache', true);
app.disable('x-powered-by');

app.use(morgan('tiny', { skip: () => process.env.QUIET === '1' }));
app.use(helmet());
app.use(compression({ threshold: 512 }));
app.use(cookieParser('a secret of this example'));
app.use(express.json({ limit: '100kb' }));
app.use(express.urlencoded({ extended: true }));

app.use('/', pages);
app.use('/api/books', books);

app.use((request, response) => {
  response.status(404).json({ error: `There is no ${request.method} ${request.path} here.` });
});

app.use((error, _request, response, _next) => {
  response.status(error.status ?? 500).json({ error: error.message });
});

app.listen(Number(PORT), HOST, () => {
  console.log(`Listening on http://${HOST}:${PORT}`);
});
