/* SPDX-License-Identifier: Apache-2.0 */
/* What a run shows: lines for people, one live line on a terminal, JSON lines for programs; and the
 * policies it leaves for others. */
#include "child.h"
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const escape = "\033";

static Child run_shown(const char *dir, bool is_on_terminal, const char *term, const char *option) {
    char variable[64];
    const char *const env[] = {variable, NULL};
    const char *const words[] = {"run", fixture("tiny.textproto"), "--out", dir, option, NULL};
    snprintf(variable, sizeof variable, "TERM=%s", term);
    return child_run(&(ChildArgs){.words = words, .env = env, .is_on_terminal = is_on_terminal});
}

START_TEST(without_a_terminal_lines_are_plain) {
    Child child = run_shown(scratch("plain"), false, "xterm", NULL);
    child_expect(&child, 0);
    ck_assert_ptr_null(strstr(child.out, escape));
    ck_assert_ptr_null(strchr(child.out, '\r'));
    child_says(child.out, "stage 1 of 3: base, 20 steps\n");
    child_says(child.out, "base 20/20  nll ");
    child_says(child.out, "\npolicy             problems  accuracy@t1  accuracy@t2");
    child_says(child.out, "\nstage2 ");
    child_says(child.out, scratch("plain"));
    ck_assert_str_eq(child.err, "");
    child_finish(&child);
}
END_TEST

START_TEST(a_terminal_gets_a_live_line_that_ends_whole) {
    Child child = run_shown(scratch("live"), true, "xterm", NULL);
    child_expect(&child, 0);
    child_says(child.out, "\r\033[Kbase 1/20  nll ");
    child_says(child.out, "\r\033[Kevaluating stage2: 24 of 24 problems");
    // No other code than the one that clears the line, and the table stands clear of it.
    for (const char *at = child.out; (at = strstr(at, escape)); at++) {
        ck_assert_msg(strncmp(at - 1, "\r\033[K", 4) == 0, "another code at: %.20s", at);
    }
    child_says(child.out, "\r\n\r\npolicy             problems");
    child_finish(&child);
}
END_TEST

START_TEST(a_dumb_terminal_gets_plain_lines) {
    Child child = run_shown(scratch("dumb"), true, "dumb", NULL);
    child_expect(&child, 0);
    ck_assert_ptr_null(strstr(child.out, escape));
    child_finish(&child);
}
END_TEST

START_TEST(json_output_is_json_lines_and_nothing_else) {
    bool is_on_terminal = _i == 1;
    Child child = run_shown(scratch("json-%d", _i), is_on_terminal, "xterm", "--json");
    child_expect(&child, 0);
    ck_assert_ptr_null(strstr(child.out, escape));
    ck_assert_str_eq(child.err, "");
    json_t *events = child_json(&child), *event = NULL;
    size_t i = 0, n_steps = 0, n_evaluations = 0, n_checkpoints = 0, n_stages = 0;
    json_array_foreach(events, i, event) {
        const char *name = json_string_value(json_object_get(event, "event"));
        ck_assert_ptr_nonnull(name);
        if (strcmp(name, "step") == 0) {
            json_int_t step = json_integer_value(json_object_get(event, "step"));
            ck_assert_int_eq(step, (json_int_t)++n_steps);
            ck_assert_uint_gt(json_object_size(json_object_get(event, "metrics")), 5);
        }
        n_evaluations += strcmp(name, "evaluation") == 0;
        n_checkpoints += strcmp(name, "checkpoint") == 0;
        n_stages += strcmp(name, "stage") == 0;
    }
    ck_assert_uint_eq(n_steps, 31);
    ck_assert_uint_eq(n_stages, 3);
    // Every 4 steps within a stage, and at its end; every 3 steps, and at stages' ends.
    ck_assert_uint_eq(n_evaluations, 4 + 1 + 1 + 3);
    ck_assert_uint_eq(n_checkpoints, 10 + 3);
    json_decref(events);
    child_finish(&child);
}
END_TEST

START_TEST(eval_gives_its_result_as_json_too) {
    Child child = emend("eval", fixture("tiny.textproto"), "--json");
    child_expect(&child, 0);
    json_t *events = child_json(&child);
    json_t *last = json_array_get(events, json_array_size(events) - 1);
    ck_assert_str_eq(json_string_value(json_object_get(last, "event")), "evaluation");
    ck_assert_int_eq(json_integer_value(json_object_get(last, "n_problems")), 24);
    static const char *const numbers[] = {"accuracy@t1", "accuracy@t2", "delta(t1,t2)",
                                          "delta(i->c)", "delta(c->i)"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        ck_assert_msg(json_is_real(json_object_get(last, numbers[i])), "no %s", numbers[i]);
    }
    ck_assert_uint_eq(json_object_size(json_object_get(last, "kinds")), 2);
    json_decref(events);
    child_finish(&child);
}
END_TEST

#define FOUR_SAMPLES "--set", "evaluation.samples_per_problem=4"

