/* SPDX-License-Identifier: Apache-2.0 */
#include "google/protobuf/descriptor.pb-c.h"
#include "manifest/suggest.h"
#include "oracle.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

typedef Google__Protobuf__FileDescriptorSet FileSet;
typedef Google__Protobuf__FieldDescriptorProto FieldProto;

static const FieldType *field(const char *type, const char *name) {
    const FieldType *found = message_type_field(rich_type(type), name, strlen(name));
    ck_assert_msg(found != NULL, "%s has no field %s", type, name);
    return found;
}

START_TEST(fields_carry_what_the_proto_says) {
    const FieldType *packed = field("rich.Everything", "sint64s");
    const FieldType *group = field("rich.Everything", "single");
    const FieldType *member = field("rich.Everything", "second");
    const FieldType *color = field("rich.Everything", "a_color");
    ck_assert(packed->is_repeated && packed->is_packed && packed->kind == FIELD_SINT64);
    ck_assert(!field("rich.Everything", "int32s")->is_packed);
    ck_assert_str_eq(group->message->name, "rich.Everything.Single");
    ck_assert_int_eq(group->kind, FIELD_GROUP);
    ck_assert(member->oneof == 0 && strcmp(member->oneof_name, "choice") == 0);
    ck_assert_int_eq(field("rich.Everything", "a_bool")->oneof, -1);
    ck_assert_str_eq(color->enumeration->name, "rich.Color");
    ck_assert_str_eq(color->default_text, "BLUE");
    ck_assert_ptr_null(field("rich.Everything", "an_int64")->default_text);
    ck_assert(field("rich.Needy", "must")->is_required);
    ck_assert_ptr_eq(message_type_number(rich_type("rich.Everything"), 20),
                     field("rich.Everything", "early"));
    ck_assert_ptr_null(message_type_number(rich_type("rich.Everything"), 100));
    ck_assert_ptr_null(message_type_field(rich_type("rich.Everything"), "a_boolean", 9));
    ck_assert_ptr_null(message_type_field(rich_type("rich.Everything"), "a_boo", 5));
}
END_TEST

START_TEST(messages_carry_reserved_names_oneofs_and_map_entries) {
    const MessageType *type = rich_type("rich.Everything");
    ck_assert_uint_eq(type->n_reserved_names, 2);
    ck_assert_str_eq(type->reserved_names[1], "gone_too");
    ck_assert_uint_eq(type->n_oneofs, 1);
    ck_assert_str_eq(type->oneof_names[0], "choice");
    ck_assert(rich_type("rich.Everything.AgesEntry")->is_map_entry);
    ck_assert(!type->is_map_entry);
    ck_assert_ptr_null(descriptor_pool_message(rich_pool(), "rich.Nothing"));
    ck_assert_ptr_eq(message_type_pool(type), rich_pool());
}
END_TEST

START_TEST(proto3_differs_in_presence_packing_and_enums) {
    ck_assert(!field("rich3.Modern", "number")->has_presence);
    ck_assert(field("rich3.Modern", "maybe")->has_presence);
    ck_assert_int_eq(field("rich3.Modern", "maybe")->oneof, -1);
    ck_assert(field("rich3.Modern", "left")->has_presence);
    ck_assert(field("rich3.Modern", "child")->has_presence);
    ck_assert(field("rich.Everything", "an_int32")->has_presence);
    ck_assert(field("rich3.Modern", "packed")->is_packed);
    ck_assert(!field("rich3.Modern", "loose")->is_packed);
    ck_assert(field("rich3.Modern", "open")->enumeration->is_open);
    ck_assert(!field("rich.Everything", "a_color")->enumeration->is_open);
}
END_TEST

START_TEST(comments_are_kept_without_their_margins) {
    const MessageType *type = rich_type("rich.Everything");
    const EnumType *color = field("rich.Everything", "a_color")->enumeration;
    ck_assert_str_eq(type->comment, "One of each.\n\nIn two paragraphs.");
    ck_assert_str_eq(field("rich.Everything", "child")->comment, "Itself again.");
    ck_assert_str_eq(field("rich.Everything.Inner", "level")->comment, "How much of it.");
    ck_assert_ptr_null(field("rich.Everything", "a_bool")->comment);
    ck_assert_str_eq(color->values[0].comment, "The colour of blood.");
    ck_assert_ptr_null(color->values[1].comment);
    ck_assert_int_eq(color->values[3].number, -3);
}
END_TEST

