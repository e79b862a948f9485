/*
 * PAGEMAP_SCAN (Linux 6.7), which <linux/fs.h> of older systems lacks.
 */
#ifndef CRAC_PAGEMAP_H
#define CRAC_PAGEMAP_H

#include <stdint.h>

struct scan_region {
    uint64_t start, end, categories;
};
struct scan_argument {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN_IOCTL _IOWR('f', 16, struct scan_argument)
#define SCAN_FILE (1u << 2)
#define SCAN_PRESENT (1u << 3)
#define SCAN_SWAPPED (1u << 4)
#define SCAN_ZERO (1u << 5)

#endif
