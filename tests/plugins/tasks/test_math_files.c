/* SPDX-License-Identifier: Apache-2.0 */
/* What the task "math" reads: files and folders in the published forms, and bytes that are none. */
#include "math_subject.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

// In GSM8K's form.
static const char gsm8k[] =
    "{\"question\": \"A box holds 48 nails. How many do 2 hold?\", \"answer\": \"They hold 48*2 = "
    "<<48*2=96>>96 nails.\\n#### 96\"}\n"
    "{\"question\": \"And 1,000 boxes?\", \"answer\": \"#### is not yet it.\\n1 << 2 and 3 >> 2.\\n"
    "<<not\\nclosed>> 48000 <<48*1000=48000>><<=>>\\n####  48,000 \\n\"}\n";

static void assert_demonstration(uint32_t split, uint64_t index, const char *text) {
    Puts puts = {0};
    get_demonstration(split, index, 1, &puts);
    ck_assert_str_eq(puts.items[0].text, text);
    puts_clear(&puts);
}

START_TEST(gsm8k_is_read_as_published) {
    Config config = files_of(gsm8k, gsm8k);
    uint32_t split = 0;
    config.has_prompt_style = 1;
    config.prompt_style = EMEND__TASKS__MATH__CONFIG__PROMPT_STYLE__HASHES;
    create_ok(&config);
    ck_assert_str_eq(field_of_all("test", EMEND_PROBLEM_REFERENCE), "96 48,000 ");
    ck_assert_str_eq(field_of_all("test", EMEND_PROBLEM_ID), "test:1 test:2 ");
    open_ok("test", &split);
    assert_demonstration(split, 0, "They hold 48*2 = 96 nails.\n#### 96");
    assert_demonstration(split, 1,
                         "#### is not yet it.\n1 << 2 and 3 >> 2.\n<<not\nclosed>> 48000 \n"
                         "#### 48,000");
}
END_TEST

static const struct {
    const char *row, *reference, *kind, *level;
} rows[] = {
    {"{\"problem\": \"a\", \"answer\": \"7\", \"subject\": \"Geometry\", \"level\": 3}", "7",
     "Geometry", "3"},
    {"{\"problem\": \"a\", \"solution\": \"\\\\boxed{6} or \\\\boxed{ \\\\frac{1}{2} }.\", "
     "\"type\": \"Geometry\", \"level\": \"Level 4\"}",
     "\\frac{1}{2}", "Geometry", "4"},
    {"{\"problem\": \"a\", \"solution\": \"$\\\\boxed 9$\", \"level\": \"Level ?\"}", "9", NULL,
     NULL},
    {"{\"problem\": \"a\", \"solution\": \"\\\\boxed{6}\", \"answer\": \"8\"}", "8", NULL, NULL},
    {"{\"problem\": \"a\", \"solution\": \"x\", \"answer\": \"8 #### 9\"}", "8 #### 9", NULL, NULL},
    {"{\"question\": \"a\", \"answer\": \"five\"}", "five", NULL, NULL},
    {"{\"prompt\": \"a\", \"answer\": 204, \"unique_id\": 17}", "204", NULL, NULL},
    {"{\"prompt\": \"a\", \"answer\": -0.1}", "-0.1", NULL, NULL},
    {"{\"prompt\": \"a\", \"answer\": 1.5e30}", "1.5e+30", NULL, NULL},
    {"{\"problem\": null, \"question\": \"a\", \"answer\": \"1\", \"subject\": null, "
     "\"level\": null, \"unique_id\": null, \"solution\": null}",
     "1", NULL, NULL},
    {"\xEF\xBB\xBF{\"problem\": \"a\", \"answer\": \"1\"}\r\n\r\n", "1", NULL, NULL},
    {"[{\"problem\": \"a\", \"answer\": \"1\"}]", "1", NULL, NULL},
};

START_TEST(row_is_read_by_the_fields_it_has) {
    Config config = files_of(gsm8k, rows[_i].row);
    uint32_t split = 0;
    create_ok(&config);
    ck_assert_uint_eq(open_ok("test", &split), 1);
    Puts puts = {0};
    get_problem(split, 0, &puts);
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_REFERENCE), rows[_i].reference);
    ck_assert_pstr_eq(puts_text(&puts, EMEND_PROBLEM_KIND), rows[_i].kind);
    ck_assert_pstr_eq(puts_text(&puts, EMEND_PROBLEM_LEVEL), rows[_i].level);
    puts_clear(&puts);
}
END_TEST

