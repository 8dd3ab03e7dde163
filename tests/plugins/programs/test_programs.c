/* SPDX-License-Identifier: Apache-2.0 */
/* What programs and tests say to each other, and what comes of it. */
#include "subject.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static FakeHost fake;
static ProgramPool *pool;
static bool is_unsafe; // where there are no namespaces, all but the sandbox is tested without

static void open_with(ProgramPoolOptions options) {
    char message[512];
    fake_host_init(&fake);
    options.is_unsafe = is_unsafe;
    options.n_workers = options.n_workers ? options.n_workers : 1;
    if (subject_open(&fake, options, &pool, message) != EMEND_OK) {
        ck_abort_msg("%s", message);
    }
}

static void open_pool(void) {
    open_with((ProgramPoolOptions){0});
}

static void close_pool(void) {
    program_pool_close(pool);
    pool = NULL;
    subject_keeps_output = false;
    ck_assert_int_eq(fake.n_live, 0);
}

static void expect(ProgramResult result, ProgramVerdict verdict, const char *detail) {
    if (result.verdict != verdict || strcmp(result.detail, detail) != 0) {
        ck_abort_msg("%s (%s); it must be %s (%s)", program_verdict_name(result.verdict),
                     result.detail, program_verdict_name(verdict), detail);
    }
}

static const struct {
    const char *program, *test, *names;
    ProgramVerdict verdict;
    const char *detail;
} verdicts[] = {
    {"def f(x): return x + 1\n", "assert f(1) == 2", "f", PROGRAM_PASSED, ""},
    {"def f(x): return x + 2\n", "assert f(1) == 2, 'one'", "f", PROGRAM_FAILED,
     "AssertionError: one"},
    {"def f(x): return x.y\n", "assert f(1) == 2", "f", PROGRAM_FAILED,
     "AttributeError: 'int' object has no attribute 'y'"},
    {"def f(x) return x\n", "assert f(1) == 2", "f", PROGRAM_SYNTAX_ERROR,
     "SyntaxError: expected ':' (<program>, line 1)"},
    {"def f(x): return x\n1/0\n", "assert f(1) == 1", "f", PROGRAM_FAILED,
     "ZeroDivisionError: division by zero"},
    {"def g(x): return x\n", "assert f(1) == 1", "f", PROGRAM_FAILED,
     "NameError: name 'f' is not defined"},
    {"def f(x): raise ValueError('a\\nb \xc3\xa9')\n", "assert f(1) == 1", "f", PROGRAM_FAILED,
     "ValueError: a"},
    {"class E(KeyError): pass\ndef f(x): raise E('k')\n", "assert f(1) == 1", "f", PROGRAM_FAILED,
     "KeyError: 'k'"},
    {"def f(x): return {}[x]\n", "assert f(0) == 1", "f", PROGRAM_FAILED, "KeyError: 0"},
    {"def f(x): return {}[x]\n", "assert f('0') == 1", "f", PROGRAM_FAILED, "KeyError: '0'"},
    {"def f(x): return {}[x]\n", "assert f((1, 'a')) == 1", "f", PROGRAM_FAILED,
     "KeyError: (1, 'a')"},
    {"def f(x): raise KeyError\n", "assert f(0) == 1", "f", PROGRAM_FAILED, "KeyError"},
    {"def f(x): raise KeyError(1, 2)\n", "assert f(0) == 1", "f", PROGRAM_FAILED,
     "KeyError: (1, 2)"},
    {"{}[0]\n", "pass", "f", PROGRAM_FAILED, "KeyError: 0"},
    {"def f(x): return x\n", "1/0", "f", PROGRAM_FAILED, "ZeroDivisionError: division by zero"},
    {"def f(x): return x\n", "exit(0)", "f", PROGRAM_FAILED, "SystemExit: 0"},
    {"x = 3\n", "assert x == 3", "x", PROGRAM_PASSED, ""},
};

