/* SPDX-License-Identifier: Apache-2.0 */
#include "tape.h"
#include <string.h>

enum {
    SLAB_ROWS_A_THREAD = 512,
    SLAB_ROWS_MIN = 1024,
    GROUP_ROWS = 64, /* fills the product kernels and stays in a core's cache */
    TEAM_WORK_MIN =
        1 << 21, /* multiplications below which sharing a pass out costs more than it saves */
};

static const EmendSequence *sequence_at(const EmendForwardArgs *args, size_t i) {
    return emend_span_at(args->sequences, i);
}

/* Tokens that are read: all before the last scored one. */
static size_t rows_of(const EmendSequence *sequence) {
    return sequence->n_ranges > 0 ? sequence->ranges[sequence->n_ranges - 1].end - 1 : 0;
}

static size_t scored_of(const EmendSequence *sequence) {
    size_t n = 0;
    for (uint32_t r = 0; r < sequence->n_ranges; r++) {
        n += sequence->ranges[r].end - sequence->ranges[r].begin;
    }
    return n;
}

static size_t slab_limit(const EmendModel *model) {
    size_t limit = SLAB_ROWS_A_THREAD * threads_count(model->cpu->threads);
    return limit > SLAB_ROWS_MIN ? limit : SLAB_ROWS_MIN;
}

/* Sets the extent of the slab that begins at sequence `first`; returns the sequence after it. */
static size_t measure_slab(const EmendModel *model, const EmendForwardArgs *args, size_t first,
                           Slab *slab) {
    size_t limit = slab_limit(model);
    size_t i = first;
    *slab = (Slab){.first_sequence = first};
    while (i < args->sequences.count) {
        size_t n_rows = rows_of(sequence_at(args, i));
        if (slab->n_rows > 0 && slab->n_rows + n_rows > limit) {
            break;
        }
        slab->n_rows += n_rows;
        slab->n_scored += scored_of(sequence_at(args, i));
        i++;
    }
    slab->n_sequences = i - first;
    return i;
}

static EmendStatus take_lists(const EmendHost *host, Slab *slab, EmendError *err) {
    size_t rows = slab->n_rows * sizeof(Row);
    size_t groups = slab->n_sequences * sizeof(Group);
    size_t scored = slab->n_scored * sizeof(Scored);
    size_t wanted = slab->n_scored * sizeof(uint32_t);
    EmendStatus status = host_take(host, rows + groups + scored + wanted,
                                   "the list of tokens of a batch", &slab->lists, err);
    if (status == EMEND_OK) {
        char *lists = slab->lists;
        slab->rows = (Row *)(void *)lists;
        slab->groups = (Group *)(void *)(lists + rows);
        slab->scored = (Scored *)(void *)(lists + rows + groups);
        slab->wanted = (uint32_t *)(void *)(lists + rows + groups + scored);
    }
    return status;
}

/* Appends a range's tokens to `scored`; returns how many there are then. */
static size_t add_range(Slab *slab, const EmendSequence *sequence, const EmendScoredRange *range,
                        size_t first_row, size_t i_sequence, uint32_t index, size_t n_scored) {
    for (uint32_t t = range->begin; t < range->end; t++) {
        slab->wanted[n_scored] = (uint32_t)(first_row + t - 1);
        slab->scored[n_scored++] = (Scored){.token = (uint32_t)sequence->tokens[t],
                                            .want = range->want,
                                            .scale = 1.0f / range->temperature,
                                            .sequence = (uint32_t)i_sequence,
                                            .index = index++};
    }
    return n_scored;
}

static void fill_sequence(Slab *slab, const EmendSequence *sequence, size_t i_sequence,
                          size_t first_row, size_t first_scored) {
    size_t n_scored = first_scored;
    for (size_t t = 0; t < rows_of(sequence); t++) {
        slab->rows[first_row + t] =
            (Row){.token = (uint32_t)sequence->tokens[t], .position = (uint32_t)t};
    }
    for (uint32_t r = 0; r < sequence->n_ranges; r++) {
        n_scored = add_range(slab, sequence, &sequence->ranges[r], first_row, i_sequence,
                             (uint32_t)(n_scored - first_scored), n_scored);
    }
}

static void close_group(Slab *slab, Group *group) {
    for (size_t i = group->first_scored; i < group->first_scored + group->n_scored; i++) {
        group->wants_kl = group->wants_kl || (slab->scored[i].want & EMEND_WANT_KL) != 0;
    }
    slab->wants_kl = slab->wants_kl || group->wants_kl;
}

/* Groups of about `target` rows. */
static void fill_groups(Slab *slab, const EmendForwardArgs *args, size_t target) {
    Group group = {0};
    slab->n_groups = 0;
    for (size_t i = 0; i < slab->n_sequences; i++) {
        const EmendSequence *sequence = sequence_at(args, slab->first_sequence + i);
        group.n_rows += rows_of(sequence);
        group.n_scored += scored_of(sequence);
        if (group.n_rows < target && i + 1 < slab->n_sequences) {
            continue;
        }
        close_group(slab, &group);
        slab->groups[slab->n_groups++] = group;
        group = (Group){.first_row = group.first_row + group.n_rows,
                        .first_scored = group.first_scored + group.n_scored};
    }
}

