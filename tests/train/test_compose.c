/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes.h"
#include "train/compose.h"
#include "train/rollout.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { N = 4, MAX_PUTS = 4 };

static Fake fake;
static Problem problems[2];
static Trajectory trajectories[N], *made;
static size_t n_made, n_too_long;
static EpisodeBatch batch;
static char message[512];
static EmendError err;

/* What the algorithm asks for. */
static EmendSourceTurn asked[MAX_PUTS][3];
static size_t n_asked[MAX_PUTS], n_puts, extra_bytes;
static uint64_t seed_seen;

static EmendStatus compose(void *self, EmendSpan episodes, uint64_t seed, const EmendSink *composed,
                           EmendError *error) {
    (void)self;
    ck_assert_uint_eq(episodes.count, N);
    seed_seen = seed;
    for (size_t i = 0; i < n_puts; i++) {
        EmendStatus status = (EmendStatus)composed->put(
            composed->ctx, 0, asked[i], n_asked[i] * sizeof(EmendSourceTurn) + extra_bytes);
        if (status != EMEND_OK) {
            return emend_fail(error, status, "the sink would not take it");
        }
    }
    return EMEND_OK;
}

static const EmendAlgorithm algorithm = {.struct_size = sizeof algorithm, .compose = compose};

// Episode i of group i / 2: answer a + i, then b + i; the last one's first turn is cut.
static void add_episode(size_t i) {
    Trajectory *t = &trajectories[i];
    *t = (Trajectory){.problem = &problems[i / 2], .group = i / 2, .sample = (uint32_t)i % 2};
    trajectory_append(t, (int32_t[]){0, 2, 20 + (int32_t)(i / 2), 1, 3}, 5);
    bool is_cut = i == N - 1;
    int32_t first[] = {5 + (int32_t)i, FAKE_STOP};
    trajectory_append_turn(t, first, NULL, is_cut ? 1 : 2, is_cut, 0.7f);
    t->turns[0].response = strndup((char[]){(char)('a' + i)}, 1);
    t->turns[0].response_len = 1;
    t->turns[0].reward = (double)i;
    t->turns[0].state = EMEND_TURN_REWARDED;
    ck_assert_int_eq(rollout_next_prompt(&fake.engine, t, &err), EMEND_OK);
    trajectory_append_turn(t, (int32_t[]){6 + (int32_t)i, FAKE_STOP}, NULL, 2, false, 0.7f);
    t->turns[1].response = strndup((char[]){(char)('b' + i)}, 1);
    t->turns[1].response_len = 1;
    t->turns[1].extracted = strdup("found");
    t->turns[1].extracted_len = 5;
}

static void setup(void) {
    fake_init(&fake);
    err = emend_error_on(message, sizeof message);
    problems[0] = fake_problem("p");
    problems[1] = fake_problem("q");
    for (size_t i = 0; i < N; i++) {
        add_episode(i);
    }
    ck_assert_int_eq(episode_batch_init(&batch, trajectories, N, true, 8, 0, &err), EMEND_OK);
    n_puts = extra_bytes = 0;
    made = NULL;
    n_made = 0;
}

static void teardown(void) {
    trajectories_destroy(made, n_made);
    episode_batch_finish(&batch);
    for (size_t i = 0; i < N; i++) {
        trajectory_finish(&trajectories[i]);
    }
    problem_finish(&problems[0]);
    problem_finish(&problems[1]);
}

static void ask(size_t n, const EmendSourceTurn *turns) {
    memcpy(asked[n_puts], turns, n * sizeof *turns);
    n_asked[n_puts++] = n;
}

static EmendStatus run(uint32_t max_positions) {
    Component component = {.self = &fake, .table = &algorithm, .name = "pairs"};
    return compose_run(&fake.engine, &component, &batch, trajectories, 9, max_positions, &made,
                       &n_made, &n_too_long, &err);
}

static void assert_tokens(const Trajectory *t, const int32_t *expected, size_t n) {
    ck_assert_uint_eq(t->n_tokens, n);
    ck_assert_mem_eq(t->tokens, expected, n * sizeof *expected);
}

