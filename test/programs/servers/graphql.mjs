import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';
import { books, find } from './books.mjs';

const typeDefs = /* GraphQL */ `
  type Book { id: Int!, title: String!, pages: Int!, next: Book }
  type Query { books(text: String): [Book!]!, book(id: Int!): Book }
  type Mutation { rename(id: Int!, title: String!): Book! }
`;
const resolvers = {
  Query: { books: (_, { text }) => find(text), book: (_, { id }) => books[id] },
  Mutation: { rename: (_, { id, title }) => ({ ...books[id], title }) },
  Book: { next: async ({ id }) => books[id + 1] },
};

const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: 'warn' });
createServer(yoga).listen(Number(process.env.PORT), '127.0.0.1');
