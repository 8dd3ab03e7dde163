/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/process_state.h"
#include <fenv.h>
#include <float.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* FNV-1a, every text's NUL included. */
static uint64_t hash_environment(void) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (char **text = environ; text && *text; text++) {
        const char *c = *text;
        do {
            hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
        } while (*c++);
    }
    return hash;
}

/* By what the processor does, not by its registers, so that every processor can be asked. */
static bool keeps_denormals(void) {
    volatile double smallest = DBL_MIN;
    volatile double half = smallest / 2;
    volatile double back = half * 2;
    return half != 0 && back == smallest;
}

/* fegetround() knows of one of x86's two floating-point units; sums know of the other. */
static int rounding(void) {
    volatile double one = 1, more = 0x1.8p-53, little = 0x1p-54;
    volatile double up = one + more, down = -one - more, same = one + little;
    return fegetround() * 8 + (up > one) * 4 + (down < -one) * 2 + (same > one);
}

static uintptr_t handler_of(int signal_number) {
    struct sigaction action;
    if (sigaction(signal_number, NULL, &action) != 0) {
        return 0;
    }
    return action.sa_flags & SA_SIGINFO ? (uintptr_t)action.sa_sigaction
                                        : (uintptr_t)action.sa_handler;
}

void process_state_take(ProcessState *out) {
    memset(out, 0, sizeof *out);
    const char *locale = setlocale(LC_ALL, NULL);
    snprintf(out->locale, sizeof out->locale, "%s", locale ? locale : "");
    out->has_thread_locale = uselocale((locale_t)0) != LC_GLOBAL_LOCALE;
    if (!getcwd(out->folder, sizeof out->folder)) {
        out->folder[0] = '\0';
    }
    out->umask = umask(0);
    umask(out->umask);
    out->rounding = rounding();
    out->keeps_denormals = keeps_denormals();
    out->traps = fegetexcept();
    for (int i = 1; i < NSIG; i++) {
        out->handlers[i] = handler_of(i);
    }
    pthread_sigmask(SIG_SETMASK, NULL, &out->blocked);
    out->environment = hash_environment();
}

/* Of consequence: what is computed, where files lie, and whether a run can be stopped. */
static void compare_harm(const ProcessState *before, const ProcessState *now,
                         void (*tell)(void *ctx, bool is_harm, const char *text), void *ctx) {
    char text[2 * PATH_MAX + 128];
    if (strcmp(before->locale, now->locale) != 0 ||
        before->has_thread_locale != now->has_thread_locale) {
        snprintf(text, sizeof text,
                 "it changed the locale from \"%.200s\" to \"%.200s\", by which numbers are read "
                 "and written",
                 before->locale, now->has_thread_locale ? "one of its own" : now->locale);
        tell(ctx, true, text);
    }
    if (before->rounding != now->rounding) {
        tell(ctx, true, "it changed the rounding mode, on which every result depends");
    }
    if (before->keeps_denormals && !now->keeps_denormals) {
        tell(ctx, true,
             "it turned denormal numbers to zero (FTZ, DAZ), on which results depend; linking with "
             "-ffast-math does that");
    }
    if (before->traps != now->traps) {
        tell(ctx, true, "it changed which floating-point exceptions end the process");
    }
    if (strcmp(before->folder, now->folder) != 0) {
        snprintf(text, sizeof text,
                 "it changed the working directory to %.400s, from which files are found",
                 now->folder);
        tell(ctx, true, text);
    }
    if (before->handlers[SIGINT] != now->handlers[SIGINT] ||
        before->handlers[SIGTERM] != now->handlers[SIGTERM]) {
        tell(ctx, true,
             "it took over SIGINT or SIGTERM, by which a run is stopped with a checkpoint");
    }
}

void process_state_compare(const ProcessState *before, const ProcessState *now,
                           void (*tell)(void *ctx, bool is_harm, const char *text), void *ctx) {
    char text[128];
    compare_harm(before, now, tell, ctx);
    if (before->umask != now->umask) {
        snprintf(text, sizeof text, "it changed the umask from %03o to %03o",
                 (unsigned)before->umask, (unsigned)now->umask);
        tell(ctx, false, text);
    }
    for (int i = 1; i < NSIG; i++) {
        if (before->handlers[i] != now->handlers[i] && i != SIGINT && i != SIGTERM) {
            const char *name = sigabbrev_np(i);
            snprintf(text, sizeof text, "it handles the signal %s%s", name ? "SIG" : "",
                     name ? name : "of another name");
            tell(ctx, false, text);
        }
    }
    if (memcmp(&before->blocked, &now->blocked, sizeof before->blocked) != 0) {
        tell(ctx, false, "it changed which signals the calling thread blocks");
    }
    if (before->environment != now->environment) {
        tell(ctx, false, "it changed the environment");
    }
}
