/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/walls.h"

#include "scalar/exact.h"

enum { WALL_EFFORT = 200, CELLS_MAX = 128, STEPS = 1000003, PLACE = 500 };

static void collect(Walls *walls, const Node *node, bool is_inside);
static void add_wall(Walls *walls, const Node *node);

void walls_init(Walls *walls, Work *work, const Survey *survey) {
    walls->work = work;
    walls->survey = survey;
    walls->is_known = true;
    walls->is_projected = false;
    walls->n_pairs = 0;
    walls->symbols.n = 0;
    for (uint32_t i = 0; i <= FORM_SYMBOLS; i++) {
        walls->levels[i].n = 0;
    }
}

void walls_finish(Walls *walls) {
    for (uint32_t i = 0; i <= FORM_SYMBOLS; i++) {
        for (uint32_t j = 0; j < walls->levels[i].n; j++) {
            for (uint32_t k = 0; k < FORM_SIZE; k++) {
                mpq_clear(walls->levels[i].rows[j][k]);
            }
        }
        walls->levels[i].n = 0;
    }
}

bool walls_are_none(const Walls *walls) {
    return walls->is_known && walls->levels[FORM_SYMBOLS].n == 0;
}

static bool give_up(Walls *walls) {
    walls->is_known = false;
    return false;
}

static bool is_in(const WallLevel *level, mpq_t row[FORM_SIZE]) {
    for (uint32_t i = 0; i < level->n; i++) {
        uint32_t k = 0;
        while (k < FORM_SIZE && mpq_equal(level->rows[i][k], row[k])) {
            k++;
        }
        if (k == FORM_SIZE) {
            return true;
        }
    }
    return false;
}

// Adds a row, which is used up, unless it is a constant or there already.
static bool add_row(Walls *walls, WallLevel *level, mpq_t row[FORM_SIZE], uint32_t pair) {
    uint32_t first = 1;
    while (first < FORM_SIZE && mpq_sgn(row[first]) == 0) {
        first++;
    }
    if (!work_spend(walls->work, WALL_EFFORT * (level->n + 4))) {
        return give_up(walls);
    }
    if (first == FORM_SIZE) {
        return true;
    }
    mpq_t factor;
    mpq_init(factor);
    mpq_inv(factor, row[first]);
    for (uint32_t k = 0; k < FORM_SIZE; k++) {
        mpq_mul(row[k], row[k], factor);
    }
    mpq_clear(factor);
    if (is_in(level, row)) {
        return true;
    }
    if (level->n == WALLS_MAX) {
        return give_up(walls);
    }
    for (uint32_t k = 0; k < FORM_SIZE; k++) {
        mpq_init(level->rows[level->n][k]);
        mpq_swap(level->rows[level->n][k], row[k]);
    }
    level->pair[level->n++] = pair;
    return true;
}

static void init_rows(mpq_t (*rows)[FORM_SIZE], uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < FORM_SIZE; k++) {
            mpq_init(rows[i][k]);
        }
    }
}

static void finish_rows(mpq_t (*rows)[FORM_SIZE], uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < FORM_SIZE; k++) {
            mpq_clear(rows[i][k]);
        }
    }
}

// The walls where a polynomial is 0.
static void add_polynomial(Walls *walls, const Node *node) {
    Form form;
    mpq_t rows[FORM_FACTORS][FORM_SIZE];
    form_init(&form);
    init_rows(rows, FORM_FACTORS);
    int n = -1;
    if (form_read(&form, walls->work, walls->survey, &walls->symbols, node)) {
        n = form_factors(&form, rows);
    }
    walls->is_known = walls->is_known && n >= 0;
    for (int i = 0; i < n; i++) {
        uint32_t pair = n == FORM_FACTORS ? walls->n_pairs + 1 + (uint32_t)i % 2 : 0;
        add_row(walls, &walls->levels[FORM_SYMBOLS], rows[i], pair);
    }
    walls->n_pairs += 2;
    finish_rows(rows, FORM_FACTORS);
    form_finish(&form);
}

