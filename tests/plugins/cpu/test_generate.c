/* SPDX-License-Identifier: Apache-2.0 */
/* generate: the same bits as forward, whatever the batch, the threads and the turns. */
#include "setup.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

enum {
    N = 21, /* continuations: more than two groups, not a multiple of anything */
    PROMPT_MAX = 30
};

/* A story of two turns: N first attempts, some of one prompt, and their continuations. */
typedef struct Story {
    Continuation first[N], second[N];
} Story;

static Story *story_new(void) {
    Story *story = calloc(1, sizeof *story);
    ck_assert_ptr_nonnull(story);
    for (uint32_t i = 0; i < N; i++) {
        uint64_t prompt = i / 3; // three samples of each prompt
        continuation_init(&story->first[i], i, EMEND_NO_SEQUENCE, prompt,
                          1 + (uint32_t)(prompt * 5) % PROMPT_MAX);
        continuation_init(&story->second[i], 100 + i, i, 1000, 1 + i % 2);
        story->first[i].sampling.temperature = i % 4 == 3 ? 0.0f : 0.8f + 0.1f * (float)(i % 3);
        story->first[i].sampling.max_new_tokens = 4 + i % (MAX_NEW - 4);
    }
    return story;
}

static void story_tell(const Setup *setup, EmendModel *model, Story *story) {
    EmendSession *session = setup_session(setup, model);
    const int32_t stops[] = {7, 31};
    ck_assert_msg(setup_generate(setup, session, story->first, N, stops, 2) == EMEND_OK, "%s",
                  setup->loaded->message);
    ck_assert_msg(setup_generate(setup, session, story->second, N, stops, 2) == EMEND_OK, "%s",
                  setup->loaded->message);
    setup->backend->session_close(setup->self, session);
}

static void assert_same(const Continuation *a, const Continuation *b, const char *what) {
    ck_assert_msg(a->sampling.n_new_tokens == b->sampling.n_new_tokens &&
                      a->sampling.finish == b->sampling.finish,
                  "sequence %d ends elsewhere with %s", (int)a->sampling.sequence, what);
    ck_assert_msg(memcmp(a->new_tokens, b->new_tokens, sizeof a->new_tokens) == 0,
                  "tokens of sequence %d differ with %s", (int)a->sampling.sequence, what);
    ck_assert_msg(memcmp(a->log_probs, b->log_probs, sizeof a->log_probs) == 0,
                  "log-probs of sequence %d differ with %s", (int)a->sampling.sequence, what);
}

static void assert_same_story(const Story *a, const Story *b, const char *what) {
    for (size_t i = 0; i < N; i++) {
        assert_same(&a->first[i], &b->first[i], what);
        assert_same(&a->second[i], &b->second[i], what);
    }
}

/* Appends a continuation's prompt and sample to a sequence; its range is the sample. */
static void append(Scoring *s, EmendScoredRange *range, const Continuation *c) {
    const EmendSampling *sampling = &c->sampling;
    float temperature = sampling->temperature > 0 ? sampling->temperature : 1.0f;
    uint32_t begin = (uint32_t)(s->sequence.n_tokens + sampling->n_tokens);
    memcpy(s->tokens + s->sequence.n_tokens, c->tokens, sampling->n_tokens * sizeof(int32_t));
    memcpy(s->tokens + begin, c->new_tokens, sampling->n_new_tokens * sizeof(int32_t));
    *range =
        (EmendScoredRange){begin, begin + sampling->n_new_tokens, temperature, EMEND_WANT_ENTROPY};
    s->sequence.n_tokens = range->end;
}

/* Loop: tied or not, large or not, 1 to 3 threads. */
START_TEST(generate_reports_the_bits_that_forward_computes_in_both_turns) {
    Loaded *loaded = setup_plugin();
    Setup setup = setup_open(loaded, 1 + (uint32_t)_i / 4, 5);
    EmendModelConfig config = setup_config(_i & 1, _i & 2);
    EmendModel *model = setup_model(&setup, &config, 3);
    Story *story = story_new();
    Scoring *scorings = calloc(N, sizeof *scorings);
    EmendScoredRange ranges[N][2];
    ck_assert_ptr_nonnull(scorings);
    story_tell(&setup, model, story);

    for (uint32_t i = 0; i < N; i++) {
        Scoring *s = &scorings[i];
        scoring_init(s, 0, 1, 0);
        s->sequence.n_tokens = 0;
        append(s, &ranges[i][0], &story->first[i]);
        append(s, &ranges[i][1], &story->second[i]);
        s->sequence.ranges = ranges[i];
        s->sequence.n_ranges = 2;
    }
    ck_assert_msg(setup_forward(&setup, model, NULL, scorings, N, NULL) == EMEND_OK, "%s",
                  loaded->message);
    for (uint32_t i = 0; i < N; i++) {
        const Continuation *first = &story->first[i], *second = &story->second[i];
        uint32_t n = first->sampling.n_new_tokens;
        ck_assert_msg(memcmp(scorings[i].log_probs, first->log_probs, n * sizeof(float)) == 0,
                      "turn 1 of sequence %u was sampled at other log-probs than it is scored", i);
        ck_assert_msg(memcmp(scorings[i].log_probs + n, second->log_probs,
                             second->sampling.n_new_tokens * sizeof(float)) == 0,
                      "turn 2 of sequence %u was sampled at other log-probs than it is scored", i);
    }
    free(scorings);
    free(story);
    setup.backend->model_close(setup.self, model);
    setup_close(&setup);
    loaded_close(loaded);
}
END_TEST

