import 'reflect-metadata';
import {
  Body,
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Post,
  Query,
  ValidationPipe,
} from '@nestjs/common';
import { APP_PIPE, NestFactory } from '@nestjs/core';
import { IsInt, IsPositive, MinLength } from 'class-validator';
import { find } from './books.mjs';

class NewBook {}
MinLength(3)(NewBook.prototype, 'title');
IsInt()(NewBook.prototype, 'pages');
IsPositive()(NewBook.prototype, 'pages');

class Library {
  find(text) {
    return find(text);
  }
}
Injectable()(Library);

class BooksController {
  constructor(library) {
    this.library = library;
  }
  list(text) {
    return this.library.find(text);
  }
  create(book) {
    return book;
  }
}
decorate(Get(), 'list');
Query('q')(BooksController.prototype, 'list', 0);
decorate(Post('books'), 'create');
Body()(BooksController.prototype, 'create', 0);
Reflect.defineMetadata('design:paramtypes', [NewBook], BooksController.prototype, 'create');
Inject(Library)(BooksController, undefined, 0);
Controller()(BooksController);

class App {}
const validation = { provide: APP_PIPE, useValue: new ValidationPipe({ transform: true, whitelist: true }) };
Module({ controllers: [BooksController], providers: [Library, validation] })(App);

const app = await NestFactory.create(App);
app.enableCors();
await app.listen(Number(process.env.PORT), '127.0.0.1');

/** What the TypeScript compiler makes of a decorated method. */
function decorate(decorator, method) {
  const descriptor = Object.getOwnPropertyDescriptor(BooksController.prototype, method);
  decorator(BooksController.prototype, method, descriptor);
}