// Whether a tree is a positive number, exactly known.
static bool is_positive_number(Walls *walls, const Node *node) {
    if (node->kind == NODE_PI || node->kind == NODE_E) {
        return true;
    }
    mpq_t value;
    mpq_init(value);
    bool is_positive = !node_has_symbol(node) &&
                       exact_value(walls->work, NULL, node, value) == EXACT_VALUE &&
                       mpq_sgn(value) > 0;
    mpq_clear(value);
    return is_positive;
}

static bool is_even_number(const Node *node) {
    return node->kind == NODE_NUMBER && mpz_cmp_ui(mpq_denref(node->number), 1) == 0 &&
           mpz_even_p(mpq_numref(node->number));
}

// What is known of a tree wherever it is real, and all it is made of.
typedef enum Bound { BOUND_NONE, BOUND_AT_LEAST_0, BOUND_ABOVE_0 } Bound;

static Bound lower(Bound a, Bound b) {
    return a < b ? a : b;
}

static Bound bound_of(Walls *walls, const Node *node) {
    Bound bound = BOUND_ABOVE_0, best = BOUND_NONE;
    switch (node->kind) {
    case NODE_SUM:
    case NODE_PRODUCT:
    case NODE_QUOTIENT:
        for (uint32_t i = 0; i < node->n_children; i++) {
            Bound child = bound_of(walls, node->child[i]);
            bound = lower(bound, child);
            best = child > best ? child : best;
        }
        return bound != BOUND_NONE && node->kind == NODE_SUM ? best : bound;
    case NODE_POWER:
        bound = bound_of(walls, node->child[0]);
        return bound == BOUND_NONE && is_even_number(node->child[1]) ? BOUND_AT_LEAST_0 : bound;
    case NODE_CALL:
        if (node->function == FN_COSH) {
            return BOUND_ABOVE_0;
        }
        return node->function == FN_ABS ? BOUND_AT_LEAST_0 : BOUND_NONE;
    default:
        return is_positive_number(walls, node) ? BOUND_ABOVE_0 : BOUND_NONE;
    }
}

static bool is_above_0(Walls *walls, const Node *node) {
    return bound_of(walls, node) == BOUND_ABOVE_0;
}

static bool is_half(const Node *node) {
    return node->kind == NODE_NUMBER && mpq_cmp_ui(node->number, 1, 2) == 0;
}

static bool is_two(const Node *node) {
    return node->kind == NODE_NUMBER && mpq_cmp_ui(node->number, 2, 1) == 0;
}

// The square of |u|, sqrt(u) and products of them without the root, and of others.
static const Node *square_of(Work *work, const Node *node, bool *has_root) {
    bool is_root = (node->kind == NODE_ROOT && is_two(node->child[1])) ||
                   (node->kind == NODE_POWER && is_half(node->child[1]));
    *has_root |= is_root;
    if (is_root) {
        return node->child[0];
    }
    if (node->kind == NODE_NEGATIVE) {
        return square_of(work, node->child[0], has_root);
    }
    if (node->kind == NODE_PRODUCT) {
        const Node *product = node_integer(work, 1);
        for (uint32_t i = 0; i < node->n_children; i++) {
            const Node *square = square_of(work, node->child[i], has_root);
            product = node_binary(work, NODE_PRODUCT, product, square);
        }
        return product;
    }
    if (node->kind == NODE_CALL && node->function == FN_ABS) {
        *has_root = true;
        node = node->child[0];
    }
    return node_binary(work, NODE_POWER, node, node_integer(work, 2));
}

// The square of what has no roots in a sum, or of its first term, minus that of the rest, if that
// is one term: 0 wherever the sum is. NULL: there is no such thing.
static const Node *norm_of(Work *work, const Node *node) {
    const Node *rest = NULL, *root = NULL, *square = NULL;
    for (uint32_t i = 0; i < node->n_children; i++) {
        bool has_root = false;
        square = square_of(work, node->child[i], &has_root);
        if (has_root && root && (rest || node->n_children > 2)) {
            return NULL;
        }
        if (has_root && !root) {
            root = square;
        } else if (has_root) {
            return node_binary(work, NODE_SUM, root, node_unary(work, NODE_NEGATIVE, square));
        } else {
            rest = rest ? node_binary(work, NODE_SUM, rest, node->child[i]) : node->child[i];
        }
    }
    square = rest ? node_binary(work, NODE_POWER, rest, node_integer(work, 2)) : NULL;
    return root ? node_binary(work, NODE_SUM, square, node_unary(work, NODE_NEGATIVE, root)) : NULL;
}

