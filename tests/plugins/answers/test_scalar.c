/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/scalar.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Trees are written as (operation argument ..): + * - / ^ root sqrt, functions by their names, and
// (?f x) for a function that is not known. - has one argument.
typedef struct Reader {
    Work *work;
    const char *at;
} Reader;

enum { MAX_CHILDREN = 1024, MAX_TEXT = 8192 };

static const struct {
    const char *name;
    NodeKind kind;
} operations[] = {{"+", NODE_SUM},      {"*", NODE_PRODUCT}, {"-", NODE_NEGATIVE},
                  {"/", NODE_QUOTIENT}, {"^", NODE_POWER},   {"root", NODE_ROOT}};

static const char *const functions[] = {
    "sin",    "cos",    "tan",  "cot",  "sec",   "csc",    "arcsin", "arccos", "arctan", "arccot",
    "arcsec", "arccsc", "sinh", "cosh", "tanh",  "arsinh", "arcosh", "artanh", "ln",     "log",
    "abs",    "floor",  "ceil", "fact", "binom", "gcd",    "lcm",    "max",    "min",    "mod"};

static EmendStr read_word(Reader *reader) {
    const char *start = reader->at;
    reader->at += strcspn(reader->at, " ()");
    return (EmendStr){start, (uint64_t)(reader->at - start)};
}

static bool is_word(EmendStr word, const char *text) {
    return word.len == strlen(text) && memcmp(word.ptr, text, word.len) == 0;
}

static Node *read_number(Reader *reader, EmendStr word) {
    char text[MAX_TEXT];
    ck_assert_uint_lt(word.len, sizeof text);
    memcpy(text, word.ptr, word.len);
    text[word.len] = '\0';
    mpq_t number;
    mpq_init(number);
    ck_assert_int_eq(mpq_set_str(number, text, 10), 0);
    mpq_canonicalize(number);
    Node *node = node_rational(reader->work, number);
    mpq_clear(number);
    return node;
}

static Node *read_leaf(Reader *reader) {
    EmendStr word = read_word(reader);
    if (strchr("-0123456789", word.ptr[0])) {
        return read_number(reader, word);
    }
    static const struct {
        const char *name;
        NodeKind kind;
    } constants[] = {{"pi", NODE_PI}, {"e", NODE_E}, {"i", NODE_I}, {"oo", NODE_INFINITY}};
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        if (is_word(word, constants[i].name)) {
            return node_make(reader->work, constants[i].kind, NULL, 0);
        }
    }
    return node_text(reader->work, NODE_SYMBOL, word);
}

static Node *make(Work *work, EmendStr word, const Node **children, uint32_t n) {
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        if (is_word(word, operations[i].name)) {
            return node_make(work, operations[i].kind, children, n);
        }
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (is_word(word, functions[i])) {
            return node_call(work, (Function)i, children, n);
        }
    }
    if (is_word(word, "sqrt")) {
        children[1] = node_integer(work, 2);
        return node_make(work, NODE_ROOT, children, 2);
    }
    ck_assert_msg(word.ptr[0] == '?', "no operation %.*s", (int)word.len, word.ptr);
    Node *node = node_call(work, FN_OPAQUE, children, n);
    node->text = word;
    return node;
}

static Node *read_tree(Reader *reader) {
    reader->at += strspn(reader->at, " ");
    if (*reader->at != '(') {
        return read_leaf(reader);
    }
    reader->at++;
    EmendStr word = read_word(reader);
    const Node **children = malloc(MAX_CHILDREN * sizeof *children);
    uint32_t n = 0;
    for (reader->at += strspn(reader->at, " "); *reader->at != ')';
         reader->at += strspn(reader->at, " ")) {
        ck_assert_uint_lt(n, MAX_CHILDREN - 1);
        children[n++] = read_tree(reader);
    }
    reader->at++;
    Node *node = make(reader->work, word, children, n);
    free(children);
    ck_assert_ptr_nonnull(node);
    return node;
}

static Node *tree(Work *work, const char *text) {
    Reader reader = {work, text};
    return read_tree(&reader);
}

static ScalarVerdict compare(const char *a, const char *b) {
    Work work;
    work_init(&work);
    const Node *left = tree(&work, a), *right = tree(&work, b);
    ScalarVerdict verdict = scalar_compare(&work, left, right);
    work_finish(&work);
    return verdict;
}

typedef struct Case {
    const char *a, *b;
} Case;

