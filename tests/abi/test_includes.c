/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin includes the SDK, its own files, those of a library under the folder of its kind, and
 * what the machine has: nothing of the core, and nothing of another plugin. */
#include <check.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The tree being checked, and the first thing wrong in it. nftw takes no context. */
static char root[PATH_MAX];
static char complaint[2 * PATH_MAX];
static size_t n_files;

static bool exists(const char *path) {
    return access(path, F_OK) == 0;
}

static bool is_under(const char *path, const char *folder) {
    size_t len = strlen(folder);
    return strncmp(path, folder, len) == 0 && path[len] == '/';
}

static bool ends_with(const char *text, const char *end) {
    size_t a = strlen(text), b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

/* Cuts a path behind n parts below the tree: "ROOT/plugins/tasks" is 2 of them. */
static void cut(const char *path, size_t n, char *out) {
    snprintf(out, PATH_MAX, "%s", path);
    char *at = out + strlen(root);
    while (n-- > 0 && at) {
        at = strchr(at + 1, '/');
    }
    if (at) {
        *at = '\0';
    }
}

static bool has_manifest(const char *folder) {
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/plugin.textproto", folder);
    return exists(path);
}

/* True where a file at `path` belongs to another plugin than `own`, the folder of the includer. */
static bool is_foreign(const char *path, const char *own) {
    char folder[PATH_MAX];
    cut(path, 3, folder);
    return is_under(path, folder) && has_manifest(folder) && strcmp(folder, own) != 0;
}

/* Finds an include from the includer's folder outwards, as far as `limit`. */
static bool resolve(const char *file, const char *limit, const char *name, char *out) {
    char folder[PATH_MAX], joined[2 * PATH_MAX];
    snprintf(folder, sizeof folder, "%s", file);
    for (char *slash = strrchr(folder, '/'); slash; slash = strrchr(folder, '/')) {
        *slash = '\0';
        snprintf(joined, sizeof joined, "%s/%s", folder, name);
        if (exists(joined)) {
            return realpath(joined, out) != NULL;
        }
        if (strcmp(folder, limit) == 0) {
            return false;
        }
    }
    return false;
}

/* Finds an include in a library of the kind: a folder beside the plugins that is none itself. */
static bool resolve_shared(const char *kind, const char *name, char *out) {
    char pattern[2 * PATH_MAX];
    bool is_found = false;
    glob_t found = {0};
    snprintf(pattern, sizeof pattern, "%s/*/%s", kind, name);
    glob(pattern, 0, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc && !is_found; i++) {
        char folder[PATH_MAX];
        cut(found.gl_pathv[i], 3, folder);
        is_found = !has_manifest(folder) && realpath(found.gl_pathv[i], out) != NULL;
    }
    globfree(&found);
    return is_found;
}

static const char *check_quoted(const char *file, const char *name) {
    char limit[PATH_MAX], own[PATH_MAX], found[PATH_MAX], header[2 * PATH_MAX];
    if (strncmp(name, "emend/", 6) == 0) {
        snprintf(header, sizeof header, "%s/core/include/%s", root, name);
        return exists(header) && !strstr(name, "..") ? NULL : "the SDK has no such header";
    }
    if (ends_with(name, ".pb-c.h")) {
        return strchr(name, '/') ? "only its own generated code is a plugin's" : NULL;
    }
    cut(file, 2, limit);
    cut(file, 3, own);
    if ((!resolve(file, limit, name, found) && !resolve_shared(limit, name, found)) ||
        !is_under(found, limit)) {
        return "it is neither the SDK's nor the plugin's own";
    }
    return is_foreign(found, own) ? "it is another plugin's" : NULL;
}

static const char *check_angled(const char *name) {
    static const char *const rooms[] = {"manifest/", "plugin/", "memory/", "train/",
                                        "cli/",      "core/",   "plugins/"};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        if (strncmp(name, rooms[i], strlen(rooms[i])) == 0) {
            return "it is the core's";
        }
    }
    return strstr(name, "..") ? "it goes up" : NULL;
}

static void check_line(const char *file, int number, const char *line) {
    char name[512];
    char quote = 0;
    if (sscanf(line, " # include %c%511[^\">]", &quote, name) != 2) {
        return;
    }
    const char *wrong = quote == '"'   ? check_quoted(file, name)
                        : quote == '<' ? check_angled(name)
                                       : NULL;
    if (wrong && !complaint[0]) {
        snprintf(complaint, sizeof complaint, "%s:%d: includes %s: %s", file + strlen(root) + 1,
                 number, name, wrong);
    }
}

static bool is_source(const char *path) {
    static const char *const ends[] = {".c", ".h", ".cc", ".cpp", ".hpp", ".cu", ".cuh", ".inc"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (ends_with(path, ends[i])) {
            return true;
        }
    }
    return false;
}

static int visit(const char *path, const struct stat *facts, int flag, struct FTW *walk) {
    (void)facts;
    (void)walk;
    bool is_cmake = ends_with(path, "/CMakeLists.txt");
    FILE *file = flag == FTW_F && (is_source(path) || is_cmake) ? fopen(path, "r") : NULL;
    char line[4096];
    n_files += file != NULL;
    for (int number = 1; file && fgets(line, sizeof line, file); number++) {
        if (!is_cmake) {
            check_line(path, number, line);
        } else if (strstr(line, "emend_core") && !complaint[0]) {
            snprintf(complaint, sizeof complaint, "%s:%d: links the core", path + strlen(root) + 1,
                     number);
        }
    }
    if (file) {
        fclose(file);
    }
    return 0;
}