START_TEST(samples_do_not_depend_on_threads_nor_chunks) {
    Loaded *loaded = setup_plugin();
    Story *expected = NULL;
    for (uint32_t n_threads = 1; n_threads <= 3; n_threads++) {
        Setup setup = setup_open(loaded, n_threads, n_threads == 1 ? 64 : n_threads);
        EmendModelConfig config = setup_config(0, _i);
        EmendModel *model = setup_model(&setup, &config, 3);
        Story *story = story_new();
        story_tell(&setup, model, story);
        if (expected) {
            assert_same_story(expected, story, "more threads");
            free(story);
        } else {
            expected = story;
        }
        setup.backend->model_close(setup.self, model);
        setup_close(&setup);
    }
    free(expected);
    loaded_close(loaded);
}
END_TEST

START_TEST(samples_do_not_depend_on_what_else_is_in_the_batch) {
    Loaded *loaded = setup_plugin();
    Setup setup = setup_open(loaded, 2, 64);
    EmendModelConfig config = setup_config(0, _i);
    EmendModel *model = setup_model(&setup, &config, 3);
    const int32_t stops[] = {7, 31};
    Story *together = story_new(), *alone = story_new();
    story_tell(&setup, model, together);
    for (size_t i = 0; i < N; i++) {
        EmendSession *session = setup_session(&setup, model);
        ck_assert_int_eq(setup_generate(&setup, session, &alone->first[i], 1, stops, 2), EMEND_OK);
        ck_assert_int_eq(setup_generate(&setup, session, &alone->second[i], 1, stops, 2), EMEND_OK);
        setup.backend->session_close(setup.self, session);
    }
    assert_same_story(together, alone, "no company");
    free(together);
    free(alone);
    setup.backend->model_close(setup.self, model);
    setup_close(&setup);
    loaded_close(loaded);
}
END_TEST

START_TEST(a_continued_parent_equals_the_whole_read_afresh) {
    Loaded *loaded = setup_plugin();
    Setup setup = setup_open(loaded, 2, 64);
    EmendModelConfig config = setup_config(1, 0);
    EmendModel *model = setup_model(&setup, &config, 5);
    EmendSession *session = setup_session(&setup, model);
    Continuation parent, children[3], afresh;
    continuation_init(&parent, 1, EMEND_NO_SEQUENCE, 4, 9);
    ck_assert_int_eq(setup_generate(&setup, session, &parent, 1, NULL, 0), EMEND_OK);
    // Two children of one parent at once, one of which takes the parent's name; then a third.
    continuation_init(&children[0], 2, 1, 40, 3);
    continuation_init(&children[1], 1, 1, 41, 5);
    ck_assert_int_eq(setup_generate(&setup, session, children, 2, NULL, 0), EMEND_OK);
    continuation_init(&children[2], 3, 1, 42, 2);
    ck_assert_int_eq(setup_generate(&setup, session, &children[2], 1, NULL, 0), EMEND_OK);

    for (size_t i = 0; i < 3; i++) {
        const Continuation *line[] = {&parent, &children[1], &children[2]};
        size_t n_before = i < 2 ? 1 : 2;
        uint64_t n = 0;
        continuation_init(&afresh, children[i].sampling.sequence, EMEND_NO_SEQUENCE, 0, 1);
        for (size_t j = 0; j < n_before; j++) {
            const EmendSampling *s = &line[j]->sampling;
            memcpy(afresh.tokens + n, line[j]->tokens, s->n_tokens * sizeof(int32_t));
            memcpy(afresh.tokens + n + s->n_tokens, line[j]->new_tokens,
                   s->n_new_tokens * sizeof(int32_t));
            n += s->n_tokens + s->n_new_tokens;
        }
        memcpy(afresh.tokens + n, children[i].tokens,
               children[i].sampling.n_tokens * sizeof(int32_t));
        afresh.sampling.n_tokens = n + children[i].sampling.n_tokens;
        EmendSession *other = setup_session(&setup, model);
        ck_assert_int_eq(setup_generate(&setup, other, &afresh, 1, NULL, 0), EMEND_OK);
        setup.backend->session_close(setup.self, other);
        assert_same(&children[i], &afresh, "its history read afresh");
    }
    setup.backend->session_close(setup.self, session);
    setup.backend->model_close(setup.self, model);
    setup_close(&setup);
    loaded_close(loaded);
}
END_TEST

