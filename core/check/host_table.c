/* SPDX-License-Identifier: Apache-2.0 */
#include "check/host_table.h"
#include "manifest/utf8.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK_MAGIC 0x4B434F4C424E4D45u
#define FREED_MAGIC 0x4445455246454D45u
#define ALIGN_MAX 4096u
enum { CANARY_BYTES = 16, FRESH = 0xA5, CANARY = 0xC3, POISON = 0xB7 };

/* Sits right below the bytes handed out. */
typedef struct SubjectBlock {
    uint64_t magic;
    Subject *owner;
    struct SubjectBlock *before, *after;
    void *memory; /* what malloc gave */
    uint64_t size;
} SubjectBlock;

static _Thread_local uint32_t role = EMEND_ROLE_UNKNOWN;

void subject_role_set(uint32_t new_role) {
    role = new_role;
}

/* ---- whose table it is ---------------------------------------------------------------------- */

enum { SUBJECTS_MAX = 64 };
static pthread_mutex_t subjects_mutex = PTHREAD_MUTEX_INITIALIZER;
static Subject *subjects[SUBJECTS_MAX]; /* those with an open table */

static bool register_subject(Subject *subject) {
    bool is_done = false;
    pthread_mutex_lock(&subjects_mutex);
    for (size_t i = 0; i < SUBJECTS_MAX && !is_done; i++) {
        if (!subjects[i]) {
            subjects[i] = subject;
            is_done = true;
        }
    }
    pthread_mutex_unlock(&subjects_mutex);
    return is_done;
}

static void forget_subject(const Subject *subject) {
    pthread_mutex_lock(&subjects_mutex);
    for (size_t i = 0; i < SUBJECTS_MAX; i++) {
        if (subjects[i] == subject) {
            subjects[i] = NULL;
        }
    }
    pthread_mutex_unlock(&subjects_mutex);
}

/* The subject of a table; where it is none of ours, a plugin's copy, any subject is told. */
static Subject *subject_of(const EmendHost *host, const char *call) {
    Subject *found = NULL, *any = NULL;
    pthread_mutex_lock(&subjects_mutex);
    for (size_t i = 0; i < SUBJECTS_MAX; i++) {
        any = subjects[i] ? subjects[i] : any;
        if (subjects[i] && subjects[i]->host == host) {
            found = subjects[i];
        }
    }
    pthread_mutex_unlock(&subjects_mutex);
    if (!found && any) {
        kit_fail(any->kit, "keep the pointer that open() was given, and call through it",
                 "%s was called with another host table than the one handed to open(); the table "
                 "must not be copied",
                 call);
        return any;
    }
    if (!found) {
        abort(); // called after close, through a copy: there is nobody left to tell
    }
    return found;
}

/* ---- memory --------------------------------------------------------------------------------- */

/* Whether the options make this allocation fail. */
static bool is_refused(Subject *subject) {
    long n = atomic_fetch_add(&subject->n_allocs, 1) + 1;
    long first = subject->options.n_until_no_memory;
    return first > 0 && (subject->options.fails_once ? n == first : n >= first);
}

static void *host_alloc(const EmendHost *host, uint64_t size, uint64_t align) {
    Subject *subject = subject_of(host, "alloc");
    align = align == 0 ? 16 : align;
    if (align > ALIGN_MAX || (align & (align - 1)) != 0) {
        kit_fail(subject->kit, "ask for 0 where the default of 16 will do",
                 "alloc was asked for an alignment of %llu; it must be a power of two up to %u",
                 (unsigned long long)align, ALIGN_MAX);
        return NULL;
    }
    if (is_refused(subject) || size > SIZE_MAX / 2) {
        return NULL;
    }
    uint64_t room = sizeof(SubjectBlock) + align + size + CANARY_BYTES;
    char *memory = malloc(room);
    if (!memory) {
        return NULL;
    }
    uintptr_t at = (uintptr_t)memory + sizeof(SubjectBlock);
    at = (at + align - 1) & ~(uintptr_t)(align - 1);
    SubjectBlock *block = (SubjectBlock *)(at - sizeof(SubjectBlock));
    *block = (SubjectBlock){.magic = BLOCK_MAGIC, .owner = subject, .memory = memory, .size = size};
    memset((void *)at, FRESH, size);
    memset((char *)at + size, CANARY, CANARY_BYTES);
    pthread_mutex_lock(&subject->mutex);
    block->after = subject->blocks;
    if (block->after) {
        block->after->before = block;
    }
    subject->blocks = block;
    pthread_mutex_unlock(&subject->mutex);
    atomic_fetch_add(&subject->n_blocks, 1);
    return (void *)at;
}

static void unlink_block(Subject *subject, SubjectBlock *block) {
    pthread_mutex_lock(&subject->mutex);
    if (block->before) {
        block->before->after = block->after;
    } else {
        subject->blocks = block->after;
    }
    if (block->after) {
        block->after->before = block->before;
    }
    pthread_mutex_unlock(&subject->mutex);
    atomic_fetch_sub(&subject->n_blocks, 1);
}

