/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

void foreign_package(const char *library, const char *functions) {
    char from[PATH_MAX];
    char manifest[16384];
    size_t len = 0;
    scratch_folder(scratch_path("plain"));
    snprintf(from, sizeof from, EMEND_FOREIGN_DIR "/%s.so", library);
    uint8_t *bytes = scratch_read(from, &len);
    scratch_write(scratch_path("plain/lib.so"), bytes, len);
    free(bytes);
    int n = snprintf(manifest, sizeof manifest,
                     "format: 1\nid: \"org.example.plain\"\nversion: \"1.0.0\"\n"
                     "license: \"Apache-2.0\"\nlibrary { path: \"lib.so\" }\n%s",
                     functions);
    ck_assert_int_lt(n, (int)sizeof manifest);
    scratch_write(scratch_path("plain/plugin.textproto"), manifest, (size_t)n);
}

void foreign_score(const Component *component, const char *reference, const Turn *turns, uint32_t n,
                   EmendScore *scores) {
    char why[256];
    EmendError err = emend_error_on(why, sizeof why);
    EmendGradedAttempt attempts[4];
    ck_assert_uint_le(n, 4);
    for (uint32_t t = 0; t < n; t++) {
        attempts[t] = (EmendGradedAttempt){.struct_size = sizeof attempts[t],
                                           .is_truncated = turns[t].is_truncated,
                                           .response = turns[t].response,
                                           .extracted = turns[t].extracted,
                                           .grade = &turns[t].grade,
                                           .reward = turns[t].reward,
                                           .n_tokens = turns[t].n_tokens};
        scores[t] = (EmendScore){0};
    }
    EmendSample sample = {.struct_size = sizeof sample,
                          .n_turns = n,
                          .prompt = emend_str("2+2"),
                          .reference = emend_str(reference),
                          .attempts = emend_span(attempts, n, sizeof attempts[0]),
                          .scores = scores};
    const EmendReward *reward = component->table;
    ck_assert_msg(reward->score(component->self, emend_span(&sample, 1, sizeof sample), 1, &err) ==
                      EMEND_OK,
                  "%s", why);
}

EmendScore foreign_score_one(const Component *component, const char *reference, Turn turn) {
    EmendScore score;
    foreign_score(component, reference, &turn, 1, &score);
    return score;
}