START_TEST(a_program_gets_its_verdict) {
    ProgramResult result =
        subject_run(pool, verdicts[_i].program, "", verdicts[_i].test, verdicts[_i].names, false);
    expect(result, verdicts[_i].verdict, verdicts[_i].detail);
    ck_assert_uint_eq(result.n_tests, 1);
    ck_assert_uint_eq(result.n_passed, verdicts[_i].verdict == PROGRAM_PASSED);
}
END_TEST

/* Each must come back equal and of its own type. */
static const char *const values[] = {
    "None",
    "True",
    "False",
    "0",
    "-1",
    "255",
    "-256",
    "2**64",
    "-(2**200)",
    "10**4000",
    "0.0",
    "-0.0",
    "1e308",
    "float('inf')",
    "3+4j",
    "''",
    "'a'",
    "'\\u00e9\\U0001f600'",
    "'\\ud800'",
    "'a\\0b'",
    "b'\\0\\xff'",
    "bytearray(b'ab')",
    "[]",
    "[1, 'a', [2.5, None]]",
    "()",
    "(1, (2, (3,)))",
    "{}",
    "{'a': [1], 2: {3: 4}, (5, 6): None}",
    "{1, 2, 'a'}",
    "set()",
    "frozenset({1, (2, 3)})",
    "range(3, 9, 2)",
    "Ellipsis",
    "int",
    "collections.deque([1, 2], 5)",
    "collections.Counter('abca')",
    "collections.OrderedDict([(2, 1), (1, 2)])",
    "decimal.Decimal('1.10')",
    "fractions.Fraction(-3, 7)",
    "datetime.date(2024, 2, 29)",
    "datetime.timedelta(days=-1, microseconds=3)",
    "datetime.datetime(2024, 1, 2, 3, 4, 5, 6)",
    "datetime.time(1, 2, 3)",
    "[[[[[[[[[[1]]]]]]]]]]",
    "list(range(1000))",
};

START_TEST(values_go_and_come_back_as_they_are) {
    char test[512];
    static const char setup[] = "import collections, decimal, fractions, datetime";
    snprintf(test, sizeof test,
             "v = %s; w = f(v); assert w == v and type(w) is type(v) and repr(w) == repr(v)",
             values[_i]);
    expect(subject_run(pool, "def f(x): return x\n", setup, test, "f", false), PROGRAM_PASSED, "");
    if (!strstr(values[_i], "type")) { // made by the program itself, too
        char program[512];
        snprintf(program, sizeof program, "%s\ndef f(x): return %s\n", setup, values[_i]);
        expect(subject_run(pool, program, setup, test, "f", false), PROGRAM_PASSED, "");
    }
}
END_TEST

