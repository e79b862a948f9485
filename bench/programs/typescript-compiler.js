import { resolve } from 'node:path';
import ts from 'typescript';
import { END, freeze } from './freeze.js';

/** Declarations of the standard library are parsed once, as a warm compiler server does. */
const library = new Map();
const options = {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  lib: ['lib.es2022.d.ts'],
  types: [],
  skipLibCheck: true,
};

if (process.env.BENCH_WARM) for (let i = 0; i < 3; i++) compile(process.env.BENCH_WARM);

const { args, write } = await freeze();
for (const file of args) write(compile(resolve(file)));
write(END);
process.exit(0);

/** Checks and compiles a file; gives the diagnostics and the JavaScript. */
function compile(file) {
  let text = '';
  const program = ts.createProgram([file], options, createHost());
  const diagnostics = ts.getPreEmitDiagnostics(program);
  program.emit(undefined, (name, content) => {
    text += `${name}\n${content}`;
  });
  return ts.formatDiagnostics(diagnostics, {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => process.cwd(),
    getNewLine: () => '\n',
  }) + text;
}

function createHost() {
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile;
  return {
    ...host,
    getSourceFile: (name, ...rest) => {
      if (!/\/lib\.[^/]*\.d\.ts$/.test(name)) return read(name, ...rest);
      if (!library.has(name)) library.set(name, read(name, ...rest));
      return library.get(name);
    },
  };
}
