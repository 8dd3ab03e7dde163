/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes.h"
#include "train/draw.h"
#include "train/rollout.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

static Fake fake;
static Problem problems[2];
static Trajectory *trajectories;
static char message[512];
static EmendError err;

static const RolloutSettings two_turns = {.n_turns = 2,
                                          .samples_per_prompt = 1,
                                          .max_response_tokens = 4,
                                          .temperature = 0.7f,
                                          .top_p = 1};

static void setup(void) {
    fake_init(&fake);
    err = emend_error_on(message, sizeof message);
    problems[0] = fake_problem("b");
    problems[1] = fake_problem("cd");
}

static void teardown(void) {
    trajectories_destroy(trajectories, 1);
    trajectories = NULL;
    problem_finish(&problems[0]);
    problem_finish(&problems[1]);
}

static void script(uint32_t turn, const int32_t *tokens, size_t n) {
    memcpy(fake.response[turn][0], tokens, n * sizeof *tokens);
}

static void run_one(void) {
    ck_assert_msg(rollout_run(&fake.engine, NULL, problems, 1, &two_turns, &trajectories, &err) ==
                      EMEND_OK,
                  "%s", message);
}

static void assert_tokens(const int32_t *expected, size_t n) {
    ck_assert_uint_eq(trajectories[0].n_tokens, n);
    ck_assert_mem_eq(trajectories[0].tokens, expected, n * sizeof *expected);
}

START_TEST(an_episode_is_the_template_with_what_was_sampled) {
    script(0, (int32_t[]){5, FAKE_STOP}, 2);
    script(1, (int32_t[]){7, FAKE_STOP}, 2);
    run_one();
    // begin user b end assistant | a stop | suffix's rest, user z end assistant | c stop
    assert_tokens((int32_t[]){0, 2, 6, 1, 3, 5, 1, 9, 2, 30, 1, 3, 7, 1}, 14);
    ck_assert_uint_eq(trajectories[0].turns[0].begin, 5);
    ck_assert_uint_eq(trajectories[0].turns[0].n_tokens, 2);
    ck_assert_uint_eq(trajectories[0].turns[1].begin, 12);
    ck_assert_str_eq(trajectories[0].turns[0].response, "a");
    ck_assert_str_eq(trajectories[0].turns[1].response, "c");
    ck_assert_uint_eq(fake.n_sessions, 0);
}
END_TEST

// Token 4 reads as "a", whose own token is 5: what was decoded and encoded again would come out
// as 5.
START_TEST(sampled_tokens_are_never_encoded_again) {
    script(0, (int32_t[]){FAKE_TWIN, FAKE_STOP}, 2);
    script(1, (int32_t[]){FAKE_TWIN, FAKE_TWIN, FAKE_STOP}, 3);
    run_one();
    ck_assert_str_eq(trajectories[0].turns[0].response, "a");
    ck_assert_int_eq(trajectories[0].tokens[5], FAKE_TWIN);
    ck_assert_int_eq(trajectories[0].tokens[12], FAKE_TWIN);
}
END_TEST

// The prompt's own end token has the stop's value; only the spans say that it was not sampled.
START_TEST(masks_come_from_spans_and_not_from_token_values) {
    script(0, (int32_t[]){5, FAKE_STOP}, 2);
    script(1, (int32_t[]){5, FAKE_STOP}, 2);
    run_one();
    ck_assert_int_eq(trajectories[0].tokens[3], FAKE_STOP);
    size_t n_sampled = 0;
    for (size_t i = 0; i < trajectories[0].n_tokens; i++) {
        n_sampled += trajectories[0].sampler_log_probs[i] != 0;
    }
    ck_assert_uint_eq(n_sampled, 4);
    ck_assert(trajectories[0].sampler_log_probs[3] == 0);
}
END_TEST