static const Case equal[] = {
    {"2", "2"},
    {"1/2", "(/ 2 4)"},
    {"(^ 2 10)", "1024"},
    {"(^ 2 -1)", "1/2"},
    {"(^ 0 0)", "1"},
    {"(+ 3 2)", "5"},
    {"(- (^ 2 2))", "-4"},
    {"(binom 5 2)", "10"},
    {"(binom 5 7)", "0"},
    {"(binom 3000 1500)", "(/ (fact 3000) (^ (fact 1500) 2))"},
    {"(fact 5)", "120"},
    {"(gcd 12 18 30)", "6"},
    {"(lcm 4 6)", "12"},
    {"(max 1 3 2)", "3"},
    {"(min 4 -1)", "-1"},
    {"(mod -1 5)", "4"},
    {"(floor -7/2)", "-4"},
    {"(ceil -7/2)", "-3"},
    {"(abs -3)", "3"},
    {"(sqrt 9/4)", "3/2"},
    {"(^ 8 2/3)", "4"},
    {"(^ 8 -2/3)", "1/4"},
    {"(root -8 3)", "-2"},
    {"(^ -8 1/3)", "-2"},
    {"(^ -8 2/3)", "4"},
    {"(root -2 3)", "(- (root 2 3))"},
    {"(log 8 2)", "3"},
    {"(log 8 4)", "3/2"},
    {"(log 1/100 10)", "-2"},
    {"(floor (log 8 2))", "3"},
    {"(log 9 8)", "(/ (* 2 (ln 3)) (* 3 (ln 2)))"},
    // Too large to be written out.
    {"(^ 3 1000000)", "(^ 9 500000)"},
    {"(^ 10 (^ 10 10))", "(^ 100 (/ (^ 10 10) 2))"},
    {"(/ (fact 20000) (fact 19999))", "20000"},
    // Radicals.
    {"(/ (sqrt 3) 2)", "(* 1/2 (sqrt 3))"},
    {"(sqrt 12)", "(* 2 (sqrt 3))"},
    {"(sqrt 1/2)", "(/ (sqrt 2) 2)"},
    {"(/ 1 (+ (sqrt 3) -1))", "(/ (+ (sqrt 3) 1) 2)"},
    {"(sqrt (+ 3 (* 2 (sqrt 2))))", "(+ 1 (sqrt 2))"},
    {"(* (root 2 3) (root 4 3))", "2"},
    {"(* (sqrt 2) (^ 10 100))", "(* (^ 10 100) (sqrt 2))"},
    {"(root 1000000000000000000000000000000000000000 2)", "(* 10000000000000000000 (sqrt 10))"},
    // Circles.
    {"(sin (/ pi 6))", "1/2"},
    {"(cos (/ pi 12))", "(/ (+ (sqrt 6) (sqrt 2)) 4)"},
    {"(sin (* 31/12 pi))", "(/ (+ (sqrt 6) (sqrt 2)) 4)"},
    {"(sin (- (/ pi 2)))", "-1"},
    {"(tan (/ pi 3))", "(sqrt 3)"},
    {"(cot (/ pi 2))", "0"},
    {"(sin pi)", "0"},
    {"(cos (/ pi 5))", "(/ (+ 1 (sqrt 5)) 4)"},
    {"(arctan 1)", "(/ pi 4)"},
    {"(arcsin 1/2)", "(/ pi 6)"},
    {"(arccos -1)", "pi"},
    {"(+ (sqrt 2) (arcosh (* 1/3 3)))", "(sqrt 2)"},
    {"(+ (sqrt 2) (sqrt (+ 1 (* 1/3 -3))))", "(sqrt 2)"},
    {"(+ (arctan 1/2) (arctan 1/3))", "(/ pi 4)"},
    // Complex numbers.
    {"(* i i)", "-1"},
    {"(sqrt -4)", "(* 2 i)"},
    {"(^ e (* i pi))", "-1"},
    {"(^ i i)", "(^ e (- (/ pi 2)))"},
    {"(/ 1 (+ 1 i))", "(/ (+ 1 (- i)) 2)"},
    {"(abs (+ 3 (* 4 i)))", "5"},
    {"(^ (+ 1 i) 8)", "16"},
    {"(ln -1)", "(* i pi)"},
    {"(^ -1 1/2)", "i"},
    // Exponentials.
    {"(^ e 1000)", "(^ (^ e 500) 2)"},
    {"(^ e (+ 1 (ln 2)))", "(* 2 e)"},
    {"(ln 12)", "(+ (* 2 (ln 2)) (ln 3))"},
    {"(ln (sqrt e))", "1/2"},
    {"(^ e 0)", "1"},
    // Functions.
    {"(+ x y)", "(+ y x)"},
    {"(^ (+ x 1) 2)", "(+ (^ x 2) (* 2 x) 1)"},
    {"(/ (+ (^ x 2) -1) (+ x -1))", "(+ x 1)"},
    {"(/ 1 (+ (/ 1 x) (/ 1 y)))", "(/ (* x y) (+ x y))"},
    {"(+ (* 2 pi x) 1)", "(+ 1 (* pi x) (* pi x))"},
    {"(* (+ x (* i y)) (+ x (- (* i y))))", "(+ (^ x 2) (^ y 2))"},
    {"(sqrt (^ x 2))", "(abs x)"},
    {"(^ (sqrt x) 2)", "x"},
    {"(* (sqrt x) (sqrt y))", "(sqrt (* x y))"},
    {"(root x 3)", "(^ x 1/3)"},
    {"(root (^ x 3) 3)", "x"},
    {"(+ (^ (sin x) 2) (^ (cos x) 2))", "1"},
    {"(* 2 (sin x) (cos x))", "(sin (* 2 x))"},
    {"(* (tan x) (cos x))", "(sin x)"},
    {"(sin (+ x y))", "(+ (* (sin x) (cos y)) (* (cos x) (sin y)))"},
    {"(cos (* 3 x))", "(+ (* 4 (^ (cos x) 3)) (* -3 (cos x)))"},
    {"(sin (+ x (/ pi 2)))", "(cos x)"},
    {"(tan (/ x 2))", "(/ (sin x) (+ 1 (cos x)))"},
    {"(arctan (/ 1 x))", "(arccot x)"},
    {"(cosh x)", "(/ (+ (^ e x) (^ e (- x))) 2)"},
    {"(^ 2 (+ n 1))", "(* 2 (^ 2 n))"},
    {"(^ 4 x)", "(^ 2 (* 2 x))"},
    {"(^ x (+ n 1))", "(* x (^ x n))"},
    {"(ln (^ x 2))", "(* 2 (ln (abs x)))"},
    {"(log x 10)", "(/ (ln x) (ln 10))"},
    {"(abs (+ x -5))", "(abs (+ 5 (- x)))"},
    {"(floor (+ x 1))", "(+ 1 (floor x))"},
    {"(sqrt (+ x -20))", "(sqrt (+ -20 x))"},
    {"(+ x (* (^ 10 -1000) (^ e x)))", "(+ (* (^ 10 -1000) (^ e x)) x)"},
    {"(fact n)", "(* n (fact (+ n -1)))"},
    {"(binom n 2)", "(/ (* n (+ n -1)) 2)"},
    {"(binom n k)", "(binom n (+ n (- k)))"},
    {"(^ -1 (* 2 n))", "1"},
    {"(* x (^ -1 (* 2 n)))", "x"},
    {"(cos (* pi n))", "(* (^ -1 n) 1)"},
    {"(^ -1 (+ n 1))", "(- (^ -1 n))"},
    {"(?f (+ x 1))", "(?f (+ 1 x))"},
    {"(?f 2)", "(?f (+ 1 1))"},
    {"(* 2 (?f (?f x)))", "(+ (?f (?f x)) (?f (?f (* 1 x))))"},
    // Steps, by their normal forms.
    {"(ceil x)", "(- (floor (- x)))"},
    {"(floor (+ x 5/2))", "(+ 2 (floor (+ x 1/2)))"},
    {"(/ (fact (+ n 1)) (fact n))", "(+ n 1)"},
    {"(* k (binom n k))", "(* n (binom (+ n -1) (+ k -1)))"},
    {"(+ (binom n 2) n)", "(binom (+ n 1) 2)"},
    {"(binom (* 2 n) n)", "(/ (fact (* 2 n)) (^ (fact n) 2))"},
    {"(binom 5 k)", "(/ 120 (* (fact k) (fact (+ 5 (- k)))))"},
    {"(* 1/2 (+ 1 (^ -1 n)))", "(^ (cos (* 1/2 pi n)) 2)"},
    {"(ln (abs (/ 1 (cos x))))", "(- (ln (abs (cos x))))"},
    {"(sqrt (* y (^ x 2)))", "(* (abs x) (sqrt y))"},
    // Corners, in all the cells between them.
    {"(abs (+ x -1000))", "(sqrt (+ (^ x 2) (* -2000 x) 1000000))"},
    {"(^ e (* 1/2 (ln (^ (+ x 3) 2))))", "(abs (+ x 3))"},
    {"(max x y)", "(* 1/2 (+ x y (abs (+ x (- y)))))"},
    {"(max (abs x) (abs y))", "(* 1/2 (+ (abs (+ x y)) (abs (+ x (- y)))))"},
    {"(abs (* x y))", "(* (abs x) (abs y))"},
    {"(abs (+ (^ x 2) -2))", "(sqrt (^ (+ 2 (- (^ x 2))) 2))"},
    {"(sqrt (+ (^ x 2) (- (^ y 2))))", "(^ (* (+ x y) (+ x (- y))) 1/2)"},
    {"(ln (+ (^ x 2) -1))", "(+ (ln (abs (+ x 1))) (ln (abs (+ x -1))))"},
    {"(* 2 (ln (+ 1 (^ x 2) (^ y 2))))", "(ln (^ (+ (^ x 2) 1 (^ y 2)) 2))"},
    {"(arsinh x)", "(ln (+ x (sqrt (+ 1 (^ x 2)))))"},
    {"(arctan x)", "(arcsin (/ x (sqrt (+ 1 (^ x 2)))))"},
    {"(+ (arctan x) (arctan (/ 1 x)))", "(* 1/2 pi (/ x (abs x)))"},
    {"(sin (arccos x))", "(sqrt (+ 1 (- (^ x 2))))"},
    {"(^ x x)", "(^ e (* x (ln x)))"},
    {"(/ (+ 1 (tan x)) (+ 1 (- (tan x))))", "(tan (+ x (/ pi 4)))"},
    // Coefficients that take primes of their own.
    {"(* (+ x 1) 123456789012345678901234567890)",
     "(+ 123456789012345678901234567890 (* 123456789012345678901234567890 x))"},
    {"(* (+ x i) (+ x (- i)) (^ 10 40))", "(* (^ 10 40) (+ 1 (^ x 2)))"},
    {"(+ (* pi (^ 3 100000)) x)", "(+ x (* pi (^ 9 50000)))"},
    // What has no value is its own spelling.
    {"oo", "oo"},
    {"(/ 1 0)", "(/ 1 0)"},
};