static void choose_groups(const EmendModel *model, Slab *slab, const EmendForwardArgs *args) {
    size_t n_threads = threads_count(model->cpu->threads);
    size_t share = (slab->n_rows + n_threads - 1) / n_threads;
    size_t largest = 0;
    fill_groups(slab, args, share < GROUP_ROWS ? share : GROUP_ROWS);
    for (size_t g = 0; g < slab->n_groups; g++) {
        largest = slab->groups[g].n_rows > largest ? slab->groups[g].n_rows : largest;
    }
    slab->is_team =
        n_threads > 1 && 2 * largest > 3 * share && slab->n_rows * model->n_floats > TEAM_WORK_MIN;
    if (slab->is_team) {
        fill_groups(slab, args, slab->n_rows + 1);
    }
}

static EmendStatus fill_slab(const EmendModel *model, const EmendForwardArgs *args, Slab *slab,
                             EmendError *err) {
    EmendStatus status = take_lists(model->cpu->host, slab, err);
    if (status != EMEND_OK) {
        return status;
    }
    size_t row = 0, scored = 0;
    for (size_t i = 0; i < slab->n_sequences; i++) {
        const EmendSequence *sequence = sequence_at(args, slab->first_sequence + i);
        fill_sequence(slab, sequence, slab->first_sequence + i, row, scored);
        row += rows_of(sequence);
        scored += scored_of(sequence);
    }
    choose_groups(model, slab, args);
    return EMEND_OK;
}

static size_t count_slabs(const EmendModel *model, const EmendForwardArgs *args) {
    Slab slab;
    size_t n = 0;
    for (size_t i = 0; i < args->sequences.count; n++) {
        i = measure_slab(model, args, i, &slab);
    }
    return n;
}

EmendStatus tape_create(EmendModel *model, const EmendForwardArgs *args, EmendTape **out,
                        EmendError *err) {
    const EmendHost *host = model->cpu->host;
    void *block = NULL;
    EmendStatus status = host_take(host, sizeof(EmendTape), "a tape", &block, err);
    if (status != EMEND_OK) {
        return status;
    }
    EmendTape *tape = block;
    tape->model = model;
    tape->reference = args->reference;
    tape->version = model->version;
    tape->reference_version = args->reference ? args->reference->version : 0;
    tape->n_sequences = args->sequences.count;
    size_t n_slabs = count_slabs(model, args);
    status = host_take(host, n_slabs * sizeof(Slab), "a tape", &block, err);
    if (status != EMEND_OK) {
        goto out;
    }
    tape->slabs = block;
    for (size_t i = 0; i < args->sequences.count && status == EMEND_OK;) {
        Slab *slab = &tape->slabs[tape->n_slabs++];
        i = measure_slab(model, args, i, slab);
        status = fill_slab(model, args, slab, err);
    }
    if (status != EMEND_OK) {
        goto out;
    }
    *out = tape;
    tape = NULL; // given away
out:
    tape_destroy(tape);
    return status;
}

/* Sets the pointers to what is kept; returns the floats that takes. */
static size_t lay_out_kept(const EmendTape *tape, Slab *slab) {
    const Shapes *s = &tape->model->shapes;
    Room room = {slab->block, 0};
    Activations *kept = &slab->kept;
    kept->x_step = scratch_round(slab->n_rows * s->hidden);
    kept->middle_step = kept->x_step;
    kept->qkv_step = scratch_round(slab->n_rows * s->qkv_dim);
    kept->attended_step = scratch_round(slab->n_rows * s->q_dim);
    kept->gate_up_step = scratch_round(slab->n_rows * 2 * s->feed_forward);
    kept->x = room_take(&room, (s->layers + 1) * kept->x_step);
    kept->middle = room_take(&room, s->layers * kept->middle_step);
    kept->qkv = room_take(&room, s->layers * kept->qkv_step);
    kept->attended = room_take(&room, s->layers * kept->attended_step);
    kept->gate_up = room_take(&room, s->layers * kept->gate_up_step);
    slab->hidden = room_take(&room, slab->n_scored * s->hidden);
    if (slab->wants_kl) {
        slab->reference_hidden = room_take(&room, slab->n_scored * tape->reference->shapes.hidden);
    }
    return room.used;
}

EmendStatus tape_keep_slab(const EmendTape *tape, Slab *slab, EmendError *err) {
    size_t n_floats = lay_out_kept(tape, slab);
    void *block = NULL;
    EmendStatus status = host_take_raw(tape->model->cpu->host, n_floats * sizeof(float),
                                       "the activations of a batch", &block, err);
    if (status == EMEND_OK) {
        slab->block = block;
        lay_out_kept(tape, slab);
    }
    return status;
}

void tape_destroy(EmendTape *tape) {
    if (!tape) {
        return;
    }
    const EmendHost *host = tape->model->cpu->host;
    for (size_t i = 0; i < tape->n_slabs; i++) {
        host->free(host, tape->slabs[i].block);
        host->free(host, tape->slabs[i].lists);
    }
    host->free(host, tape->slabs);
    host->free(host, tape);
}
