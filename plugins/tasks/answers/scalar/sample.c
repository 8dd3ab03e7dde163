/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/sample.h"

#include "scalar/exact.h"
#include "scalar/interval.h"
#include "scalar/normal.h"
#include "scalar/quick.h"
#include "scalar/walls.h"

enum {
    QUICK_PLACES = 4,
    PLACES_AT_FIRST = 12, /* before the normal form is tried .. */
    ENOUGH_AT_FIRST = 3,  /* .. or this many of them count */
    PLACES = 96,
    PLACES_IF_RARE = 160,
    ENOUGH = 8,
    ENOUGH_IF_UNKNOWN = 48, /* where only a difference may be found */
    ENOUGH_COMPLEX = 32,
    COMPLEX_TO_DIFFER = 20,
    MUST_AGREE = 4,
    SHOULD_AGREE = 6
};

typedef enum Finding {
    FINDING_NONE,    /* one side is not known here */
    FINDING_OUTSIDE, /* one side has no value here */
    FINDING_REAL,    /* both are real, and may be equal */
    FINDING_AGREES,  /* .. and are, exactly or to 300 digits */
    FINDING_DIFFERS, /* .. and are not */
    FINDING_COMPLEX, /* the same, where something is complex */
    FINDING_COMPLEX_AGREES,
    FINDING_COMPLEX_DIFFERS
} Finding;

typedef struct Sample {
    Work *work;
    const Survey *survey;
    const Node *a, *b;
    Walls *walls;
    Point point;
    const Point *base; /* where values are compared with those there; NULL: as they are */
    uint32_t enough;
    uint32_t real[ENOUGH_IF_UNKNOWN], n_real; /* generic places */
    uint32_t complex[ENOUGH_COMPLEX], n_complex;
    bool has_complex_difference;
    mpfr_prec_t precision; /* at which cells are visited */
    uint32_t n_agreeing;   /* of the cells */
    bool has_difference;
} Sample;

static Sample make_sample(Work *work, const Survey *survey, const Node *a, const Node *b) {
    return (Sample){.work = work, .survey = survey, .a = a, .b = b, .enough = ENOUGH};
}

static Finding compare_exactly(const Sample *sample) {
    mpq_t left, right;
    mpq_inits(left, right, NULL);
    Finding finding = FINDING_NONE;
    if (exact_value(sample->work, &sample->point, sample->a, left) == EXACT_VALUE &&
        exact_value(sample->work, &sample->point, sample->b, right) == EXACT_VALUE) {
        finding = mpq_equal(left, right) ? FINDING_AGREES : FINDING_DIFFERS;
    }
    mpq_clears(left, right, NULL);
    return finding;
}

// What an evaluation told of one side.
typedef struct Side {
    const Enclosure *value;
    bool is_real, is_outside;
    double weight;
} Side;

static Side side_at(Evaluation *evaluation, const Node *node, const Point *point, uint32_t slot) {
    evaluation->point = point;
    const Enclosure *value = evaluation_of(evaluation, node, slot);
    return (Side){value, evaluation->is_real_throughout, evaluation->is_outside,
                  evaluation->weight};
}

static Finding judge(Side left, Side right) {
    if (!left.value || !right.value) {
        return left.is_outside || right.is_outside ? FINDING_OUTSIDE : FINDING_NONE;
    }
    bool is_real = left.is_real && right.is_real;
    if (enclosure_differs(left.value, right.value)) {
        return is_real ? FINDING_DIFFERS : FINDING_COMPLEX_DIFFERS;
    }
    if (enclosure_agrees(left.value, right.value, left.weight + right.weight)) {
        return is_real ? FINDING_AGREES : FINDING_COMPLEX_AGREES;
    }
    return is_real ? FINDING_REAL : FINDING_COMPLEX;
}

// The value of a node at the point times that of another node at the base, in slot `at`.
static Side product_at(Evaluation *evaluation, const Sample *sample, const Node *node,
                       const Node *other, uint32_t at) {
    Side side = side_at(evaluation, node, &sample->point, at);
    if (!side.value) {
        return side;
    }
    Side factor = side_at(evaluation, other, sample->base, at + 1);
    side.is_real = side.is_real && factor.is_real;
    side.weight += factor.weight;
    bool is_made = factor.value && enclosure_multiply(&evaluation->stack, at);
    side.value = is_made ? side.value : NULL;
    return side;
}