/* What a program may give that is not plain, and how tests use it; all pass in one process, too. */
static const struct {
    const char *claim, *program, *test;
} results[] = {
    {"nan is not itself", "def f(): return float('nan')\n", "x = f(); assert x != x"},
    {"an iterator is walked through", "def f(): return map(str, [1, 2])\n",
     "assert list(f()) == ['1', '2'] and f() != ['1', '2']"},
    {"a generator ends", "def f():\n    yield 1\n    yield 2\n",
     "g = f(); assert next(g) == 1 and next(g) == 2 and next(g, 0) == 0"},
    {"an endless generator is taken from", "import itertools\nf = itertools.count\n",
     "import itertools; assert list(itertools.islice(f(3), 2)) == [3, 4]"},
    {"a namedtuple is a tuple", "import collections\nf = collections.namedtuple('P', 'a b')\n",
     "assert f(1, 2) == (1, 2)"},
    {"an enum of ints is an int",
     "import enum\nclass E(enum.IntEnum): A = 3\ndef f(): return E.A\n", "assert f() == 3"},
    {"a defaultdict is a dict",
     "import collections\ndef f():\n    d = collections.defaultdict(list)\n    d[1].append(2)\n"
     "    return d\n",
     "assert f() == {1: [2]}"},
    {"views of a dict are views", "d = {1: 2}\ndef f(): return d.keys(), d.items()\n",
     "k, i = f(); assert k == {1} and i == {(1, 2)} and k != [1]"},
    {"a dict's order stays", "def f(): return {'b': 1, 'a': 2}\n",
     "assert list(f()) == ['b', 'a']"},
    {"classes are made, handed back and asked",
     "class f:\n"
     "    def __init__(self, a, b=2): self.a, self.b = a, b\n"
     "    def sum(self): return self.a + self.b\n"
     "    def add(self, others): return sum(o.a for o in others)\n"
     "    def __len__(self): return 7\n"
     "    def __getitem__(self, i): return i * 2\n"
     "    def __str__(self): return 'me'\n",
     "p = f(1); p.b = 5; p.left = f(3); assert p.sum() == 6 and p.left.a == 3 and len(p) == 7 "
     "and p[4] == 8 and str(p) == 'me' and p.add([f(1), f(2)]) == 3 and f(1, b=9).b == 9"},
    {"objects are themselves", "class A: pass\na = A()\ndef f(): return a\n",
     "assert f() == f() and f() is f()"},
    {"an exception is caught by its class", "def f(): raise IndexError('i')\n",
     "try: f()\nexcept LookupError as e: assert str(e) == 'i'\nelse: assert False"},
    {"a KeyError's text is the key's repr()", "def f(): return {}['a']\n",
     "try: f()\nexcept KeyError as e: assert str(e) == \"'a'\" and 'a' in repr(e)\n"
     "else: assert False"},
    {"a closure is called", "def f(): return lambda x, *, k: x + k\n", "assert f()(1, k=2) == 3"},
    {"an argument is sorted in place", "def f(a): a.sort()\n",
     "a = [3, 1, 2]; b = a; assert f(a) is None and a == [1, 2, 3] and a is b"},
    {"a dict, a set and what is inside are changed",
     "def f(d, s, *, k):\n    d['n'] = 1; d['l'].append(2); s.discard(1); k.pop()\n",
     "l = [1]; d = {'l': l}; s = {1, 2}; k = [1, 2]; f(d, s, k=k); "
     "assert d == {'l': [1, 2], 'n': 1} and l == [1, 2] and s == {2} and k == [1]"},
    {"chance is the same each time", "import random\ndef f(): return random.random()\n",
     "assert f() == 0.8444218515250481"},
    {"hashes are the same each time", "def f(): return hash('a')\n", "assert f() == hash('a')"},
    {"there is no input", "def f():\n    try: return input()\n    except EOFError: return 'none'\n",
     "assert f() == 'none'"},
};

START_TEST(results_compare_as_in_one_process) {
    const char *test = results[_i].test;
    const EmendStr tests[] = {{test, strlen(test)}}, names[] = {{"f", 1}};
    ProgramTest work = {.program = {results[_i].program, strlen(results[_i].program)},
                        .tests = tests,
                        .n_tests = 1,
                        .names = names,
                        .n_names = 1};
    ProgramResult result = {0};
    ck_assert_int_eq(program_test(pool, &work, &result, NULL), EMEND_OK);
    ck_assert_msg(result.verdict == PROGRAM_PASSED, "%s: %s", results[_i].claim, result.detail);
}
END_TEST

START_TEST(all_tests_are_counted_where_asked) {
    const char *program = "def f(x): return abs(x)\n";
    const char *tests = "assert f(1) == 1\nassert f(-1) == -1\nassert f(2) == 2\nassert f() == 0";
    ProgramResult result = subject_run(pool, program, "", tests, "f", true);
    expect(result, PROGRAM_FAILED, "AssertionError");
    ck_assert_uint_eq(result.n_passed, 2);
    ck_assert_uint_eq(result.n_tests, 4);
    result = subject_run(pool, program, "", tests, "f", false);
    ck_assert_uint_eq(result.n_passed, 1);
}
END_TEST

START_TEST(what_passed_before_the_end_of_a_program_counts) {
    const char *program = "import os\ndef f(x):\n    if x == 3: os._exit(0)\n    return x\n";
    ProgramResult result = subject_run(
        pool, program, "", "assert f(1) == 1\nassert f(2) == 2\nassert f(3) == 3\nassert f(4) == 4",
        "f", true);
    expect(result, PROGRAM_FAILED, "the program ended before its tests did");
    ck_assert_uint_eq(result.n_passed, 2);
}
END_TEST

/* ---- parts ---------------------------------------------------------------------------------- */

