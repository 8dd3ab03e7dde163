/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_ACCOUNTS_H
#define CLI_ACCOUNTS_H
/* What each plugin took of the host's memory: of a run as RUN/memory.jsonl, for people as a table.
 */
#include "plugin/loader.h"

#define ACCOUNTS_FILE "memory.jsonl"

typedef struct PluginAccount {
    char plugin[64];
    PluginMemoryStats stats; /* before it was closed */
    uint64_t left_bytes, left_blocks;
} PluginAccount;

typedef struct Accounts {
    PluginAccount *items;
    size_t n;
} Accounts;

/* Takes the numbers, closes every plugin of the host, and takes what is left. */
EmendStatus accounts_close(PluginHost *host, Accounts *out, EmendError *err);
void accounts_finish(Accounts *accounts);

/* A line a plugin into the file of a run's folder, which is there. */
EmendStatus accounts_write(const Accounts *accounts, const char *run_dir, EmendError *err);
EmendStatus accounts_read(const char *run_dir, Accounts *out, EmendError *err);

void accounts_print(FILE *out, const Accounts *accounts);
void accounts_print_json(FILE *out, const Accounts *accounts);

#endif
