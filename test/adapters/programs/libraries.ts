/**
 * Makes what a library makes, before and after a checkpoint, and prints what no two processes may share. Arguments: the library, and `helped` for
 * a program with the line that `docs/guide/libraries.md` recommends.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { getGlobalContext } from 'node-crac';
import { bsonResource, type ObjectIdClass, type PinoLogger, pinoResource, renewed } from 'node-crac/adapters';
import { importLibrary, requireLibrary } from '../../support/library.js';
import { checkpoint } from '../../support/program.js';

type Make = () => string | Promise<string>;
type MakeText = (...values: unknown[]) => string;

const [library = '', how] = process.argv.slice(2);
const helped = how === 'helped';

const libraries: Readonly<Record<string, () => Make | Promise<Make>>> = {
  async 'bson 6'() {
    const { ObjectId } = requireLibrary<{
      ObjectId: ObjectIdClass & (new () => { toHexString(): string });
    }>('bson6');
    if (helped) getGlobalContext().register(bsonResource(ObjectId));
    // Without the seconds of the clock, at which two copies are different by chance.
    return () => new ObjectId().toHexString().slice(8);
  },

  hyperid() {
    const hyperid = requireLibrary<() => () => string>('hyperid');
    return helped ? renewed(() => hyperid()) : hyperid();
  },

  'ulid monotonicFactory'() {
    const { monotonicFactory } = requireLibrary<{ monotonicFactory: () => (time: number) => string }>('ulid');
    const ulid = helped ? renewed(() => monotonicFactory()) : monotonicFactory();
    // At the same millisecond.
    return () => ulid(1e12);
  },

  async 'uuid v1'() {
    const { v1 } = await importLibrary<{ v1: MakeText }>('uuid');
    const make = (): string => (helped ? v1({ random: randomBytes(16) }) : v1());
    // The node, which tells processes apart.
    return () => make().slice(-12);
  },

  pino() {
    const pino =
      requireLibrary<(options: object, stream: object) => PinoLogger & { info(text: string): void }>('pino');
    let line = '';
    const logger = pino({}, { write: (text: string) => (line = text) });
    if (helped) getGlobalContext().register(pinoResource(logger));
    return () => {
      logger.info('hello');
      return String(JSON.parse(line).pid);
    };
  },

  async 'fastify request ids'() {
    interface App {
      get(path: string, handler: (request: { id: string }) => Promise<string>): void;
      inject(path: string): Promise<{ body: string }>;
    }
    const fastify = requireLibrary<(options: object) => App>('fastify');
    const app = fastify(helped ? { genReqId: () => randomUUID() } : {});
    app.get('/', async ({ id }) => id);
    return async () => (await app.inject('/')).body;
  },

  async 'express-session'() {
    interface Request {
      sessionID: string;
    }
    type Middleware = (request: object, response: object, next: () => void) => void;
    const session = requireLibrary<(options: object) => Middleware>('express-session');
    process.removeAllListeners('warning');
    const middleware = session({
      secret: 'x',
      resave: false,
      saveUninitialized: true,
      store: new (storeOf(session))(),
    });
    return () => {
      const request = { url: '/', originalUrl: '/', headers: {} } as unknown as Request;
      middleware(request, { on() {}, end() {} }, () => {});
      return request.sessionID;
    };
  },

  async nanoid() {
    const { nanoid } = await importLibrary<{ nanoid: () => string }>('nanoid');
    return nanoid;
  },

  async 'uuid v4'() {
    return (await importLibrary<{ v4: () => string }>('uuid')).v4;
  },

  async 'uuid v7'() {
    const { v7 } = await importLibrary<{ v7: MakeText }>('uuid');
    // Without the milliseconds.
    return () => v7().slice(19);
  },
};

function storeOf(session: unknown): new () => object {
  return (session as { MemoryStore: new () => object }).MemoryStore;
}

const make = await libraries[library]?.();
if (make === undefined) throw new Error(`There is no way to use "${library}".`);
await make();

await checkpoint();

process.stdout.write(`${await make()}\n`);