#define CHECK "def check(f):\n"
#define CALL "check(f)\n"

static const struct {
    const char *claim, *program, *test;
    ProgramVerdict verdict;
    uint64_t n_passed, n_tests;
    const char *detail;
} parted[] = {
    {"all pass", "def f(x): return x\n",
     CHECK "    assert f(1) == 1\n    assert f(2) == 2, 'two'\n" CALL, PROGRAM_PASSED, 2, 2, ""},
    {"it goes on behind a failure", "def f(x): return abs(x)\n",
     CHECK "    assert f(1) == 1\n    assert f(-1) == -1, 'a'\n    assert f(2) == 2\n" CALL,
     PROGRAM_FAILED, 2, 3, "AssertionError: a"},
    {"what is between is run, and does not count", "def f(x): return x % 3\n",
     CHECK "    n = 2\n    assert f(n) == n\n    n += 1\n    assert f(n) == n\n"
           "    print(n)\n    n = 1\n    assert f(n) == n\n" CALL,
     PROGRAM_FAILED, 2, 3, "AssertionError"},
    {"a loop is one", "def f(x): return x % 3\n",
     CHECK "    for i in range(3):\n        assert f(i) == i\n    for i in range(4):\n"
           "        assert f(i) == i\n        assert f(0) == 0\n" CALL,
     PROGRAM_FAILED, 1, 2, "AssertionError"},
    {"constants do not count", "def f(x): return 0\n",
     CHECK "    assert True, 'good'\n    assert f(1) == 1\n    assert 1\n" CALL, PROGRAM_FAILED, 0,
     1, "AssertionError"},
    {"an assert of the constant False fails all the same", "def f(x): return 1\n",
     CHECK "    assert f(1) == 1\n    assert False\n" CALL, PROGRAM_FAILED, 0, 1, "AssertionError"},
    {"what fails between ends it", "def f(x): return x\n",
     CHECK "    assert f(1) == 1\n    n = 1 // f(0)\n    assert f(2) == 2\n    assert f(n)\n" CALL,
     PROGRAM_FAILED, 1, 3, "ZeroDivisionError: integer division or modulo by zero"},
    {"what fails behind the last is not passed", "def f(x): return x\n",
     CHECK "    assert f(1) == 1\n    assert f(2) == 2\n    f(1 // 0)\n" CALL, PROGRAM_FAILED, 1, 2,
     "ZeroDivisionError: integer division or modulo by zero"},
    {"what fails behind the function is not passed", "def f(x): return x\n",
     CHECK "    assert f(1) == 1\n    assert f(2) == 2\n" CALL "assert f(3) == 4\n", PROGRAM_FAILED,
     1, 2, "AssertionError"},
    {"exceptions are failures", "def f(x): return {1: 1, 3: 3}[x]\n",
     CHECK "    assert f(1) == 1\n    assert f(2) == 2\n    assert f(3) == 3\n" CALL,
     PROGRAM_FAILED, 2, 3, "KeyError: 2"},
    {"leaving ends it", "import sys\ndef f(x): return x if x < 2 else sys.exit(0)\n",
     CHECK "    assert f(1) == 1\n    assert f(2) == 2\n    assert f(0) == 0\n" CALL,
     PROGRAM_FAILED, 1, 3, "SystemExit: 0"},
    {"time that is up ends it", "def f(x):\n    while x > 1: pass\n    return x\n",
     CHECK "    assert f(1) == 1\n    assert f(2) == 2\n    assert f(0) == 0\n" CALL,
     PROGRAM_TIMEOUT, 1, 3, "more than 500 ms of processor time"},
    {"with state it passes where the whole does",
     "n = 0\ndef f(x):\n    global n\n    n += 1\n    return n\n",
     CHECK "    assert f(0) == 1\n    assert f(0) == 2\n    assert f(0) == 3\n" CALL,
     PROGRAM_PASSED, 3, 3, ""},
    {"a function that may end early is a whole", "def f(x): return x\n",
     CHECK "    assert f(1) == 1\n    if f(1): return\n    assert f(2) == 3\n" CALL, PROGRAM_PASSED,
     1, 1, ""},
    {"and so is one that is there twice", "def f(x): return x\n",
     CHECK "    assert f(1) == 2\n" CHECK "    assert f(1) == 1\n    assert f(1) == 2\n" CALL,
     PROGRAM_FAILED, 0, 1, "AssertionError"},
    {"or not there", "def f(x): return x\n", "assert f(1) == 1\nassert f(2) == 3\n", PROGRAM_FAILED,
     0, 1, "AssertionError"},
    {"or with nothing in it", "def f(x): return x\n", CHECK "    f(1)\n" CALL, PROGRAM_PASSED, 1, 1,
     ""},
    {"or never called", "def f(x): return x\n", CHECK "    assert f(1) == 2\n", PROGRAM_PASSED, 1,
     1, ""},
    {"a part that runs twice counts once", "def f(x): return x\n",
     CHECK "    assert f(1) == 1\n    assert f(2) == 2\n" CALL CALL, PROGRAM_PASSED, 2, 2, ""},
    {"and has failed where it once did",
     "n = 0\ndef f(x):\n    global n\n    n += 1\n    return n < 4\n",
     CHECK "    assert f(1)\n    assert f(2)\n" CALL CALL, PROGRAM_FAILED, 1, 2, "AssertionError"},
    {"asserts of functions in it are not run by themselves", "def f(x): return 0\n",
     CHECK "    def g():\n        assert f(1) == 1\n    g()\n    assert f(0) == 0\n" CALL,
     PROGRAM_FAILED, 0, 1, "AssertionError"},
    {"no syntax", "def f(x): return x\n", CHECK "    assert f(1) = 1\n", PROGRAM_FAILED, 0, 1,
     NULL},
    {"a program of another syntax", "def f(x) return x\n",
     CHECK "    assert f(1) == 1\n    assert f(2) == 2\n" CALL, PROGRAM_SYNTAX_ERROR, 0, 0, NULL},
    {"a program that names what the parts are marked with",
     "import builtins\nglobals()['<part>'] = setattr(builtins, '<part>', print)\n"
     "def f(x): return 'no'\n",
     CHECK "    assert f(1) == 1\n    assert f(2) == 2\n" CALL, PROGRAM_FAILED, 0, 2,
     "AssertionError"},
};

