/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/sample.h"

#include "scalar/exact.h"
#include "scalar/interval.h"
#include "scalar/normal.h"

enum {
    PLACES_AT_FIRST = 12, /* before the normal form is tried .. */
    ENOUGH_AT_FIRST = 3,  /* .. or this many of them count */
    PLACES = 96,
    PLACES_IF_RARE = 160,
    ENOUGH = 8,
    ENOUGH_WITH_CORNERS = 48,
    FEW_WITH_CORNERS = 24, /* where they take much effort */
    ENOUGH_COMPLEX = 32,
    COMPLEX_TO_DIFFER = 20,
    MUST_AGREE = 4,
    SHOULD_AGREE = 6
};

typedef enum Finding {
    FINDING_NONE,    /* one side is not defined here */
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
    Point point;
    uint32_t enough;
    uint32_t real[ENOUGH_WITH_CORNERS], n_real; /* generic places */
    uint32_t complex[ENOUGH_COMPLEX], n_complex;
    bool has_complex_difference;
} Sample;

static Sample make_sample(Work *work, const Survey *survey, const Node *a, const Node *b) {
    bool has_corners = survey->has_corners || survey->has_naturals;
    return (Sample){.work = work,
                    .survey = survey,
                    .a = a,
                    .b = b,
                    .enough = has_corners ? ENOUGH_WITH_CORNERS : ENOUGH};
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

static Finding judge(const Enclosure *left, const Enclosure *right, bool is_real,
                     bool is_moderate) {
    if (enclosure_differs(left, right)) {
        return is_real ? FINDING_DIFFERS : FINDING_COMPLEX_DIFFERS;
    }
    if (is_moderate && enclosure_agrees(left, right)) {
        return is_real ? FINDING_AGREES : FINDING_COMPLEX_AGREES;
    }
    return is_real ? FINDING_REAL : FINDING_COMPLEX;
}

static Finding compare_at(Sample *sample, uint32_t place, mpfr_prec_t precision) {
    point_draw(&sample->point, place);
    Finding finding = sample->survey->has_naturals ? compare_exactly(sample) : FINDING_NONE;
    if (finding != FINDING_NONE) {
        return finding;
    }
    Evaluation evaluation;
    evaluation_init(&evaluation, sample->work, &sample->point, precision);
    const Enclosure *left = evaluation_of(&evaluation, sample->a, 0);
    bool is_real = evaluation.is_real_throughout, is_moderate = evaluation.is_moderate;
    const Enclosure *right = left ? evaluation_of(&evaluation, sample->b, 1) : NULL;
    if (right) {
        finding = judge(left, right, is_real && evaluation.is_real_throughout,
                        is_moderate && evaluation.is_moderate);
    }
    evaluation_finish(&evaluation);
    return finding;
}

// Adds a place to those that count. False: it proves a difference.
static bool take(Sample *sample, uint32_t place, Finding finding) {
    bool is_real = finding == FINDING_REAL || finding == FINDING_AGREES;
    sample->has_complex_difference |= finding == FINDING_COMPLEX_DIFFERS;
    if (finding == FINDING_DIFFERS) {
        return false;
    }
    if (finding == FINDING_NONE || !point_is_generic(&sample->point, place)) {
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
        enough = has_spent(sample, 4) && enough > FEW_WITH_CORNERS ? FEW_WITH_CORNERS : enough;
    }
    return true;
}

static ScalarVerdict different(const Sample *sample) {
    return sample->survey->has_open_call ? SCALAR_UNDECIDED : SCALAR_DIFFERENT;
}

// To 300 digits, at the places that count.
static ScalarVerdict compare_to_the_end(Sample *sample, const uint32_t *places, uint32_t n) {
    uint32_t n_agreeing = 0;
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

static ScalarVerdict compare_complex(Sample *sample) {
    if (sample->has_complex_difference) {
        return sample->n_real > 0 ? SCALAR_UNDECIDED : different(sample);
    }
    return compare_to_the_end(sample, sample->complex, sample->n_complex);
}

static ScalarVerdict compare(Sample *sample) {
    uint32_t place = 0;
    if (!draw(sample, &place, PLACES_AT_FIRST, ENOUGH_AT_FIRST)) {
        return different(sample);
    }
    if (sample->n_real + sample->n_complex > 0 &&
        !(sample->n_real == 0 && sample->has_complex_difference) &&
        normal_is_equal(sample->work, sample->survey, sample->a, sample->b)) {
        return SCALAR_EQUAL;
    }
    if (!draw(sample, &place, PLACES, sample->enough) ||
        (is_rare(sample) && !draw(sample, &place, PLACES_IF_RARE, MUST_AGREE))) {
        return different(sample);
    }
    // What depends on remainders may differ at numbers that were not drawn.
    if (work_failed(sample->work) || sample->survey->has_remainders) {
        return SCALAR_UNDECIDED;
    }
    return sample->n_real >= MUST_AGREE ? compare_to_the_end(sample, sample->real, sample->n_real)
                                        : compare_complex(sample);
}

ScalarVerdict sample_compare(Work *work, const Survey *survey, const Node *a, const Node *b) {
    Sample sample = make_sample(work, survey, a, b);
    if (!point_init(&sample.point, work, survey)) {
        return SCALAR_UNDECIDED;
    }
    ScalarVerdict verdict = compare(&sample);
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

// The value of a node at one point times that of another node at another, in slot `at`.
static const Enclosure *product_at(Evaluation *evaluation, const Node *node, const Point *point,
                                   const Node *other, const Point *other_point, uint32_t at) {
    evaluation->point = point;
    const Enclosure *value = evaluation_of(evaluation, node, at);
    bool is_moderate = evaluation->is_moderate, is_real = evaluation->is_real_throughout;
    evaluation->point = other_point;
    if (!value || !evaluation_of(evaluation, other, at + 1)) {
        return NULL;
    }
    evaluation->is_moderate &= is_moderate;
    evaluation->is_real_throughout &= is_real;
    return enclosure_multiply(&evaluation->stack, at) ? value : NULL;
}

static Finding compare_products(Sample *sample, const Point *base, uint32_t place,
                                mpfr_prec_t precision) {
    point_draw(&sample->point, place);
    Evaluation evaluation;
    evaluation_init(&evaluation, sample->work, base, precision);
    Finding finding = FINDING_NONE;
    const Enclosure *left = product_at(&evaluation, sample->a, base, sample->b, &sample->point, 0);
    bool is_real = evaluation.is_real_throughout, is_moderate = evaluation.is_moderate;
    const Enclosure *right =
        left ? product_at(&evaluation, sample->a, &sample->point, sample->b, base, 1) : NULL;
    if (right) {
        finding = judge(left, right, is_real && evaluation.is_real_throughout,
                        is_moderate && evaluation.is_moderate);
    }
    evaluation_finish(&evaluation);
    return finding;
}

static ScalarVerdict compare_ratios(Sample *sample, const Point *base, uint32_t first) {
    for (uint32_t i = first + 1; i < PLACES && sample->n_real < sample->enough; i++) {
        if (!take(sample, i, compare_products(sample, base, i, INTERVAL_LOW))) {
            return different(sample);
        }
    }
    uint32_t n_agreeing = 0;
    for (uint32_t i = 0; i < sample->n_real && n_agreeing < SHOULD_AGREE; i++) {
        Finding finding = compare_products(sample, base, sample->real[i], INTERVAL_HIGH);
        if (finding == FINDING_DIFFERS) {
            return different(sample);
        }
        n_agreeing += finding == FINDING_AGREES;
    }
    return n_agreeing >= MUST_AGREE ? SCALAR_EQUAL : SCALAR_UNDECIDED;
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
    ScalarVerdict verdict = compare_ratios(sample, &base, first);
    point_finish(&base);
    return verdict;
}

ScalarVerdict sample_proportional(Work *work, const Survey *survey, const Node *a, const Node *b) {
    Sample sample = make_sample(work, survey, a, b);
    if (!point_init(&sample.point, work, survey)) {
        return SCALAR_UNDECIDED;
    }
    ScalarVerdict verdict = compare_with_first(&sample);
    point_finish(&sample.point);
    return work_failed(work) ? SCALAR_UNDECIDED : verdict;
}