START_TEST(problems_without_an_answer_are_left_out) {
    Config config = files_of("{\"problem\": \"a\", \"answer\": \" \"}\n"
                             "{\"problem\": \"b\", \"solution\": \"no box\"}\n"
                             "{\"problem\": \"c\", \"solution\": \"\\\\boxed{}\"}\n"
                             "{\"problem\": \"d\", \"solution\": \"\\\\boxed{1\"}\n"
                             "{\"problem\": \"e\", \"answer\": \"It is 5.\\n####\"}\n"
                             "{\"problem\": \"\\t\", \"answer\": \"1\"}\n"
                             "{\"problem\": \"g\", \"answer\": \"7\"}\n",
                             gsm8k);
    create_ok(&config);
    ck_assert_str_eq(field_of_all("train", EMEND_PROBLEM_REFERENCE), "7 ");
    assert_logged("; left out: 6 without an answer\n");
}
END_TEST

START_TEST(array_is_read_as_lines_are) {
    Config config =
        files_of("\n [ {\"problem\": \"a\", \"answer\": \"1\"},{\"problem\":\n\"b\",\n"
                 "\"answer\": \"2\"}\n,\n{\"problem\": \"c\", \"answer\": \"3\", \"unique_id\": "
                 "\"mine\"}]\n",
                 gsm8k);
    create_ok(&config);
    ck_assert_str_eq(field_of_all("train", EMEND_PROBLEM_REFERENCE), "1 2 3 ");
    ck_assert_str_eq(field_of_all("train", EMEND_PROBLEM_ID), "train:1 train:2 mine ");
}
END_TEST

START_TEST(id_that_comes_again_is_not_used_again) {
    Config config = files_of("{\"problem\": \"a\", \"answer\": \"1\", \"unique_id\": \"x\"}\n"
                             "{\"problem\": \"b\", \"answer\": \"2\", \"unique_id\": \"x\"}\n"
                             "{\"problem\": \"c\", \"answer\": \"3\", \"unique_id\": \"y\"}\n",
                             gsm8k);
    create_ok(&config);
    ck_assert_str_eq(field_of_all("train", EMEND_PROBLEM_ID), "x train:2 y ");
}
END_TEST

