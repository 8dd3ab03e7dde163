/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_KIT_H
#define CHECK_KIT_H
/* The conformance kit of `emend check`: tests of a plugin package, each in a process of its own.
 *
 * A test is a function that is handed a Kit, opens the plugin as a Subject where it needs it, and
 * says what it found. It returns normally whatever it found; what crashes, hangs or exits is the
 * child process, and the runner reports that as the test's failure. The first kit_fail of a test is
 * its verdict; a test that says nothing has passed.
 *
 * Levels, each including those below it:
 *   1 static     the files alone: manifest, ELF
 *   2 load       open, close, create, destroy, in every legal order
 *   3 behaviour  golden examples, odd sizes, bad configs, guard pages, and what the kind promises
 *   4 versions   older and newer hosts
 *   5 state      same seed same bytes, save and restore, cancellation
 *   6 threads    the declared concurrency, roles, nothing left running
 *   7 memory     every allocation failed in turn; nothing left behind
 *   8 fuzz       random configs and inputs, by seed
 *   9 speed      figures, never a failure
 */
#include "emend/golden.pb-c.h"
#include "emend/host.h"
#include "emend/plugin.h"
#include "plugin/catalog.h"
#include "plugin/kinds.h"
#include <stdbool.h>

/* What a report claims: "conforms at level N (kit 1)". It rises when a test is added or changed. */
#define KIT_VERSION 1

typedef struct Kit Kit;

enum {
    KIT_STATIC = 1,
    KIT_LOAD,
    KIT_BEHAVIOUR,
    KIT_VERSIONS,
    KIT_STATE,
    KIT_THREADS,
    KIT_MEMORY,
    KIT_FUZZ,
    KIT_SPEED
};

typedef struct KitTest {
    const char *name;    /* "backend.gradients": stable, as --only takes it */
    const char *promise; /* one line: what the plugin must do */
    uint32_t level;      /* KIT_* */
    uint32_t seconds;    /* it may take, before it counts as hanging; 0: the default */
    void (*run)(Kit *kit);
} KitTest;

#define KIT_EVERY_KIND "*"

/* The tests of a kind, run once for each component of it. */
typedef struct KitSuite {
    const char *kind; /* "emend.backend/1"; KIT_EVERY_KIND; NULL: of the package, run once */
    const KitTest *tests;
    size_t n_tests;
} KitSuite;

/* Every suite; NULL past the last. A new one is a file and a row in suites.c. */
const KitSuite *kit_suite(size_t i);

/* What is under test. The component is NULL in a test of the whole package. */
const Package *kit_package(const Kit *kit);
const Emend__ComponentInfo *kit_component(const Kit *kit);
/* The seed of this run: all that a test draws comes from it, so that `--seed` replays it. */
uint64_t kit_seed(const Kit *kit);
/* A config the component can be made with, wire bytes: that of its first golden example, else
 * none, which means the defaults. Lives as long as the kit. */
EmendBytes kit_config(const Kit *kit);
/* The component's i-th golden example whose config is not one to be refused; NULL past the last. */
const Emend__Example *kit_example(const Kit *kit, size_t i);
/* The config of an example. */
EmendBytes kit_example_config(const Emend__Example *example);
/* The folder the test runs in: empty but for links to what lies beside the golden file, so that
 * relative paths in its configs work. Absolute; removed after the test. */
const char *kit_scratch(const Kit *kit);

/* Names what runs from now on ("generate"), for the report of a crash or a hang. */
void kit_enter(Kit *kit, const char *operation);

/* The verdict: what was found against what must be, and, in `remedy`, what the author should do
 * (one sentence). Both are required. */
void kit_fail(Kit *kit, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Worth a look, no failure. */
void kit_warn(Kit *kit, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The test does not apply, and why. */
void kit_skip(Kit *kit, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A figure for the report. */
void kit_figure(Kit *kit, const char *name, double value, const char *unit);
/* Whether kit_fail or kit_skip was called: time to return. */
bool kit_is_over(const Kit *kit);

#endif