START_TEST(eval_of_several_samples_prints_pass_at_k_under_the_table) {
    Child child = emend("eval", fixture("tiny.textproto"), FOUR_SAMPLES);
    child_expect(&child, 0);
    const char *line = strstr(child.out, "k=       1       2       4\n");
    ck_assert_msg(line != NULL, "%s", child.out);
    for (int turn = 1; turn <= 2; turn++) {
        double pass[3] = {0};
        char row[64];
        snprintf(row, sizeof row, "\neval                pass@k   t%d", turn);
        line = strstr(line, row);
        ck_assert_msg(line != NULL, "%s", child.out);
        ck_assert_int_eq(sscanf(line + strlen(row), "%lf %lf %lf", &pass[0], &pass[1], &pass[2]),
                         3);
        ck_assert(pass[0] <= pass[1] && pass[1] <= pass[2]);
    }
    child_finish(&child);
}
END_TEST

START_TEST(eval_of_several_samples_gives_pass_at_k_as_json) {
    Child child = emend("eval", fixture("tiny.textproto"), FOUR_SAMPLES, "--json");
    child_expect(&child, 0);
    json_t *events = child_json(&child);
    json_t *last = json_array_get(events, json_array_size(events) - 1);
    ck_assert_int_eq(json_integer_value(json_object_get(last, "n_problems")), 24);
    static const char *const numbers[] = {"pass@1@t1", "pass@2@t1", "pass@4@t1",
                                          "pass@1@t2", "pass@2@t2", "pass@4@t2"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        ck_assert_msg(json_is_real(json_object_get(last, numbers[i])), "no %s", numbers[i]);
    }
    json_decref(events);
    child_finish(&child);
}
END_TEST

START_TEST(eval_of_one_sample_says_nothing_of_pass_at_k) {
    Child usual = emend("eval", fixture("tiny.textproto"));
    Child one =
        emend("eval", fixture("tiny.textproto"), "--set", "evaluation.samples_per_problem=1");
    Child json = emend("eval", fixture("tiny.textproto"), "--json");
    ck_assert_str_eq(usual.out, one.out);
    ck_assert_ptr_null(strstr(usual.out, "pass@"));
    ck_assert_ptr_null(strstr(json.out, "pass@"));
    child_finish(&usual);
    child_finish(&one);
    child_finish(&json);
}
END_TEST

START_TEST(transcripts_are_printed_where_asked_for) {
    Child child = emend("run", fixture("tiny.textproto"), "--out", scratch("transcripts"),
                        "--transcripts", "2");
    child_expect(&child, 0);
    child_says(child.out, "\nTranscripts of stage2:\n");
    size_t n = 0;
    for (const char *at = child.out; (at = strstr(at, "\n  problem   ")); at++) {
        n++;
    }
    ck_assert_uint_eq(n, 2);
    child_says(child.out, "\n  attempt 2 ");
    child_finish(&child);
}
END_TEST

START_TEST(a_saved_policy_reads_as_a_hugging_face_folder) {
    const char *dir = scratch("policy");
    char script[8192];
    Child child = emend("run", fixture("tiny.textproto"), "--out", dir);
    child_expect(&child, 0);
    child_finish(&child);
    snprintf(script, sizeof script,
             "command -v python3 >/dev/null || exit 77\n"
             "cd %s/stages/stage2 && python3 - <<'EOF'\n"
             "import json, struct\n"
             "config = json.load(open('config.json'))\n"
             "assert config['model_type'] == 'llama', config\n"
             "assert config['architectures'] == ['LlamaForCausalLM'], config\n"
             "assert config['hidden_size'] == 16 and config['num_hidden_layers'] == 1, config\n"
             "data = open('model.safetensors', 'rb').read()\n"
             "n, = struct.unpack('<Q', data[:8])\n"
             "head = json.loads(data[8:8 + n])\n"
             "head.pop('__metadata__', None)\n"
             "spans = sorted(t['data_offsets'] for t in head.values())\n"
             "assert spans[0][0] == 0 and spans[-1][1] == len(data) - 8 - n, spans\n"
             "assert all(a[1] == b[0] for a, b in zip(spans, spans[1:])), spans\n"
             "embed = head['model.embed_tokens.weight']\n"
             "assert embed['shape'] == [config['vocab_size'], 16], embed\n"
             "assert 'model.layers.0.self_attn.q_proj.weight' in head, head\n"
             "EOF\n",
             dir);
    const char *const words[] = {"-c", script, NULL};
    child = child_run(&(ChildArgs){.program = "sh", .words = words});
    if (child.code != 77) {
        child_expect(&child, 0);
    }
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("output");
    TCase *tcase = tcase_create("output");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, scratch_begin, scratch_end);
    tcase_add_test(tcase, without_a_terminal_lines_are_plain);
    tcase_add_test(tcase, a_terminal_gets_a_live_line_that_ends_whole);
    tcase_add_test(tcase, a_dumb_terminal_gets_plain_lines);
    tcase_add_loop_test(tcase, json_output_is_json_lines_and_nothing_else, 0, 2);
    tcase_add_test(tcase, eval_gives_its_result_as_json_too);
    tcase_add_test(tcase, eval_of_several_samples_prints_pass_at_k_under_the_table);
    tcase_add_test(tcase, eval_of_several_samples_gives_pass_at_k_as_json);
    tcase_add_test(tcase, eval_of_one_sample_says_nothing_of_pass_at_k);
    tcase_add_test(tcase, transcripts_are_printed_where_asked_for);
    tcase_add_test(tcase, a_saved_policy_reads_as_a_hugging_face_folder);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