static void check_canary(Subject *subject, const SubjectBlock *block) {
    const unsigned char *end = (const unsigned char *)(block + 1) + block->size;
    for (int i = 0; i < CANARY_BYTES; i++) {
        if (end[i] != CANARY) {
            kit_fail(subject->kit, "build the plugin with -fsanitize=address to see where",
                     "a block of %llu bytes was written past its end; nothing may be",
                     (unsigned long long)block->size);
            return;
        }
    }
}

static void host_free(const EmendHost *host, void *bytes) {
    Subject *subject = subject_of(host, "free");
    if (!bytes) {
        return;
    }
    SubjectBlock *block = (SubjectBlock *)bytes - 1;
    if (block->magic != BLOCK_MAGIC || block->owner != subject) {
        kit_fail(subject->kit, "free a block once, with the host it came from",
                 "free was given %s; it must be a live block of this host's alloc",
                 block->magic == FREED_MAGIC   ? "a block that was freed before"
                 : block->magic == BLOCK_MAGIC ? "a block of another host table"
                                               : "what no alloc of the host gave");
        return;
    }
    check_canary(subject, block);
    unlink_block(subject, block);
    block->magic = FREED_MAGIC;
    memset(bytes, FRESH, block->size);
    free(block->memory);
}

/* ---- the other calls ------------------------------------------------------------------------ */

static void host_log(const EmendHost *host, uint32_t level, EmendStr message) {
    Subject *subject = subject_of(host, "log");
    const char *wrong = NULL;
    if (level > EMEND_LOG_ERROR) {
        wrong = "has a level above EMEND_LOG_ERROR; it must be one of EMEND_LOG_*";
    } else if (!message.ptr || message.len == 0) {
        wrong = "is empty; it must be one line";
    } else if (utf8_valid_len(message.ptr, message.len) != message.len) {
        wrong = "is not UTF-8; it must be valid UTF-8";
    } else if (memchr(message.ptr, '\n', message.len)) {
        wrong = "has a newline in it; it must be one line without";
    }
    if (wrong) {
        kit_fail(subject->kit, "mend what the plugin gives to host->log", "a line of its log %s",
                 wrong);
    }
    atomic_fetch_add(&subject->n_logged, 1);
}

static uint32_t host_thread_role(const EmendHost *host) {
    (void)subject_of(host, "thread_role");
    return role;
}

static int32_t host_is_cancelled(const EmendHost *host) {
    const volatile int *cancel = subject_of(host, "is_cancelled")->options.cancel;
    return cancel && __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0;
}

static const void *host_service(const EmendHost *host, const char *id) {
    (void)subject_of(host, "service");
    (void)id;
    return NULL; // this host has none
}

/* ---- the table ------------------------------------------------------------------------------ */

static size_t page_bytes(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

bool host_table_open(Subject *subject) {
    uint32_t size = subject->options.host_size;
    size = size == 0 ? (uint32_t)sizeof(EmendHost) : size;
    const EmendHost table = {.struct_size = size,
                             .abi_major = EMEND_ABI_MAJOR,
                             .abi_minor =
                                 size > sizeof(EmendHost) ? EMEND_ABI_MINOR + 1 : EMEND_ABI_MINOR,
                             .name = "emend check",
                             .version = "1",
                             .alloc = host_alloc,
                             .free = host_free,
                             .log = host_log,
                             .thread_role = host_thread_role,
                             .is_cancelled = host_is_cancelled,
                             .service = host_service};
    size_t page = page_bytes();
    if (size > page) {
        return false;
    }
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        return false;
    }
    memset(pages, POISON, page);
    memcpy(pages + page - size, &table, size < sizeof table ? size : sizeof table);
    subject->host = (const EmendHost *)(pages + page - size);
    role = EMEND_ROLE_CONTROL;
    if (mprotect(pages, page, PROT_READ) != 0 || mprotect(pages + page, page, PROT_NONE) != 0 ||
        !register_subject(subject)) {
        munmap(pages, 2 * page);
        subject->host = NULL;
        return false;
    }
    return true;
}

static void report_blocks(Subject *subject) {
    uint64_t bytes = 0;
    long n = 0;
    while (subject->blocks) {
        SubjectBlock *block = subject->blocks;
        subject->blocks = block->after;
        bytes += block->size;
        n++;
        free(block->memory);
    }
    if (n > 0) {
        kit_fail(subject->kit, "free in close() and destroy() what was taken from the host",
                 "%ld block%s of the host, %llu bytes, %s left after close(); none must be", n,
                 n == 1 ? "" : "s", (unsigned long long)bytes, n == 1 ? "is" : "are");
    }
}

void host_table_close(Subject *subject) {
    if (!subject->host) {
        return;
    }
    size_t page = page_bytes();
    // Not unmapped: a table that comes later must not hide that this one is used after close.
    mprotect((void *)((uintptr_t)subject->host & ~(uintptr_t)(page - 1)), page, PROT_NONE);
    forget_subject(subject);
    report_blocks(subject);
    subject->host = NULL;
}