static ProgramResult run_parted(int i, bool count_all) {
    const EmendStr test = {parted[i].test, strlen(parted[i].test)}, name = {"f", 1};
    const ProgramTest work = {.program = {parted[i].program, strlen(parted[i].program)},
                              .tests = &test,
                              .n_tests = 1,
                              .names = &name,
                              .n_names = 1,
                              .count_all = count_all,
                              .parted = {"check", 5}};
    ProgramResult result = {0};
    ck_assert_int_eq(program_test(pool, &work, &result, NULL), EMEND_OK);
    return result;
}

START_TEST(parts_of_a_test_count_and_all_pass_where_the_whole_does) {
    open_with((ProgramPoolOptions){.limits = {.wall_ms = 60000, .cpu_ms = 500}});
    ProgramResult result = run_parted(_i, true), whole = run_parted(_i, false);
    bool is_told = !parted[_i].detail || strcmp(result.detail, parted[_i].detail) == 0;
    bool is_counted = parted[_i].n_tests == 0 || result.n_tests == parted[_i].n_tests;
    ck_assert_msg(result.verdict == parted[_i].verdict && is_told && is_counted &&
                      result.n_passed == parted[_i].n_passed,
                  "%s: %s (%s), %d of %d", parted[_i].claim, program_verdict_name(result.verdict),
                  result.detail, (int)result.n_passed, (int)result.n_tests);
    ck_assert_msg((whole.verdict == PROGRAM_PASSED) == (result.verdict == PROGRAM_PASSED),
                  "%s: %s as a whole", parted[_i].claim, program_verdict_name(whole.verdict));
    ck_assert_uint_eq(whole.n_tests, 1);
    ck_assert_int_eq(result.n_passed == result.n_tests, result.verdict == PROGRAM_PASSED);
}
END_TEST