START_TEST(emends_own_messages_are_built_in) {
    static const char *const names[] = {"emend.Recipe", "emend.PluginManifest", "emend.RunState",
                                        "google.protobuf.Any"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ck_assert_msg(descriptor_pool_message(descriptor_pool_builtin(), names[i]) != NULL, "%s",
                      names[i]);
    }
    const MessageType *stage = descriptor_pool_message(descriptor_pool_builtin(), "emend.Stage");
    ck_assert_str_eq(message_type_field(stage, "reward", 6)->comment,
                     "In order; a turn's reward is the sum of what each adds.");
    ck_assert_ptr_eq(descriptor_pool_builtin(), descriptor_pool_builtin());
}
END_TEST

/* -- sets that are wrong ------------------------------------------------------------------------
 */

static WireBuffer read_set(void) {
    WireBuffer set = {.capacity = 1 << 20};
    FILE *file = fopen(RICH_DESC, "rb");
    ck_assert(file != NULL);
    set.bytes = malloc(set.capacity);
    set.len = fread(set.bytes, 1, set.capacity, file);
    fclose(file);
    return set;
}

static FileSet *unpack_set(void) {
    WireBuffer bytes = read_set();
    FileSet *set = google__protobuf__file_descriptor_set__unpack(NULL, bytes.len, bytes.bytes);
    free(bytes.bytes);
    return set;
}

/* Packs and frees the set, and makes a pool of it that must fail. */
static void expect_refusal(FileSet *set, const char *expected) {
    size_t len = google__protobuf__file_descriptor_set__get_packed_size(set);
    uint8_t *bytes = malloc(len);
    char message[MESSAGE_BYTES] = "";
    EmendError err = emend_error_on(message, sizeof message);
    DescriptorPool *pool = NULL;
    google__protobuf__file_descriptor_set__pack(set, bytes);
    google__protobuf__file_descriptor_set__free_unpacked(set, NULL);
    EmendStatus status = descriptor_pool_create((EmendBytes){bytes, len}, "x.desc", &pool, &err);
    free(bytes);
    ck_assert_int_ne(status, EMEND_OK);
    ck_assert_ptr_null(pool);
    ck_assert_msg(strstr(message, expected) != NULL, "%s", message);
    ck_assert_msg(strncmp(message, "x.desc: ", 8) == 0, "%s", message);
}

/* A field of the last file's first message, which is rich.Everything. */
static FieldProto *some_field(FileSet *set, size_t i) {
    return set->file[set->n_file - 1]->message_type[0]->field[i];
}

START_TEST(a_set_that_lacks_an_import_is_refused) {
    FileSet *set = unpack_set();
    google__protobuf__file_descriptor_proto__free_unpacked(set->file[0], NULL);
    memmove(set->file, set->file + 1, (set->n_file - 1) * sizeof *set->file);
    set->n_file--;
    expect_refusal(set, "has a field whose type the set lacks");
}
END_TEST

START_TEST(a_file_with_an_edition_is_refused) {
    FileSet *set = unpack_set();
    free(set->file[0]->syntax);
    set->file[0]->syntax = strdup("editions");
    expect_refusal(set, "only proto2 and proto3 are read");
}
END_TEST

START_TEST(improper_fields_are_refused) {
    for (int i = 0; i < 6; i++) {
        FileSet *set = unpack_set();
        FieldProto *broken = some_field(set, 0);
        const char *expected = "has a field without a proper name, number or type";
        switch (i) {
        case 0:
            broken->number = 0;
            break;
        case 1:
            broken->number = 1 << 29;
            break;
        case 2:
            broken->has_type = false;
            break;
        case 3:
            broken->name[0] = '\n';
            break;
        case 4:
            broken->number = some_field(set, 1)->number;
            expected = "has two fields of one number";
            break;
        default:
            broken->has_oneof_index = true;
            broken->oneof_index = 7;
            expected = "has a field in a oneof it lacks";
            break;
        }
        expect_refusal(set, expected);
    }
}
END_TEST

START_TEST(an_improper_map_entry_is_refused) {
    FileSet *set = unpack_set();
    Google__Protobuf__DescriptorProto *type = set->file[set->n_file - 1]->message_type[0];
    for (size_t i = 0; i < type->n_nested_type; i++) {
        if (strcmp(type->nested_type[i]->name, "AgesEntry") == 0) {
            type->nested_type[i]->field[0]->type =
                GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_DOUBLE;
            type->nested_type[i]->field[0]->number = 3;
        }
    }
    expect_refusal(set, "rich.Everything.AgesEntry is not a proper map entry");
}
END_TEST

START_TEST(a_type_twice_is_refused) {
    FileSet *set = unpack_set();
    Google__Protobuf__FileDescriptorProto *file = set->file[set->n_file - 1];
    free(file->message_type[1]->name);
    file->message_type[1]->name = strdup("Everything");
    expect_refusal(set, "rich.Everything is there twice");
}
END_TEST

