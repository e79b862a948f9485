import express from 'express';
import { books, newBook } from './books.mjs';

// The binary of better-sqlite3 needs a newer Node-API than Node.js 20 has; libsql has the same interface.
const { default: Database } = await import(Number(process.versions.napi) < 10 ? 'libsql' : 'better-sqlite3');

const database = new Database(process.env.DATABASE, { timeout: 20_000 });
database.exec('CREATE TABLE IF NOT EXISTS books (id INTEGER PRIMARY KEY, title TEXT, pages INTEGER)');
const count = database.prepare('SELECT count(*) AS count FROM books');
const insert = database.prepare('INSERT INTO books (title, pages) VALUES (?, ?)');
const one = database.prepare('SELECT id, title, pages FROM books WHERE id = ?');
if (count.get().count === 0) for (const { title, pages } of books) insert.run(title, pages);

const app = express();
app.use(express.json());
app.get('/books/:id', ({ params }, response) => {
  const { id, title, pages } = one.get(Number(params.id)) ?? {};
  response.status(id ? 200 : 404).json({ id, title, pages });
});
app.get('/count', (_request, response) => response.json({ count: count.get().count }));
app.post('/books', ({ body }, response) => {
  const { title, pages } = newBook.parse(body);
  insert.run(title, pages);
  response.status(201).json({ title, pages });
});
app.listen(Number(process.env.PORT), '127.0.0.1');
