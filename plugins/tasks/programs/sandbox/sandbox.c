/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { INNER_ID = 1000 };

static bool write_proc(int proc_fd, const char *name, const char *text) {
    int fd = openat(proc_fd, name, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool is_written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return is_written;
}

static bool map_ids(int proc_fd, unsigned uid, unsigned gid) {
    char line[64];
    if (!write_proc(proc_fd, "self/setgroups", "deny")) {
        return false;
    }
    snprintf(line, sizeof line, "%d %u 1", INNER_ID, uid);
    if (!write_proc(proc_fd, "self/uid_map", line)) {
        return false;
    }
    snprintf(line, sizeof line, "%d %u 1", INNER_ID, gid);
    return write_proc(proc_fd, "self/gid_map", line);
}

/* The pid namespace is the fork's: this process is its first. */
static const char *own_namespaces(const SandboxConfig *config, int proc_fd) {
    unsigned uid = geteuid(), gid = getegid();
    char options[96];
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) != 0) {
        return "namespaces for a program";
    }
    if (!map_ids(proc_fd, uid, gid)) {
        return "the user map of a program";
    }
    snprintf(options, sizeof options, "mode=700,size=%llu,nr_inodes=1024,uid=%d,gid=%d",
             (unsigned long long)config->file_bytes, INNER_ID, INNER_ID);
    if (mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) != 0) {
        return "a private /tmp";
    }
    if (chdir("/tmp") != 0 || sethostname("program", 7) != 0) {
        return "the program's folder";
    }
    return NULL;
}

/* A limit that is lower already stays. */
static bool limit(__rlimit_resource_t resource, uint64_t value) {
    struct rlimit limits = {0};
    if (getrlimit(resource, &limits) != 0) {
        return false;
    }
    limits.rlim_max = limits.rlim_max < value ? limits.rlim_max : value;
    limits.rlim_cur = limits.rlim_max;
    return setrlimit(resource, &limits) == 0;
}

static bool set_limits(const SandboxConfig *config) {
    return limit(RLIMIT_CPU, config->cpu_s) && limit(RLIMIT_AS, config->memory_bytes) &&
           limit(RLIMIT_FSIZE, config->file_bytes) && limit(RLIMIT_NOFILE, config->n_files) &&
           limit(RLIMIT_CORE, 0) && limit(RLIMIT_MEMLOCK, 0) && limit(RLIMIT_MSGQUEUE, 0) &&
           limit(RLIMIT_SIGPENDING, 256) &&
           (config->is_unsafe || limit(RLIMIT_NPROC, config->n_processes));
}

static bool drop_capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0}, {0}};
    for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
        if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0) {
            return false;
        }
    }
    return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
           syscall(SYS_capset, &header, none) == 0;
}

static bool load_filter(const SandboxConfig *config) {
    struct sock_fprog program = {(unsigned short)config->n_filter,
                                 (struct sock_filter *)(uintptr_t)config->filter};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

/* Moves the descriptors to 3, 4 and 5 and closes all above. */
static bool keep_only(int keep[3]) {
    int high[3];
    for (int i = 0; i < 3; i++) {
        high[i] = fcntl(keep[i], F_DUPFD_CLOEXEC, 16);
        if (high[i] < 0) {
            return false;
        }
    }
    for (int i = 0; i < 3; i++) {
        if (dup3(high[i], 3 + i, O_CLOEXEC) < 0) {
            return false;
        }
        keep[i] = 3 + i;
    }
    return syscall(SYS_close_range, 6u, ~0u, 0u) == 0;
}

const char *sandbox_enter(const SandboxConfig *config, int proc_fd, int keep[3]) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || setsid() < 0) {
        return "a session for a program";
    }
    // Where the machine runs out of memory, the program goes before anybody else.
    write_proc(proc_fd, "self/oom_score_adj", "1000");
    if (!config->is_unsafe && config->has_namespaces) {
        const char *failed = own_namespaces(config, proc_fd);
        if (failed) {
            return failed;
        }
    }
    if (config->is_unsafe && chdir("/tmp") != 0) {
        return "the program's folder";
    }
    if (!keep_only(keep)) {
        return "the descriptors of a program";
    }
    if (!set_limits(config)) {
        return "resource limits";
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return "no_new_privs";
    }
    if (!config->is_unsafe && !drop_capabilities()) {
        return "dropping capabilities";
    }
    // A change of user clears it.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) {
        return "a session for a program";
    }
    if (!config->is_unsafe && !load_filter(config)) {
        return "the seccomp filter";
    }
    return NULL;
}
