/* SPDX-License-Identifier: Apache-2.0 */
/* `emend report`: pages of runs that are whole, damaged, hostile, or not alike. */
#include "child.h"
#include "page.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *page;

static void teardown(void) {
    free(page);
    page = NULL;
    scratch_end();
}

static const char *make_run(const char *name, const char *metrics, const char *recipe) {
    mkdir(scratch("%s", name), 0777);
    file_put(scratch("%s/metrics.jsonl", name), metrics, strlen(metrics));
    if (recipe) {
        file_put(scratch("%s/recipe.textproto", name), recipe, strlen(recipe));
    }
    return scratch("%s", name);
}

// Reports runs (NULL: one) into a file, which must come to be, and reads the page.
static const char *report(const char *run, const char *other, const char *third) {
    const char *out = scratch("out.html");
    const char *words[] = {"report", "--out", out, run, other, third, NULL};
    Child child = child_run(&(ChildArgs){.words = words});
    size_t len = 0;
    child_expect(&child, 0);
    child_finish(&child);
    free(page);
    page = file_get(out, &len);
    ck_assert_uint_eq(len, strlen(page));
    page_is_sound(page);
    return page;
}

static void has(const char *text) {
    ck_assert_msg(strstr(page, text) != NULL, "the page must have: %s", text);
}

static void has_not(const char *text) {
    ck_assert_msg(strstr(page, text) == NULL, "the page must not have: %s", text);
}

/* ---- runs as they are ------------------------------------------------------------------------ */

START_TEST(a_run_ends_with_its_report) {
    const char *dir = scratch("run");
    Child child = emend("run", fixture("tiny.textproto"), "--out", dir, "--set",
                        "evaluation.samples_per_problem=2");
    size_t len = 0;
    child_expect(&child, 0);
    child_says(child.out, "To read in a browser: ");
    child_finish(&child);
    page = file_get(scratch("run/report.html"), &len);
    page_is_sound(page);
    static const char *const texts[] = {"<h1>tiny</h1>",
                                        "accuracy@t1",
                                        "delta(t1,t2)",
                                        ">stage2<",
                                        "solve_linear",
                                        "pass@k",
                                        "maj@k",
                                        "parallel",
                                        "KL to the ref",
                                        "Edit distance",
                                        "Attempt 2",
                                        "MOVING_AVERAGE",
                                        "memory by plugin, at most",
                                        "emend.backends.cpu"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        has(texts[i]);
    }
    has_not("http:");
    has_not("https:");
    has_not("class=\"note\"");
}
END_TEST

START_TEST(a_run_without_the_tracker_has_no_report_and_is_well) {
    const char *words[] = {"run", NULL, "--out", scratch("run"), NULL};
    char *recipe = file_get(fixture("tiny.textproto"), &(size_t){0});
    char *tracker = strstr(recipe, "tracker {");
    memset(tracker, ' ', strcspn(tracker, "\n"));
    file_put(scratch("untracked.textproto"), recipe, strlen(recipe));
    words[1] = scratch("untracked.textproto");
    Child child = child_run(&(ChildArgs){.words = words});
    child_expect(&child, 0);
    ck_assert_str_eq(child.err, "");
    ck_assert(!file_is(scratch("run/report.html")));
    child_finish(&child);
    free(recipe);
}
END_TEST

/* ---- several runs ---------------------------------------------------------------------------- */

#define TRAIN(step, stage, metrics)                                                                \
    "{\"step\":" #step ",\"phase\":\"train\",\"stage\":\"" stage "\",\"time\":1700000000,"         \
    "\"metrics\":{" metrics "}}\n"
#define EVALUATION(step, policy, t1, t2, more)                                                     \
    "{\"step\":" #step ",\"event\":\"evaluation\",\"data\":{\"policy\":\"" policy                  \
    "\",\"step\":" #step ",\"n_problems\":8,\"n_left_out\":0,\"accuracy@t1\":" #t1                 \
    ",\"accuracy@t2\":" #t2 ",\"delta(t1,t2)\":0.1,\"delta(i->c)\":0.1,\"delta(c->i)\":0" more     \
    "}}\n"
#define VERDICTS(problems, t1, t2)                                                                 \
    ",\"samples_per_problem\":1,\"problems\":\"" problems "\",\"verdicts\":{\"t1\":\"" t1          \
    "\",\"t2\":\"" t2 "\"}"