START_TEST(turn_two_reads_only_what_turn_one_had_not) {
    script(0, (int32_t[]){5, FAKE_STOP}, 2);
    script(1, (int32_t[]){5, FAKE_STOP}, 2);
    run_one();
    int32_t expected[] = {0, 2, 6, 1, 3, /* turn 2: */ 9, 2, 30, 1, 3};
    ck_assert_uint_eq(fake.n_seen, 10);
    ck_assert_mem_eq(fake.seen, expected, sizeof expected);
}
END_TEST

START_TEST(a_response_cut_at_the_limit_is_closed_without_being_credited) {
    script(0, (int32_t[]){5, 6, 7, 8}, 4);
    script(1, (int32_t[]){5, FAKE_STOP}, 2);
    run_one();
    ck_assert(trajectories[0].turns[0].is_truncated);
    ck_assert_uint_eq(trajectories[0].turns[0].n_tokens, 4);
    ck_assert_str_eq(trajectories[0].turns[0].response, "abcd");
    // The closing stop follows and is nobody's sample.
    ck_assert_int_eq(trajectories[0].tokens[9], FAKE_STOP);
    ck_assert(trajectories[0].sampler_log_probs[9] == 0);
}
END_TEST

static void give(Problem *problem, const char *attempt) {
    problem->attempts[problem->n_attempts++] = (EmendStr){strdup(attempt), strlen(attempt)};
}

START_TEST(a_given_attempt_is_a_turn_that_nobody_sampled) {
    give(&problems[0], "ef");
    script(0, (int32_t[]){7, FAKE_STOP}, 2);
    run_one();
    // begin user b end assistant | e f stop, suffix's rest, user z end assistant | c stop
    assert_tokens((int32_t[]){0, 2, 6, 1, 3, 9, 10, 1, 9, 2, 30, 1, 3, 7, 1}, 15);
    const TrajectoryTurn *turns = trajectories[0].turns;
    ck_assert_uint_eq(trajectories[0].n_turns, 2);
    ck_assert(turns[0].is_given && !turns[1].is_given);
    ck_assert_uint_eq(turns[0].n_tokens, 0);
    ck_assert_str_eq(turns[0].response, "ef");
    ck_assert_uint_eq(turns[1].begin, 13);
    ck_assert_uint_eq(turns[1].n_tokens, 2);
    for (size_t i = 0; i < 13; i++) {
        ck_assert(trajectories[0].sampler_log_probs[i] == 0);
    }
    ck_assert_uint_eq(fake.n_generate, 1);
}
END_TEST

START_TEST(episodes_with_and_without_given_attempts_go_together) {
    give(&problems[1], "e");
    fake.response[0][0][0] = 5;
    fake.response[0][0][1] = FAKE_STOP;
    fake.response[1][0][0] = fake.response[1][1][0] = FAKE_STOP;
    ck_assert_msg(rollout_run(&fake.engine, NULL, problems, 2, &two_turns, &trajectories, &err) ==
                      EMEND_OK,
                  "%s", message);
    ck_assert_str_eq(trajectories[0].turns[0].response, "a");
    ck_assert_str_eq(trajectories[1].turns[0].response, "e");
    for (size_t i = 0; i < 2; i++) {
        ck_assert_uint_eq(trajectories[i].n_turns, 2);
        ck_assert(trajectories[i].turns[0].is_given == (i == 1));
        ck_assert_uint_eq(trajectories[i].turns[1].n_tokens, 1);
    }
    trajectory_finish(&trajectories[1]);
}
END_TEST