START_TEST(equal_trees_are_equal) {
    const Case *pair = &equal[_i];
    ck_assert_msg(compare(pair->a, pair->b) == SCALAR_EQUAL, "%s is %s", pair->a, pair->b);
    ck_assert_msg(compare(pair->b, pair->a) == SCALAR_EQUAL, "%s is %s", pair->b, pair->a);
}
END_TEST

static const Case different[] = {
    {"2", "3"},
    {"1/3", "333/1000"},
    {"9007199254740993", "9007199254740992"},
    {"(- 1)", "1"},
    {"(^ 2 -99)", "(^ 2 -98)"},
    {"(+ 1 (- (/ 1 e)))", "(+ 1 (/ 1 e))"},
    {"(/ 1 (fact 2004))", "(/ 1 (fact 2006))"},
    {"(^ 10 (^ 10 10))", "(+ 1 (^ 10 (^ 10 10)))"},
    {"(^ 3 1000000)", "(^ 9 500001)"},
    {"1", "(+ 1 (^ e -10000))"},
    {"(* 2 pi)", "(* 3 pi)"},
    {"(+ pi e)", "(+ pi pi)"},
    {"(sqrt 2)", "(sqrt 3)"},
    {"(sqrt 2)", "99/70"},
    {"pi", "22/7"},
    {"pi", "314159265358979323846264338327950288419716939937510/"
           "100000000000000000000000000000000000000000000000000"},
    {"(^ i i)", "(^ e (/ pi 2))"},
    {"(sqrt -4)", "(* -2 i)"},
    {"i", "1"},
    {"(ln 2)", "(log 2 10)"},
    {"(sin 30)", "1/2"},
    {"(root -8 3)", "2"},
    {"(^ 2 1/2)", "(^ 2 1/3)"},
    {"x", "y"},
    {"x", "(- x)"},
    {"x", "2"},
    {"(^ x 2)", "(^ x 3)"},
    {"(sqrt (^ x 2))", "x"},
    {"(abs x)", "x"},
    {"(sin x)", "(cos x)"},
    {"(^ (+ x 1) 2)", "(+ (^ x 2) 1)"},
    {"(^ -1 n)", "1"},
    {"(fact n)", "n"},
    {"(binom n 100)", "0"},
    {"(gcd n 7)", "1"},
    {"(floor (/ x 5000))", "0"},
    {"(max x 700)", "700"},
    {"(abs (+ x -5000))", "(+ 5000 (- x))"},
    {"(floor x)", "(ceil x)"},
    {"(^ (- x) 1/2)", "(^ x 1/2)"},
    {"(* x y)", "(sqrt (* (^ x 2) (^ y 2)))"},
    {"(* i y)", "(sqrt (- (^ y 2)))"},
    {"(arctan (tan x))", "x"},
    {"(* y (^ -1 n))", "(* (abs y) (^ -1 n))"},
    {"(* (^ x 2) (+ y 8))", "(abs (* (^ x 2) (+ y 8)))"},
    {"(?f x)", "(?f y)"},
    {"(?f x)", "(?g x)"},
    {"(?f x)", "x"},
    {"oo", "5"},
    {"oo", "(- oo)"},
    {"(+ 1 oo)", "oo"},
    {"(/ 1 0)", "(/ 2 0)"},
    {"(/ 1 0)", "5"},
    {"(^ 0 -1)", "0"},
    // Corners that hide, far away or narrow.
    {"(+ x 3)", "(^ e (* 1/2 (ln (^ (+ x 3) 2))))"},
    {"(+ x 100)", "(^ 10 (/ (log (^ (+ x 100) 2) 10) 2))"},
    {"(+ (^ 10 3) (- x))", "(abs (+ x (- (^ 10 3))))"},
    {"(+ (* 100 50) (- x))", "(abs (+ x (* -100 50)))"},
    {"(+ x 1)", "(+ x 1 (floor (/ (^ x 2) (^ 10 9))))"},
    {"(abs (+ (* 2 x) (- (^ 10 -6))))", "(+ (abs x) (abs (+ x (- (^ 10 -6)))))"},
    {"(abs (+ (* 2 x) (* -2 y) (^ 10 -9)))", "(+ (abs (+ x (- y))) (abs (+ x (- y) (^ 10 -9))))"},
    {"(+ (abs x) (abs y))", "(abs (+ x y))"},
    {"(abs (+ (^ x 2) -2))", "(+ (^ x 2) -2)"},
    {"(/ pi 2)", "(+ (arctan x) (arctan (/ 1 x)))"},
    {"(+ (arctan x) (arctan (/ 1 x)))",
     "(+ (arctan (+ x -1000000)) (arctan (/ 1 (+ x -1000000))))"},
    {"(max x (^ 10 8))", "(^ 10 8)"},
    {"(+ (abs (+ (^ x 2) -2)) (abs (+ (^ x 2) -2 (- (^ 10 -15)))))",
     "(abs (+ (* 2 (^ x 2)) -4 (- (^ 10 -15))))"},
    {"(fact n)", "(+ (fact n) (binom n (* 7 10)))"},
    {"(^ 2 n)", "(+ (^ 2 n) (binom n (^ 10 2)))"},
    // Flat functions.
    {"1", "(tanh 1000)"},
    {"0", "(+ 1 (- (tanh 1000)))"},
    {"1", "(* (cos (^ 2 -250)) (+ 2 (- (cos (^ 2 -250)))) (+ 2 (* -1 (cos (^ 2 -250)) (+ 2 (- (cos "
          "(^ 2 -250)))))))"},
    {"(sqrt 2)", "(+ (sqrt 2) (* (sqrt 3) (^ 10 -1000)))"},
    {"0", "(* (^ 10 -400) (sin x))"},
    // Multiples of the primes that are known before.
    {"x", "(+ x (* 21263036132683780829430457721219338589 x))"},
    {"pi", "(+ pi 21263036132683780829430457721219338589)"},
    {"(* pi x)", "(+ (* pi x) (* 21263036132683780829430457721219338589 (+ (^ x 2) (- x))))"},
    {"x", "(+ x (* 4611686006081708833 4610686006081708733 (^ 10 20)))"},
};