static const char recipe_a[] = "name: \"a\"\nstage {\n  name: \"one\"\n  steps: 2\n}\n";
static const char recipe_b[] = "name: \"a\"\nseed: 2\nstage {\n  name: \"one\"\n  steps: 4\n}\n";

START_TEST(runs_on_the_same_problems_are_compared_in_pairs) {
    static const char a[] = TRAIN(1, "one", "\"reward/mean\":0.5")
        EVALUATION(2, "one", 0.5, 0.5, VERDICTS("p", "11110000", "11110000"));
    static const char b[] = TRAIN(1, "one", "\"reward/mean\":0.25")
        EVALUATION(2, "one", 0.5, 1.0, VERDICTS("p", "11110000", "11111111"));
    report(make_run("a", a, recipe_a), make_run("b", b, recipe_b), NULL);
    has("2 runs side by side");
    has("+50.0*<small>");
    has("<td>+0.0<small>+0.0 to +0.0</small></td>");
    has("<code>seed</code></th><td><span class=\"unset\">not set</span></td><td><code>2</code>");
    has("<code>stage.steps</code></th><td><code>2</code></td><td><code>4</code></td>");
    has_not("have no interval");
    has_not("<code>name</code>");
}
END_TEST

START_TEST(runs_without_verdicts_are_compared_without_intervals_and_it_is_said) {
    static const char a[] = EVALUATION(2, "one", 0.5, 0.5, "")
        EVALUATION(4, "two", 0.5, 0.5, VERDICTS("p", "1100", "1100"));
    static const char b[] = EVALUATION(2, "one", 0.5, 0.75, "")
        EVALUATION(4, "two", 0.5, 0.5, VERDICTS("other", "1100", "1100"));
    report(make_run("a", a, recipe_a), make_run("b", b, recipe_a), make_run("c", a, NULL));
    has("<td>+25.0</td>");
    has("3 of 4 have no interval");
    has("c: the folder has no recipe.textproto.");
}
END_TEST

START_TEST(numbers_of_a_run_that_recorded_no_more_make_the_table) {
    static const char old[] = "{\"step\":4,\"phase\":\"eval\",\"stage\":\"one\",\"time\":1,"
                              "\"metrics\":{\"accuracy@t1\":0.25,\"accuracy@t2\":0.5,"
                              "\"delta(t1,t2)\":0.25,\"n_problems\":40}}\n";
    report(make_run("old", old, NULL), NULL, NULL);
    has("<td>40</td><td>25.0</td><td>50.0</td><td>+25.0</td>");
    has("No intervals: this run did not record what became of each problem.");
    has("None is recorded");
}
END_TEST

START_TEST(runs_of_one_name_are_told_apart) {
    static const char metrics[] = TRAIN(1, "one", "\"reward/mean\":0.5");
    mkdir(scratch("one"), 0777);
    mkdir(scratch("two"), 0777);
    make_run("one/x", metrics, NULL);
    make_run("two/x", metrics, NULL);
    report(scratch("one/x"), scratch("two/x"), NULL);
    has("/one/x</span>");
    has("/two/x</span>");
}
END_TEST

/* ---- hostile runs ---------------------------------------------------------------------------- */

#define EVIL "</pre></style></title><script src=https://x.example/a.js>\\\"'<img onerror=x>&amp;"

START_TEST(what_a_model_wrote_stays_text) {
    static const char metrics[] =
        "{\"step\":1,\"phase\":\"train\",\"stage\":\"" EVIL "\",\"time\":1,\"metrics\":{"
        "\"accuracy@t1\":0.5,\"" EVIL "\":1}}\n"
        "{\"step\":1,\"event\":\"evaluation\",\"data\":{\"policy\":\"" EVIL "\",\"step\":1,"
        "\"n_problems\":2,\"accuracy@t1\":0.5,\"accuracy@t2\":0.5,\"kinds\":{\"" EVIL "\":{"
        "\"accuracy@t1\":0.5},\"b\":{}},\"levels\":{\"" EVIL "\":{},\"2\":7}}}\n"
        "{\"step\":1,\"event\":\"transcript\",\"data\":{\"label\":\"" EVIL "\",\"prompt\":\"" EVIL
        "\",\"reference\":\"" EVIL "\",\"turns\":[{\"response\":\"" EVIL
        "\\u0000\\u202e\",\"extracted\":\"" EVIL "\",\"is_right\":false},{\"response\":\"" EVIL
        " <b>and more</b>\",\"is_right\":true}]}}\n";
    static const char recipe[] = "name: \"" EVIL "\"\ndescription: \"" EVIL "\"\n" EVIL ": " EVIL
                                 "\nstage {\n  " EVIL ": \xff\xfe" EVIL "\n}\n";
    report(make_run("evil", metrics, recipe), NULL, NULL);
    char *words = page_words(page);
    child_says(words, "</pre></style></title><script src=https://x.example/a.js>\"'"
                      "<img onerror=x>&amp;");
    free(words);
    has_not("<script");
    has_not("<img");
    report(make_run("evil", metrics, recipe), make_run("<b>", metrics, recipe_a), NULL);
    has_not("<script");
    has("&lt;b&gt;");
}
END_TEST

