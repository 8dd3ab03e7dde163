/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TASK_ANSWERS_H
#define TASK_ANSWERS_H
/* The final answer of a response: where it is, and whether it means the same as another.
 *
 * Texts are any bytes, of any length; every call takes time linear in them, and no memory. */
#include "emend/data.h"
#include <stdbool.h>

/* The content of the last \boxed{..} or \fbox{..}, braces matched, without the white space around
 * it, borrowed from text; `\boxed 7` has what comes before the next `$`. False where there is none
 * or the last one is never closed: a response that was cut there has no answer. */
bool answer_in_box(EmendStr text, EmendStr *answer);

#endif