// The first attempt is read once: its second corrector goes on from the sequence of the first.
START_TEST(second_attempts_share_the_first_and_learn_it_once) {
    RolloutSettings settings = two_turns;
    settings.second_attempts = 2;
    script(0, (int32_t[]){5, FAKE_STOP}, 2);
    fake.response[1][0][0] = 7;
    fake.response[1][0][1] = fake.response[1][1][1] = FAKE_STOP;
    fake.response[1][1][0] = 8;
    ck_assert_msg(rollout_run(&fake.engine, NULL, problems, 1, &settings, &trajectories, &err) ==
                      EMEND_OK,
                  "%s", message);
    int32_t expected[] = {0, 2, 6, 1, 3, 5, 1, 9, 2, 30, 1, 3, 7, 1};
    assert_tokens(expected, 14);
    ck_assert_uint_eq(trajectories[1].n_tokens, 14);
    ck_assert_mem_eq(trajectories[1].tokens, expected, 12 * sizeof *expected);
    ck_assert_int_eq(trajectories[1].tokens[12], 8);
    ck_assert(!trajectories[0].turns[0].is_given && trajectories[1].turns[0].is_given);
    ck_assert_str_eq(trajectories[1].turns[0].response, "a");
    ck_assert_uint_eq(trajectories[1].sample, 1);
    // Turn 1 once, and what follows it twice.
    ck_assert_uint_eq(fake.n_seen, 5 + 2 * 5);
    trajectory_finish(&trajectories[1]);
}
END_TEST

START_TEST(a_problem_that_gives_every_turn_is_refused) {
    give(&problems[0], "e");
    give(&problems[0], "f");
    ck_assert_int_eq(rollout_run(&fake.engine, NULL, problems, 1, &two_turns, &trajectories, &err),
                     EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(message, "problem id: it gives the attempts of 2 turns and n_turns is 2; "
                              "n_turns must be larger, or there is nothing to sample");
}
END_TEST

START_TEST(the_longest_episode_counts_what_is_given_as_it_is) {
    size_t n = 0;
    give(&problems[1], "e");
    ck_assert_int_eq(rollout_longest(&fake.engine, &problems[1], 2, 4, &n, &err), EMEND_OK);
    // 6 of prompt, 1 given, 2 of suffix and 4 of instruction, 4 sampled
    ck_assert_uint_eq(n, 17);
}
END_TEST

START_TEST(the_longest_episode_counts_every_turn_at_its_limit) {
    size_t n = 0;
    ck_assert_int_eq(rollout_longest(&fake.engine, &problems[1], 2, 4, &n, &err), EMEND_OK);
    // 6 of prompt, 4 sampled, 2 of suffix and 4 of instruction, 4 sampled
    ck_assert_uint_eq(n, 20);
}
END_TEST

START_TEST(samples_of_a_prompt_stand_together_and_say_their_group) {
    RolloutSettings settings = two_turns;
    settings.samples_per_prompt = 2;
    for (int t = 0; t < 2; t++) {
        for (int i = 0; i < 4; i++) {
            fake.response[t][i][0] = FAKE_STOP;
        }
    }
    ck_assert_int_eq(rollout_run(&fake.engine, NULL, problems, 2, &settings, &trajectories, &err),
                     EMEND_OK);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(trajectories[i].group, i / 2);
        ck_assert_uint_eq(trajectories[i].sample, i % 2);
        ck_assert_ptr_eq(trajectories[i].problem, &problems[i / 2]);
    }
    trajectories_destroy(trajectories, 4);
    trajectories = NULL;
}
END_TEST

static EmendStatus lying_generate(void *self, EmendSession *session, EmendSpan requests,
                                  const int32_t *stops, uint64_t n_stops, EmendError *error) {
    (void)self;
    (void)session;
    (void)stops;
    (void)n_stops;
    (void)error;
    for (uint64_t i = 0; i < requests.count; i++) {
        EmendSampling *request = (EmendSampling *)(uintptr_t)emend_span_at(requests, i);
        request->new_tokens[0] = 7;
        request->n_new_tokens = fake.response[0][0][0] > 0 ? (uint32_t)fake.response[0][0][0] : 0;
        request->finish = (uint32_t)fake.response[0][0][1];
    }
    return EMEND_OK;
}

// Too many tokens; a stop that was not sampled; a stop without a token; no such finish.
static const int32_t lies[][2] = {
    {5, EMEND_FINISH_LENGTH}, {1, EMEND_FINISH_STOP}, {0, EMEND_FINISH_STOP}, {1, 0}};

