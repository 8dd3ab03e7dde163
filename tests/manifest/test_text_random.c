/* SPDX-License-Identifier: Apache-2.0 */
/* Random texts, right and wrong, against protoc; and printing what was read. */
#include "oracle.h"
#include "random_text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { N_BATCHES = 8, N_ITEMS = 40, N_MUTANTS = 150, DEPTH = 3 };

/* A Batch of random messages. */
static RandomText random_batch(uint64_t seed) {
    RandomText random = {.state = seed, .next_key = 1};
    random_put(&random, "");
    for (size_t i = 0; i < N_ITEMS; i++) {
        random_put(&random, "item {\n");
        random_fields(&random, rich_type("rich.Everything"), DEPTH);
        random_put(&random, "}\n");
    }
    return random;
}

static void check_same(const WireBuffer *ours, const WireBuffer *theirs, uint64_t seed) {
    ck_assert_msg(ours->len == theirs->len && memcmp(ours->bytes, theirs->bytes, ours->len) == 0,
                  "seed %llu: %zu bytes, protoc's are %zu", (unsigned long long)seed, ours->len,
                  theirs->len);
}

START_TEST(random_messages_become_the_bytes_protoc_makes) {
    uint64_t seed = 1000 + (uint64_t)_i;
    RandomText random = random_batch(seed);
    WireBuffer ours = {0}, theirs = {0};
    char message[MESSAGE_BYTES] = "";
    char *problem = NULL;
    ck_assert_msg(ours_encode("rich.Batch", random.text, random.len, &ours, message),
                  "seed %llu: %s", (unsigned long long)seed, message);
    ck_assert_msg(oracle_encode("rich.Batch", random.text, random.len, &theirs, &problem),
                  "seed %llu: %s", (unsigned long long)seed, problem);
    check_same(&ours, &theirs, seed);
    free(problem);
    free(random.text);
    free(ours.bytes);
    free(theirs.bytes);
}
END_TEST

START_TEST(printed_messages_read_back_to_their_bytes_here_and_in_protoc) {
    uint64_t seed = 2000 + (uint64_t)_i;
    RandomText random = random_batch(seed);
    WireBuffer first = {0}, again = {0}, theirs = {0};
    char message[MESSAGE_BYTES] = "";
    EmendError err = emend_error_on(message, sizeof message);
    char *printed = NULL, *problem = NULL;
    ck_assert_msg(ours_encode("rich.Batch", random.text, random.len, &first, message), "%s",
                  message);
    EmendStatus status = text_print((EmendBytes){first.bytes, first.len}, rich_type("rich.Batch"),
                                    NULL, _i % 2 ? TEXT_PRINT_DEFAULTS : 0, &printed, &err);
    ck_assert_msg(status == EMEND_OK, "seed %llu: %s", (unsigned long long)seed, message);
    ck_assert_msg(ours_encode("rich.Batch", printed, strlen(printed), &again, message),
                  "seed %llu: %s", (unsigned long long)seed, message);
    check_same(&again, &first, seed);
    ck_assert_msg(oracle_encode("rich.Batch", printed, strlen(printed), &theirs, &problem),
                  "seed %llu: %s", (unsigned long long)seed, problem);
    check_same(&first, &theirs, seed);
    free(problem);
    free(printed);
    free(random.text);
    free(first.bytes);
    free(again.bytes);
    free(theirs.bytes);
}
END_TEST

/* -- mutants ------------------------------------------------------------------------------------
 */

static void mutate(RandomText *random) {
    static const char *const bits[] = {"{", "}",  "<",   ">", "[", "]", ":",   ",",   ";",  "-",
                                       ".", "0",  "9",   "x", "e", "f", "'",   "\"",  " ",  "\n",
                                       "#", "\\", "\\x", "_", "/", "1", "\\u", "inf", "{}", "1.5"};
    for (size_t n = 1 + random_below(random, 2); n > 0 && random->len > 0; n--) {
        size_t at = random_below(random, random->len);
        size_t cut = random_below(random, 3);
        char *tail = strdup(random->text + at + (cut < random->len - at ? cut : 0));
        random->text[at] = '\0';
        random->len = at;
        if (random_below(random, 3) > 0) {
            random_put(random, bits[random_below(random, sizeof bits / sizeof *bits)]);
        }
        random_put(random, tail);
        free(tail);
    }
}

/* What we refuse on purpose though protoc 3.21 takes it. */
static bool is_known_strictness(const char *message) {
    static const char *const known[] = {"UTF-8", "at most \\377", "no Unicode character",
                                        "is given twice", "lacks the required field"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strstr(message, known[i])) {
            return true;
        }
    }
    return false;
}

START_TEST(mutated_messages_are_judged_as_protoc_judges_them) {
    size_t n_accepted = 0;
    for (uint64_t seed = 3000; seed < 3000 + N_MUTANTS; seed++) {
        RandomText random = {.state = seed, .next_key = 1, .is_plain = true};
        WireBuffer ours = {0}, theirs = {0};
        char message[MESSAGE_BYTES] = "";
        char *problem = NULL;
        random_put(&random, "an_int32: 1 ");
        random_fields(&random, rich_type("rich.Everything"), 1);
        mutate(&random);
        bool we_accept = ours_encode("rich.Everything", random.text, random.len, &ours, message);
        bool they_accept =
            oracle_encode("rich.Everything", random.text, random.len, &theirs, &problem);
        ck_assert_msg(we_accept == they_accept || (they_accept && is_known_strictness(message)),
                      "seed %llu: ours: %s; protoc: %s; text:\n%s", (unsigned long long)seed,
                      we_accept ? "accepted" : message, problem, random.text);
        if (we_accept) {
            n_accepted++;
            check_same(&ours, &theirs, seed);
        }
        free(problem);
        free(random.text);
        free(ours.bytes);
        free(theirs.bytes);
    }
    ck_assert_msg(n_accepted > N_MUTANTS / 10 && n_accepted < N_MUTANTS * 9 / 10,
                  "the mutants are of both kinds: %zu accepted", n_accepted);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("random text");
    TCase *tcase = tcase_create("against protoc");
    tcase_set_timeout(tcase, 100);
    tcase_add_loop_test(tcase, random_messages_become_the_bytes_protoc_makes, 0, N_BATCHES);
    tcase_add_loop_test(tcase, printed_messages_read_back_to_their_bytes_here_and_in_protoc, 0,
                        N_BATCHES);
    tcase_add_test(tcase, mutated_messages_are_judged_as_protoc_judges_them);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
