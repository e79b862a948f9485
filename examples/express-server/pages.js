import express from 'express';
import { findBook, searchBooks } from './library.js';

/** The pages for people, rendered from `views/`. */
export const pages = express.Router();

pages.get('/', (request, response) => {
  const query = String(request.query.q ?? '');
  const visits = Number(request.signedCookies.visits ?? 0) + 1;
  response.cookie('visits', String(visits), { signed: true, httpOnly: true, sameSite: 'lax' });
  response.render('index', { title: 'Library', query, visits, books: searchBooks(query) });
});

pages.get('/books/:id', (request, response, next) => {
  const book = findBook(Number(request.params.id));
  if (book) response.render('book', { title: book.title, book });
  else next();
});
