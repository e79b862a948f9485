/** Reporter of node:test: one line for each test. */
// biome-ignore lint/style/noDefaultExport: Node.js reads it
export default async function* lines(events) {
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const how = data.skip === undefined ? (type === 'test:pass' ? 'ok' : 'not ok') : 'skip';
    yield `${how} ${'> '.repeat(data.nesting)}${data.name}\n`;
  }
}
