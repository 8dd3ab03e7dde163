/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/elf.h"
#include "plugin/elf_image.h"
#include "scratch.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

static char text[TEXT_BYTES];
static EmendError err;

static void setup(void) {
    scratch_begin();
    err = emend_error_on(text, sizeof text);
}

static void teardown(void) {
    scratch_end();
}

static ElfFacts read_rogue(const char *name) {
    char path[1024];
    ElfFacts facts;
    snprintf(path, sizeof path, EMEND_ROGUE_DIR "/%s/%s.so", name, name);
    ck_assert_msg(elf_read(path, &facts, &err) == EMEND_OK, "%s", text);
    return facts;
}

START_TEST(a_good_plugin_has_a_note_and_an_entry_and_lacks_nothing) {
    ElfFacts facts = read_rogue("good");
    ck_assert(facts.has_note);
    ck_assert_uint_eq(facts.note.abi_major, EMEND_ABI_MAJOR);
    ck_assert_uint_eq(facts.note.abi_minor, EMEND_ABI_MINOR);
    ck_assert_uint_eq(facts.note.platform, EMEND_PLATFORM_LP64_LE);
    ck_assert_str_eq(facts.note.id, "test.rogues.good");
    ck_assert(facts.exports_entry);
    ck_assert_uint_eq(facts.n_exports, 0);
    ck_assert_str_eq(facts.missing_libraries, "");
    ck_assert_str_eq(facts.undefined, "");
}
END_TEST

START_TEST(a_library_without_a_note_is_known_by_it) {
    ElfFacts facts = read_rogue("no_note");
    ck_assert(!facts.has_note);
    ck_assert(facts.exports_entry);
}
END_TEST

START_TEST(a_library_without_an_entry_is_known_by_it) {
    ElfFacts facts = read_rogue("no_entry");
    ck_assert(facts.has_note);
    ck_assert(!facts.exports_entry);
}
END_TEST

START_TEST(exports_beside_the_entry_are_listed) {
    ElfFacts facts = read_rogue("extra_exports");
    ck_assert_uint_ge(facts.n_exports, 2);
    ck_assert_ptr_nonnull(strstr(facts.exports, "compute"));
    ck_assert_ptr_nonnull(strstr(facts.exports, "helper"));
}
END_TEST

START_TEST(every_undefined_symbol_is_listed_and_those_of_libc_are_not) {
    ElfFacts facts = read_rogue("undefined_symbols");
    ck_assert_str_eq(facts.undefined, "emend_rogue_neither, emend_rogue_nowhere");
    ck_assert_str_eq(facts.missing_libraries, "");
}
END_TEST

START_TEST(a_missing_library_is_named_and_the_symbols_that_are_missing_with_it) {
    ElfFacts facts = read_rogue("missing_library");
    ck_assert_str_eq(facts.missing_libraries, "libemend_gone.so");
    ck_assert_str_eq(facts.undefined, "emend_rogue_gone");
}
END_TEST

START_TEST(a_missing_library_is_found_along_ld_library_path) {
    setenv("LD_LIBRARY_PATH", "/nowhere:" EMEND_ROGUE_DIR "/gone", 1);
    ElfFacts facts = read_rogue("missing_library");
    ck_assert_str_eq(facts.missing_libraries, "");
    ck_assert_str_eq(facts.undefined, "");
}
END_TEST

START_TEST(libraries_of_the_system_lack_nothing) {
    // The C library and what it loads: the largest real files there are everywhere.
    ElfFacts facts;
    ck_assert_msg(elf_read("/lib/x86_64-linux-gnu/libm.so.6", &facts, &err) == EMEND_OK ||
                      elf_read("/lib64/libm.so.6", &facts, &err) == EMEND_OK ||
                      elf_read("/lib/aarch64-linux-gnu/libm.so.6", &facts, &err) == EMEND_OK,
                  "%s", text);
    ck_assert_str_eq(facts.missing_libraries, "");
    ck_assert_str_eq(facts.undefined, "");
    ck_assert(!facts.has_note);
    ck_assert_uint_gt(facts.n_exports, 100);
    ck_assert_ptr_nonnull(strstr(facts.exports, " more"));
}
END_TEST

START_TEST(a_file_that_is_not_there_is_said_so) {
    ElfFacts facts;
    ck_assert_int_eq(elf_read(scratch_path("no.so"), &facts, &err), EMEND_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(text, "no.so: there is no such file"));
}
END_TEST

static EmendStatus read_bytes(const void *bytes, size_t len) {
    ElfFacts facts;
    scratch_write(scratch_path("a.so"), bytes, len);
    return elf_read(scratch_path("a.so"), &facts, &err);
}

START_TEST(what_is_not_elf_is_refused) {
    char script[256] = "#!/bin/sh\n";
    ck_assert_int_eq(read_bytes(script, sizeof script), EMEND_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(text, "a.so: the file is not an ELF file; it must be a shared"));
    ck_assert_int_eq(read_bytes("", 0), EMEND_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(text, "a.so: the file is 0 bytes long and not an ELF file"));
}
END_TEST

START_TEST(a_folder_is_refused) {
    ElfFacts facts;
    ck_assert_int_eq(elf_read(scratch_path("."), &facts, &err), EMEND_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(text, "not a regular file"));
}
END_TEST

