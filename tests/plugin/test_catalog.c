/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/catalog.h"
#include "plugin/kinds.h"
#include "scratch.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char text[TEXT_BYTES];
static EmendError err;
static const char *folder;

static void setup(void) {
    folder = scratch_begin();
    err = emend_error_on(text, sizeof text);
}

static void teardown(void) {
    scratch_end();
}

/* The lines of a manifest; each case changes one. */
#define FORMAT "format: 1\n"
#define ID "id: \"org.example.a\"\n"
#define VERSION "version: \"0.1.0\"\n"
#define LICENSE "license: \"Apache-2.0\"\n"
#define ABI "abi { major: 1 minor: 0 }\n"
#define LIBRARY "library { path: \"a.so\" }\n"
#define COMPONENT "component { kind: \"emend.reward/1\" name: \"a\" }\n"
#define GOOD FORMAT ID VERSION LICENSE ABI LIBRARY COMPONENT

/* A manifest and what the problem must say; NULL: there is none. */
typedef struct Case {
    const char *manifest, *says;
} Case;

static const Case cases[] = {
    {GOOD, NULL},
    {GOOD "versoin: \"2\"\n", "plugin.textproto:8:1: "},
    {GOOD "versoin: \"2\"\n", "has no field versoin; did you mean"},
    {FORMAT ID, "version is missing; it must be given"},
    {ID VERSION LICENSE ABI LIBRARY COMPONENT, "format is 0; it must be 1"},
    {"format: 2\n" ID VERSION LICENSE ABI LIBRARY COMPONENT, "format is 2; it must be 1"},
    {FORMAT VERSION LICENSE ABI LIBRARY COMPONENT, "id is missing"},
    {FORMAT "id: \"Org Example\"\n" VERSION LICENSE ABI LIBRARY COMPONENT,
     "id is \"Org Example\"; it must be at most 63 of the characters a-z 0-9 . _ -"},
    {FORMAT ID "version: \"one\"\n" LICENSE ABI LIBRARY COMPONENT,
     "version is \"one\"; it must be three numbers"},
    {FORMAT ID "version: \"1.2\"\n" LICENSE ABI LIBRARY COMPONENT, "version is \"1.2\""},
    {FORMAT ID "version: \"1.2.3-rc1\"\n" LICENSE ABI LIBRARY COMPONENT, NULL},
    {FORMAT ID VERSION ABI LIBRARY COMPONENT, "license is missing"},
    {FORMAT ID VERSION LICENSE LIBRARY COMPONENT, "abi.major or abi.minor is missing"},
    {FORMAT ID VERSION LICENSE "abi { major: 2 minor: 1 }\n" LIBRARY COMPONENT,
     "built for ABI 2.1; this host speaks 1.0: get a build of the plugin for ABI 1"},
    {FORMAT ID VERSION LICENSE "abi { major: 1 minor: 9 host_minor_min: 9 }\n" LIBRARY COMPONENT,
     "needs a host of ABI 1.9 or later; this one speaks 1.0"},
    {FORMAT ID VERSION LICENSE "abi { major: 1 minor: 9 }\n" LIBRARY COMPONENT, NULL},
    {FORMAT ID VERSION LICENSE ABI COMPONENT, "library is missing"},
    {FORMAT ID VERSION LICENSE ABI LIBRARY, "component is missing"},
    {FORMAT ID VERSION LICENSE ABI "library { score: 1 }\n" COMPONENT,
     "library[0].path is missing"},
    {FORMAT ID VERSION LICENSE ABI "library { path: \"/a.so\" }\n" COMPONENT,
     "library[0].path is \"/a.so\"; it must be relative to the manifest and without \"..\""},
    {FORMAT ID VERSION LICENSE ABI "library { path: \"../a/a.so\" }\n" COMPONENT,
     "library[0].path is \"../a/a.so\"; it must be relative"},
    {FORMAT ID VERSION LICENSE ABI "library { path: \"b/..\" }\n" COMPONENT,
     "library[0].path is \"b/..\"; it must be relative"},
    {FORMAT ID VERSION LICENSE ABI "library { path: \"..so\" }\n" COMPONENT,
     "..so: No such file or directory, which the manifest names as the library"},
    {FORMAT ID VERSION LICENSE ABI "library { path: \"b.so\" }\n" COMPONENT,
     "b.so: No such file or directory, which the manifest names as the library; build or install"},
    {FORMAT ID VERSION LICENSE ABI LIBRARY "component { kind: \"emend.rewrd/1\" name: \"a\" }\n",
     "component[0].kind is \"emend.rewrd/1\"; did you mean \"emend.reward/1\"? it must be one of "
     "emend.backend/1, "},
    {FORMAT ID VERSION LICENSE ABI LIBRARY "component { name: \"a\" }\n",
     "component[0].kind is missing"},
    {FORMAT ID VERSION LICENSE ABI LIBRARY "component { kind: \"emend.task/1\" }\n",
     "component[0].name is missing"},
    {FORMAT ID VERSION LICENSE ABI LIBRARY "component { kind: \"emend.task/1\" name: \"A/b\" }\n",
     "component[0].name is \"A/b\"; it must be at most 63 of the characters a-z 0-9 _ -"},
    {GOOD COMPONENT, "component[1].name is \"a\", as component[0] of the same kind"},
    {GOOD "component { kind: \"emend.task/1\" name: \"a\" }\n", NULL},
    {FORMAT ID VERSION LICENSE ABI LIBRARY
     "component { kind: \"emend.task/1\" name: \"a\" config: \"x.Config\" }\n",
     "component[0].config is \"x.Config\", and the manifest has no descriptor_set"},
    {GOOD "descriptor_set: \"/etc/passwd\"\n", "descriptor_set is \"/etc/passwd\"; it must be rel"},
    {GOOD "descriptor_set: \"config.desc\"\n",
     "config.desc: No such file or directory, which the manifest names as descriptor_set"},
    {GOOD "descriptor_set: \"a.so\"\n", "a.so"},
    {FORMAT ID VERSION LICENSE ABI "library { path: \"a.so\" platform: \"linux-vax\" }\n" COMPONENT,
     "no library is for this machine: library[0] is for linux-vax; this machine is linux-"},
    {FORMAT ID VERSION LICENSE ABI "library { path: \"a.so\" cpu: \"warp_drive\" }\n" COMPONENT,
     "no library is for this machine: library[0] needs the CPU feature warp_drive; this machine"},
    {"format: 1 id: {", "plugin.textproto:1:"},
    {"", "format is 0"},
};

