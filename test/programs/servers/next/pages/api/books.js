import { newBook } from '../../../books.mjs';

export default function handler(request, response) {
  const { success, data, error } = newBook.safeParse(request.body);
  response.status(success ? 201 : 422).json(success ? data : { error: error.issues });
}