static void add_sum(Walls *walls, const Node *node) {
    const Node *norm = node->kind == NODE_SUM ? norm_of(walls->work, node) : NULL;
    if (!is_above_0(walls, node)) {
        add_polynomial(walls, norm ? norm : node);
    }
}

// The walls where a tree is 0, or is not defined.
static void add_wall(Walls *walls, const Node *node) {
    if (!walls->is_known || !node_has_symbol(node)) {
        return;
    }
    switch (node->kind) {
    case NODE_PRODUCT:
    case NODE_QUOTIENT:
        for (uint32_t i = 0; i < node->n_children; i++) {
            add_wall(walls, node->child[i]);
        }
        return;
    case NODE_NEGATIVE:
        add_wall(walls, node->child[0]);
        return;
    case NODE_POWER:
    case NODE_ROOT:
        if (!is_above_0(walls, node->child[0])) {
            add_wall(walls, node->child[0]);
        }
        return;
    case NODE_CALL:
        if (node->function == FN_ABS) {
            add_wall(walls, node->child[0]);
            return;
        }
        if (node->function == FN_COSH) {
            return;
        }
        break;
    default:
        break;
    }
    add_sum(walls, node);
}

// The walls where a tree is 1 or -1.
static void add_wall_at_ones(Walls *walls, const Node *node) {
    const Node *one = node_integer(walls->work, 1), *above = node;
    if (node->kind == NODE_QUOTIENT) {
        above = node->child[0];
        one = node->child[1];
        add_wall(walls, one);
    }
    for (int i = 0; i < 2; i++) {
        const Node *sum = node_binary(walls->work, NODE_SUM, above, one);
        one = node_unary(walls->work, NODE_NEGATIVE, one);
        if (!sum) {
            give_up(walls);
            return;
        }
        add_wall(walls, sum);
    }
}

// The walls where two of several trees are the same.
static void add_walls_between(Walls *walls, const Node *node) {
    for (uint32_t i = 0; i < node->n_children; i++) {
        for (uint32_t j = 0; j < i; j++) {
            const Node *minus = node_unary(walls->work, NODE_NEGATIVE, node->child[j]);
            const Node *sum = node_binary(walls->work, NODE_SUM, node->child[i], minus);
            if (!sum) {
                give_up(walls);
                return;
            }
            add_sum(walls, sum);
        }
    }
}

// Symbols in an index or in a base and an exponent are allowed where the base is above 0.
static void collect_power(Walls *walls, const Node *node, bool is_inside) {
    const Node *base = node->child[0], *exponent = node->child[1];
    mpq_t number;
    mpq_init(number);
    bool is_exact = !node_has_symbol(exponent) &&
                    exact_value(walls->work, NULL, exponent, number) == EXACT_VALUE;
    bool is_integer =
        is_exact && node->kind == NODE_POWER && mpz_cmp_ui(mpq_denref(number), 1) == 0;
    bool is_negative = mpq_sgn(number) < 0;
    mpq_clear(number);
    if (is_integer) {
        collect(walls, base, is_inside);
        if (is_negative && is_inside) {
            add_wall(walls, base);
        }
        return;
    }
    collect(walls, base, true);
    collect(walls, exponent, is_inside || node_has_symbol(base) || node->kind == NODE_ROOT);
    if (!is_above_0(walls, base)) {
        add_wall(walls, base);
    }
    if (node->kind == NODE_ROOT) {
        add_wall(walls, exponent);
    }
}

