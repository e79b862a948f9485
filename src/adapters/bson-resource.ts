import type { Resource } from '../core/resource.js';

/** The class `ObjectId` of bson 5 and 6, as far as it is used here. */
export interface ObjectIdClass {
  /** Counter that every id is given from. */
  index: number;
  /** Makes the 12 bytes of an id. */
  generate(time?: number): Uint8Array;
}

/** Bytes 4 to 8 of an id tell processes apart. */
const UNIQUE = { offset: 4, size: 5 } as const;

/**
 * Object ids of bson 5 and 6 (mongodb 5 and 6, mongoose 7 and 8): five bytes of each are drawn once per process, so two restored processes would make
 * the same ids. After a restore they have bytes and a counter of their own. bson 7 needs nothing.
 *
 * @example
 * ```js
 * import { getGlobalContext } from 'node-crac';
 * import { bsonResource } from 'node-crac/adapters';
 *
 * class ObjectId { static index = 0; static generate() { return new Uint8Array(12); } } // import { ObjectId } from 'mongodb';
 * getGlobalContext().register(bsonResource(ObjectId));
 * ```
 */
export function bsonResource(ObjectId: ObjectIdClass): Resource {
  const generate = ObjectId.generate;
  let unique: Uint8Array | undefined;
  return {
    beforeCheckpoint() {},
    afterRestore(_context, { restored }) {
      if (!restored) return;
      const { randomBytes, randomInt } = process.getBuiltinModule('node:crypto');
      ObjectId.index = randomInt(2 ** 24);
      if (unique === undefined) {
        ObjectId.generate = function (this: ObjectIdClass, time) {
          const id = generate.call(this, time);
          id.set(unique ?? [], UNIQUE.offset);
          return id;
        };
      }
      unique = randomBytes(UNIQUE.size);
    },
  };
}
