import express from 'express';
import { addBook, findBook, searchBooks } from './library.js';

/** The JSON API: `GET /`, `GET /:id` and `POST /`. */
export const books = express.Router();

books.get('/', (request, response) => {
  const found = searchBooks(String(request.query.q ?? ''));
  response.json({ total: found.length, books: found });
});

books.get('/:id', (request, response) => {
  const book = findBook(Number(request.params.id));
  if (book) response.json(book);
  else response.status(404).json({ error: `There is no book ${request.params.id}.` });
});

books.post('/', (request, response) => {
  const { title, author, year } = request.body ?? {};
  if (typeof title !== 'string' || typeof author !== 'string') {
    response.status(400).json({ error: 'A book needs a title and an author.' });
    return;
  }
  response.status(201).json(addBook({ title, author, year: Number(year) || undefined }));
});