static void collect_call(Walls *walls, const Node *node, bool is_inside) {
    const Node *argument = node->child[0];
    bool is_same_everywhere = false;
    switch (node->function) {
    case FN_SIN:
    case FN_COS:
    case FN_SINH:
    case FN_COSH:
    case FN_TANH:
        is_same_everywhere = true;
        break;
    case FN_TAN:
    case FN_COT:
    case FN_SEC:
    case FN_CSC:
        is_same_everywhere = true;
        walls->is_known = walls->is_known && !is_inside; // its poles would be walls
        break;
    case FN_ARCTAN:
    case FN_ARSINH:
        break;
    case FN_ARCSIN:
    case FN_ARCCOS:
    case FN_ARTANH:
    case FN_ARCOSH:
        add_wall_at_ones(walls, argument);
        break;
    case FN_ARCSEC:
    case FN_ARCCSC:
        add_wall_at_ones(walls, argument);
        add_wall(walls, argument);
        break;
    case FN_LOG:
        walls->is_known = walls->is_known && node->n_children == 2;
        if (node_has_symbol(node->child[node->n_children - 1])) {
            add_wall_at_ones(walls, node->child[node->n_children - 1]);
        }
        add_wall(walls, node->child[node->n_children - 1]);
        add_wall(walls, argument);
        break;
    case FN_ARCCOT:
    case FN_LN:
    case FN_ABS:
        add_wall(walls, argument);
        break;
    case FN_MAX:
    case FN_MIN:
        add_walls_between(walls, node);
        break;
    default:
        walls->is_known = false;
        return;
    }
    for (uint32_t i = 0; i < node->n_children; i++) {
        collect(walls, node->child[i], is_inside || !is_same_everywhere);
    }
}

// is_inside: below something that is not one function everywhere, so that poles are walls.
static void collect(Walls *walls, const Node *node, bool is_inside) {
    if (!walls->is_known || !node_has_symbol(node)) {
        return;
    }
    if (node->kind == NODE_POWER || node->kind == NODE_ROOT) {
        collect_power(walls, node, is_inside);
        return;
    }
    if (node->kind == NODE_CALL) {
        if (node->function != FN_OPAQUE) {
            collect_call(walls, node, is_inside);
        }
        return;
    }
    for (uint32_t i = 0; i < node->n_children; i++) {
        collect(walls, node->child[i], is_inside);
    }
    if (node->kind == NODE_QUOTIENT && is_inside) {
        add_wall(walls, node->child[1]);
    }
}

void walls_add(Walls *walls, const Node *node) {
    collect(walls, node, false);
}

// Where two walls meet, without the symbol k of both.
static bool add_meeting(Walls *walls, WallLevel *below, mpq_t a[FORM_SIZE], mpq_t b[FORM_SIZE],
                        uint32_t k) {
    mpq_t row[1][FORM_SIZE], part;
    init_rows(row, 1);
    mpq_init(part);
    for (uint32_t i = 0; i < FORM_SIZE; i++) {
        mpq_mul(row[0][i], a[i], b[k]);
        mpq_mul(part, b[i], a[k]);
        mpq_sub(row[0][i], row[0][i], part);
    }
    bool is_added = add_row(walls, below, row[0], 0);
    mpq_clear(part);
    finish_rows(row, 1);
    return is_added;
}

// What is over the walls of fewer symbols: their own, and where those of more meet.
static bool project(Walls *walls, uint32_t k) {
    WallLevel *level = &walls->levels[k], *below = &walls->levels[k - 1];
    for (uint32_t i = 0; i < level->n; i++) {
        mpq_t copy[1][FORM_SIZE];
        if (mpq_sgn(level->rows[i][k]) == 0) {
            init_rows(copy, 1);
            for (uint32_t j = 0; j < FORM_SIZE; j++) {
                mpq_set(copy[0][j], level->rows[i][j]);
            }
            bool is_added = add_row(walls, below, copy[0], level->pair[i]);
            finish_rows(copy, 1);
            if (!is_added) {
                return false;
            }
            continue;
        }
        for (uint32_t j = 0; j < i; j++) {
            if (mpq_sgn(level->rows[j][k]) != 0 &&
                !add_meeting(walls, below, level->rows[i], level->rows[j], k)) {
                return false;
            }
        }
    }
    return true;
}

typedef struct Visit {
    Walls *walls;
    Point *point;
    bool (*visit)(void *self);
    void *self;
    uint32_t n_cells;
} Visit;