static void write_archive(const char *text) {
    gzFile file = gzopen(train_path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_gt(gzwrite(file, text, (unsigned)strlen(text)), 0);
    gzclose(file);
}

START_TEST(compressed_file_reads_as_the_plain_one) {
    Config config = both_files();
    char plain[256];
    write_text("train.jsonl", gsm8k);
    create_ok(&config);
    strcpy(plain, field_of_all("train", EMEND_PROBLEM_REFERENCE));
    write_archive(gsm8k);
    create_ok(&config);
    ck_assert_str_eq(field_of_all("train", EMEND_PROBLEM_REFERENCE), plain);
}
END_TEST

START_TEST(cut_archive_is_refused) {
    unsigned char bytes[1024];
    Config config = both_files();
    uint32_t split = 0;
    uint64_t count = 0;
    write_archive(gsm8k);
    FILE *file = fopen(train_path, "r");
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    write_bytes("train.jsonl", (const char *)bytes, n - 20);
    create_ok(&config);
    ck_assert_int_eq(open_split("train", &split, &count), EMEND_DATA_LOSS);
    assert_message("train.jsonl: cannot be read: ");
}
END_TEST

START_TEST(file_that_is_too_large_is_not_read) {
    Config config = both_files();
    uint32_t split = 0;
    uint64_t count = 0;
    ck_assert_int_eq(truncate(train_path, ((off_t)1 << 30) + 1), 0);
    create_ok(&config);
    ck_assert_int_eq(open_split("train", &split, &count), EMEND_DATA_LOSS);
    assert_message("train.jsonl: is larger than 1 GiB unpacked; it must be smaller");
}
END_TEST

static const struct {
    const char *bytes, *message;
} bad_files[] = {
    {"{\"problem\": \"a\", \"answer\": \"1\"}\n{\"problem\": \n", "train.jsonl:2: "},
    {"[1, 2]", "train.jsonl:1: object 1: is not a JSON object"},
    {"[{\"problem\": \"a\", \"answer\": \"1\"},\n\n7]",
     "train.jsonl:3: object 2: is not a JSON object"},
    {"[{\"problem\": \"a\", \"answer\": \"1\"},\n{\"problem\": \"a\",\n\"answer\": x}]",
     "train.jsonl:3: object 2: "},
    {"[{\"problem\": \"a\", \"answer\": \"1\"},\n]", "train.jsonl:2: object 2: "},
    {"[{\"problem\": \"a\", \"answer\": \"1\"}\n{}]",
     "train.jsonl:2: object 1: is not followed by `,` or `]`; the array must be whole"},
    {"[{\"problem\": \"a\", \"answer\": \"1\"}",
     "train.jsonl:1: object 1: is not followed by `,` or `]`"},
    {"[{\"problem\": \"a\", \"answer\": \"1\"}]\n []",
     "train.jsonl:2: there is more behind the array"},
    {"[", "train.jsonl:1: object 1: "},
    {"[]", "train.jsonl: no problem with an answer is in it"},
    {"\n\n7\n", "train.jsonl:3: is not a JSON object; each problem must be one"},
    {"{\"answer\": \"1\"}", "train.jsonl:1: problem is missing; it must be a string"},
    {"{\"problem\": 1, \"answer\": \"1\"}", "train.jsonl:1: problem is of another type"},
    {"{\"question\": [], \"answer\": \"1\"}", "train.jsonl:1: question is of another type"},
    {"{\"problem\": \"a\"}", "train.jsonl:1: answer is missing; it must be a string, or solution "},
    {"{\"problem\": \"a\", \"answer\": null}", "train.jsonl:1: answer is missing"},
    {"{\"problem\": \"a\", \"answer\": true}", "train.jsonl:1: answer is of another type"},
    {"{\"problem\": \"a\", \"answer\": \"1\", \"solution\": 3}", "train.jsonl:1: solution is of"},
    {"{\"problem\": \"a\", \"answer\": \"1\", \"type\": 3}", "train.jsonl:1: type is of another"},
    {"{\"problem\": \"a\", \"answer\": \"1\", \"unique_id\": []}",
     "train.jsonl:1: unique_id is of"},
    {"{\"problem\": \"a\", \"answer\": \"1\", \"level\": \"hard\"}",
     "train.jsonl:1: level is not a number from 0 to 1000; it must be one, as such or behind"},
    {"{\"problem\": \"a\", \"answer\": \"1\", \"level\": \"Level \"}",
     "train.jsonl:1: level is not a number"},
    {"{\"problem\": \"a\", \"answer\": \"1\", \"level\": \"99999999999999999999\"}",
     "train.jsonl:1: level is not a number"},
    {"{\"problem\": \"a\", \"answer\": \"1\", \"level\": -1}",
     "train.jsonl:1: level is not a number"},
    {"{\"problem\": \"a\", \"answer\": \"1\", \"level\": 5.5}",
     "train.jsonl:1: level is not a number"},
    {"{\"problem\": \"\xFF\", \"answer\": \"1\"}", "train.jsonl:1: "},
    {"{\"problem\": \"\\u0000\", \"answer\": \"1\"}",
     "train.jsonl:1: a text has \\u0000 in it; a text must not"},
    {"{\"problem\": \"a\", \"answer\": \"1\"} trailing", "train.jsonl:1: "},
    {"{\"problem\": \"a\", \"answer\": \"\x01\"}", "train.jsonl:1: "},
    {"", "train.jsonl: no problem with an answer is in it"},
    {"\x1F\x8B\x08", "train.jsonl: "},
};

START_TEST(bad_file_is_refused_with_its_line) {
    write_text("train.jsonl", bad_files[_i].bytes);
    Config config = both_files();
    uint32_t split = 0;
    uint64_t count = 0;
    create_ok(&config);
    ck_assert_int_ne(open_split("train", &split, &count), EMEND_OK);
    assert_message(bad_files[_i].message);
    assert_message(folder);
}
END_TEST

START_TEST(deep_nesting_and_any_bytes_are_refused) {
    enum { N = 200000 };
    char *bytes = malloc(N);
    Config config = both_files();
    uint32_t split = 0;
    uint64_t count = 0;
    ck_assert_ptr_nonnull(bytes);
    create_ok(&config);
    memset(bytes, '[', N);
    write_bytes("train.jsonl", bytes, N);
    ck_assert_int_eq(open_split("train", &split, &count), EMEND_DATA_LOSS);
    assert_message("train.jsonl:1: object 1: maximum parsing depth reached");
    for (uint32_t seed = 1, i = 0; i < N; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (char)(seed >> 24);
    }
    for (size_t n = 1; n < 400; n++) {
        write_bytes("train.jsonl", bytes + n, n);
        ck_assert_int_ne(open_split("train", &split, &count), EMEND_OK);
        assert_message("train.jsonl");
    }
    free(bytes);
}
END_TEST

// MATH as released, in the folder `name`. The files are made in an order that is not that of their
// names.
static void write_layout(const char *name) {
    static const char *const files[] = {"geometry/7.json",
                                        "algebra/10.json",
                                        "algebra/b.json",
                                        "algebra/2.json",
                                        "algebra/a.json",
                                        "algebra/1.json",
                                        "algebra/00.json",
                                        "geometry/3.json",
                                        "algebra/002.json",
                                        "Precalculus/5.json",
                                        "algebra/99999999999999999999.json"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[128], text[256];
        snprintf(path, sizeof path, "%s/%s", name, files[i]);
        snprintf(text, sizeof text,
                 "{\n  \"problem\": \"What is %zu?\",\n  \"level\": \"Level 5\",\n"
                 "  \"solution\": \"\\\\boxed{%zu}\"\n}\n",
                 i, i);
        write_text(path, text);
    }
}

static Config folder_config(void) {
    static char path[128];
    Config config = CONFIG_INIT;
    snprintf(path, sizeof path, "%s/MATH/train", folder);
    config.train = path;
    return config;
}

START_TEST(folder_is_read_by_subject_and_number) {
    Config config = folder_config();
    write_layout("MATH/train");
    write_text("MATH/train/algebra/README.md", "not a problem");
    write_text("MATH/train/algebra/.json", "nor this");
    write_text("MATH/train/algebra/.hidden.json", "nor this");
    write_text("MATH/train/algebra/more/1.json", "nor this");
    write_text("MATH/train/info.json", "nor this");
    create_ok(&config);
    ck_assert_str_eq(
        field_of_all("train", EMEND_PROBLEM_ID),
        "train/Precalculus/5.json train/algebra/00.json train/algebra/1.json "
        "train/algebra/002.json train/algebra/2.json train/algebra/10.json "
        "train/algebra/99999999999999999999.json train/algebra/a.json train/algebra/b.json "
        "train/geometry/3.json train/geometry/7.json ");
    ck_assert_str_eq(field_of_all("train", EMEND_PROBLEM_REFERENCE), "9 6 5 8 3 1 10 4 2 7 0 ");
    ck_assert_str_eq(field_of_all("train", EMEND_PROBLEM_KIND),
                     "Precalculus algebra algebra algebra algebra algebra algebra algebra algebra "
                     "geometry geometry ");
    ck_assert_str_eq(field_of_all("train", EMEND_PROBLEM_LEVEL), "5 5 5 5 5 5 5 5 5 5 5 ");
}
END_TEST

START_TEST(subject_in_a_folders_file_goes_before_the_folders_name) {
    Config config = folder_config();
    write_text("MATH/train/counting_and_probability/1.json",
               "{\"problem\": \"a\", \"solution\": \"\\\\boxed{1}\", \"type\": \"Counting & "
               "Probability\"}");
    char *subjects[] = {(char *)"counting_and_probability"};
    config.subject = subjects;
    config.n_subject = 1;
    create_ok(&config);
    ck_assert_str_eq(field_of_all("train", EMEND_PROBLEM_KIND), "Counting & Probability ");
}
END_TEST

START_TEST(folders_of_one_name_are_told_apart) {
    char train[128], test[128];
    Config config = CONFIG_INIT;
    write_layout("a/math");
    write_text("b/math/algebra/1.json", "{\"problem\": \"z\", \"answer\": \"1\"}");
    snprintf(train, sizeof train, "%s/a/math/", folder);
    snprintf(test, sizeof test, "%s/b/math", folder);
    config.train = train;
    config.test = test;
    create_ok(&config);
    ck_assert_str_eq(field_of_all("test", EMEND_PROBLEM_ID), "test/algebra/1.json ");
    ck_assert_ptr_nonnull(strstr(field_of_all("train", EMEND_PROBLEM_ID), "train/algebra/1.json "));
    config.test = NULL;
    create_ok(&config);
    ck_assert_ptr_nonnull(strstr(field_of_all("train", EMEND_PROBLEM_ID), " math/algebra/1.json "));
}
END_TEST

START_TEST(links_in_a_folder_are_not_followed) {
    char from[256], to[256];
    Config config = folder_config();
    write_text("MATH/train/algebra/1.json", "{\"problem\": \"a\", \"answer\": \"1\"}");
    write_text("elsewhere/1.json", "{\"problem\": \"b\", \"answer\": \"2\"}");
    snprintf(to, sizeof to, "%s/elsewhere", folder);
    snprintf(from, sizeof from, "%s/MATH/train/geometry", folder);
    ck_assert_int_eq(symlink(to, from), 0);
    snprintf(to, sizeof to, "%s/elsewhere/1.json", folder);
    snprintf(from, sizeof from, "%s/MATH/train/algebra/2.json", folder);
    ck_assert_int_eq(symlink(to, from), 0);
    create_ok(&config);
    ck_assert_str_eq(field_of_all("train", EMEND_PROBLEM_REFERENCE), "1 ");
    assert_logged("; left out: 2 symbolic links\n");
}
END_TEST

static const struct {
    const char *bytes, *message;
} bad_in_folder[] = {
    {"{\n\"problem\": \"a\",\n\"answer\": x}", "/MATH/train/algebra/5.json:3: "},
    {"{\"problem\": \"a\"}", "/MATH/train/algebra/5.json: answer is missing"},
    {"[]", "/MATH/train/algebra/5.json: is not a JSON object"},
    {"", "/MATH/train/algebra/5.json:1: "},
};

START_TEST(bad_file_in_a_folder_is_named) {
    Config config = folder_config();
    uint32_t split = 0;
    uint64_t count = 0;
    write_text("MATH/train/algebra/4.json", "{\"problem\": \"a\", \"answer\": \"1\"}");
    write_text("MATH/train/algebra/5.json", bad_in_folder[_i].bytes);
    create_ok(&config);
    ck_assert_int_eq(open_split("train", &split, &count), EMEND_DATA_LOSS);
    assert_message(bad_in_folder[_i].message);
}
END_TEST

START_TEST(real_files_are_read_as_published) {
    const char *shared = getenv("EMEND_SHARED");
    if (!shared || !*shared) {
        return; // nothing to read; the cases above stand on their own
    }
    char train[4096], test[4096];
    snprintf(train, sizeof train, "%s/data/gsm8k_train.jsonl.gz", shared);
    snprintf(test, sizeof test, "%s/data/gsm8k_test.jsonl.gz", shared);
    Config config = CONFIG_INIT;
    uint32_t split = 0;
    config.train = train;
    config.test = test;
    create_ok(&config);
    ck_assert_uint_eq(open_ok("test", &split), 1319);
    ck_assert_uint_eq(open_ok("train", &split), 7473);
    for (uint64_t i = 0; i < 7473; i++) {
        Puts puts = {0}, demo = {0};
        get_problem(split, i, &puts);
        get_demonstration(split, i, 1, &demo);
        const char *gold = puts_text(&puts, EMEND_PROBLEM_REFERENCE);
        ck_assert_uint_eq(strspn(gold, "-0123456789,."), strlen(gold));
        ck_assert_ptr_null(strstr(demo.items[0].text, "<<"));
        ck_assert_ptr_null(strstr(demo.items[0].text, "####"));
        puts_clear(&puts);
        puts_clear(&demo);
    }
}
END_TEST

int main(void) {
    TCase *files = tcase_create("files"), *folders = tcase_create("folders");
    tcase_add_test(files, gsm8k_is_read_as_published);
    tcase_add_loop_test(files, row_is_read_by_the_fields_it_has, 0, sizeof rows / sizeof rows[0]);
    tcase_add_test(files, problems_without_an_answer_are_left_out);
    tcase_add_test(files, array_is_read_as_lines_are);
    tcase_add_test(files, id_that_comes_again_is_not_used_again);
    tcase_add_test(files, compressed_file_reads_as_the_plain_one);
    tcase_add_test(files, cut_archive_is_refused);
    tcase_add_test(files, file_that_is_too_large_is_not_read);
    tcase_add_loop_test(files, bad_file_is_refused_with_its_line, 0,
                        sizeof bad_files / sizeof bad_files[0]);
    tcase_add_test(files, deep_nesting_and_any_bytes_are_refused);
    tcase_add_test(files, real_files_are_read_as_published);
    tcase_add_test(folders, folder_is_read_by_subject_and_number);
    tcase_add_test(folders, subject_in_a_folders_file_goes_before_the_folders_name);
    tcase_add_test(folders, folders_of_one_name_are_told_apart);
    tcase_add_test(folders, links_in_a_folder_are_not_followed);
    tcase_add_loop_test(folders, bad_file_in_a_folder_is_named, 0,
                        sizeof bad_in_folder / sizeof bad_in_folder[0]);
    return run_suite("math files", (TCase *[]){files, folders}, 2);
}