START_TEST(a_backend_that_lies_of_what_it_sampled_is_an_error) {
    EmendBackend backend = *fake.engine.backend;
    backend.generate = lying_generate;
    fake.engine.backend = &backend;
    memcpy(fake.response[0][0], lies[_i], sizeof lies[_i]);
    ck_assert_int_eq(rollout_run(&fake.engine, NULL, problems, 1, &two_turns, &trajectories, &err),
                     EMEND_INTERNAL);
    ck_assert_msg(strstr(message, "backend \"fake\": generate gave") != NULL, "%s", message);
    ck_assert_uint_eq(fake.n_sessions, 0);
}
END_TEST

// Eight tokens more than bytes: just the room that is offered first.
static EmendStatus wordy_encode(void *self, EmendStr text, uint32_t flags, int32_t *ids,
                                uint64_t capacity, uint64_t *n, EmendError *error) {
    (void)self;
    (void)flags;
    (void)error;
    *n = text.len + 8;
    for (uint64_t i = 0; i < *n && i < capacity; i++) {
        ids[i] = 5;
    }
    return EMEND_OK;
}

static EmendStatus demonstrate(void *self, uint32_t split, uint64_t index, uint64_t seed,
                               uint32_t n_turns, const EmendSink *fields, EmendError *error) {
    (void)self;
    (void)split;
    (void)index;
    (void)seed;
    (void)n_turns;
    (void)error;
    return (EmendStatus)fields->put(fields->ctx, EMEND_DEMONSTRATION_RESPONSE, "aa", 2);
}

START_TEST(a_demonstration_ends_with_the_stop_however_many_tokens_it_has) {
    EmendTokenizer tokenizer = *fake.engine.tokenizer;
    EmendTask task = *fake.engine.task;
    Emend__Rollout rollout = EMEND__ROLLOUT__INIT;
    tokenizer.encode = wordy_encode;
    task.demonstrate = demonstrate;
    fake.engine.tokenizer = &tokenizer;
    fake.engine.task = &task;
    rollout.n_turns = rollout.samples_per_prompt = 1;
    ck_assert_msg(draw_demonstrations(&fake.engine, problems, 1, &rollout, 1, &trajectories,
                                      &err) == EMEND_OK,
                  "%s", message);
    ck_assert_uint_eq(trajectories[0].turns[0].n_tokens, 11);
    ck_assert_int_eq(trajectories[0].tokens[trajectories[0].n_tokens - 1], FAKE_STOP);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("rollout");
    TCase *cases = tcase_create("rollout");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, an_episode_is_the_template_with_what_was_sampled);
    tcase_add_test(cases, sampled_tokens_are_never_encoded_again);
    tcase_add_test(cases, masks_come_from_spans_and_not_from_token_values);
    tcase_add_test(cases, turn_two_reads_only_what_turn_one_had_not);
    tcase_add_test(cases, a_response_cut_at_the_limit_is_closed_without_being_credited);
    tcase_add_test(cases, a_given_attempt_is_a_turn_that_nobody_sampled);
    tcase_add_test(cases, episodes_with_and_without_given_attempts_go_together);
    tcase_add_test(cases, second_attempts_share_the_first_and_learn_it_once);
    tcase_add_test(cases, a_problem_that_gives_every_turn_is_refused);
    tcase_add_test(cases, the_longest_episode_counts_what_is_given_as_it_is);
    tcase_add_test(cases, the_longest_episode_counts_every_turn_at_its_limit);
    tcase_add_test(cases, samples_of_a_prompt_stand_together_and_say_their_group);
    tcase_add_loop_test(cases, a_backend_that_lies_of_what_it_sampled_is_an_error, 0,
                        (int)(sizeof lies / sizeof lies[0]));
    tcase_add_test(cases, a_demonstration_ends_with_the_stop_however_many_tokens_it_has);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