START_TEST(a_cut_or_changed_set_never_crashes) {
    WireBuffer set = read_set();
    for (size_t len = 0; len < set.len; len += 97) {
        DescriptorPool *pool = NULL;
        descriptor_pool_create((EmendBytes){set.bytes, len}, "x.desc", &pool, NULL);
        descriptor_pool_destroy(pool);
    }
    for (size_t at = 0; at < set.len; at += 13) {
        DescriptorPool *pool = NULL;
        uint8_t before = set.bytes[at];
        set.bytes[at] = (uint8_t)(before ^ (1u << at % 8));
        descriptor_pool_create((EmendBytes){set.bytes, set.len}, "x.desc", &pool, NULL);
        descriptor_pool_destroy(pool);
        set.bytes[at] = before;
    }
    free(set.bytes);
}
END_TEST

START_TEST(a_set_nested_without_end_is_refused) {
    enum { DEPTH = 12000 };
    uint8_t *bytes = malloc(DEPTH * 4 + 16);
    size_t at = DEPTH * 4 + 16, len = 0;
    char message[MESSAGE_BYTES] = "";
    EmendError err = emend_error_on(message, sizeof message);
    DescriptorPool *pool = NULL;
    for (int i = 0; i < DEPTH; i++) {
        size_t head = len < 128 ? 1 : len < 16384 ? 2 : 3;
        at -= head;
        for (size_t b = 0; b < head; b++) {
            bytes[at + b] = (uint8_t)((len >> 7 * b & 0x7f) | (b + 1 < head ? 0x80 : 0));
        }
        bytes[--at] = i == DEPTH - 1 ? 0x0a : i == DEPTH - 2 ? 0x22 : 0x1a;
        len += head + 1;
    }
    ck_assert_int_eq(descriptor_pool_create((EmendBytes){bytes + at, len}, "x.desc", &pool, &err),
                     EMEND_DATA_LOSS);
    ck_assert_msg(strstr(message, "is not a descriptor set") != NULL, "%s", message);
    free(bytes);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_told) {
    char message[MESSAGE_BYTES] = "";
    EmendError err = emend_error_on(message, sizeof message);
    DescriptorPool *pool = NULL;
    ck_assert_int_eq(descriptor_pool_load("/nowhere/x.desc", &pool, &err), EMEND_NOT_FOUND);
    ck_assert_str_eq(message, "/nowhere/x.desc: there is no such file");
    ck_assert_int_eq(descriptor_pool_load("/", &pool, &err), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(message, "/: is a folder; it must be a file");
}
END_TEST

/* -- suggestions --------------------------------------------------------------------------------
 */

typedef struct Word {
    const char *word, *nearest;
} Word;

static const Word words[] = {
    {"step", "steps"},
    {"stpes", "steps"},
    {"STEPS", "steps"},
    {"top-p", "top_p"},
    {"learning_rat", "learning_rate"},
    {"zebra", NULL},
    {"", NULL},
    {"x", NULL},
    {"algoritm", "algorithm"},
    {"lerning_rte", "learning_rate"},
};

START_TEST(the_nearest_name_is_proposed_and_a_far_one_is_not) {
    static const char *const names[] = {"name",          NULL,    "steps", "algorithm",
                                        "learning_rate", "top_p", "top_k", ""};
    const char *found =
        suggest_name(words[_i].word, strlen(words[_i].word), names, sizeof names / sizeof *names);
    if (words[_i].nearest) {
        ck_assert_msg(found != NULL, "%s", words[_i].word);
        ck_assert_str_eq(found, words[_i].nearest);
    } else {
        ck_assert_msg(!found, "%s is not %s", words[_i].word, found);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("descriptors");
    TCase *tcase = tcase_create("pool");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, fields_carry_what_the_proto_says);
    tcase_add_test(tcase, messages_carry_reserved_names_oneofs_and_map_entries);
    tcase_add_test(tcase, proto3_differs_in_presence_packing_and_enums);
    tcase_add_test(tcase, comments_are_kept_without_their_margins);
    tcase_add_test(tcase, emends_own_messages_are_built_in);
    tcase_add_test(tcase, a_set_that_lacks_an_import_is_refused);
    tcase_add_test(tcase, a_file_with_an_edition_is_refused);
    tcase_add_test(tcase, improper_fields_are_refused);
    tcase_add_test(tcase, an_improper_map_entry_is_refused);
    tcase_add_test(tcase, a_type_twice_is_refused);
    tcase_add_test(tcase, a_cut_or_changed_set_never_crashes);
    tcase_add_test(tcase, a_set_nested_without_end_is_refused);
    tcase_add_test(tcase, a_file_that_is_not_there_is_told);
    tcase_add_loop_test(tcase, the_nearest_name_is_proposed_and_a_far_one_is_not, 0,
                        (int)(sizeof words / sizeof *words));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