START_TEST(a_manifest_is_taken_or_refused_for_what_is_wrong_with_it) {
    scratch_manifest("a", cases[_i].manifest);
    Catalog *catalog = scratch_catalog(folder);
    const Package *package = scratch_package(catalog, "a");
    const char *says = cases[_i].says;
    if (!says) {
        ck_assert_msg(!package->problem, "%s", package->problem);
        ck_assert_ptr_nonnull(package->library);
    } else {
        ck_assert_msg(package->problem != NULL, "must say: %s", says);
        ck_assert_msg(strstr(package->problem, says) != NULL, "%s\nmust say: %s", package->problem,
                      says);
        ck_assert_msg(strstr(package->problem, folder) != NULL, "%s\nmust name the file",
                      package->problem);
    }
    catalog_close(catalog);
}
END_TEST

START_TEST(the_library_with_the_highest_score_that_the_machine_can_run_is_taken) {
    scratch_manifest("a", FORMAT ID VERSION LICENSE ABI
                     "library { path: \"a.so\" score: 1 }\n"
                     "library { path: \"b.so\" score: 9 cpu: \"warp_drive\" }\n"
                     "library { path: \"c.so\" score: 8 platform: \"linux-vax\" }\n"
                     "library { path: \"d.so\" score: 5 }\n"
                     "library { path: \"e.so\" score: 5 }\n" COMPONENT);
    scratch_write(scratch_path("a/d.so"), "d", 1);
    Catalog *catalog = scratch_catalog(folder);
    const Package *package = scratch_package(catalog, "a");
    ck_assert_msg(!package->problem, "%s", package->problem);
    ck_assert_str_eq(package->library->path, "d.so");
    catalog_close(catalog);
}
END_TEST

/* What of the package is made writable, and what the problem must name. */
static const char *const writable[] = {"a", "a/plugin.textproto", "a/a.so"};