START_TEST(a_stop_token_ends_a_sequence_and_is_its_last) {
    Loaded *loaded = setup_plugin();
    Setup setup = setup_open(loaded, 1, 64);
    EmendModelConfig config = setup_config(0, 0);
    EmendModel *model = setup_model(&setup, &config, 3);
    EmendSession *session = setup_session(&setup, model);
    Continuation free_running, stopped;
    continuation_init(&free_running, 1, EMEND_NO_SEQUENCE, 4, 9);
    ck_assert_int_eq(setup_generate(&setup, session, &free_running, 1, NULL, 0), EMEND_OK);
    ck_assert_uint_eq(free_running.sampling.n_new_tokens, MAX_NEW);
    ck_assert_uint_eq(free_running.sampling.finish, EMEND_FINISH_LENGTH);

    const int32_t stop = free_running.new_tokens[5];
    uint32_t first = 0;
    while (free_running.new_tokens[first] != stop) {
        first++;
    }
    continuation_init(&stopped, 1, EMEND_NO_SEQUENCE, 4, 9);
    ck_assert_int_eq(setup_generate(&setup, session, &stopped, 1, &stop, 1), EMEND_OK);
    ck_assert_uint_eq(stopped.sampling.finish, EMEND_FINISH_STOP);
    ck_assert_uint_eq(stopped.sampling.n_new_tokens, first + 1);
    ck_assert_mem_eq(stopped.new_tokens, free_running.new_tokens, (first + 1) * sizeof(int32_t));
    setup.backend->session_close(setup.self, session);
    setup.backend->model_close(setup.self, model);
    setup_close(&setup);
    loaded_close(loaded);
}
END_TEST

START_TEST(the_positions_of_the_model_bound_a_sequence) {
    Loaded *loaded = setup_plugin();
    Setup setup = setup_open(loaded, 1, 64);
    EmendModelConfig config = setup_config(0, 0);
    EmendModel *model = setup_model(&setup, &config, 3);
    EmendSession *session = setup_session(&setup, model);
    Continuation c[3];
    continuation_init(&c[0], 1, EMEND_NO_SEQUENCE, 4, POSITIONS - 3);
    continuation_init(&c[1], 2, EMEND_NO_SEQUENCE, 4, POSITIONS);
    continuation_init(&c[2], 3, EMEND_NO_SEQUENCE, 4, 5);
    c[2].sampling.max_new_tokens = 0;
    ck_assert_int_eq(setup_generate(&setup, session, c, 3, NULL, 0), EMEND_OK);
    ck_assert_uint_eq(c[0].sampling.n_new_tokens, 3);
    ck_assert_uint_eq(c[1].sampling.n_new_tokens, 0);
    ck_assert_uint_eq(c[2].sampling.n_new_tokens, 0);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(c[i].sampling.finish, EMEND_FINISH_LENGTH);
    }

    Continuation child;
    continuation_init(&child, 4, 1, 4, 1);
    ck_assert_int_eq(setup_generate(&setup, session, &child, 1, NULL, 0), EMEND_OUT_OF_RANGE);
    ck_assert_ptr_nonnull(strstr(loaded->message, "the prompt of request 0 has 1 tokens after its "
                                                  "parent's 160; the model takes 160 in all"));
    // One that was only read can be continued as well.
    continuation_init(&child, 4, 3, 4, 2);
    ck_assert_int_eq(setup_generate(&setup, session, &child, 1, NULL, 0), EMEND_OK);
    ck_assert_uint_eq(child.sampling.n_new_tokens, MAX_NEW);
    setup.backend->session_close(setup.self, session);
    setup.backend->model_close(setup.self, model);
    setup_close(&setup);
    loaded_close(loaded);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cpu generate");
    TCase *tests = tcase_create("generate");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, generate_reports_the_bits_that_forward_computes_in_both_turns, 0,
                        12);
    tcase_add_loop_test(tests, samples_do_not_depend_on_threads_nor_chunks, 0, 2);
    tcase_add_loop_test(tests, samples_do_not_depend_on_what_else_is_in_the_batch, 0, 2);
    tcase_add_test(tests, a_continued_parent_equals_the_whole_read_afresh);
    tcase_add_test(tests, a_stop_token_ends_a_sequence_and_is_its_last);
    tcase_add_test(tests, the_positions_of_the_model_bound_a_sequence);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
