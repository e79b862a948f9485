const FOLDER = 'build/test/';
const ENDING = '.test.js';

/** How a test file is called in reports: `build/test/core/order.test.js` is `core/order`. */
export function nameOf(path: string): string {
  return path.startsWith(FOLDER) && path.endsWith(ENDING) ? path.slice(FOLDER.length, -ENDING.length) : path;
}
