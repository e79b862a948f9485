import { createRequire } from 'node:module';

const load = process.argv[2] === 'require' ? createRequire(import.meta.url) : (name) => import(name);
const names = {};
for (const entry of [
  'node-crac',
  'node-crac/adapters',
  'node-crac/engine',
  'node-crac/management',
  'node-crac/register',
  'node-crac/testing',
]) {
  const exported = Object.keys(await load(entry)).filter((name) => name !== '__esModule');
  names[entry] = exported.sort();
}
console.log(JSON.stringify(names));