START_TEST(an_episode_put_together_again_is_itself_but_for_the_samplers_log_probs) {
    ask(2, (EmendSourceTurn[]){{1, 0, 0}, {1, 1, 0}});
    ask(2, (EmendSourceTurn[]){{3, 0, 1}, {3, 1, 0}});
    ck_assert_msg(run(100) == EMEND_OK, "%s", message);
    ck_assert_uint_eq(seed_seen, 9);
    ck_assert_uint_eq(n_made, 2);
    for (size_t i = 0; i < 2; i++) {
        const Trajectory *source = &trajectories[i == 0 ? 1 : 3];
        assert_tokens(&made[i], source->tokens, source->n_tokens);
        ck_assert_uint_eq(made[i].group, source->group);
        ck_assert_ptr_eq(made[i].problem, source->problem);
        ck_assert_uint_eq(made[i].turns[1].begin, source->turns[1].begin);
        ck_assert_uint_eq(made[i].turns[1].n_tokens, 2);
        ck_assert_str_eq(made[i].turns[1].extracted, "found");
    }
    ck_assert(made[0].turns[0].reward == 1 && made[0].turns[0].state == EMEND_TURN_REWARDED);
    ck_assert(!made[0].turns[0].is_given && made[1].turns[0].is_given);
    ck_assert(made[1].turns[0].is_truncated);
    ck_assert_uint_eq(made[1].turns[0].n_tokens, 0);
}
END_TEST

START_TEST(a_wrong_first_attempt_meets_a_right_one_of_its_group) {
    ask(2, (EmendSourceTurn[]){{2, 0, 1}, {3, 0, 0}});
    ck_assert_msg(run(100) == EMEND_OK, "%s", message);
    // begin user q end assistant | c stop, suffix's rest, user z end assistant | d, cut
    assert_tokens(&made[0], (int32_t[]){0, 2, 21, 1, 3, 7, 1, 9, 2, 30, 1, 3, 8}, 13);
    ck_assert_str_eq(made[0].turns[0].response, "c");
    ck_assert_str_eq(made[0].turns[1].response, "d");
    ck_assert_uint_eq(made[0].turns[1].begin, 12);
    ck_assert(made[0].turns[1].is_truncated);
}
END_TEST

START_TEST(nothing_put_is_nothing_made) {
    ck_assert_int_eq(run(100), EMEND_OK);
    ck_assert_uint_eq(n_made, 0);
    ck_assert_ptr_null(made);
}
END_TEST

typedef struct Wrong {
    EmendSourceTurn turns[2];
    size_t n, extra;
    const char *says;
} Wrong;

static const Wrong wrongs[] = {
    {{{4, 0, 0}}, 1, 0, "it names an episode or a turn that is not there"},
    {{{0, 2, 0}}, 1, 0, "it names an episode or a turn that is not there"},
    {{{1, 0, 0}, {2, 1, 0}}, 2, 0, "its turns are of different groups"},
    {{{1, 0, 1}}, 1, 0, "all its turns are context"},
    {{{0}}, 0, 0, "it has no turns, or more than 16"},
    {{{1, 0, 0}}, 1, 3, "its bytes are no array of EmendSourceTurn"},
};

START_TEST(what_makes_no_episode_is_told) {
    ask(wrongs[_i].n, wrongs[_i].turns);
    extra_bytes = wrongs[_i].extra;
    ck_assert_int_eq(run(100), EMEND_INTERNAL);
    ck_assert_ptr_nonnull(strstr(message, "\"pairs\": compose: composed episode 0: "));
    ck_assert_ptr_nonnull(strstr(message, wrongs[_i].says));
    ck_assert_ptr_null(made);
}
END_TEST

START_TEST(groups_come_in_order) {
    ask(1, (EmendSourceTurn[]){{2, 0, 0}});
    ask(1, (EmendSourceTurn[]){{0, 0, 0}});
    ck_assert_int_eq(run(100), EMEND_INTERNAL);
    ck_assert_ptr_nonnull(strstr(message, "composed episode 1: its group comes before"));
}
END_TEST

START_TEST(an_episode_longer_than_the_models_positions_is_dropped_and_counted) {
    ask(2, (EmendSourceTurn[]){{1, 0, 0}, {1, 1, 0}});
    ask(1, (EmendSourceTurn[]){{1, 0, 0}});
    ck_assert_msg(run(13) == EMEND_OK, "%s", message);
    ck_assert_uint_eq(n_made, 1);
    ck_assert_uint_eq(made[0].n_turns, 1);
    ck_assert_uint_eq(n_too_long, 1);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("compose");
    TCase *cases = tcase_create("compose");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, an_episode_put_together_again_is_itself_but_for_the_samplers_log_probs);
    tcase_add_test(cases, a_wrong_first_attempt_meets_a_right_one_of_its_group);
    tcase_add_test(cases, nothing_put_is_nothing_made);
    tcase_add_loop_test(cases, what_makes_no_episode_is_told, 0, sizeof wrongs / sizeof *wrongs);
    tcase_add_test(cases, groups_come_in_order);
    tcase_add_test(cases, an_episode_longer_than_the_models_positions_is_dropped_and_counted);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
