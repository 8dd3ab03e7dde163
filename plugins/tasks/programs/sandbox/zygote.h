/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROGRAMS_ZYGOTE_H
#define PROGRAMS_ZYGOTE_H
/* The part of a warm interpreter that Python cannot do; zygote.py calls it through ctypes, in this
 * order: zygote_open, zygote_ready, then for each process zygote_next, fork, and zygote_forked in
 * the parent or zygote_enter in the child. One thread. */

#define ZYGOTE_API __attribute__((visibility("default")))

/* Reads the config at descriptor WIRE_CONFIG. 0, or errno. */
ZYGOTE_API int zygote_open(void);
/* Says that everything is loaded. 0, or errno. */
ZYGOTE_API int zygote_ready(void);
/* Waits for an order to fork, and makes the next fork the first process of a pid namespace. Returns
 * 0, or non-zero: the runner is gone, and so should be the interpreter. */
ZYGOTE_API int zygote_next(void);
/* In the parent, with what fork returned: tells the runner. 0, or errno. */
ZYGOTE_API int zygote_forked(int pid);
/* In the child: shuts it in. The descriptors are then 3 (channel), 4 (report), 5 (text). NULL, or
 * what could not be had, to be told on zygote_report(). */
ZYGOTE_API const char *zygote_enter(void);
ZYGOTE_API int zygote_report(void);
/* Whether somebody reads the standard output of the process. */
ZYGOTE_API int zygote_has_output(void);

#endif