static Finding compare_here(Sample *sample, mpfr_prec_t precision) {
    Finding finding =
        sample->survey->has_naturals && !sample->base ? compare_exactly(sample) : FINDING_NONE;
    if (finding != FINDING_NONE) {
        return finding;
    }
    Evaluation evaluation;
    evaluation_init(&evaluation, sample->work, &sample->point, precision);
    Side left, right;
    if (sample->base) {
        left = product_at(&evaluation, sample, sample->a, sample->b, 0);
        right = product_at(&evaluation, sample, sample->b, sample->a, 1);
    } else {
        left = side_at(&evaluation, sample->a, &sample->point, 0);
        right = side_at(&evaluation, sample->b, &sample->point, 1);
    }
    finding = judge(left, right);
    evaluation_finish(&evaluation);
    return finding;
}

static Finding compare_at(Sample *sample, uint32_t place, mpfr_prec_t precision) {
    point_draw(&sample->point, place);
    return compare_here(sample, precision);
}

// Adds a place to those that count. False: it proves a difference.
static bool take(Sample *sample, uint32_t place, Finding finding) {
    bool is_real = finding == FINDING_REAL || finding == FINDING_AGREES;
    sample->has_complex_difference |= finding == FINDING_COMPLEX_DIFFERS;
    if (finding == FINDING_DIFFERS) {
        return false;
    }
    if (finding == FINDING_NONE || finding == FINDING_OUTSIDE ||
        !point_is_generic(&sample->point, place)) {
        return true;
    }
    if (is_real && sample->n_real < sample->enough) {
        sample->real[sample->n_real++] = place;
    } else if (!is_real && sample->n_complex < ENOUGH_COMPLEX) {
        sample->complex[sample->n_complex++] = place;
    }
    return true;
}

static bool is_rare(const Sample *sample) {
    return sample->n_real > 0 && sample->n_real < MUST_AGREE;
}

// Where none of many places is real, hardly any is.
static bool is_enough(const Sample *sample, uint32_t enough) {
    uint32_t complex = sample->has_complex_difference ? COMPLEX_TO_DIFFER : ENOUGH_COMPLEX;
    return sample->n_real >= enough || (sample->n_real == 0 && sample->n_complex >= complex);
}

// Whether more than these eighths of all effort are spent: then what must be is enough.
static bool has_spent(const Sample *sample, uint64_t eighths) {
    return sample->work->effort > WORK_MAX_EFFORT / 8 * eighths;
}

// Of points where all is above 0, a few are enough.
static bool is_needed(const Sample *sample, uint32_t place) {
    return sample->n_real < ENOUGH || sample->survey->has_naturals || point_has_signs(place);
}

// Draws the places from `place` on. False: a difference.
static bool draw(Sample *sample, uint32_t *place, uint32_t end, uint32_t enough) {
    for (; *place < end && !is_enough(sample, enough) && !work_failed(sample->work); ++*place) {
        if (is_needed(sample, *place) &&
            !take(sample, *place, compare_at(sample, *place, INTERVAL_LOW))) {
            return false;
        }
    }
    return true;
}

static ScalarVerdict different(const Sample *sample) {
    return sample->survey->has_open_call ? SCALAR_UNDECIDED : SCALAR_DIFFERENT;
}

// To 300 digits, at the places that count.
static ScalarVerdict compare_to_the_end(Sample *sample, const uint32_t *places, uint32_t n) {
    uint32_t n_agreeing = 0;
    interval_spend_on_caches(sample->work, INTERVAL_HIGH);
    for (uint32_t i = 0; i < n && n_agreeing < SHOULD_AGREE && !work_failed(sample->work); i++) {
        Finding finding = compare_at(sample, places[i], INTERVAL_HIGH);
        if (finding == FINDING_DIFFERS || finding == FINDING_COMPLEX_DIFFERS) {
            return different(sample);
        }
        n_agreeing += finding == FINDING_AGREES || finding == FINDING_COMPLEX_AGREES;
        if (n_agreeing == MUST_AGREE && has_spent(sample, 6)) {
            break;
        }
    }
    return n_agreeing >= MUST_AGREE && !work_failed(sample->work) ? SCALAR_EQUAL : SCALAR_UNDECIDED;
}

// False: the cell has a difference, or nothing is known of it.
static bool visit_cell(void *self) {
    Sample *sample = self;
    Finding finding = compare_here(sample, sample->precision);
    sample->has_difference = finding == FINDING_DIFFERS;
    sample->n_agreeing += finding == FINDING_AGREES;
    bool is_last = sample->precision == INTERVAL_HIGH;
    return !sample->has_difference && !work_failed(sample->work) &&
           !(is_last && (finding == FINDING_NONE || finding == FINDING_REAL));
}