START_TEST(different_trees_are_different) {
    const Case *pair = &different[_i];
    ck_assert_msg(compare(pair->a, pair->b) == SCALAR_DIFFERENT, "%s is not %s", pair->a, pair->b);
    ck_assert_msg(compare(pair->b, pair->a) == SCALAR_DIFFERENT, "%s is not %s", pair->b, pair->a);
}
END_TEST

static const Case undecided[] = {
    {"(^ 2 (^ 2 (^ 2 49)))", "(^ 2 (^ 2 (^ 2 48)))"},
    {"(^ 10 (^ 10 100))", "(+ 1 (^ 10 (^ 10 100)))"},
    {"(tan (/ pi 2))", "5"},
    {"(/ 1 (+ (* (sqrt 2) (sqrt 2)) -2))", "7"},
    {"(/ 0 (+ (* (sqrt 2) (sqrt 2)) -2))", "0"},
    {"1", "(+ 1 (^ 2 (- (^ 3 1000))))"},
    {"(sqrt 2)", "(+ (sqrt 2) (* (sqrt 3) (^ 10 -9000)))"},
    {"x", "(+ x (* (sqrt x) (^ 10 -9000)))"},
    {"(arccot -1)", "(* 3/4 pi)"},
    {"(arcsin 2)", "(arcsin 3)"},
    {"(fact -1)", "1"},
    {"(gcd n 7)", "(gcd n 7 7)"},
    {"(sin (^ 10 1000000))", "(cos (^ 10 1000000))"},
    // Steps that differ at single points, or in narrow gaps.
    {"(floor (+ x 1/2))", "(ceil (+ x -1/2))"},
    {"(+ (floor (/ (+ x -4) 7)) 1)", "(ceil (/ (+ x -4) 7))"},
    {"(floor x)", "(floor (+ x (^ 10 -9)))"},
    // Natural numbers for the sake of a function that is another one elsewhere.
    {"x", "(+ (abs x) (* 0 (fact x)))"},
    {"x", "(+ (floor x) (* 0 (fact x)))"},
    {"1", "(+ (cos (* 2 pi x)) (* 0 (fact x)))"},
    {"1", "(+ (cos (* 2 pi x)) (fact x) (- (fact x)))"},
    {"x", "(/ (* (abs x) (fact x)) (fact x))"},
    {"x", "(* (abs x) (^ -1 (* 2 x)))"},
    {"1", "(* (cos (* 2 pi x)) (^ -1 (* 2 x)))"},
    {"(sin (* pi x))", "(* 0 (^ -1 x))"},
    // Flat functions.
    {"(abs x)", "(* x (tanh (* (^ 10 6) x)))"},
    {"1", "(tanh 5000)"},
    {"(/ pi 2)", "(arctan (^ e 3000))"},
    // Corners that are not known.
    {"(sqrt (+ 1 (- (^ (sin x) 2))))", "(abs (cos x))"},
};

