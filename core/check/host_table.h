/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_HOST_TABLE_H
#define CHECK_HOST_TABLE_H
/* The EmendHost that a subject hands to its plugin: it counts blocks, refuses memory when it is
 * told to, and listens for what no plugin may do. */
#include "check/subject.h"

/* Makes subject->host; subject->kit and subject->options are set. False where memory is gone. */
bool host_table_open(Subject *subject);
/* Takes it away: using it from then on is a crash. Tells the kit of blocks left behind, and frees
 * them. */
void host_table_close(Subject *subject);

#endif
