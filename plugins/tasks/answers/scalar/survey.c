/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/survey.h"

#include "scalar/exact.h"
#include "scalar/scalar.h"

#include <string.h>

enum { MAX_DEPTH = 400, LOOK_UP_EFFORT = 10 };

static const uint64_t step = 0x9e3779b97f4a7c15ULL;

// SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

uint64_t survey_random(const Survey *survey, uint64_t place, uint64_t index) {
    return mix(mix(survey->seed ^ (place + 1) * step) + (index + 1) * step);
}

static void stir(Survey *survey, uint64_t value) {
    survey->seed = mix((survey->seed ^ value) + step);
}

static void stir_integer(Survey *survey, mpz_srcptr number) {
    stir(survey, (uint64_t)mpz_size(number) * 2 + (mpz_sgn(number) < 0));
    for (size_t i = 0; i < mpz_size(number); i++) {
        stir(survey, mpz_getlimbn(number, (mp_size_t)i));
    }
}

static void stir_node(Survey *survey, const Node *node) {
    stir(survey, (uint64_t)node->kind << 40 | (uint64_t)node->function << 32 | node->n_children);
    for (uint64_t i = 0; i < node->text.len; i++) {
        stir(survey, (unsigned char)node->text.ptr[i]);
    }
    if (node->kind == NODE_NUMBER) {
        stir_integer(survey, mpq_numref(node->number));
        stir_integer(survey, mpq_denref(node->number));
    }
}

