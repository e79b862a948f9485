import { resolve } from 'node:path';
import type { CheckpointParts, CheckpointRequest } from './checkpoint-parts.js';
import { currentDirectory } from './current-directory.js';

/**
 * Checks how the image shall be named, long before it is made: its path becomes absolute, its labels are complete.
 *
 * @throws {CracException} `ERR_CRAC_PLACEHOLDER_INVALID`, `ERR_CRAC_LABEL_INVALID`
 */
export function nameImage({ images }: CheckpointParts, request: CheckpointRequest): CheckpointRequest {
  if (request.directory === '') return request;
  images.checkPath(request.directory);
  return {
    ...request,
    directory: resolve(images.literalPath(currentDirectory()), request.directory),
    labels: images.labels(request.labels),
  };
}

/** The time and the generation in the path of an image are those of its own turn. */
export function expandName({ images }: CheckpointParts, request: CheckpointRequest): CheckpointRequest {
  return { ...request, directory: images.expandPath(request.directory) };
}
