/* SPDX-License-Identifier: Apache-2.0 */
#include "kind_main.h"

static const Sound sound[] = {
    {EMEND_PLUGIN_DIR "/emend.trackers.jsonl", "tracker.*"},
    {SPOILED_DIR "/tracker", "tracker.*@sound"},
};

static const Caught defects[] = {
    {"tracker.orders@wants_numbers_first", KIT_BEHAVIOUR, "there were no numbers before it"},
    {"tracker.odd_records@refuses_nan", KIT_BEHAVIOUR, "scalars of a number that is odd"},
    {"tracker.odd_records@has_room_for_1000", KIT_BEHAVIOUR, "scalars"},
    {"tracker.orders@rounds_numbers", KIT_BEHAVIOUR, "of `scalars`, an input"},
    {"tracker.bad_folders@makes_do_without_a_file", KIT_BEHAVIOUR,
     "a run in a folder that is not there"},
    {"tracker.bad_folders@breaks_its_lines", KIT_BEHAVIOUR, ""},
    {"tracker.full_disk@trusts_disks", KIT_BEHAVIOUR, "200 records and a flush on a full disk"},
    {"tracker.newer_host@numbers_by_index", KIT_VERSIONS, "scalars of a newer host"},
    {"tracker.crash@flushes_later", KIT_STATE, "a record is gone"},
    {"tracker.resumed@refuses_to_resume", KIT_STATE, "begin of a resumed run"},
    {"tracker.memory@trusts_memory", KIT_MEMORY, ""},
};

KIND_TESTS("check trackers", sound, SPOILED_DIR "/tracker", defects)