START_TEST(a_stub_in_the_setup_does_not_win) {
    expect(subject_run(pool, "def f(x): return x\n", "def f(x): pass\ndef g(x): return f(x)\n",
                       "assert g(1) == 1", "f", false),
           PROGRAM_PASSED, "");
}
END_TEST

START_TEST(a_setup_that_fails_is_told_apart) {
    expect(subject_run(pool, "def f(x): return x\n", "1/0", "assert f(1) == 1", "f", false),
           PROGRAM_FAILED, "before the tests: ZeroDivisionError: division by zero");
}
END_TEST

/* ---- output --------------------------------------------------------------------------------- */

static const struct {
    const char *program;
    ProgramVerdict verdict;
    const char *output;
    size_t n; // 0: up to its NUL
} outputs[] = {
    {"", PROGRAM_FAILED, "", 0},
    {"def f(x): return x\n", PROGRAM_PASSED, "", 0},
    {"print('a')\ndef f(x):\n    print('b')\n    return x\n", PROGRAM_PASSED, "a\nb\n", 0},
    {"import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')\ndef f(x): return x\n",
     PROGRAM_PASSED, "a\nb\nc\n", 0},
    {"print('a', end='')\ndef f(x):\n    print('b', end='')\n    return x\n", PROGRAM_PASSED, "ab",
     0},
    {"print('a', end='')\n1 / 0\n", PROGRAM_FAILED, "a", 0},
    {"print('a', end='')\ndef f(x): print('b', end=''); raise SystemExit\n", PROGRAM_FAILED, "ab",
     0},
    {"import os\nprint('a')\nos._exit(0)\n", PROGRAM_FAILED, "a\n", 0},
    {"print('a')\nimport ctypes\nctypes.string_at(0)\n", PROGRAM_FAILED, "a\n", 0},
    {"print('a')\nwhile True: pass\n", PROGRAM_TIMEOUT, "a\n", 0},
    {"print('a')\ndef f(x) return x\n", PROGRAM_SYNTAX_ERROR, "", 0},
    {"print('P\\nP\\nE')\ndef f(x): return 0\n", PROGRAM_FAILED, "P\nP\nE\n", 0},
    {"import os\nos.write(1, b'\\0a\\xff\\n\\0')\ndef f(x): return x\n", PROGRAM_PASSED,
     "\0a\xff\n\0", 5},
    {"import sys\nsys.stdout.buffer.write(b'a')\ndef f(x): return x\n", PROGRAM_PASSED, "a", 0},
    {"import os\nos.close(1)\nos.close(2)\ndef f(x): return x\n", PROGRAM_PASSED, "", 0},
};

START_TEST(output_comes_with_the_verdict) {
    size_t n = outputs[_i].n ? outputs[_i].n : strlen(outputs[_i].output);
    open_with((ProgramPoolOptions){.limits = {.cpu_ms = 1000}});
    for (int keeps = 1; keeps >= 0; keeps--) {
        subject_keeps_output = keeps;
        ProgramResult result =
            subject_run(pool, outputs[_i].program, "",
                        "print('of the tests', flush=True); assert f(1) == 1", "f", false);
        const ProgramOutput *output = &result.output;
        ck_assert_msg(result.verdict == outputs[_i].verdict, "%s", result.detail);
        ck_assert_uint_eq(output->n_bytes, keeps ? n : 0);
        ck_assert_uint_eq(output->n_head, output->n_bytes);
        ck_assert_uint_eq(output->n_tail, 0);
        ck_assert_int_eq(memcmp(output->head, outputs[_i].output, output->n_head), 0);
    }
}
END_TEST

static const size_t sizes[] = {4095,  4096,  4097,  8191,   8192,   8193,
                               12288, 65536, 65537, 100000, 1000000};