/* What is wrong in plugins/ and examples/ of a tree; "" for nothing. */
static const char *check_tree(const char *path) {
    char folder[PATH_MAX + 16];
    ck_assert_ptr_nonnull(realpath(path, root));
    complaint[0] = '\0';
    n_files = 0;
    snprintf(folder, sizeof folder, "%s/plugins", root);
    nftw(folder, visit, 16, FTW_PHYS);
    snprintf(folder, sizeof folder, "%s/examples", root);
    nftw(folder, visit, 16, FTW_PHYS);
    return complaint;
}

START_TEST(plugins_and_examples_include_the_sdk_and_themselves_only) {
    const char *wrong = check_tree(EMEND_SOURCE_DIR);
    ck_assert_msg(wrong[0] == '\0', "%s", wrong);
    ck_assert_uint_gt(n_files, 10);
}
END_TEST

/* A file with one line in a tree of two plugins and a library, and the complaint; "": none. */
typedef struct Case {
    const char *path, *line, *says;
} Case;

static const Case cases[] = {
    {"plugins/tasks/a/a.c", "#include \"emend/task.h\"", ""},
    {"plugins/tasks/a/a.c", "#include <stdio.h>", ""},
    {"plugins/tasks/a/a.c", "#include \"a.h\"", ""},
    {"plugins/tasks/a/deep/x.c", "#include \"a.h\"", ""},
    {"plugins/tasks/a/a.c", "#include \"config.pb-c.h\"", ""},
    {"plugins/tasks/a/a.c", "#include \"latex/latex.h\"", ""},
    {"plugins/tasks/a/a.c", "#include \"latex.h\"", ""},
    {"plugins/tasks/latex/latex.c", "#include \"latex.h\"", ""},
    {"plugins/tasks/a/a.c", "#include \"b.h\"", "it is neither"},
    {"plugins/rewards/c/c.c", "#include \"latex.h\"", "it is neither"},
    {"plugins/tasks/a/a.c", "#include \"emend/none.h\"",
     "plugins/tasks/a/a.c:1: includes emend/none.h: the SDK has no such header"},
    {"plugins/tasks/a/a.c", "#include \"manifest/text.h\"",
     "plugins/tasks/a/a.c:1: includes manifest/text.h: it is neither the SDK's nor the plugin's "
     "own"},
    {"plugins/tasks/a/a.c", "#  include \"../../../core/manifest/text.h\"",
     "plugins/tasks/a/a.c:1: includes ../../../core/manifest/text.h: it is neither"},
    {"plugins/tasks/a/a.c", "#include <manifest/text.h>", "it is the core's"},
    {"plugins/tasks/a/a.c", "#include \"../b/b.h\"",
     "plugins/tasks/a/a.c:1: includes ../b/b.h: it is another plugin's"},
    {"plugins/tasks/a/a.c", "#include \"b/b.h\"", "it is another plugin's"},
    {"plugins/tasks/latex/latex.c", "#include \"../b/b.h\"", "it is another plugin's"},
    {"plugins/rewards/c/c.c", "#include \"../../tasks/latex/latex.h\"", "it is neither"},
    {"plugins/tasks/a/a.c", "#include \"emend/plugin.pb-c.h\"", "the SDK has no such header"},
    {"plugins/tasks/a/CMakeLists.txt", "target_link_libraries(a PRIVATE emend_core)",
     "plugins/tasks/a/CMakeLists.txt:1: links the core"},
    {"examples/out/out.c", "#include \"core/plugin/elf.h\"", "it is neither"},
};

static char tree[] = "/tmp/emend-includes-XXXXXX";

static void put(const char *name, const char *text) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", tree, name);
    for (char *slash = strchr(path + strlen(tree) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    ck_assert_msg(file != NULL, "cannot write %s", path);
    fprintf(file, "%s\n", text);
    fclose(file);
}

static int remove_one(const char *path, const struct stat *facts, int flag, struct FTW *walk) {
    (void)facts;
    (void)flag;
    (void)walk;
    return remove(path);
}

START_TEST(each_way_around_the_sdk_is_caught) {
    static const char *const files[] = {"core/include/emend/task.h",
                                        "core/manifest/text.h",
                                        "core/plugin/elf.h",
                                        "plugins/tasks/a/plugin.textproto",
                                        "plugins/tasks/a/a.h",
                                        "plugins/tasks/b/b.h",
                                        "plugins/tasks/b/plugin.textproto",
                                        "plugins/tasks/latex/latex.h",
                                        "plugins/rewards/c/plugin.textproto"};
    strcpy(tree, "/tmp/emend-includes-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(tree));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        put(files[i], "");
    }
    put(cases[_i].path, cases[_i].line);
    const char *says = check_tree(tree);
    ck_assert_msg(cases[_i].says[0] ? strstr(says, cases[_i].says) != NULL : says[0] == '\0',
                  "%s\nsays: %s\nmust say: %s", cases[_i].line, says, cases[_i].says);
    nftw(tree, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("includes");
    TCase *tcase = tcase_create("includes");
    tcase_add_test(tcase, plugins_and_examples_include_the_sdk_and_themselves_only);
    tcase_add_loop_test(tcase, each_way_around_the_sdk_is_caught, 0, sizeof cases / sizeof *cases);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