START_TEST(what_everyone_may_write_to_is_refused) {
    scratch_manifest("a", GOOD);
    const char *path = scratch_path("%s", writable[_i]);
    ck_assert_int_eq(chmod(path, 0777), 0);
    Catalog *catalog = scratch_catalog(folder);
    const char *problem = scratch_package(catalog, "a")->problem;
    ck_assert_ptr_nonnull(problem);
    ck_assert_msg(strstr(problem, path) && strstr(problem, ": everyone may write to it"), "%s",
                  problem);
    const Package *package = NULL;
    const Emend__ComponentInfo *component = NULL;
    if (_i == 2) { // the others keep the manifest from being read: nobody knows what it has
        ck_assert_int_eq(catalog_find(catalog, "emend.reward/1", "a", &package, &component, &err),
                         EMEND_DENIED);
        ck_assert_ptr_nonnull(strstr(text, "reward \"a\": "));
    }
    catalog_close(catalog);
}
END_TEST

START_TEST(a_package_in_a_folder_where_everyone_may_write_is_refused) {
    scratch_folder(scratch_path("open"));
    ck_assert_int_eq(chmod(scratch_path("open"), 0777), 0);
    scratch_manifest("open/a", GOOD);
    Catalog *catalog = scratch_catalog(scratch_path("open"));
    const char *problem = scratch_package(catalog, "a")->problem;
    ck_assert_ptr_nonnull(problem);
    ck_assert_ptr_nonnull(strstr(problem, "everyone may write to the folder around it"));
    catalog_close(catalog);
}
END_TEST

START_TEST(a_link_that_leaves_the_package_is_refused) {
    scratch_manifest("a", FORMAT ID VERSION LICENSE ABI "library { path: \"b.so\" }\n" COMPONENT);
    scratch_write(scratch_path("outside.so"), "x", 1);
    ck_assert_int_eq(symlink("../outside.so", scratch_path("a/b.so")), 0);
    Catalog *catalog = scratch_catalog(folder);
    const char *problem = scratch_package(catalog, "a")->problem;
    ck_assert_ptr_nonnull(problem);
    ck_assert_ptr_nonnull(strstr(problem, "outside.so; the library must stay in the package's"));
    catalog_close(catalog);
}
END_TEST

START_TEST(of_two_packages_with_one_id_the_first_on_the_path_wins) {
    char path[4096];
    scratch_folder(scratch_path("first"));
    scratch_folder(scratch_path("second"));
    scratch_manifest("second/x", GOOD);
    scratch_manifest("first/y", GOOD);
    snprintf(path, sizeof path, "%s:%s", scratch_path("first"), scratch_path("second"));
    Catalog *catalog = scratch_catalog(path);
    const Package *first = scratch_package(catalog, "y");
    const Package *second = scratch_package(catalog, "x");
    ck_assert_ptr_null(first->hidden_by);
    ck_assert_ptr_nonnull(second->hidden_by);
    ck_assert_str_eq(second->hidden_by, first->manifest_path);

    const Package *found = NULL;
    const Emend__ComponentInfo *component = NULL;
    ck_assert_int_eq(catalog_find(catalog, "emend.reward/1", "a", &found, &component, &err),
                     EMEND_OK);
    ck_assert_ptr_eq(found, first);
    catalog_close(catalog);
}
END_TEST

START_TEST(folders_are_searched_in_order_path_environment_user_installation) {
    scratch_folder(scratch_path("flag"));
    scratch_folder(scratch_path("env"));
    setenv("EMEND_PLUGIN_PATH", scratch_path("env"), 1);
    Catalog *catalog = scratch_catalog(scratch_path("flag"));
    const char *path = catalog_search_path(catalog);
    const char *flag = strstr(path, "/flag, ");
    const char *env = strstr(path, "/env, ");
    const char *user = strstr(path, "/data/emend/plugins, ");
    const char *installed = strstr(path, "/emend/plugins");
    ck_assert_msg(flag && env && user && installed, "%s", path);
    ck_assert_msg(flag < env && env < user, "%s", path);
    ck_assert_msg(strstr(user + 5, "plugins") != NULL, "%s", path);
    catalog_close(catalog);
}
END_TEST

START_TEST(a_folder_of_the_path_may_itself_be_a_package) {
    scratch_manifest("a", GOOD);
    Catalog *catalog = scratch_catalog(scratch_path("a"));
    ck_assert_ptr_null(scratch_package(catalog, "a")->problem);
    catalog_close(catalog);
}
END_TEST

