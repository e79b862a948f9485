/** A server of Express that, asked for /suite, closes and runs Express's own tests in its process. */

import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('./express/test/', import.meta.url));
const express = require('..');
const Mocha = require('mocha');

const app = express();
app.use(express.json());
app.get('/', (_request, response) => response.json({ ready: true }));
app.get('/suite', (_request, response) => {
  response.json({ started: true });
  server.close(runSuite);
});
const server = app.listen(Number(process.env.PORT), '127.0.0.1');

function runSuite() {
  const mocha = new Mocha({ checkLeaks: true, reporter: Lines });
  require('./support/env');
  for (const folder of ['./', './acceptance/'])
    for (const file of readdirSync(new URL(`./express/test/${folder}`, import.meta.url)).sort())
      if (file.endsWith('.js')) mocha.addFile(require.resolve(folder + file));
  mocha.run((failures) => process.exit(failures === 0 ? 0 : 1));
}

/** One line for each test. */
function Lines(runner) {
  runner.on('pass', (test) => console.log(`ok ${test.fullTitle()}`));
  runner.on('fail', (test) => console.log(`not ok ${test.fullTitle()}`));
}