// In all cells, first for a difference, then to 300 digits.
static ScalarVerdict compare_cells(Sample *sample) {
    static const mpfr_prec_t precisions[] = {INTERVAL_LOW, INTERVAL_HIGH};
    if (!sample->walls->is_known || sample->survey->has_steps || sample->survey->has_naturals) {
        return SCALAR_UNDECIDED;
    }
    bool is_done = true;
    point_draw(&sample->point, 0);
    for (uint32_t i = 0; i < 2 && is_done; i++) {
        sample->precision = precisions[i];
        sample->n_agreeing = 0;
        interval_spend_on_caches(sample->work, precisions[i]);
        is_done = walls_visit_cells(sample->walls, &sample->point, visit_cell, sample);
        if (sample->has_difference) {
            return different(sample);
        }
    }
    return is_done && sample->n_agreeing > 0 ? SCALAR_EQUAL : SCALAR_UNDECIDED;
}

// Whether a tree is complex where a name that is natural for it is not. Else it does not need that.
static bool needs_natural(Sample *sample, const Node *node, uint32_t index) {
    Survey others = *sample->survey;
    others.is_natural[index] = false;
    Point point = {&others, sample->point.values};
    bool is_needed = false;
    for (uint32_t place = 1; place <= MUST_AGREE && !is_needed; place++) {
        Evaluation evaluation;
        point_draw(&point, place);
        evaluation_init(&evaluation, sample->work, &point, INTERVAL_LOW);
        const Enclosure *value = evaluation_of(&evaluation, node, 0);
        is_needed = value && !value->is_real &&
                    (interval_is_positive(value->im) || interval_is_negative(value->im));
        evaluation_finish(&evaluation);
    }
    return is_needed;
}

static bool has_circle(const Node *node) {
    bool has = node->kind == NODE_CALL && node->function <= FN_CSC && node_has_symbol(node);
    for (uint32_t i = 0; i < node->n_children && !has; i++) {
        has = has_circle(node->child[i]);
    }
    return has;
}

// Where one tree only takes a symbol for a natural number, it must be because of (-1)^n, and not
// for the sake of functions that are others elsewhere: x is not |x| (-1)^{2x}, but cos(n pi) is
// (-1)^n.
static bool are_naturals_meant(Sample *sample) {
    for (uint32_t i = 0; i < sample->survey->n_names; i++) {
        if (!survey_is_natural_in_one(sample->survey, i)) {
            continue;
        }
        const Node *node = sample->survey->natural_in[i] == 1 ? sample->a : sample->b;
        if (has_circle(node) || !needs_natural(sample, node, i)) {
            return false;
        }
    }
    return true;
}

static ScalarVerdict compare_without_walls(Sample *sample) {
    if (sample->survey->has_naturals && !are_naturals_meant(sample)) {
        return SCALAR_UNDECIDED;
    }
    if (sample->n_real >= MUST_AGREE) {
        return compare_to_the_end(sample, sample->real, sample->n_real);
    }
    if (sample->has_complex_difference) {
        return sample->n_real > 0 ? SCALAR_UNDECIDED : different(sample);
    }
    return compare_to_the_end(sample, sample->complex, sample->n_complex);
}

// Whether doubles tell them apart.
static bool is_quickly_different(Sample *sample) {
    for (uint32_t place = 0; place < QUICK_PLACES; place++) {
        point_draw(&sample->point, place);
        if (quick_differs(sample->work, &sample->point, sample->a, sample->b)) {
            return true;
        }
    }
    return false;
}

static ScalarVerdict compare(Sample *sample) {
    uint32_t place = 0;
    interval_spend_on_caches(sample->work, INTERVAL_LOW);
    if (!draw(sample, &place, PLACES_AT_FIRST, ENOUGH_AT_FIRST)) {
        return different(sample);
    }
    if (sample->n_real + sample->n_complex > 0 &&
        !(sample->n_real == 0 && sample->has_complex_difference) &&
        normal_is_equal(sample->work, sample->survey, sample->a, sample->b)) {
        return SCALAR_EQUAL;
    }
    walls_add(sample->walls, sample->a);
    walls_add(sample->walls, sample->b);
    bool is_open = !sample->walls->is_known || sample->survey->has_steps;
    sample->enough = is_open ? ENOUGH_IF_UNKNOWN : ENOUGH;
    if (!draw(sample, &place, PLACES, sample->enough) ||
        (is_rare(sample) && !draw(sample, &place, PLACES_IF_RARE, MUST_AGREE))) {
        return different(sample);
    }
    if (work_failed(sample->work) || is_open) {
        return SCALAR_UNDECIDED;
    }
    if (sample->n_real == 0 && sample->has_complex_difference) {
        return different(sample);
    }
    return walls_are_none(sample->walls) ? compare_without_walls(sample) : compare_cells(sample);
}

