const SUBJECTS = ['Rivers', 'Clocks', 'Bridges', 'Harbours', 'Gardens', 'Maps', 'Lanterns', 'Engines', 'Islands', 'Letters'];
const PLACES = ['the North', 'Lisbon', 'the Valley', 'Kyoto', 'the Coast', 'Ghent'];
const AUTHORS = ['A. Moreau', 'K. Lindqvist', 'S. Okafor', 'M. Tanaka', 'J. Novak'];

const library = SUBJECTS.flatMap((subject, i) =>
  PLACES.map((place, j) => ({
    id: i * PLACES.length + j + 1,
    title: `${subject} of ${place}`,
    author: AUTHORS[(i + j) % AUTHORS.length],
    year: 1900 + ((i * 37 + j * 11) % 120),
  })),
);

const byId = new Map(library.map((book) => [book.id, book]));

/** Books whose title or author contains the text, by title. */
export function searchBooks(text) {
  const needle = text.toLowerCase();
  return [...byId.values()]
    .filter((book) => `${book.title} ${book.author}`.toLowerCase().includes(needle))
    .sort((one, other) => one.title.localeCompare(other.title));
}

/** The book with this number, or undefined. */
export function findBook(id) {
  return byId.get(id);
}

/** Adds a book and gives it the next number. */
export function addBook({ title, author, year }) {
  const book = { id: byId.size + 1, title, author, year };
  byId.set(book.id, book);
  return book;
}
