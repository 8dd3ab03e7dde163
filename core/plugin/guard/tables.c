/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/guard/tables.h"
#include <string.h>

/* Behind struct_size and flags every table is function pointers and nothing else. */
enum { HEADER_BYTES = 2 * sizeof(uint32_t) };

static const void *find_guarded(const char *kind, size_t *size) {
    const struct {
        const char *kind;
        const void *table;
        size_t size;
    } tables[] = {
        {EMEND_KIND_BACKEND, &guarded_backend, sizeof guarded_backend},
        {EMEND_KIND_TOKENIZER, &guarded_tokenizer, sizeof guarded_tokenizer},
        {EMEND_KIND_TASK, &guarded_task, sizeof guarded_task},
        {EMEND_KIND_REWARD, &guarded_reward, sizeof guarded_reward},
        {EMEND_KIND_ALGORITHM, &guarded_algorithm, sizeof guarded_algorithm},
        {EMEND_KIND_TRACKER, &guarded_tracker, sizeof guarded_tracker},
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if (strcmp(tables[i].kind, kind) == 0) {
            *size = tables[i].size;
            return tables[i].table;
        }
    }
    return NULL;
}

void guard_table(const char *kind, const Guarded *who, void *out) {
    size_t size = 0;
    const char *ours = find_guarded(kind, &size), *theirs = who->table;
    memcpy(out, theirs, HEADER_BYTES);
    for (size_t at = HEADER_BYTES; at < size; at += sizeof(void *)) {
        void *member = NULL;
        memcpy(&member, theirs + at, sizeof member);
        if (member) {
            memcpy(&member, ours + at, sizeof member);
        }
        memcpy((char *)out + at, &member, sizeof member);
    }
}
