/* SPDX-License-Identifier: Apache-2.0 */
#include "split.h"
#include "emend/random.h"

enum { IDS_SHOWN = 3 };

// What was left out, for the log.
typedef struct Counts {
    uint64_t by_filter, held_out, by_limit, repeated;
} Counts;

static EmendStatus no_memory(const Dataset *dataset, EmendError *err) {
    return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory to select from %llu problems",
                      dataset->path, (unsigned long long)dataset->n_rows);
}

// ": a, b, c, .."
static void add_names(const Dataset *dataset, const uint32_t *rows, uint64_t n, Note *note) {
    for (uint64_t i = 0; i < n && i < IDS_SHOWN; i++) {
        note_add(note, i == 0 ? ": " : ", ");
        note_add_str(note, dataset->rows[rows[i]].id);
    }
    note_add(note, n > IDS_SHOWN ? ", .." : "");
}

static EmendStatus refuse(const Selection *split, uint64_t at, const Dataset *held_out,
                          uint32_t twin, EmendError *err) {
    Note note = {0};
    dataset_add_place(split->dataset, &split->dataset->rows[split->rows[at]], &note);
    note_add(&note, ": this problem is also in ");
    dataset_add_place(held_out, &held_out->rows[twin], &note);
    note_add(&note, "; `overlap: REFUSE` wants none in both");
    return note_fail(&note, EMEND_INVALID_ARGUMENT, err);
}

// Leaves out, refuses or tells of the rows that have a twin among those held out.
static EmendStatus apply_overlap(const SplitRules *rules, Selection *split, const Dataset *held_out,
                                 const uint32_t *twins, Counts *counts, EmendError *err) {
    const Dataset *dataset = split->dataset;
    uint32_t first[IDS_SHOWN] = {0};
    uint64_t n_kept = 0, n_shared = 0;
    Note note = {0};
    for (uint64_t i = 0; i < split->n_rows; i++) {
        bool is_shared = twins[i] != OVERLAP_NONE;
        if (is_shared && rules->overlap == OVERLAP_REFUSE) {
            return refuse(split, i, held_out, twins[i], err);
        }
        if (is_shared && n_shared < IDS_SHOWN) {
            first[n_shared] = split->rows[i];
        }
        n_shared += is_shared;
        if (!is_shared || rules->overlap == OVERLAP_KEEP) {
            split->rows[n_kept++] = split->rows[i];
        }
    }
    counts->held_out = split->n_rows - n_kept;
    split->n_rows = n_kept;
    if (n_shared > 0) {
        note_add(&note, "%s: %llu of its problems %s in %s too, and %s", rules->name,
                 (unsigned long long)n_shared, n_shared == 1 ? "is" : "are", held_out->path,
                 rules->overlap == OVERLAP_KEEP ? "kept" : "left out");
        add_names(dataset, first, n_shared, &note);
        note_log(&note, dataset->host, EMEND_LOG_WARNING);
    }
    return EMEND_OK;
}

static EmendStatus check_overlap(const SplitRules *rules, Selection *split, const Dataset *held_out,
                                 Counts *counts, EmendError *err) {
    const EmendHost *host = held_out->host;
    uint64_t n = split->n_rows > held_out->n_rows ? split->n_rows : held_out->n_rows, n_copies = 0;
    uint32_t *rows = host->alloc(host, (n + 1) * sizeof *rows, 0);
    if (!rows) {
        return no_memory(split->dataset, err);
    }
    EmendStatus status = overlap_find(split, held_out, rows, err);
    if (status == EMEND_OK) {
        status = apply_overlap(rules, split, held_out, rows, counts, err);
    }
    if (status == EMEND_OK) {
        status = overlap_find_copies(split, held_out, rows, &n_copies, err);
    }
    if (status == EMEND_OK && n_copies > 0) {
        Note note = {0};
        note_add(&note,
                 "%s: %llu of %llu problems in %s are worded much as problems here (more than half "
                 "of their runs of 8 words are); nothing is left out for it",
                 rules->name, (unsigned long long)n_copies, (unsigned long long)held_out->n_rows,
                 held_out->path);
        add_names(held_out, rows, n_copies, &note);
        note_log(&note, host, EMEND_LOG_WARNING);
    }
    host->free(host, rows);
    return status;
}

