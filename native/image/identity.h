/*
 * What a mapped file contains, reduced to a few bytes that an image can keep.
 */
#ifndef CRAC_IDENTITY_H
#define CRAC_IDENTITY_H

#include "image.h"

/* Fills size and identity of an open file, and leaves `path` alone. Returns 0, or a negated errno.
 */
int file_identity(int fd, struct crac_file *out);

#endif