START_TEST(a_path_that_does_not_exist_has_no_plugins_and_is_no_failure) {
    Catalog *catalog = scratch_catalog("/no/such/folder::/nor/this");
    ck_assert_ptr_nonnull(strstr(catalog_search_path(catalog), "/no/such/folder, /nor/this"));
    catalog_close(catalog);
}
END_TEST

static EmendStatus find(const Catalog *catalog, const char *kind, const char *use) {
    const Package *package = NULL;
    const Emend__ComponentInfo *component = NULL;
    return catalog_find(catalog, kind, use, &package, &component, &err);
}

START_TEST(a_miss_tells_the_nearest_name_what_there_is_and_where_it_looked) {
    scratch_manifest("a", FORMAT ID VERSION LICENSE ABI LIBRARY
                     "component { kind: \"emend.reward/1\" name: \"progress\" }\n"
                     "component { kind: \"emend.reward/1\" name: \"length\" }\n"
                     "component { kind: \"emend.task/1\" name: \"chess\" }\n");
    scratch_manifest("broken", "id: 7");
    Catalog *catalog = scratch_catalog(folder);
    ck_assert_int_eq(find(catalog, "emend.reward/1", "progres"), EMEND_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(text, "reward \"progres\": no plugin has it; did you mean "
                                       "\"progress\"? the rewards there are: progress, length; "
                                       "looked in: /"));
    ck_assert_ptr_nonnull(strstr(text, folder));
    ck_assert_ptr_nonnull(strstr(text, "; 1 plugin cannot be used: `emend plugins list` says why"));
    ck_assert_int_eq(find(catalog, "emend.reward/1", "chess"), EMEND_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(text, "; there is a task \"chess\""));
    ck_assert_int_eq(find(catalog, "emend.tracker/1", "progress"), EMEND_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(text, "the trackers there are: none"));
    catalog_close(catalog);
}
END_TEST

