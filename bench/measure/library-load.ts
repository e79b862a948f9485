import type { LoadRequest } from './http-load.js';

const QUERIES = ['', 'kyoto', 'north', 'moreau', 'clocks'] as const;

/** Requests to the Express example: pages, the JSON API, a form that is wrong and a page that isn't there. */
export function libraryLoad(count: number): LoadRequest[] {
  return Array.from({ length: count }, (_, index) => request(index));
}

function request(index: number): LoadRequest {
  const query = QUERIES[index % QUERIES.length] ?? '';
  switch (index % 7) {
    case 0:
    case 1:
    case 2:
      return { path: `/?q=${query}` };
    case 3:
      return { path: `/books/${1 + (index % 60)}` };
    case 4:
      return { path: `/api/books?q=${query}` };
    case 5:
      return { path: `/api/books/${1 + (index % 70)}` };
    default:
      return { path: '/api/books', body: { title: index } };
  }
}
