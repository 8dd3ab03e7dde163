/* SPDX-License-Identifier: Apache-2.0 */
/* What an installation holds, and that it works from where it lies. */
#include "sdk.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(every_part_is_where_it_is_looked_for) {
    static const char *const files[] = {"bin/emend",
                                        SDK_LIBRARY_DIR "/emend/plugins/emend.backends.cpu/cpu.so",
                                        SDK_LIBRARY_DIR
                                        "/emend/plugins/emend.tasks.math/config.desc",
                                        SDK_LIBRARY_DIR "/cmake/emend/emendConfig.cmake",
                                        SDK_LIBRARY_DIR "/cmake/emend/plugin.version",
                                        SDK_LIBRARY_DIR "/pkgconfig/emend.pc",
                                        "include/emend/plugin.h",
                                        "include/emend/guard.hpp",
                                        "share/emend/proto/emend/plugin.proto",
                                        "share/emend/manifests/score-arithmetic.textproto",
                                        "share/doc/emend/LICENSE",
                                        "share/doc/emend/README.md",
                                        "share/man/man1/emend.1",
                                        "share/bash-completion/completions/emend",
                                        "share/zsh/site-functions/_emend",
                                        "share/fish/vendor_completions.d/emend.fish"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[1024];
        snprintf(path, sizeof path, SDK_PREFIX "/%s", files[i]);
        ck_assert_msg(file_is(path), "%s is not there", path);
    }
}
END_TEST

START_TEST(it_finds_its_own_plugins) {
    Child child = sdk_shell("emend plugins list; emend manifest check %s",
                            SDK_PREFIX "/share/emend/manifests/score-arithmetic.textproto");
    child_expect(&child, 0);
    child_says(child.out, "\nemend.backend/1      cpu ");
    child_says(child.out, "score-arithmetic.textproto: fine: 3 stages\n");
    ck_assert_str_eq(child.err, "");
    child_finish(&child);
}
END_TEST

START_TEST(the_manual_and_the_completions_are_what_it_prints) {
    sdk_do("cd '%s/share'\n"
           "emend manual | cmp - man/man1/emend.1\n"
           "emend completion bash | cmp - bash-completion/completions/emend\n"
           "emend completion zsh | cmp - zsh/site-functions/_emend\n"
           "emend completion fish | cmp - fish/vendor_completions.d/emend.fish\n",
           SDK_PREFIX);
}
END_TEST

START_TEST(pkg_config_gives_headers_and_nothing_to_link) {
    sdk_do(
        "test -f \"$(pkg-config --cflags emend | sed 's/^-I//; s/ *$//')/emend/plugin.h\"\n"
        "test -z \"$(pkg-config --libs emend | tr -d ' ')\"\n"
        "test -f \"$(pkg-config --variable=versionscript emend)\"\n"
        "test -f \"$(pkg-config --variable=protodir emend)/emend/recipe.proto\"\n"
        "test -d \"$(pkg-config --variable=plugindir emend)/emend.backends.cpu\"\n"
        "case $(pkg-config --variable=kit emend) in */bin/emend\\ check) ;; *) exit 1 ;; esac\n");
}
END_TEST

START_TEST(another_version_is_not_found_in_its_place) {
    static const char project[] = "cmake_minimum_required(VERSION 3.25)\n"
                                  "project(x LANGUAGES NONE)\n"
                                  "find_package(emend 0.1 CONFIG REQUIRED)\n"
                                  "find_package(emend 99 CONFIG REQUIRED)\n";
    file_put(scratch("CMakeLists.txt"), project, strlen(project));
    Child child = sdk_shell("cmake -B build .");
    child_expect(&child, 1);
    child_says(child.err, "\"99\"");
    child_says(child.err, "CMakeLists.txt:4 (find_package)");
    child_finish(&child);
}
END_TEST

/* What is on the list of the one and not of the other is printed. */
START_TEST(the_debian_package_holds_the_same_and_runs) {
    Child child =
        sdk_shell("for tool in cpack dpkg-deb dpkg-shlibdeps file; do\n"
                  "    command -v $tool >/dev/null || exit 77\n"
                  "done\n"
                  "cpack -G DEB -B $PWD/deb --config " EMEND_BINARY_DIR "/CPackConfig.cmake\n"
                  "dpkg-deb -f deb/emend_*.deb Depends\n"
                  "dpkg-deb -x deb/emend_*.deb root\n"
                  "(cd root/usr && find . -type f | sort) >deb.list\n"
                  "(cd %s && find . -type f | sort) >prefix.list\n"
                  "diff deb.list prefix.list\n"
                  "root/usr/bin/emend doctor\n",
                  SDK_PREFIX);
    if (child.code != 77) {
        child_expect(&child, 0);
        child_says(child.out, "libprotobuf-c1");
        child_says(child.out, "ok       backend    cpu: ");
    }
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("installed");
    TCase *tcase = tcase_create("installed");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, scratch_begin, scratch_end);
    tcase_add_test(tcase, every_part_is_where_it_is_looked_for);
    tcase_add_test(tcase, it_finds_its_own_plugins);
    tcase_add_test(tcase, the_manual_and_the_completions_are_what_it_prints);
    tcase_add_test(tcase, pkg_config_gives_headers_and_nothing_to_link);
    tcase_add_test(tcase, another_version_is_not_found_in_its_place);
    tcase_add_test(tcase, the_debian_package_holds_the_same_and_runs);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
