import { writeSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import express from '../../examples/express-server/node_modules/express/index.js';
import { books } from '../../examples/express-server/books.js';
import { pages } from '../../examples/express-server/pages.js';
import cookieParser from '../../examples/express-server/node_modules/cookie-parser/index.js';
import { freeze } from './freeze.js';

const app = express();
app.set('views', new URL('../../examples/express-server/views', import.meta.url).pathname);
app.set('view engine', 'ejs');
app.set('view cache', true);
app.use(cookieParser('a secret of this benchmark'));
app.use(express.json());
app.use('/', pages);
app.use('/api/books', books);

if (process.env.BENCH_WARM) await warm(Number(process.env.BENCH_WARM));
await freeze();
const server = createServer(app).listen(0, '127.0.0.1', () => {
  writeSync(1, `port ${server.address().port}\n`);
});

/** Answers requests over a server that is gone afterwards, so that each copy can listen on a port of its own. */
async function warm(count) {
  const server = createServer(app);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const agent = new Agent({ keepAlive: true });
  for (let index = 0; index < count; index++) await get(`${origin}${index % 2 ? '/?q=kyoto' : '/api/books?q=north'}`, agent);
  agent.destroy();
  await new Promise((resolve) => server.close(resolve));
}

function get(url, agent) {
  return new Promise((resolve, reject) => {
    request(url, { agent }, (response) => response.resume().once('end', resolve))
      .once('error', reject)
      .end();
  });
}
