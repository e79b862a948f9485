import js from '@eslint/js';
import { ESLint } from 'eslint';
import { END, freeze } from './freeze.js';

const eslint = new ESLint({ overrideConfigFile: true, overrideConfig: js.configs.all, warnIgnored: false });
const formatter = await eslint.loadFormatter('json');

if (process.env.BENCH_WARM) for (let i = 0; i < 3; i++) await lint([process.env.BENCH_WARM]);

const { args, write } = await freeze();
write(await lint(args));
write(END);
process.exit(0);

/** Lints files; gives the findings as JSON. */
async function lint(files) {
  return formatter.format(await eslint.lintFiles(files));
}