START_TEST(what_cannot_be_told_is_undecided) {
    const Case *pair = &undecided[_i];
    ck_assert_msg(compare(pair->a, pair->b) == SCALAR_UNDECIDED, "%s, %s", pair->a, pair->b);
    ck_assert_msg(compare(pair->b, pair->a) == SCALAR_UNDECIDED, "%s, %s", pair->b, pair->a);
}
END_TEST

// The sum of n copies of what `format` makes of 1, 2, .. n, or of n, .. 2, 1.
static Node *long_sum(Work *work, const char *format, uint32_t n, bool is_falling) {
    const Node *children[MAX_CHILDREN];
    for (uint32_t i = 0; i < n; i++) {
        char text[64];
        snprintf(text, sizeof text, format, is_falling ? (int)(n - i) : (int)(i + 1));
        children[i] = tree(work, text);
        if (children[i]->kind == NODE_SYMBOL) { // text is about to go
            char *name = work_alloc(work, sizeof text);
            strcpy(name, text);
            children[i] = node_text(work, NODE_SYMBOL, emend_str(name));
        }
    }
    return node_make(work, NODE_SUM, children, n);
}

static const struct {
    const char *format;
    uint32_t n;
    ScalarVerdict verdict;
} sums[] = {
    {"%d", 1000, SCALAR_EQUAL},
    {"1/%d", 1000, SCALAR_EQUAL},
    {"(* %d pi)", 300, SCALAR_EQUAL},
    {"(sqrt %d)", 30, SCALAR_EQUAL},
    {"a%d", 100, SCALAR_EQUAL},
    {"a%d", 500, SCALAR_UNDECIDED},            // too many symbols
    {"(sin (sin %d))", 200, SCALAR_UNDECIDED}, // too much work
};