START_TEST(the_beginning_and_the_end_of_long_output_are_kept) {
    enum { SIZE = PROGRAM_OUTPUT_BYTES };
    size_t n = sizes[_i / 2], n_head = n < SIZE ? n : SIZE;
    size_t n_tail = n - n_head < SIZE ? n - n_head : SIZE;
    char program[256];
    // All at once, and in pieces of a size that shares no factor with those of the buffers.
    snprintf(program, sizeof program,
             "import os\na = bytes((i * i + i // 256) %% 251 for i in range(%zu))\n"
             "while a: a = a[os.write(2, a[:%d]):]\n",
             n, _i % 2 ? 1 << 30 : 997);
    subject_keeps_output = true;
    ProgramResult result = subject_run(pool, program, "", "", "", false);
    const ProgramOutput *output = &result.output;
    expect(result, PROGRAM_PASSED, "");
    ck_assert_uint_eq(output->n_bytes, n);
    ck_assert_uint_eq(output->n_head, n_head);
    ck_assert_uint_eq(output->n_tail, n_tail);
    for (size_t i = 0; i < n_head + n_tail; i++) {
        size_t at = i < n_head ? i : n - n_head - n_tail + i;
        char kept = i < n_head ? output->head[i] : output->tail[i - n_head];
        ck_assert_msg((unsigned char)kept == (at * at + at / 256) % 251, "byte %zu of %zu", at, n);
    }
}
END_TEST

START_TEST(output_without_end_ends_with_the_programs_time) {
    open_with((ProgramPoolOptions){.limits = {.wall_ms = 60000, .cpu_ms = 300}});
    subject_keeps_output = true;
    ProgramResult result =
        subject_run(pool, "import os\nwhile True: os.write(1, b'A' * 65536)\n", "", "", "", false);
    expect(result, PROGRAM_TIMEOUT, "more than 300 ms of processor time");
    ck_assert_uint_eq(result.output.n_head, PROGRAM_OUTPUT_BYTES);
    ck_assert_uint_eq(result.output.n_tail, PROGRAM_OUTPUT_BYTES);
    ck_assert_uint_gt(result.output.n_bytes, 1 << 16);
    expect(subject_run(pool, "def f(x): return x\n", "", "assert f(1) == 1", "f", false),
           PROGRAM_PASSED, "");
}
END_TEST

START_TEST(limits_are_those_asked_for) {
    open_with((ProgramPoolOptions){.limits = {.wall_ms = 8000,
                                              .cpu_ms = 200,
                                              .memory_bytes = (uint64_t)200 << 20,
                                              .file_bytes = 1 << 16,
                                              .n_files = 16}});
    expect(subject_run(pool, "while True: pass\n", "", "pass", "", false), PROGRAM_TIMEOUT,
           "more than 200 ms of processor time");
    expect(subject_run(pool, "import time\ntime.sleep(99)\n", "", "pass", "", false),
           PROGRAM_TIMEOUT, "more than 8000 ms of wall clock");
    expect(subject_run(pool, "", "", "while True: pass", "", false), PROGRAM_TIMEOUT,
           "more than 200 ms of processor time in the tests");
    expect(subject_run(pool, "a = bytearray(190 << 20)\n", "", "pass", "", false), PROGRAM_FAILED,
           "MemoryError");
    expect(subject_run(pool, "a = [open('/dev/null') for _ in range(20)]\n", "", "pass", "", false),
           PROGRAM_FAILED, "OSError: [Errno 24] Too many open files: '/dev/null'");
}
END_TEST

START_TEST(a_huge_program_is_refused_unseen) {
    static char program[(1 << 20) + 2];
    memset(program, '#', sizeof program - 1);
    expect(subject_run(pool, program, "", "pass", "", false), PROGRAM_FAILED,
           "the program has 1048577 bytes; at most 1048576 are run");
}
END_TEST

static void *run_many(void *argument) {
    long *n_passed = argument;
    for (int i = 0; i < 25; i++) {
        char program[64];
        snprintf(program, sizeof program, "def f(x): return x + %d\n", i);
        char test[64];
        snprintf(test, sizeof test, "assert f(1) == %d", 1 + i);
        *n_passed += subject_run(pool, program, "", test, "f", false).verdict == PROGRAM_PASSED;
    }
    return NULL;
}

START_TEST(many_threads_share_few_workers) {
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    long n_passed[THREADS] = {0};
    open_with((ProgramPoolOptions){.n_workers = 3});
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, run_many, &n_passed[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(n_passed[i], 25);
    }
}
END_TEST

