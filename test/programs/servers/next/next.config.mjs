import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

// biome-ignore lint/style/noDefaultExport: Next.js reads it
export default { outputFileTracingRoot: root, turbopack: { root }, reactStrictMode: true };