static bool same_text(EmendStr a, EmendStr b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static bool is_symbol(const Node *node) {
    return node->kind == NODE_SYMBOL;
}

static ScalarVerdict compare_arguments(Work *work, const Node *a, const Node *b) {
    if (is_symbol(b) || !same_text(a->text, b->text) || a->n_children != b->n_children) {
        return SCALAR_DIFFERENT;
    }
    ScalarVerdict verdict = SCALAR_EQUAL;
    for (uint32_t i = 0; i < a->n_children && verdict != SCALAR_DIFFERENT; i++) {
        ScalarVerdict one = scalar_compare(work, a->child[i], b->child[i]);
        verdict = one == SCALAR_EQUAL ? verdict : one;
    }
    return verdict;
}

// The name that a node has already, NULL: none.
static const Name *find(Survey *survey, Work *work, const Node *node) {
    for (const Name *name = survey->names; name; name = name->next) {
        work_spend(work, LOOK_UP_EFFORT);
        if (is_symbol(node)) {
            if (is_symbol(name->node) && same_text(name->node->text, node->text)) {
                return name;
            }
            continue;
        }
        ScalarVerdict verdict = compare_arguments(work, node, name->node);
        survey->has_open_call |= verdict == SCALAR_UNDECIDED;
        if (verdict == SCALAR_EQUAL) {
            return name;
        }
    }
    return NULL;
}

static bool add_name(Survey *survey, Work *work, const Node *node, bool is_natural) {
    const Name *same = find(survey, work, node);
    if (!same && survey->n_names >= SURVEY_NAMES) {
        return work_fail(work, "it has more than %d symbols", SURVEY_NAMES);
    }
    uint32_t index = same ? same->index : survey->n_names++;
    if (is_natural) {
        survey->natural_in[index] |= (uint8_t)(1u << survey->n_trees % 8);
        survey->is_natural[index] = true;
        survey->has_naturals = true;
    }
    if (same && is_symbol(node)) {
        return !work_failed(work);
    }
    Name *name = work_alloc(work, sizeof *name);
    if (!name) {
        return false;
    }
    *name = (Name){survey->names, node, index};
    survey->names = name;
    return !work_failed(work);
}

uint32_t survey_index(const Survey *survey, const Node *node) {
    for (const Name *name = survey->names; name; name = name->next) {
        if (name->node == node ||
            (is_symbol(node) && is_symbol(name->node) && same_text(name->node->text, node->text))) {
            return name->index;
        }
    }
    return 0;
}

static bool is_negative_number(const Node *node) {
    if (node->kind == NODE_NEGATIVE) {
        return node->child[0]->kind == NODE_NUMBER;
    }
    return node->kind == NODE_NUMBER && mpq_sgn(node->number) < 0;
}

static void note_call(Survey *survey, Function function) {
    switch (function) {
    case FN_GCD:
    case FN_LCM:
    case FN_MOD:
    case FN_FLOOR:
    case FN_CEIL:
    case FN_FACTORIAL:
    case FN_BINOMIAL:
        survey->has_steps = true;
        break;
    default:
        break;
    }
}

static void note(Survey *survey, const Node *node) {
    survey->has_infinity |= node->kind == NODE_INFINITY;
    survey->has_structure |= node->kind > NODE_CALL;
    survey->has_pi |= node->kind == NODE_PI;
    survey->has_e |= node->kind == NODE_E;
    if (node->kind == NODE_CALL && node_has_symbol(node)) {
        note_call(survey, node->function);
    }
}

// Whether the symbols in a child stand for natural numbers.
static bool is_for_naturals(const Node *node, uint32_t child) {
    if (node->kind == NODE_POWER) {
        return child == 1 && is_negative_number(node->child[0]);
    }
    if (node->kind != NODE_CALL) {
        return false;
    }
    Function function = node->function;
    return function == FN_FACTORIAL || function == FN_BINOMIAL || function == FN_GCD ||
           function == FN_LCM || function == FN_MOD;
}

static bool add(Survey *survey, Work *work, const Node *node, uint32_t depth, bool is_natural) {
    if (depth > MAX_DEPTH) {
        return work_fail(work, "it is nested more than %d deep", MAX_DEPTH);
    }
    stir_node(survey, node);
    if (node->kind == NODE_SYMBOL || (node->kind == NODE_CALL && node->function == FN_OPAQUE)) {
        return add_name(survey, work, node, is_natural);
    }
    note(survey, node);
    for (uint32_t i = 0; i < node->n_children; i++) {
        if (!add(survey, work, node->child[i], depth + 1, is_natural || is_for_naturals(node, i))) {
            return false;
        }
    }
    return true;
}

bool survey_add(Survey *survey, Work *work, const Node *node) {
    bool is_added = work_spend(work, 10 * node->n_nodes) && add(survey, work, node, 0, false);
    survey->n_trees++;
    return is_added;
}

bool survey_is_independent(const Survey *survey) {
    return !survey->has_open_call && !(survey->has_pi && survey->has_e);
}

bool survey_is_natural_in_one(const Survey *survey, uint32_t index) {
    return survey->natural_in[index] == 1 || survey->natural_in[index] == 2;
}

static void note_number(Survey *survey, mpq_srcptr number) {
    mpz_t size;
    mpz_init(size);
    mpz_tdiv_q(size, mpq_numref(number), mpq_denref(number));
    unsigned long reach = mpz_cmpabs_ui(size, SURVEY_REACH) > 0 ? SURVEY_REACH : mpz_get_ui(size);
    mpz_clear(size);
    survey->reach = reach > survey->reach ? reach : survey->reach;
}

// Numbers count by their values, however they are written: 10^3.
static void find_reach(Survey *survey, Work *work, const Node *node, mpq_ptr value) {
    if (!node_has_symbol(node) && exact_value(work, NULL, node, value) == EXACT_VALUE) {
        note_number(survey, value);
        return;
    }
    for (uint32_t i = 0; i < node->n_children; i++) {
        find_reach(survey, work, node->child[i], value);
    }
}

void survey_find_reach(Survey *survey, Work *work, const Node *a, const Node *b) {
    mpq_t value;
    mpq_init(value);
    find_reach(survey, work, a, value);
    find_reach(survey, work, b, value);
    mpq_clear(value);
}

bool point_init(Point *point, Work *work, const Survey *survey) {
    point->survey = survey;
    point->values = work_alloc(work, survey->n_names * sizeof(mpq_t));
    for (uint32_t i = 0; point->values && i < survey->n_names; i++) {
        mpq_init(point->values[i]);
    }
    return point->values != NULL;
}

void point_finish(Point *point) {
    for (uint32_t i = 0; i < point->survey->n_names; i++) {
        mpq_clear(point->values[i]);
    }
}

// Binomials of more than this are too large to be worked out again and again.
enum { NATURAL_REACH = 500, DENOMINATOR = 1009 };

static void draw_natural(mpq_ptr value, uint32_t kind, uint64_t random, unsigned long reach) {
    static const unsigned long spans[POINT_KINDS] = {4, 8, 20, 0, 12, 40, 60, 0};
    reach = reach > NATURAL_REACH ? NATURAL_REACH : reach;
    mpq_set_ui(value, random % (spans[kind] ? spans[kind] : 2 * reach + 2), 1);
}

// A number between low and low + span. The denominator is a prime, so that values of different
// names are unlikely to be related.
static void draw_between(mpq_ptr value, uint64_t random, unsigned long low, unsigned long span) {
    unsigned long above = random % (span * DENOMINATOR - 1) + 1;
    mpq_set_ui(value, low * DENOMINATOR + above, DENOMINATOR);
    mpq_canonicalize(value);
}

static void draw_size(mpq_ptr value, uint32_t kind, uint64_t random, unsigned long reach) {
    static const int small[] = {2, 0, 1, 3, -1, 5};
    switch (kind) {
    case 0:
    case 5:
        draw_between(value, random, 0, 1);
        break;
    case 1:
        draw_between(value, random, 0, 3);
        break;
    case 2:
        draw_between(value, random, 1, 9);
        break;
    case 3:
        draw_between(value, random, 0, 2 * reach + 4);
        break;
    case POINT_OF_SMALL_INTEGERS:
        mpq_set_si(value, small[random % (sizeof small / sizeof *small)], 1);
        break;
    case 6:
        draw_between(value, random, 1, 4 * reach + 4);
        break;
    default:
        draw_between(value, random, 0, 2 * reach + 10);
        break;
    }
}

bool point_has_signs(uint32_t place) {
    return place % 2 == 1;
}

// Every other place goes through the ways to give signs to the first names; the others are above 0,
// where many functions are real.
static bool is_negative_at(uint32_t place, uint32_t index) {
    enum { N_NAMES_WITH_PATTERN = 6 };
    uint32_t pattern = place / 2 + place / POINT_KINDS; // each kind has a new one next time
    return point_has_signs(place) && !((pattern >> (index % N_NAMES_WITH_PATTERN)) & 1);
}

// Where signs vary, so do sizes: x may be far larger than y, or far smaller.
static void draw_rational(mpq_ptr value, uint32_t place, uint32_t index, uint64_t random,
                          unsigned long reach) {
    uint32_t kind = place % POINT_KINDS;
    if (point_has_signs(place)) {
        kind = (kind + 2 * (uint32_t)(random >> 40)) % POINT_KINDS;
    }
    draw_size(value, kind, random, reach);
    if (is_negative_at(place, index)) {
        mpq_neg(value, value);
    }
}

void point_draw(Point *point, uint32_t place) {
    const Survey *survey = point->survey;
    for (uint32_t i = 0; i < survey->n_names; i++) {
        uint64_t random = survey_random(survey, place, i) >> 16;
        if (survey->is_natural[i]) {
            draw_natural(point->values[i], place % POINT_KINDS, random, survey->reach);
        } else {
            draw_rational(point->values[i], place, i, random, survey->reach);
        }
    }
}

bool point_is_generic(const Point *point, uint32_t place) {
    const Survey *survey = point->survey;
    for (uint32_t i = 0; i < survey->n_names; i++) {
        bool is_special = survey->is_natural[i] ? mpq_cmp_ui(point->values[i], 2, 1) < 0
                                                : place % POINT_KINDS == POINT_OF_SMALL_INTEGERS;
        if (is_special) {
            return false;
        }
    }
    return true;
}
