import { z } from 'zod';

/** What all servers serve. */
export const books = Array.from({ length: 40 }, (_, id) => ({
  id,
  title: `Book <${id}> & co.`,
  pages: 100 + id * 7,
}));

/** What they take. */
export const newBook = z.object({ title: z.string().min(3), pages: z.number().int().positive() });

/** The books whose title holds the text. */
export function find(text = '') {
  return books.filter(({ title }) => title.includes(text));
}