START_TEST(long_sums_stay_within_bounds) {
    Work work;
    work_init(&work);
    const Node *a = long_sum(&work, sums[_i].format, sums[_i].n, false);
    const Node *b = long_sum(&work, sums[_i].format, sums[_i].n, true);
    ck_assert_int_eq(scalar_compare(&work, a, b), sums[_i].verdict);
    ck_assert_int_eq(work_failed(&work), sums[_i].verdict == SCALAR_UNDECIDED);
    work_finish(&work);
}
END_TEST

// All pairs of n trees, in one work: as many as a set takes.
START_TEST(many_irrational_numbers_are_told_apart_within_one_work) {
    static const char *const formats[] = {"(ln %d)", "(sin %d)", "(sqrt (+ x %d))",
                                          "(ln (+ x %d))"};
    Work work;
    work_init(&work);
    const Node *trees[60];
    char texts[60][64];
    for (int i = 0; i < 60; i++) {
        snprintf(texts[i], sizeof texts[i], formats[_i], i + 2);
        trees[i] = tree(&work, texts[i]);
    }
    for (int i = 0; i < 60; i++) {
        for (int j = 0; j < i; j++) {
            ck_assert_int_eq(scalar_compare(&work, trees[i], trees[j]), SCALAR_DIFFERENT);
        }
    }
    ck_assert(!work_failed(&work));
    work_finish(&work);
}
END_TEST

START_TEST(binomial_theorem_holds_for_a_power_of_100) {
    Work work;
    work_init(&work);
    const Node *terms[101];
    for (int k = 0; k <= 100; k++) {
        char text[64];
        mpz_t number;
        mpz_init(number);
        mpz_bin_uiui(number, 100, (unsigned long)k);
        gmp_snprintf(text, sizeof text, "%Zd", number);
        mpz_clear(number);
        const Node *factor = tree(&work, text);
        const Node *power =
            node_binary(&work, NODE_POWER, tree(&work, "x"), node_integer(&work, k));
        terms[k] = node_binary(&work, NODE_PRODUCT, factor, power);
    }
    const Node *sum = node_make(&work, NODE_SUM, terms, 101);
    ck_assert_int_eq(scalar_compare(&work, tree(&work, "(^ (+ x 1) 100)"), sum), SCALAR_EQUAL);
    ck_assert_int_eq(scalar_compare(&work, tree(&work, "(^ (+ x 2) 100)"), sum), SCALAR_DIFFERENT);
    work_finish(&work);
}
END_TEST

START_TEST(deep_nesting_stays_within_bounds) {
    static const char *const steps[] = {"sin", "sqrt", "floor", "?f", "fact", "-"};
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
        Work work;
        work_init(&work);
        const Node *a = tree(&work, "x"), *b = tree(&work, "(* 1 x)");
        for (int i = 0; i < 64; i++) {
            const Node *pair[] = {a, NULL}, *other[] = {b, NULL};
            a = make(&work, emend_str(steps[k]), pair, 1);
            b = make(&work, emend_str(steps[k]), other, 1);
        }
        ck_assert_int_ne(scalar_compare(&work, a, b), SCALAR_DIFFERENT);
        work_finish(&work);
    }
}
END_TEST

START_TEST(spent_work_decides_nothing) {
    Work work;
    work_init(&work);
    const Node *a = tree(&work, "(sqrt x)"), *b = tree(&work, "(sqrt y)");
    work_spend(&work, WORK_MAX_EFFORT);
    ck_assert_int_eq(scalar_compare(&work, a, b), SCALAR_UNDECIDED);
    ck_assert_int_eq(scalar_proportional(&work, a, b, false), SCALAR_UNDECIDED);
    ck_assert_int_eq(scalar_order(&work, a, b), 2);
    ck_assert(work_failed(&work));
    work_finish(&work);
}
END_TEST

static const struct {
    const char *tree, *value; // NULL: none
} rationals[] = {
    {"(+ 1/2 1/3)", "5/6"},
    {"(* (sqrt 8) (sqrt 2))", NULL}, // rational, but not its parts
    {"(sqrt (* 8 2))", "4"},
    {"(^ 27/8 -2/3)", "4/9"},
    {"(^ -1 1/2)", NULL},
    {"(^ 2 1/2)", NULL},
    {"(/ 1 0)", NULL},
    {"(^ 0 -1)", NULL},
    {"(root 5 0)", NULL},
    {"x", NULL},
    {"pi", NULL},
    {"oo", NULL},
    {"(^ 2 65535)", ""}, // any
    {"(^ 2 65536)", NULL},
    {"(^ 2 (^ 2 (^ 2 49)))", NULL},
    {"(^ -1 (^ 10 100))", "1"},
    {"(^ 1/3 (^ 10 100))", NULL},
    {"(fact 1000000000)", NULL},
    {"(fact -1)", NULL},
    {"(fact 1/2)", NULL},
    {"(binom 1000000000 500000000)", NULL},
    {"(binom 1000000000 2)", "499999999500000000"},
    {"(binom 1000000000 999999999)", "1000000000"},
    {"(binom -1 2)", "1"},
    {"(log 8 1)", NULL},
    {"(log 0 2)", NULL},
    {"(mod 5 0)", NULL},
    {"(mod 7/2 2)", "3/2"},
    {"(gcd 1/2 3)", NULL},
    {"(gcd 0 0)", "0"},
};

