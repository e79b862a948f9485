import { resolve } from 'node:path';
import ts from 'typescript';
import { END, freeze } from './freeze.js';

const options = { strict: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, types: [], noEmitOnError: false };

if (process.env.BENCH_WARM) for (let i = 0; i < 3; i++) compile(process.env.BENCH_WARM);

const { args, write } = await freeze();
for (const file of args) write(compile(resolve(file)));
write(END);
process.exit(0);

/** Checks and compiles a file; gives the diagnostics and the JavaScript. */
function compile(file) {
  let text = '';
  const program = ts.createProgram([file], options);
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
