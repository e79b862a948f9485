import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { books, newBook } from './books.mjs';

const http = createServer((_request, response) =>
  response.setHeader('content-type', 'application/json').end(JSON.stringify(books)),
);
const io = new Server(http, { cookie: true });

io.use((socket, next) =>
  next(socket.handshake.auth.token === 'wrong' ? new Error('You are not a reader.') : undefined),
);
io.on('connection', (socket) => {
  socket.on('book', (id, answer) => answer(books[id]));
  socket.on('add', (book, answer) => answer(newBook.safeParse(book).success));
  socket.on('enter', (room) => {
    socket.join(room);
    io.to(room).emit('entered', room);
  });
});

http.listen(Number(process.env.PORT), '127.0.0.1');