START_TEST(a_library_for_another_machine_is_refused) {
    size_t len = 0;
    uint8_t *bytes = scratch_read(EMEND_ROGUE_DIR "/good/good.so", &len);
    Elf64_Ehdr header;
    memcpy(&header, bytes, sizeof header);
    header.e_machine = EM_S390;
    memcpy(bytes, &header, sizeof header);
    ck_assert_int_eq(read_bytes(bytes, len), EMEND_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(
        strstr(text, "the library is for another machine (ELF class 2, machine 22)"));
    free(bytes);
}
END_TEST

START_TEST(an_executable_or_object_file_is_refused) {
    size_t len = 0;
    uint8_t *bytes = scratch_read(EMEND_ROGUE_DIR "/good/good.so", &len);
    Elf64_Ehdr header;
    memcpy(&header, bytes, sizeof header);
    header.e_type = ET_REL;
    memcpy(bytes, &header, sizeof header);
    ck_assert_int_eq(read_bytes(bytes, len), EMEND_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(text, "the ELF file is of type 1; it must be a shared library"));
    free(bytes);
}
END_TEST

START_TEST(sections_stripped_off_change_nothing) {
    size_t len = 0;
    ElfFacts facts;
    uint8_t *bytes = scratch_read(EMEND_ROGUE_DIR "/extra_exports/extra_exports.so", &len);
    Elf64_Ehdr header;
    memcpy(&header, bytes, sizeof header);
    header.e_shnum = 0;
    header.e_shoff = 0;
    memcpy(bytes, &header, sizeof header);
    scratch_write(scratch_path("a.so"), bytes, len);
    ck_assert_msg(elf_read(scratch_path("a.so"), &facts, &err) == EMEND_OK, "%s", text);
    ck_assert(facts.has_note);
    ck_assert(facts.exports_entry);
    ck_assert_ptr_nonnull(strstr(facts.exports, "compute"));
    free(bytes);
}
END_TEST

START_TEST(a_truncated_library_is_refused_or_read_never_a_crash) {
    size_t len = 0;
    uint8_t *bytes = scratch_read(EMEND_ROGUE_DIR "/good/good.so", &len);
    size_t n_refused = 0, n_read = 0;
    for (size_t cut = 0; cut < len; cut += cut < 1024 ? 7 : 129) {
        text[0] = '\0';
        EmendStatus status = read_bytes(bytes, cut);
        ck_assert_msg(status == EMEND_OK || text[0] != '\0', "no message at %zu bytes", cut);
        n_refused += status != EMEND_OK;
        n_read++;
    }
    ck_assert_uint_gt(n_read, 100);
    ck_assert_msg(n_refused > n_read / 4, "only %zu of %zu were refused", n_refused, n_read);
    free(bytes);
}
END_TEST

static uint64_t draw(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Offsets at which a flip does most harm: headers, then whatever the dynamic section says. */
static size_t draw_offset(const ElfImage *image, uint64_t *state) {
    uint64_t at = draw(state);
    switch (draw(state) % 5) {
    case 0:
        return at % sizeof(Elf64_Ehdr);
    case 1:
        return (image->header.e_phoff + at % (image->header.e_phnum * sizeof(Elf64_Phdr))) %
               image->len;
    case 2:
        return (image->dynamic + at % (image->n_dynamic * sizeof(Elf64_Dyn))) % image->len;
    case 3:
        return (image->symbols + at % (image->n_symbols * sizeof(Elf64_Sym))) % image->len;
    default:
        return at % image->len;
    }
}

START_TEST(flipped_bytes_never_crash_the_reader) {
    size_t len = 0;
    uint8_t *bytes = scratch_read(EMEND_ROGUE_DIR "/extra_exports/extra_exports.so", &len);
    ElfImage image = {0};
    ck_assert_int_eq(
        elf_image_open(EMEND_ROGUE_DIR "/extra_exports/extra_exports.so", &image, &err), EMEND_OK);
    uint64_t state = 0x9E3779B97F4A7C15u + (uint64_t)_i;
    size_t n_refused = 0;
    for (int round = 0; round < 250; round++) {
        uint8_t *copy = malloc(len);
        memcpy(copy, bytes, len);
        for (uint64_t n = 1 + draw(&state) % 8; n > 0; n--) {
            static const uint8_t values[] = {0, 1, 0x7F, 0x80, 0xFF};
            copy[draw_offset(&image, &state)] =
                draw(&state) % 2 ? values[draw(&state) % 5] : (uint8_t)draw(&state);
        }
        text[0] = '\0';
        EmendStatus status = read_bytes(copy, len);
        ck_assert_msg(status == EMEND_OK || text[0] != '\0', "no message in round %d", round);
        n_refused += status != EMEND_OK;
        free(copy);
    }
    ck_assert_uint_gt(n_refused, 0);
    elf_image_close(&image);
    free(bytes);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("elf");
    TCase *tcase = tcase_create("elf");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_good_plugin_has_a_note_and_an_entry_and_lacks_nothing);
    tcase_add_test(tcase, a_library_without_a_note_is_known_by_it);
    tcase_add_test(tcase, a_library_without_an_entry_is_known_by_it);
    tcase_add_test(tcase, exports_beside_the_entry_are_listed);
    tcase_add_test(tcase, every_undefined_symbol_is_listed_and_those_of_libc_are_not);
    tcase_add_test(tcase, a_missing_library_is_named_and_the_symbols_that_are_missing_with_it);
    tcase_add_test(tcase, a_missing_library_is_found_along_ld_library_path);
    tcase_add_test(tcase, libraries_of_the_system_lack_nothing);
    tcase_add_test(tcase, a_file_that_is_not_there_is_said_so);
    tcase_add_test(tcase, what_is_not_elf_is_refused);
    tcase_add_test(tcase, a_folder_is_refused);
    tcase_add_test(tcase, a_library_for_another_machine_is_refused);
    tcase_add_test(tcase, an_executable_or_object_file_is_refused);
    tcase_add_test(tcase, sections_stripped_off_change_nothing);
    tcase_add_test(tcase, a_truncated_library_is_refused_or_read_never_a_crash);
    tcase_add_loop_test(tcase, flipped_bytes_never_crash_the_reader, 0, 4);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