// Records that are JSON and make no sense.
static const char *const senseless[] = {
    "{\"step\":1e308,\"phase\":\"train\",\"stage\":\"s\",\"metrics\":{\"reward/mean\":1}}\n",
    "{\"step\":-1,\"phase\":\"train\",\"stage\":\"s\",\"metrics\":{\"reward/mean\":1}}\n",
    "{\"step\":1e15,\"phase\":\"train\",\"stage\":\"s\",\"metrics\":{\"reward/mean\":1e15}}\n",
    "{\"step\":1,\"phase\":\"train\",\"metrics\":{\"reward/mean\":-1e15,\"kl/ref/t99\":1}}\n",
    "{\"step\":1,\"phase\":\"train\",\"stage\":7,\"metrics\":[1]}\n",
    "{\"step\":0,\"phase\":\"train\",\"stage\":\"s\",\"metrics\":{\"accuracy@t2\":5e-324}}\n",
    "{\"step\":1,\"phase\":\"eval\",\"stage\":\"s\",\"metrics\":null}\n",
    "{\"step\":1,\"phase\":\"eval\",\"stage\":{},\"metrics\":{\"accuracy@t1\":null}}\n",
    "{\"step\":1,\"event\":\"evaluation\",\"data\":{\"kinds\":7,\"levels\":[]}}\n",
    "{\"step\":1,\"event\":\"evaluation\",\"data\":{\"policy\":\"p\",\"step\":-5,"
    "\"accuracy@t1\":1e14,\"accuracy@t2\":-7,\"maj@4294967295@t1\":1,\"maj@x\":2,\"pass@0\":1,"
    "\"pass@3@t1\":1,\"pass@99999999999999999999@t1\":1}}\n",
    "{\"step\":1,\"event\":\"transcript\",\"data\":{\"turns\":7}}\n",
    "{\"step\":1,\"event\":\"transcript\",\"data\":{\"turns\":[7,[],{\"response\":{}}]}}\n",
    "{\"step\":1,\"event\":\"transcript\",\"data\":{\"turns\":[{\"is_right\":true}]}}\n",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n",
    "\n",
    "\xff\xfe\n",
    "{\"step\":\n",
    "{}\n",
    "null\n",
};

START_TEST(records_that_make_no_sense_do_no_harm) {
    static const char sound[] =
        TRAIN(1, "one", "\"reward/mean\":0.5") EVALUATION(1, "one", 0.5, 0.5, "");
    char text[4096];
    snprintf(text, sizeof text, "%s%s%s", sound, senseless[_i], sound);
    report(make_run("odd", text, recipe_a), make_run("sound", sound, recipe_a), NULL);
    report(make_run("odd", text, recipe_a), NULL, NULL);
}
END_TEST

START_TEST(many_stages_and_many_names_are_cut_and_it_is_said) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    for (int i = 0; i < 400; i++) {
        fprintf(out, "{\"step\":%d,\"phase\":\"train\",\"stage\":\"s%d\",\"metrics\":{", i,
                i % 300);
        for (int t = 0; t < 99; t++) {
            fprintf(out, "\"accuracy@t%d\":0.5,\"kl/ref/t%d\":1,", t, t);
        }
        fprintf(out, "\"reward/mean\":%d}}\n", i);
    }
    fclose(out);
    report(make_run("many", text, NULL), NULL, NULL);
    has("holds more stages, metrics, evaluations or transcripts than a report shows");
    free(text);
}
END_TEST

/* ---- damaged runs ---------------------------------------------------------------------------- */