ScalarVerdict sample_compare(Work *work, Survey *survey, const Node *a, const Node *b) {
    Walls walls;
    Sample sample = make_sample(work, survey, a, b);
    sample.walls = &walls;
    if (!point_init(&sample.point, work, survey)) {
        return SCALAR_UNDECIDED;
    }
    walls_init(&walls, work, survey);
    ScalarVerdict verdict = SCALAR_UNDECIDED;
    if (is_quickly_different(&sample)) {
        verdict = different(&sample);
    } else {
        survey_find_reach(survey, work, a, b);
        verdict = compare(&sample);
    }
    walls_finish(&walls);
    point_finish(&sample.point);
    return work_failed(work) ? SCALAR_UNDECIDED : verdict;
}

// -1 or 1, 0 where it is not known or not real.
static int sign_of(const Enclosure *value) {
    if (!value || !value->is_real) {
        return 0;
    }
    return interval_is_positive(value->re) - interval_is_negative(value->re);
}

static int sign_at(Sample *sample, uint32_t place) {
    point_draw(&sample->point, place);
    Evaluation evaluation;
    evaluation_init(&evaluation, sample->work, &sample->point, INTERVAL_LOW);
    int sign = sign_of(evaluation_of(&evaluation, sample->a, 0));
    if (sign != 0) {
        sign *= sign_of(evaluation_of(&evaluation, sample->b, 0));
    }
    evaluation_finish(&evaluation);
    return sign;
}

// Where both are real and neither is 0. False: there is no such place.
static bool find_sign(Sample *sample, uint32_t *place, int *sign) {
    for (*place = 0; *place < PLACES && !work_failed(sample->work); ++*place) {
        *sign = sign_at(sample, *place);
        if (*sign != 0) {
            return true;
        }
    }
    return false;
}

int sample_sign(Work *work, const Survey *survey, const Node *a, const Node *b) {
    Sample sample = make_sample(work, survey, a, b);
    uint32_t place = 0;
    int sign = 0;
    if (!point_init(&sample.point, work, survey)) {
        return 0;
    }
    bool is_found = find_sign(&sample, &place, &sign);
    point_finish(&sample.point);
    return is_found ? sign : 0;
}

static ScalarVerdict compare_ratios(Sample *sample, uint32_t first) {
    for (uint32_t i = first + 1; i < PLACES && sample->n_real < sample->enough; i++) {
        if (work_failed(sample->work)) {
            return SCALAR_UNDECIDED;
        }
        if (!take(sample, i, compare_at(sample, i, INTERVAL_LOW))) {
            return different(sample);
        }
    }
    walls_add(sample->walls, sample->a);
    walls_add(sample->walls, sample->b);
    if (!walls_are_none(sample->walls)) {
        return compare_cells(sample);
    }
    return sample->survey->has_steps || sample->survey->has_naturals
               ? SCALAR_UNDECIDED
               : compare_to_the_end(sample, sample->real, sample->n_real);
}

// All points are compared with the first one where neither is 0.
static ScalarVerdict compare_with_first(Sample *sample) {
    Point base;
    uint32_t first = 0;
    int sign = 0;
    if (!find_sign(sample, &first, &sign) || !point_init(&base, sample->work, sample->survey)) {
        return SCALAR_UNDECIDED;
    }
    point_draw(&base, first);
    sample->base = &base;
    ScalarVerdict verdict = compare_ratios(sample, first);
    point_finish(&base);
    return verdict;
}

ScalarVerdict sample_proportional(Work *work, Survey *survey, const Node *a, const Node *b) {
    Walls walls;
    Sample sample = make_sample(work, survey, a, b);
    sample.walls = &walls;
    if (!point_init(&sample.point, work, survey)) {
        return SCALAR_UNDECIDED;
    }
    survey_find_reach(survey, work, a, b);
    walls_init(&walls, work, survey);
    ScalarVerdict verdict = compare_with_first(&sample);
    walls_finish(&walls);
    point_finish(&sample.point);
    return work_failed(work) ? SCALAR_UNDECIDED : verdict;
}