START_TEST(rational_values_are_exact_and_bounded) {
    Work work;
    work_init(&work);
    mpq_t value, expected;
    mpq_inits(value, expected, NULL);
    mpq_set_ui(value, 7, 3);
    const char *text = rationals[_i].value;
    bool has_value = scalar_rational(&work, tree(&work, rationals[_i].tree), value);
    ck_assert_msg(has_value == (text != NULL), "%s", rationals[_i].tree);
    if (!text || text[0]) {
        mpq_set_str(expected, text ? text : "7/3", 10);
        ck_assert_msg(mpq_equal(value, expected), "%s", rationals[_i].tree);
    }
    ck_assert(!work_failed(&work));
    mpq_clears(value, expected, NULL);
    work_finish(&work);
}
END_TEST

static const struct {
    const char *a, *b;
    int order;
} orders[] = {
    {"1", "2", -1},
    {"(sqrt 2)", "3/2", -1},
    {"(sqrt 2)", "(sqrt 2)", 0},
    {"(+ (sqrt 2) (sqrt 8))", "(* 3 (sqrt 2))", 0},
    {"pi", "22/7", -1},
    {"(^ e pi)", "(^ pi e)", 1},
    {"oo", "5", 1},
    {"(- oo)", "oo", -1},
    {"oo", "oo", 0},
    {"(sqrt 2)", "oo", -1},
    {"(- oo)", "(^ 10 100)", -1},
    {"x", "oo", 2},
    {"i", "oo", 2},
    {"(+ 1 oo)", "5", 2},
    {"x", "1", 2},
    {"i", "1", 2},
    {"i", "i", 2},
    {"(/ 1 0)", "1", 2},
    {"(tan (/ pi 2))", "1", 2},
    {"(^ e -10000)", "0", 1},
};

START_TEST(numbers_are_ordered) {
    Work work;
    work_init(&work);
    const Node *a = tree(&work, orders[_i].a), *b = tree(&work, orders[_i].b);
    int order = orders[_i].order;
    ck_assert_msg(scalar_order(&work, a, b) == order, "%s, %s", orders[_i].a, orders[_i].b);
    ck_assert_msg(scalar_order(&work, b, a) == (order == 2 ? 2 : -order), "%s, %s", orders[_i].b,
                  orders[_i].a);
    work_finish(&work);
}
END_TEST

static const struct {
    const char *a, *b;
    ScalarVerdict verdict, positive;
} proportions[] = {
    {"(+ x (- y))", "(+ (* 2 x) (* -2 y))", SCALAR_EQUAL, SCALAR_EQUAL},
    {"(+ x (- y))", "(+ (* 2 y) (* -2 x))", SCALAR_EQUAL, SCALAR_DIFFERENT},
    {"(+ y (* -2 x) -3)", "(+ (* 4 x) (* -2 y) 6)", SCALAR_EQUAL, SCALAR_DIFFERENT},
    {"(+ y (* -2 x) -3)", "(+ (* 4 x) (* -2 y) 7)", SCALAR_DIFFERENT, SCALAR_DIFFERENT},
    {"(+ x -5)", "(+ (* 2 x) -10)", SCALAR_EQUAL, SCALAR_EQUAL},
    {"(+ (* x y) (- x))", "(+ y -1)", SCALAR_DIFFERENT, SCALAR_DIFFERENT},
    {"(+ (^ x 2) -1)", "(+ x -1)", SCALAR_DIFFERENT, SCALAR_DIFFERENT},
    {"(+ y (- (/ 1 x)))", "(+ (* x y) -1)", SCALAR_EQUAL, SCALAR_DIFFERENT},
    {"(+ (/ x 2) (/ y 3) -1)", "(+ (* 3 x) (* 2 y) -6)", SCALAR_EQUAL, SCALAR_EQUAL},
    {"(+ y (- (/ 1 (+ x 1))))", "(+ (* x y) y -1)", SCALAR_EQUAL, SCALAR_DIFFERENT},
    {"(+ y (- (/ 1 x)))", "(+ (* x y) -2)", SCALAR_DIFFERENT, SCALAR_DIFFERENT},
    {"(* pi x)", "x", SCALAR_EQUAL, SCALAR_EQUAL},
    {"(+ (* (sqrt 2) x) (* pi y))", "(+ (* 2 x) (* (sqrt 2) pi y))", SCALAR_EQUAL, SCALAR_EQUAL},
    {"(+ (* (sqrt 2) x) (* pi y))", "(+ (* 3 x) (* (sqrt 2) pi y))", SCALAR_DIFFERENT,
     SCALAR_DIFFERENT},
    {"(+ y (- (sin x)))", "(+ (* 2 (sin x)) (* -2 y))", SCALAR_EQUAL, SCALAR_DIFFERENT},
    {"(+ y (- (* 2 (sin x) (cos x))))", "(+ (sin (* 2 x)) (- y))", SCALAR_EQUAL, SCALAR_DIFFERENT},
    {"(+ y (- (sqrt x)))", "(+ y (sqrt x))", SCALAR_DIFFERENT, SCALAR_DIFFERENT},
    {"(+ (?f x) (- x))", "(+ x (- (?f x)))", SCALAR_EQUAL, SCALAR_DIFFERENT},
    {"(+ x (- x))", "(+ y (- y))", SCALAR_UNDECIDED, SCALAR_UNDECIDED},
    {"(+ x (- x))", "y", SCALAR_DIFFERENT, SCALAR_DIFFERENT},
    {"3", "-6", SCALAR_EQUAL, SCALAR_DIFFERENT},
    {"(+ y (abs (+ x -5000)))", "(+ (* 2 y) (* -2 (+ x -5000)))", SCALAR_DIFFERENT,
     SCALAR_DIFFERENT},
    {"(+ y (abs (+ x -5000)))", "(+ (* 2 y) (* 2 (sqrt (^ (+ 5000 (- x)) 2))))", SCALAR_EQUAL,
     SCALAR_EQUAL},
    {"(+ y (floor (+ x 1/2)))", "(+ y (ceil (+ x -1/2)))", SCALAR_UNDECIDED, SCALAR_UNDECIDED},
    {"x", "(+ x (* 21263036132683780829430457721219338589 (^ x 2)))", SCALAR_DIFFERENT,
     SCALAR_DIFFERENT},
};