// The value of symbol k at a wall, where those before it are at the point.
static void find_root(const Visit *visit, mpq_t row[FORM_SIZE], uint32_t k, mpq_ptr root) {
    mpq_t part;
    mpq_init(part);
    mpq_neg(root, row[0]);
    for (uint32_t i = 1; i < k; i++) {
        mpq_mul(part, row[i], visit->point->values[visit->walls->symbols.index[i - 1]]);
        mpq_sub(root, root, part);
    }
    mpq_div(root, root, row[k]);
    mpq_clear(part);
}

typedef struct Roots {
    uint32_t n;
    uint32_t pair[WALLS_MAX];
    mpq_t at[WALLS_MAX]; // rising
} Roots;

static void find_roots(const Visit *visit, uint32_t k, Roots *roots) {
    WallLevel *level = &visit->walls->levels[k];
    roots->n = 0;
    for (uint32_t i = 0; i < level->n; i++) {
        if (mpq_sgn(level->rows[i][k]) == 0) {
            continue;
        }
        uint32_t j = roots->n++;
        mpq_init(roots->at[j]);
        find_root(visit, level->rows[i], k, roots->at[j]);
        for (; j > 0 && mpq_cmp(roots->at[j - 1], roots->at[j]) > 0; j--) {
            mpq_swap(roots->at[j - 1], roots->at[j]);
            roots->pair[j] = roots->pair[j - 1];
        }
        roots->pair[j] = level->pair[i];
    }
}

// Whether the i-th root and the one before enclose a wall: what is between counts to both sides.
static bool is_enclosure(const Roots *roots, uint32_t i) {
    return i > 0 && i < roots->n && roots->pair[i] > 0 && roots->pair[i] == roots->pair[i - 1];
}

// Whether other walls stand between two that enclose one: nobody knows on which side of it.
static bool is_mixed(const Roots *roots) {
    for (uint32_t i = 0; i < roots->n; i++) {
        if (roots->pair[i] > 0 && !is_enclosure(roots, i) && !is_enclosure(roots, i + 1)) {
            return true;
        }
    }
    return false;
}

// A number at random between the i-th root and the one before, or beyond the last one.
static void draw_between(const Visit *visit, const Roots *all, uint32_t i, uint64_t choice,
                         mpq_ptr value) {
    const mpq_t *roots = all->at;
    uint32_t n = all->n;
    unsigned long part = survey_random(visit->walls->survey, PLACE + visit->n_cells, choice) >> 8;
    mpq_t width;
    mpq_init(width);
    if (i > 0 && i < n) {
        mpq_sub(width, roots[i], roots[i - 1]);
    } else {
        mpq_set_ui(width, 3, 1);
    }
    mpq_set_ui(value, part % (STEPS - 1) + 1, STEPS);
    mpq_mul(value, value, width);
    if (i == 0 && n > 0) {
        mpq_sub(value, roots[0], value);
    } else if (n > 0) {
        mpq_add(value, value, roots[i - 1]);
    }
    mpq_clear(width);
}

static bool visit_level(Visit *visit, uint32_t k) {
    const FormSymbols *symbols = &visit->walls->symbols;
    if (k > symbols->n) {
        return ++visit->n_cells <= CELLS_MAX && visit->visit(visit->self);
    }
    Roots roots;
    find_roots(visit, k, &roots);
    bool is_done = work_spend(visit->walls->work, WALL_EFFORT * (roots.n + 2)) && !is_mixed(&roots);
    for (uint32_t i = 0; i <= roots.n && is_done; i++) {
        bool is_inner = i > 0 && i < roots.n;
        if ((is_inner && mpq_equal(roots.at[i - 1], roots.at[i])) || is_enclosure(&roots, i)) {
            continue;
        }
        draw_between(visit, &roots, i, i * FORM_SIZE + k,
                     visit->point->values[symbols->index[k - 1]]);
        is_done = visit_level(visit, k + 1);
    }
    for (uint32_t i = 0; i < roots.n; i++) {
        mpq_clear(roots.at[i]);
    }
    return is_done;
}

bool walls_visit_cells(Walls *walls, Point *point, bool (*visit)(void *self), void *self) {
    for (uint32_t k = FORM_SYMBOLS; k > 1 && walls->is_known && !walls->is_projected; k--) {
        project(walls, k);
    }
    walls->is_projected = true;
    Visit cells = {walls, point, visit, self, 0};
    return walls->is_known && visit_level(&cells, 1);
}
