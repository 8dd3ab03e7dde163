/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/spawned.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <unistd.h>

static int set_descriptors(posix_spawn_file_actions_t *actions, const int fds[SPAWNED_FDS]) {
    int error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    for (int i = 0; error == 0 && i < SPAWNED_FDS; i++) {
        error = posix_spawn_file_actions_adddup2(actions, fds[i], STDOUT_FILENO + i);
    }
    return error ? error : posix_spawn_file_actions_addclosefrom_np(actions, SPAWNED_OWN_FD + 1);
}

static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF);
}

int spawned_start(const char *program, char *const *words, char *const *environment,
                  const int fds[SPAWNED_FDS], pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int error = set_descriptors(&actions, fds);
    error = error ? error : set_attributes(&attributes);
    error = error ? error : posix_spawn(pid, program, &actions, &attributes, words, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int spawned_fd(int fd) {
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, SPAWNED_OWN_FD + 1);
    int why = errno;
    close(fd);
    errno = why;
    return copy;
}
