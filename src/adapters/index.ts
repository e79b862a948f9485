/**
 * Resources for libraries that cannot know of checkpoints. None of them imports its library: pass what the program has of it.
 *
 * @packageDocumentation
 */
export { bsonResource, type ObjectIdClass } from './bson-resource.js';
export { type PinoLogger, pinoResource } from './pino-resource.js';
export { renewed } from './renewed.js';
export { type TlsFiles, type TlsFilesServer, tlsFilesResource } from './tls-files-resource.js';