START_TEST(a_name_that_two_plugins_share_must_be_given_with_its_id) {
    const Package *package = NULL;
    const Emend__ComponentInfo *component = NULL;
    scratch_manifest("a", GOOD);
    scratch_manifest("b", FORMAT "id: \"org.example.b\"\n" VERSION LICENSE ABI LIBRARY COMPONENT);
    Catalog *catalog = scratch_catalog(folder);
    ck_assert_int_eq(find(catalog, "emend.reward/1", "a"), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(text, "reward \"a\": more than one plugin has it; it must be one of "
                           "org.example.a/a, org.example.b/a [L01 find]");
    ck_assert_int_eq(
        catalog_find(catalog, "emend.reward/1", "org.example.b/a", &package, &component, &err),
        EMEND_OK);
    ck_assert_str_eq(package->manifest->id, "org.example.b");
    ck_assert_int_eq(find(catalog, "emend.reward/1", "org.example/a"), EMEND_NOT_FOUND);
    catalog_close(catalog);
}
END_TEST

START_TEST(a_component_of_a_broken_package_is_refused_for_the_packages_problem) {
    scratch_manifest("a",
                     FORMAT ID VERSION LICENSE "abi { major: 3 minor: 0 }\n" LIBRARY COMPONENT);
    Catalog *catalog = scratch_catalog(folder);
    ck_assert_int_eq(find(catalog, "emend.reward/1", "a"), EMEND_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(text, "reward \"a\": /"));
    ck_assert_ptr_nonnull(strstr(text, "built for ABI 3.0; this host speaks 1.0"));
    catalog_close(catalog);
}
END_TEST

START_TEST(every_field_of_the_recipe_with_a_component_has_its_kind) {
    for (size_t i = 0; i < KIND_COUNT; i++) {
        const Kind *kind = kind_at(i);
        ck_assert_str_eq(kind_of_field(kind->field), kind->id);
        ck_assert_ptr_eq(kind_find(kind->id), kind);
        for (size_t j = 0; j < kind->n_required; j++) {
            ck_assert_uint_le(kind->required[j].offset + sizeof(void *), kind->table_size);
            ck_assert_uint_ge(kind->required[j].offset, 8);
        }
    }
    ck_assert_ptr_null(kind_of_field("stage"));
    ck_assert_ptr_null(kind_find("emend.reward/2"));
    ck_assert_ptr_null(kind_at(KIND_COUNT));
}
END_TEST

/* "Message M { optional int32 a = 1; }" in package x, as protoc writes a descriptor set of it. */
static const uint8_t descriptor_set[] = {0x0A, 0x1F, 0x0A, 0x07, 0x78, 0x2E, 0x70, 0x72, 0x6F,
                                         0x74, 0x6F, 0x12, 0x01, 0x78, 0x22, 0x11, 0x0A, 0x01,
                                         0x4D, 0x12, 0x0C, 0x0A, 0x01, 0x61, 0x18, 0x01, 0x20,
                                         0x01, 0x28, 0x05, 0x52, 0x01, 0x61};

START_TEST(the_resolver_gives_the_config_type_of_a_component) {
    const MessageType *type = NULL;
    scratch_manifest("a", FORMAT ID VERSION LICENSE ABI LIBRARY
                     "descriptor_set: \"a.desc\"\n"
                     "component { kind: \"emend.reward/1\" name: \"a\" config: \"x.M\" }\n"
                     "component { kind: \"emend.task/1\" name: \"b\" }\n");
    scratch_write(scratch_path("a/a.desc"), descriptor_set, sizeof descriptor_set);
    Catalog *catalog = scratch_catalog(folder);
    const Package *package = scratch_package(catalog, "a");
    ck_assert_msg(!package->problem, "%s", package->problem);
    AnyResolver resolver = catalog_resolver(catalog);
    ck_assert_msg(resolver.resolve(resolver.ctx, "reward", "a", &type, &err) == EMEND_OK, "%s",
                  text);
    ck_assert_ptr_nonnull(type);
    ck_assert_str_eq(type->name, "x.M");
    ck_assert_int_eq(resolver.resolve(resolver.ctx, "task", "b", &type, &err), EMEND_OK);
    ck_assert_msg(type == NULL, "a component without a config message takes none");
    ck_assert_int_eq(resolver.resolve(resolver.ctx, "task", "a", &type, &err), EMEND_NOT_FOUND);
    ck_assert_int_eq(resolver.resolve(resolver.ctx, "stage", "a", &type, &err),
                     EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(text, "stage: not a field for a component; a config belongs to one");
    catalog_close(catalog);
}
END_TEST

START_TEST(a_config_message_that_the_descriptor_set_lacks_is_refused) {
    scratch_manifest("a", FORMAT ID VERSION LICENSE ABI LIBRARY
                     "descriptor_set: \"a.desc\"\n"
                     "component { kind: \"emend.reward/1\" name: \"a\" config: \"x.N\" }\n");
    scratch_write(scratch_path("a/a.desc"), descriptor_set, sizeof descriptor_set);
    Catalog *catalog = scratch_catalog(folder);
    const char *problem = scratch_package(catalog, "a")->problem;
    ck_assert_ptr_nonnull(problem);
    ck_assert_msg(strstr(problem, "component[0].config is \"x.N\", which a.desc does not have"),
                  "%s", problem);
    catalog_close(catalog);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("catalog");
    TCase *tcase = tcase_create("catalog");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_manifest_is_taken_or_refused_for_what_is_wrong_with_it, 0,
                        sizeof cases / sizeof *cases);
    tcase_add_test(tcase, the_library_with_the_highest_score_that_the_machine_can_run_is_taken);
    tcase_add_loop_test(tcase, what_everyone_may_write_to_is_refused, 0, 3);
    tcase_add_test(tcase, a_package_in_a_folder_where_everyone_may_write_is_refused);
    tcase_add_test(tcase, a_link_that_leaves_the_package_is_refused);
    tcase_add_test(tcase, of_two_packages_with_one_id_the_first_on_the_path_wins);
    tcase_add_test(tcase, folders_are_searched_in_order_path_environment_user_installation);
    tcase_add_test(tcase, a_folder_of_the_path_may_itself_be_a_package);
    tcase_add_test(tcase, a_path_that_does_not_exist_has_no_plugins_and_is_no_failure);
    tcase_add_test(tcase, a_miss_tells_the_nearest_name_what_there_is_and_where_it_looked);
    tcase_add_test(tcase, a_name_that_two_plugins_share_must_be_given_with_its_id);
    tcase_add_test(tcase, a_component_of_a_broken_package_is_refused_for_the_packages_problem);
    tcase_add_test(tcase, every_field_of_the_recipe_with_a_component_has_its_kind);
    tcase_add_test(tcase, the_resolver_gives_the_config_type_of_a_component);
    tcase_add_test(tcase, a_config_message_that_the_descriptor_set_lacks_is_refused);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
