import { libraryLoad } from '../measure/library-load.js';
import { inRepository } from '../measure/paths.js';
import type { Scenario } from './scenario.js';
import { raceServer } from './server.js';

const WARMING_REQUESTS = 2000;

/** The Express example: a rendered page through eight middlewares. */
export const express: Scenario = {
  name: 'express',
  measures:
    'An Express 5 server, warmed by 2000 requests: spawn to the first complete answer, a rendered page.',
  run: (bench) =>
    raceServer(bench, {
      program: inRepository('examples/express-server/server.js'),
      path: '/?q=kyoto',
      expected: '<p>10 books</p>',
      warming: libraryLoad(WARMING_REQUESTS),
    }),
};

/** A Fastify server with plugins and schemas. */
export const fastify: Scenario = {
  name: 'fastify',
  measures:
    'A Fastify 5 server, warmed by 2000 requests: spawn to the first complete answer, JSON by a schema.',
  run: (bench) =>
    raceServer(bench, {
      program: inRepository('bench/programs/fastify-server.js'),
      path: '/api/notes?tag=t3',
      expected: '"title":"Note 3"',
      warming: Array.from({ length: WARMING_REQUESTS }, (_, index) => ({
        path: `/api/notes?tag=t${index % 7}`,
      })),
    }),
};
