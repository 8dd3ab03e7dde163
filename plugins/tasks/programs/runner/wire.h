/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROGRAMS_WIRE_H
#define PROGRAMS_WIRE_H
/* What is spoken between the pool, the runner and its warm interpreters. All three are built
 * together and run on one machine, so structs go over as they lie in memory. */
#include <stdint.h>

/* Pool to runner, over WIRE_SOCKET (stream): this, then the program's text, then the tests as
 * checker.py reads them. */
typedef struct WireRequest {
    uint32_t program_bytes, tests_bytes;
    uint32_t n_tests;
    uint32_t keeps_output;
} WireRequest;

/* Runner to pool: once after its start, then once for each request; then the detail, and the head
 * and the tail of the output. */
typedef struct WireReply {
    uint32_t verdict; /* a ProgramVerdict */
    int32_t status;   /* an EmendStatus; not EMEND_OK: the runner ends, and the detail says why */
    uint64_t n_passed, n_tests;
    uint32_t detail_bytes; /* at most WIRE_DETAIL */
    uint32_t is_suspect; /* the tests' process was lost with no verdict: once more, then it fails */
    uint64_t output_bytes;           /* that the program wrote */
    uint32_t head_bytes, tail_bytes; /* each at most PROGRAM_OUTPUT_BYTES */
} WireReply;

enum {
    WIRE_DETAIL = 1023,
    WIRE_SOCKET = 3,  /* in the runner: to the pool; in an interpreter: to the runner (seqpacket) */
    WIRE_PROC = 4,    /* in an interpreter: the machine's /proc, for maps and namespaces */
    WIRE_CONFIG = 5,  /* in an interpreter: a SandboxConfig */
    WIRE_FILTER = 512 /* instructions that a filter may have */
};

/* Runner to interpreter: one byte. FORK carries descriptors: the two processes' channel, the report
 * (status or verdict), the text, and, where there is a fourth, what standard output and error are.
 */
enum { WIRE_FORK = 'F', WIRE_REAP = 'W' };
enum { FORK_CHANNEL, FORK_REPORT, FORK_TEXT, FORK_OUTPUT, FORK_FDS };

/* Interpreter to runner. READY once; FORKED carries a pidfd; REAPED the wait status. */
enum { WIRE_READY = 'R', WIRE_FORKED = 'f', WIRE_REAPED = 'w', WIRE_REFUSED = 'e' };
typedef struct WireAnswer {
    int32_t kind;
    int32_t value;  /* REFUSED: errno; REAPED: the wait status */
    int64_t cpu_us; /* REAPED: processor time of the process and of what it waited for */
} WireAnswer;

typedef struct SandboxInstruction { /* as struct sock_filter */
    uint16_t code;
    uint8_t jt, jf;
    uint32_t k;
} SandboxInstruction;

/* How a forked process is shut in. */
typedef struct SandboxConfig {
    uint64_t memory_bytes, file_bytes, cpu_s, n_processes, n_files;
    uint32_t has_namespaces; /* of its own, for each process: the program's, not the tests' */
    uint32_t is_unsafe;      /* nothing but resource limits */
    uint32_t n_filter;
    SandboxInstruction filter[WIRE_FILTER];
} SandboxConfig;

/* First byte of a program's report, written before any of its code runs. */
enum { REPORT_COMPILED = 'C', REPORT_SYNTAX = 'S', REPORT_ISOLATION = 'I' };
/* Lines of the tests' report begin so: how many tests there are (where their parts count), a test
 * passed, failed, the program was lost, all is done. */
enum {
    REPORT_TESTS = 'N',
    REPORT_PASS = 'P',
    REPORT_FAIL = 'F',
    REPORT_LOST = 'D',
    REPORT_END = 'E'
};

#endif