START_TEST(a_file_that_is_cut_at_any_byte_is_reported_or_refused) {
    static const char whole[] = TRAIN(1, "one", "\"reward/mean\":0.5,\"accuracy@t1\":0.5")
        EVALUATION(2, "one", 0.5, 0.5, VERDICTS("p", "10", "11"));
    size_t first = strcspn(whole, "\n");
    for (size_t n = (size_t)_i; n < sizeof whole; n += 16) {
        char text[sizeof whole];
        snprintf(text, sizeof text, "%.*s", (int)n, whole);
        const char *words[] = {"report", make_run("cut", text, NULL), NULL};
        Child child = child_run(&(ChildArgs){.words = words});
        child_expect(&child, n < first ? 2 : 0);
        if (n < first) {
            child_has_one_error(&child);
            child_says(child.err, "is a record with numbers");
        } else if (text[n - 1] != '\n') {
            child_says(child.err, "the last one being cut short");
            page = file_get(scratch("cut/report.html"), &(size_t){0});
            page_is_sound(page);
            has("is cut short");
            free(page);
            page = NULL;
        }
        child_finish(&child);
    }
}
END_TEST

START_TEST(lines_that_cannot_be_read_are_counted) {
    static const char damaged[] =
        TRAIN(1, "one", "\"reward/mean\":0.5") "garbage\n{\"step\":}\n" TRAIN(
            2, "one", "\"reward/mean\":0.6");
    const char *words[] = {"report", make_run("bad", damaged, NULL), NULL};
    Child child = child_run(&(ChildArgs){.words = words});
    child_expect(&child, 0);
    child_says(child.err, "bad/metrics.jsonl: 2 of its 4 lines cannot be read");
    child_finish(&child);
    page = file_get(scratch("bad/report.html"), &(size_t){0});
    page_is_sound(page);
    has("2 of the 4 lines of metrics.jsonl cannot be read, the first of them line 2");
}
END_TEST

START_TEST(what_is_no_run_is_said) {
    mkdir(scratch("empty"), 0777);
    Child child = emend("report", scratch("empty"));
    child_expect(&child, 2);
    child_has_one_error(&child);
    child_says(child.err,
               "empty/metrics.jsonl: No such file or directory; it must be the folder of "
               "a run");
    child_finish(&child);
    child = emend("report", make_run("blank", "", NULL));
    child_expect(&child, 2);
    child_says(child.err, "none of its 0 lines is a record with numbers");
    child_finish(&child);
}
END_TEST

START_TEST(a_page_that_cannot_be_written_is_said_and_leaves_the_old_one) {
    static const char metrics[] = TRAIN(1, "one", "\"reward/mean\":0.5");
    const char *run = make_run("a", metrics, NULL);
    file_put(scratch("a/report.html"), "old", 3);
    const char *words[] = {"report", run, NULL};
    Child child = child_run(&(ChildArgs){.words = words, .max_file_bytes = 100});
    ck_assert_int_ne(child.code, 0);
    child_has_one_error(&child);
    child_finish(&child);
    page = file_get(scratch("a/report.html"), &(size_t){0});
    ck_assert_str_eq(page, "old");
    ck_assert(!file_is(scratch("a/report.html.tmp")));
    child = emend("report", run, "--out", scratch("nowhere/out.html"));
    ck_assert_int_ne(child.code, 0);
    child_has_one_error(&child);
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("report");
    TCase *cases = tcase_create("report");
    tcase_set_timeout(cases, 100);
    tcase_add_checked_fixture(cases, scratch_begin, teardown);
    tcase_add_test(cases, a_run_ends_with_its_report);
    tcase_add_test(cases, a_run_without_the_tracker_has_no_report_and_is_well);
    tcase_add_test(cases, runs_on_the_same_problems_are_compared_in_pairs);
    tcase_add_test(cases, runs_without_verdicts_are_compared_without_intervals_and_it_is_said);
    tcase_add_test(cases, numbers_of_a_run_that_recorded_no_more_make_the_table);
    tcase_add_test(cases, runs_of_one_name_are_told_apart);
    tcase_add_test(cases, what_a_model_wrote_stays_text);
    tcase_add_loop_test(cases, records_that_make_no_sense_do_no_harm, 0,
                        (int)(sizeof senseless / sizeof *senseless));
    tcase_add_test(cases, many_stages_and_many_names_are_cut_and_it_is_said);
    tcase_add_loop_test(cases, a_file_that_is_cut_at_any_byte_is_reported_or_refused, 0, 16);
    tcase_add_test(cases, lines_that_cannot_be_read_are_counted);
    tcase_add_test(cases, what_is_no_run_is_said);
    tcase_add_test(cases, a_page_that_cannot_be_written_is_said_and_leaves_the_old_one);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
