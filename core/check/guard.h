/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_GUARD_H
#define CHECK_GUARD_H
/* Memory at whose edge a plugin that strays is caught: what it does there ends the test with a
 * verdict that names the block. */
#include "check/kit.h"

/* `n_bytes` of zeroes that end where a page begins that nobody may touch; nor may the page before
 * the block's own. Lives as long as the process; never NULL. `name` is for the verdict, and kept.
 */
void *guard_take(Kit *kit, const char *name, size_t n_bytes);
/* The same with a copy of `bytes`, which nobody may write to from now on. */
const void *guard_input(Kit *kit, const char *name, const void *bytes, size_t n_bytes);
/* Whether anything may be written to a block. */
void guard_seal(void *block, bool is_sealed);

#endif
