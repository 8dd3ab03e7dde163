/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_RANDOM_H
#define CHECK_RANDOM_H
/* Numbers for tests, the same on every machine. `state` is the seed, and moves on. */
#include <stdint.h>

double check_normal(uint64_t *state); /* standard normal */
uint32_t check_below(uint64_t *state, uint32_t bound);

#endif