START_TEST(proportional_sides_make_the_same_equation) {
    Work work;
    work_init(&work);
    const Node *a = tree(&work, proportions[_i].a), *b = tree(&work, proportions[_i].b);
    ck_assert_msg(scalar_proportional(&work, a, b, false) == proportions[_i].verdict, "%s, %s",
                  proportions[_i].a, proportions[_i].b);
    ck_assert_msg(scalar_proportional(&work, a, b, true) == proportions[_i].positive, "%s, %s",
                  proportions[_i].a, proportions[_i].b);
    ck_assert_int_eq(scalar_proportional(&work, b, a, false), proportions[_i].verdict);
    work_finish(&work);
}
END_TEST

static const struct {
    const char *tree, *decimal;
    uint32_t n_decimals;
    bool rounds;
} roundings[] = {
    {"pi", "314/100", 2, true},
    {"pi", "3141/1000", 3, false},
    {"pi", "3142/1000", 3, true},
    {"1/8", "13/100", 2, true},
    {"1/8", "12/100", 2, false},
    {"-1/8", "-13/100", 2, true},
    {"-1/8", "-12/100", 2, false},
    {"1/3", "33/100", 2, true},
    {"1/3", "333/1000", 2, false},
    {"(sqrt 2)", "1", 0, true},
    {"1/2", "1", 0, true},
    {"1/2", "0", 0, false},
    {"-1/2", "-1", 0, true},
    {"1/3", "0", 0, true},
    {"(* 2 (sqrt 1/16))", "1", 0, true},
    {"x", "1", 0, false},
    {"i", "0", 0, false},
    {"(/ 1 0)", "0", 0, false},
    {"(- (sqrt 2))", "-141/100", 2, true},
};

START_TEST(values_are_rounded_half_away_from_zero) {
    Work work;
    work_init(&work);
    const Node *decimal = tree(&work, roundings[_i].decimal);
    ck_assert_msg(scalar_rounds_to(&work, tree(&work, roundings[_i].tree), decimal->number,
                                   roundings[_i].n_decimals) == roundings[_i].rounds,
                  "%s, %s", roundings[_i].tree, roundings[_i].decimal);
    work_finish(&work);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("scalar");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, equal_trees_are_equal, 0, sizeof equal / sizeof *equal);
    tcase_add_loop_test(tcase, different_trees_are_different, 0,
                        sizeof different / sizeof *different);
    tcase_add_loop_test(tcase, what_cannot_be_told_is_undecided, 0,
                        sizeof undecided / sizeof *undecided);
    tcase_add_loop_test(tcase, long_sums_stay_within_bounds, 0, sizeof sums / sizeof *sums);
    tcase_add_loop_test(tcase, many_irrational_numbers_are_told_apart_within_one_work, 0, 4);
    tcase_add_test(tcase, binomial_theorem_holds_for_a_power_of_100);
    tcase_add_test(tcase, deep_nesting_stays_within_bounds);
    tcase_add_test(tcase, spent_work_decides_nothing);
    tcase_add_loop_test(tcase, rational_values_are_exact_and_bounded, 0,
                        sizeof rationals / sizeof *rationals);
    tcase_add_loop_test(tcase, numbers_are_ordered, 0, sizeof orders / sizeof *orders);
    tcase_add_loop_test(tcase, proportional_sides_make_the_same_equation, 0,
                        sizeof proportions / sizeof *proportions);
    tcase_add_loop_test(tcase, values_are_rounded_half_away_from_zero, 0,
                        sizeof roundings / sizeof *roundings);
    Suite *suite = suite_create("scalar");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
