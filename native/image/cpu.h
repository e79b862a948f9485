/*
 * What the processor offers to programs, as an image records it and as a host must offer again.
 */
#ifndef CRAC_CPU_H
#define CRAC_CPU_H

#include "image.h"

/* Fills everything: features, vendor and brand. */
void cpu_read(struct crac_cpu *cpu);
/* Fills features and vendor only: each CPUID costs microseconds in a virtual machine. */
void cpu_read_features(struct crac_cpu *cpu);
/* The name of a bit of `features`, as in /proc/cpuinfo ("avx2"), or NULL for bits that are never
 * set. */
const char *cpu_feature_name(unsigned word, unsigned bit);

#endif