static EmendStatus count_repeated(const Selection *split, Counts *counts, EmendError *err) {
    const EmendHost *host = split->dataset->host;
    uint32_t *twins = host->alloc(host, (split->n_rows + 1) * sizeof *twins, 0);
    if (!twins) {
        return no_memory(split->dataset, err);
    }
    EmendStatus status = overlap_find(split, split->dataset, twins, err);
    for (uint64_t i = 0; i < split->n_rows && status == EMEND_OK; i++) {
        counts->repeated += twins[i] != OVERLAP_NONE;
    }
    host->free(host, twins);
    return status;
}

// Fisher and Yates's shuffle. The episode is the split's number, so that no split's stream is that
// of another, or of a run's own shuffle by the same seed.
static void shuffle(const SplitRules *rules, Selection *split) {
    EmendRandomKey key = {
        .seed = rules->shuffle_seed, .episode = rules->number, .purpose = EMEND_RANDOM_SHUFFLE};
    for (uint32_t i = (uint32_t)split->n_rows; i-- > 1;) {
        uint32_t j = emend_random_below(&key, i, i + 1);
        uint32_t held = split->rows[i];
        split->rows[i] = split->rows[j];
        split->rows[j] = held;
    }
}

static void add_count(Note *note, const char **separator, uint64_t n, const char *what) {
    if (n > 0) {
        note_add(note, "%s%llu %s", *separator, (unsigned long long)n, what);
        *separator = ", ";
    }
}

static void add_left_out(const Dataset *dataset, const Counts *counts, Note *note) {
    const char *separator = "; left out: ";
    add_count(note, &separator, dataset->n_blank, "without an answer");
    add_count(note, &separator, dataset->n_links, "symbolic links");
    add_count(note, &separator, counts->by_filter, "by `subject` and `level`");
    add_count(note, &separator, counts->held_out, "by `overlap`");
    add_count(note, &separator, counts->by_limit, "by `max_problems`");
}

static void report(const SplitRules *rules, const Selection *split, const Counts *counts) {
    Note note = {0};
    const char *separator = "; ";
    note_add(&note, "%s: %llu problem%s of %s", rules->name, (unsigned long long)split->n_rows,
             split->n_rows == 1 ? "" : "s", split->dataset->path);
    add_left_out(split->dataset, counts, &note);
    add_count(&note, &separator, counts->repeated, "repeat an earlier one");
    note_log(&note, split->dataset->host, EMEND_LOG_INFO);
}

static EmendStatus none_left(const Dataset *dataset, const Counts *counts, EmendError *err) {
    Note note = {0};
    note_add(&note, "%s: no problem with an answer is left", dataset->path);
    add_left_out(dataset, counts, &note);
    note_add(&note, "; the config must let some through");
    return note_fail(&note, EMEND_INVALID_ARGUMENT, err);
}

EmendStatus split_select(const SplitRules *rules, const Dataset *dataset, const Dataset *held_out,
                         Selection *out, EmendError *err) {
    const EmendHost *host = dataset->host;
    Selection split = {.dataset = dataset};
    Counts counts = {0};
    split.rows = host->alloc(host, dataset->n_rows * sizeof *split.rows, 0);
    if (!split.rows) {
        return no_memory(dataset, err);
    }
    EmendStatus status = filter_rows(&rules->filter, dataset, split.rows, &split.n_rows, err);
    counts.by_filter = dataset->n_rows - split.n_rows;
    if (status == EMEND_OK && held_out) {
        status = check_overlap(rules, &split, held_out, &counts, err);
    }
    if (status == EMEND_OK && split.n_rows == 0) {
        status = none_left(dataset, &counts, err);
    }
    if (status == EMEND_OK) {
        status = count_repeated(&split, &counts, err);
    }
    if (status != EMEND_OK) {
        host->free(host, split.rows);
        return status;
    }
    if (rules->is_shuffled) {
        shuffle(rules, &split);
    }
    if (rules->max_problems > 0 && rules->max_problems < split.n_rows) {
        counts.by_limit = split.n_rows - rules->max_problems;
        split.n_rows = rules->max_problems;
    }
    report(rules, &split, &counts);
    *out = split;
    return EMEND_OK;
}
