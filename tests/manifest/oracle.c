/* SPDX-License-Identifier: Apache-2.0 */
#include "oracle.h"

#include <check.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const DescriptorPool *rich_pool(void) {
    static DescriptorPool *pool = NULL;
    char message[MESSAGE_BYTES];
    EmendError err = emend_error_on(message, sizeof message);
    if (!pool) {
        ck_assert_msg(descriptor_pool_load(RICH_DESC, &pool, &err) == EMEND_OK, "%s", message);
    }
    return pool;
}

const MessageType *rich_type(const char *name) {
    const MessageType *type = descriptor_pool_message(rich_pool(), name);
    ck_assert_msg(type != NULL, "rich.proto has no %s", name);
    return type;
}

bool ours_encode(const char *type, const char *text, size_t len, WireBuffer *out, char *message) {
    EmendError err = emend_error_on(message, MESSAGE_BYTES);
    TextTree *tree = NULL;
    *out = (WireBuffer){0};
    EmendStatus status = text_tree_parse((EmendStr){text, len}, "t", &tree, &err);
    if (status == EMEND_OK) {
        status = text_tree_encode(tree, rich_type(type), NULL, out, &err);
    }
    ck_assert_msg(status == EMEND_OK || (message[0] != '\0' && err.code == status),
                  "a refusal says why");
    text_tree_destroy(tree);
    return status == EMEND_OK;
}

static void read_all(FILE *file, WireBuffer *out) {
    rewind(file);
    size_t capacity = 4096;
    *out = (WireBuffer){.bytes = malloc(capacity), .capacity = capacity};
    for (;;) {
        out->len += fread(out->bytes + out->len, 1, out->capacity - out->len - 1, file);
        if (out->len + 1 < out->capacity) {
            out->bytes[out->len] = 0;
            return;
        }
        out->capacity *= 2;
        out->bytes = realloc(out->bytes, out->capacity);
    }
}

static pid_t start_protoc(const char *type, FILE *const files[3]) {
    char encode[128];
    snprintf(encode, sizeof encode, "--encode=%s", type);
    char *arguments[] = {
        "protoc", "--descriptor_set_in=" RICH_DESC, "--deterministic_output", encode, "rich.proto",
        NULL};
    pid_t child = -1;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (int fd = 0; fd < 3; fd++) {
        posix_spawn_file_actions_adddup2(&actions, fileno(files[fd]), fd);
    }
    ck_assert_msg(posix_spawnp(&child, "protoc", &actions, NULL, arguments, environ) == 0,
                  "protoc is installed");
    posix_spawn_file_actions_destroy(&actions);
    return child;
}

bool oracle_encode(const char *type, const char *text, size_t len, WireBuffer *out,
                   char **problem) {
    FILE *files[3] = {tmpfile(), tmpfile(), tmpfile()};
    WireBuffer said = {0};
    int status = 0;
    fwrite(text, 1, len, files[0]);
    fflush(files[0]);
    lseek(fileno(files[0]), 0, SEEK_SET);
    pid_t child = start_protoc(type, files);
    ck_assert_msg(waitpid(child, &status, 0) == child && WIFEXITED(status), "protoc runs");
    read_all(files[1], out);
    read_all(files[2], &said);
    for (int i = 0; i < 3; i++) {
        fclose(files[i]);
    }
    if (problem) {
        *problem = (char *)said.bytes;
    } else {
        free(said.bytes);
    }
    return WEXITSTATUS(status) == 0;
}