static void *cancel_soon(void *argument) {
    (void)argument;
    usleep(200000);
    fake.is_cancelled = 1;
    return NULL;
}

START_TEST(a_run_stops_where_the_user_asks) {
    const char *program = "import time\ntime.sleep(999)\n";
    ProgramTest test = {.program = {program, strlen(program)}};
    ProgramResult result = {0};
    pthread_t thread;
    char message[256];
    EmendError err = emend_error_on(message, sizeof message);
    struct timespec before = {0}, after = {0};
    pthread_create(&thread, NULL, cancel_soon, NULL);
    clock_gettime(CLOCK_MONOTONIC, &before);
    ck_assert_int_eq(program_test(pool, &test, &result, &err), EMEND_CANCELLED);
    clock_gettime(CLOCK_MONOTONIC, &after);
    pthread_join(thread, NULL);
    ck_assert_str_eq(message, "programs: stopped by the user");
    ck_assert_int_lt(after.tv_sec - before.tv_sec, 9); // the limit is 10
    fake.is_cancelled = 0;                             // and the pool can go on
    expect(subject_run(pool, "", "", "pass", "", false), PROGRAM_PASSED, "");
}
END_TEST

START_TEST(the_pool_says_what_it_enforces) {
    const char *said = program_pool_describe(pool);
    ck_assert_msg(strstr(said, is_unsafe ? "NOT isolated" : "isolated: user, pid, mount"), "%s",
                  said);
    close_pool();
    is_unsafe = true;
    open_pool();
    ck_assert_msg(strstr(program_pool_describe(pool), "NOT isolated"), "%s",
                  program_pool_describe(pool));
    expect(subject_run(pool, "def f(x): return x\n", "", "assert f(1) == 1", "f", false),
           PROGRAM_PASSED, "");
}
END_TEST

int main(void) {
    is_unsafe = !subject_can_isolate();
    Suite *suite = suite_create("programs");
    TCase *on_one = tcase_create("on one pool"), *on_its_own = tcase_create("on a pool of its own");
    tcase_add_checked_fixture(on_one, open_pool, close_pool);
    tcase_add_checked_fixture(on_its_own, NULL, close_pool);
    tcase_set_timeout(on_one, 60);
    tcase_set_timeout(on_its_own, 60);
    tcase_add_loop_test(on_one, a_program_gets_its_verdict, 0,
                        (int)(sizeof verdicts / sizeof *verdicts));
    tcase_add_loop_test(on_one, values_go_and_come_back_as_they_are, 0,
                        (int)(sizeof values / sizeof *values));
    tcase_add_loop_test(on_one, results_compare_as_in_one_process, 0,
                        (int)(sizeof results / sizeof *results));
    tcase_add_test(on_one, all_tests_are_counted_where_asked);
    tcase_add_test(on_one, what_passed_before_the_end_of_a_program_counts);
    tcase_add_test(on_one, a_stub_in_the_setup_does_not_win);
    tcase_add_test(on_one, a_setup_that_fails_is_told_apart);
    tcase_add_test(on_one, a_huge_program_is_refused_unseen);
    tcase_add_test(on_one, a_run_stops_where_the_user_asks);
    tcase_add_test(on_one, the_pool_says_what_it_enforces);
    tcase_add_loop_test(on_one, the_beginning_and_the_end_of_long_output_are_kept, 0,
                        2 * (int)(sizeof sizes / sizeof *sizes));
    tcase_add_loop_test(on_its_own, output_comes_with_the_verdict, 0,
                        (int)(sizeof outputs / sizeof *outputs));
    tcase_add_loop_test(on_its_own, parts_of_a_test_count_and_all_pass_where_the_whole_does, 0,
                        (int)(sizeof parted / sizeof *parted));
    tcase_add_test(on_its_own, output_without_end_ends_with_the_programs_time);
    tcase_add_test(on_its_own, limits_are_those_asked_for);
    tcase_add_test(on_its_own, many_threads_share_few_workers);
    suite_add_tcase(suite, on_one);
    suite_add_tcase(suite, on_its_own);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
