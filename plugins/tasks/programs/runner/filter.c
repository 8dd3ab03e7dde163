/* SPDX-License-Identifier: Apache-2.0 */
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

// What an interpreter needs to compute, to use its own files, threads and timers. There is no call
// here that makes a socket, a process, a namespace, a mount or shared memory, or that looks at
// another process.
static const char *const allowed[] = {
    // files, below what the mounts and limits leave
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2",
    "pwritev2", "open", "openat", "close", "close_range", "creat", "lseek", "_llseek", "stat",
    "fstat", "lstat", "stat64", "fstat64", "lstat64", "newfstatat", "fstatat64", "statx", "statfs",
    "fstatfs", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents",
    "getdents64", "getcwd", "chdir", "fchdir", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat",
    "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "truncate",
    "ftruncate", "fallocate", "fsync", "fdatasync", "chmod", "fchmod", "fchmodat", "utime",
    "utimes", "futimesat", "utimensat", "umask", "flock", "fadvise64", "sendfile",
    "copy_file_range", "dup", "dup2", "dup3", "pipe", "pipe2",
    // waiting
    "select", "_newselect", "pselect6", "poll", "ppoll", "epoll_create", "epoll_create1",
    "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2",
    "timerfd_create", "timerfd_settime", "timerfd_gettime", "pause", "nanosleep", "clock_nanosleep",
    "wait4", "waitid", "restart_syscall",
    // a pair of connected sockets, which asyncio's loop needs; nothing that reaches further
    "recvfrom", "recvmsg", "shutdown", "getsockopt", "setsockopt", "getsockname", "getpeername",
    // memory
    "brk", "mmap", "munmap", "mprotect", "mremap", "madvise", "mincore", "msync",
    // threads of its own process
    "futex", "futex_waitv", "set_robust_list", "get_robust_list", "set_tid_address", "rseq",
    "membarrier", "sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler",
    "sched_get_priority_max", "sched_get_priority_min", "getcpu", "arch_prctl", "exit",
    "exit_group", "gettid",
    // signals: its pid namespace holds it alone
    "kill", "tgkill", "tkill", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend",
    "rt_sigpending", "rt_sigtimedwait", "sigaltstack", "sigreturn",
    // who and when
    "getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getgroups", "getresuid",
    "getresgid", "getpgrp", "getpgid", "getsid", "getpriority", "clock_gettime", "clock_getres",
    "gettimeofday", "time", "times", "getitimer", "setitimer", "alarm", "timer_create",
    "timer_settime", "timer_gettime", "timer_getoverrun", "timer_delete", "uname", "sysinfo",
    "getrlimit", "ugetrlimit", "getrusage", "getrandom"};

static int allow(scmp_filter_ctx filter, const char *name) {
    int number = seccomp_syscall_resolve_name(name);
    // A call that this machine does not have needs no rule.
    return number < 0 ? 0 : seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
}

static int allow_value(scmp_filter_ctx filter, int number, unsigned argument, uint64_t value) {
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1,
                            SCMP_CMP64(argument, SCMP_CMP_EQ, value, 0));
}

/* Threads, but no processes: all that a program takes is then one process's, and its limits are
 * the program's. clone3 cannot be looked into; the C library falls back to clone. */
static int allow_threads(scmp_filter_ctx filter) {
    int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                                 SCMP_CMP64(0, SCMP_CMP_MASKED_EQ,
                                            CLONE_THREAD | CLONE_VM | CLONE_NEWUSER | CLONE_NEWNS |
                                                CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
                                                CLONE_NEWUTS | CLONE_NEWCGROUP,
                                            CLONE_THREAD | CLONE_VM));
    return error ? error : seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

/* fcntl without F_SETPIPE_SZ (memory that no limit counts), F_SETOWN and F_SETSIG. */
static int allow_fcntl(scmp_filter_ctx filter) {
    static const int commands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL,
                                   F_SETFL, F_GETLK,         F_SETLK, F_SETLKW};
    int error = 0;
    for (size_t i = 0; i < sizeof commands / sizeof *commands && !error; i++) {
        error = allow_value(filter, SCMP_SYS(fcntl), 1, (uint64_t)commands[i]);
    }
    return error;
}

static int allow_ioctl(scmp_filter_ctx filter) {
    // TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX: questions, not terminals' input
    static const uint64_t requests[] = {0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451};
    int error = 0;
    for (size_t i = 0; i < sizeof requests / sizeof *requests && !error; i++) {
        error = allow_value(filter, SCMP_SYS(ioctl), 1, requests[i]);
    }
    return error;
}

static int allow_prctl(scmp_filter_ctx filter) {
    static const uint64_t options[] = {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE,
                                       0x53564d41 /* PR_SET_VMA */};
    int error = 0;
    for (size_t i = 0; i < sizeof options / sizeof *options && !error; i++) {
        error = allow_value(filter, SCMP_SYS(prctl), 0, options[i]);
    }
    return error;
}

/* Reading limits, of the caller. */
static int allow_prlimit(scmp_filter_ctx filter) {
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2,
                            SCMP_CMP64(0, SCMP_CMP_EQ, 0, 0), SCMP_CMP64(2, SCMP_CMP_EQ, 0, 0));
}

/* Sending: to the other end only, with no address to choose. sendmsg, which could carry descriptors
 * (memory that no limit counts), is not allowed. */
static int allow_sockets(scmp_filter_ctx filter) {
    int error = allow_value(filter, SCMP_SYS(socketpair), 0, AF_UNIX);
    return error ? error : allow_value(filter, SCMP_SYS(sendto), 4, 0);
}

static int add_rules(scmp_filter_ctx filter) {
    // A tree instead of a list: about 8 comparisons a call instead of 150. Older libraries lack it.
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
        int error = allow(filter, allowed[i]);
        if (error) {
            return error;
        }
    }
    int (*const more[])(scmp_filter_ctx) = {allow_threads, allow_fcntl,   allow_ioctl,
                                            allow_prctl,   allow_prlimit, allow_sockets};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        int error = more[i](filter);
        if (error) {
            return error;
        }
    }
    return 0;
}

/* Reads the filter back as instructions. */
static int export(scmp_filter_ctx filter, SandboxConfig *config) {
    int fd = memfd_create("filter", MFD_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    int error = seccomp_export_bpf(filter, fd);
    off_t size = error ? 0 : lseek(fd, 0, SEEK_END);
    if (!error && (size <= 0 || size > (off_t)sizeof config->filter ||
                   pread(fd, config->filter, (size_t)size, 0) != size)) {
        error = -E2BIG;
    }
    config->n_filter = (uint32_t)((size_t)size / sizeof *config->filter);
    close(fd);
    return error;
}

bool filter_build(SandboxConfig *config) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int error = filter ? add_rules(filter) : -ENOMEM;
    if (!error) {
        error = export(filter, config);
    }
    if (filter) {
        seccomp_release(filter);
    }
    errno = -error;
    return error == 0;
}
