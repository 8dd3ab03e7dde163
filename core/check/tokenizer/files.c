/* SPDX-License-Identifier: Apache-2.0 */
/* Other instances, and the files that make one of another. */
#include "check/kit_folder.h"
#include "check/tokenizer/calls.h"
#include "check/tokenizer/tests.h"
#include <string.h>

/* Whether two tokenizers agree on every text. */
static void compare(Instance *a, Instance *b, const char *remedy, const char *how) {
    uint32_t sizes[] = {tokenizer_of(a)->vocab_size(a->self), tokenizer_of(b)->vocab_size(b->self)};
    if (sizes[0] != sizes[1]) {
        kit_fail(a->kit, remedy, "vocab_size is %u, and %u %s; it must be the same", sizes[0],
                 sizes[1], how);
    }
    for (size_t i = 0; i < N_TEXTS && !kit_is_over(a->kit); i++) {
        EmendStr text = {tokenizer_texts[i].bytes, tokenizer_texts[i].len};
        Ids first, second;
        bool is_encoded[] = {tokenizer_encode(a, text, 0, &first),
                             tokenizer_encode(b, text, 0, &second)};
        if (is_encoded[0] != is_encoded[1] ||
            (is_encoded[0] && (first.n != second.n ||
                               memcmp(first.at, second.at, first.n * sizeof *first.at) != 0))) {
            kit_fail(a->kit, remedy, "%s has other ids %s; they must be the same",
                     tokenizer_texts[i].name, how);
        }
    }
}

static void deterministic(Instance *tokenizer) {
    if (!tokenizer_load_example(tokenizer)) {
        return;
    }
    Instance twin;
    compare(tokenizer, tokenizer, "keep nothing from one text to the next", "the second time");
    if (!kit_is_over(tokenizer->kit) && instance_twin(tokenizer, &twin)) {
        if (tokenizer_load_example(&twin)) {
            compare(tokenizer, &twin, "keep all state in the instance", "in another instance");
        }
        instance_drop(&twin);
    }
}

void tokenizer_test_deterministic(Kit *kit) {
    instance_each(kit, deterministic);
}

static bool save(Instance *tokenizer, KitFolder *folder) {
    kit_enter(tokenizer->kit, "save");
    return kit_folder_init(tokenizer->kit, folder) &&
           instance_ok(tokenizer, "save",
                       tokenizer_of(tokenizer)->save(tokenizer->self, emend_str(folder->dir),
                                                     instance_err(tokenizer)));
}

static void save_and_load(Instance *tokenizer) {
    if (!tokenizer_load_example(tokenizer)) {
        return;
    }
    const EmendTokenizer *table = tokenizer_of(tokenizer);
    Instance twin;
    KitFolder folder;
    if (!table->save || !table->load) {
        kit_skip(tokenizer->kit, "it has no %s", table->save ? "load" : "save");
    } else if (save(tokenizer, &folder) && instance_twin(tokenizer, &twin)) {
        kit_enter(tokenizer->kit, "load of what save wrote");
        if (instance_ok(&twin, "load of what save wrote",
                        table->load(twin.self, emend_str(folder.dir), instance_err(&twin)))) {
            compare(tokenizer, &twin, "write in `save` all that `load` needs",
                    "after a save and a load");
        }
        instance_drop(&twin);
    }
}

void tokenizer_test_save(Kit *kit) {
    instance_each(kit, save_and_load);
}

/* Folders that cannot be read or written fail in words. */
static void bad_folders(Instance *tokenizer) {
    const EmendTokenizer *table = tokenizer_of(tokenizer);
    Kit *kit = tokenizer->kit;
    KitFolder none;
    if (!kit_folder_init(kit, &none)) {
        return;
    }
    strcat(none.dir, "-not-there");
    if (table->load) {
        kit_enter(kit, "load of a folder that is not there");
        subject_refused(tokenizer->subject, "load of a folder that is not there",
                        table->load(tokenizer->self, emend_str(none.dir), instance_err(tokenizer)));
    }
    if (table->save && !kit_is_over(kit)) {
        kit_enter(kit, "save into a folder that is not there");
        subject_refused(tokenizer->subject, "save into a folder that is not there",
                        table->save(tokenizer->self, emend_str(none.dir), instance_err(tokenizer)));
    }
    if (!table->load && !table->save) {
        kit_skip(kit, "it has no files");
    }
}

void tokenizer_test_bad_folders(Kit *kit) {
    instance_each(kit, bad_folders);
}
