/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/foreign.h"
#include "emend/random.h"
#include "plugin/foreign_call.h"
#include "plugin/foreign_config.h"
#include "plugin/foreign_examples.h"
#include "plugin/foreign_library.h"
#include "plugin/foreign_process.h"
#include "plugin/guard/guard.h"
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A function whose examples passed. */
typedef struct Proven {
    const Emend__Function *function;
    ForeignCall call;
    struct Proven *next;
} Proven;

/* A package with functions. One that is not thread-safe may share state with the others. */
typedef struct ForeignPackage {
    const Package *package;
    GuardedPlugin guard;
    pthread_mutex_t one_at_a_time;
    Proven *proven;
    struct ForeignPackage *next;
} ForeignPackage;

struct ForeignHost {
    uint32_t call_seconds;
    const char *program;
    ForeignPackage *packages;
};

/* A component: `self` of its table. */
typedef struct ForeignReward {
    const ForeignCall *call;
    ForeignConfig config;
    ForeignPackage *package;
    ForeignProcess *process; /* NULL: it is called in this one */
} ForeignReward;

ForeignHost *foreign_host_create(uint32_t call_seconds, const char *program) {
    ForeignHost *host = calloc(1, sizeof *host);
    if (host) {
        host->call_seconds = call_seconds;
        host->program = program ? program : "/proc/self/exe";
    }
    return host;
}

void foreign_host_destroy(ForeignHost *host) {
    while (host && host->packages) {
        ForeignPackage *package = host->packages;
        host->packages = package->next;
        while (package->proven) {
            Proven *proven = package->proven;
            package->proven = proven->next;
            free(proven);
        }
        pthread_mutex_destroy(&package->one_at_a_time);
        free(package);
    }
    free(host);
}

const Emend__Function *foreign_find(const Package *package, const Emend__ComponentInfo *component) {
    const Emend__PluginManifest *manifest = package->manifest;
    for (size_t i = 0; i < manifest->n_function; i++) {
        if (strcmp(manifest->function[i]->kind, component->kind) == 0 &&
            strcmp(manifest->function[i]->name, component->name) == 0) {
            return manifest->function[i];
        }
    }
    return NULL;
}

static bool is_wanted(const ForeignConfig *config, uint32_t turn) {
    bool is = config->n_turns == 0;
    for (size_t i = 0; !is && i < config->n_turns; i++) {
        is = config->turns[i] == turn;
    }
    return is;
}

/* A seed for one turn, from the batch's. */
static uint64_t seed_of(uint64_t seed, uint64_t sample, uint32_t turn) {
    const EmendRandomKey key = {
        .seed = seed, .episode = (uint32_t)sample, .turn = turn, .purpose = EMEND_RANDOM_REWARD};
    uint32_t words[4];
    emend_random_words(&key, 0, words);
    return ((uint64_t)words[1] << 32) | words[0];
}

/* Takes a grade for the function. One that is no value is the turn's score instead. */
static bool take_grade(const EmendScore *grade, double *value, EmendScore *out) {
    if (grade && grade->state == EMEND_SCORE_VALUE) {
        *value = grade->value;
        return true;
    }
    if (grade && grade->state != EMEND_SCORE_NONE) {
        *out = *grade;
    } else {
        *out = (EmendScore){.state = EMEND_SCORE_ERROR, .reason = "the task gave no grade"};
    }
    return false;
}

/* What turn t (from 0) of the sample hands the function; false where the turn's score is set
 * already, because a grade has no value. */
static bool read_turn(const Emend__Function *function, const EmendSample *sample, uint32_t t,
                      uint64_t seed, ForeignInputs *out, EmendScore *score) {
    const EmendGradedAttempt *now = emend_span_at(sample->attempts, t);
    const EmendGradedAttempt *before = t > 0 ? emend_span_at(sample->attempts, t - 1) : now;
    *out = (ForeignInputs){
        .texts = {sample->prompt, sample->reference, now->response, now->extracted,
                  before->response},
        .wholes = {t + 1, sample->n_turns, now->n_tokens, now->is_truncated != 0, seed},
        .reals = {0, 0, now->reward, before->reward}};
    return (!foreign_takes(function, EMEND__FUNCTION__ROLE__GRADE, NULL) ||
            take_grade(now->grade, &out->reals[0], score)) &&
           (!foreign_takes(function, EMEND__FUNCTION__ROLE__PREVIOUS_GRADE, NULL) ||
            take_grade(before->grade, &out->reals[1], score));
}

/* Waits for the function to be free. False where a call of another thread was caught in it, which
 * left it locked for good. */
static bool enter(ForeignPackage *package) {
    bool is_in = pthread_mutex_trylock(&package->one_at_a_time) == 0;
    while (!is_in && !atomic_load(&package->guard.is_broken)) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        is_in = pthread_mutex_timedlock(&package->one_at_a_time, &until) == 0;
    }
    return is_in;
}

/* Calls the function in this process. */
static void call_here(const ForeignReward *reward, const ForeignInputs *inputs,
                      ForeignMemory *memory, EmendScore *score) {
    bool is_alone = !reward->call->function->thread_safe;
    if (is_alone && !enter(reward->package)) {
        *score = (EmendScore){.state = EMEND_SCORE_ERROR, .reason = "the function crashed or hung"};
        return;
    }
    foreign_call(reward->call, inputs, reward->config.params, memory, score);
    if (is_alone) {
        pthread_mutex_unlock(&reward->package->one_at_a_time);
    }
}

static void score_turn(const ForeignReward *reward, const EmendSample *sample, uint32_t t,
                       uint64_t seed, ForeignMemory *memory) {
    EmendScore *score = &sample->scores[t];
    ForeignInputs inputs;
    if (!read_turn(reward->call->function, sample, t, seed, &inputs, score)) {
        return;
    }
    if (reward->process) {
        foreign_process_call(reward->process, &inputs, score);
    } else {
        call_here(reward, &inputs, memory, score);
    }
    score->value *= reward->config.weight;
}

static EmendStatus score(void *self, EmendSpan samples, uint64_t seed, EmendError *err) {
    const ForeignReward *reward = self;
    const Emend__Function *function = reward->call->function;
    uint32_t first = foreign_takes_turn_before(function) ? 1 : 0;
    bool is_seeded = foreign_takes(function, EMEND__FUNCTION__ROLE__SEED, NULL);
    ForeignMemory memory = {.is_guarded = false};
    (void)err;
    for (uint64_t i = 0; i < samples.count; i++) {
        const EmendSample *sample = emend_span_at(samples, i);
        for (uint32_t t = first; t < sample->n_turns; t++) {
            if (is_wanted(&reward->config, t + 1)) {
                uint64_t own = is_seeded ? seed_of(seed, i, t + 1) : 0;
                score_turn(reward, sample, t, own, &memory);
            }
        }
    }
    foreign_memory_finish(&memory);
    return EMEND_OK;
}

static void reward_destroy(EmendPlugin *plugin, void *instance) {
    ForeignReward *reward = instance;
    (void)plugin;
    if (reward) {
        foreign_process_destroy(reward->process);
        foreign_config_finish(&reward->config);
    }
    free(reward);
}

static EmendStatus package_of(ForeignHost *host, const Package *package, ForeignPackage **out,
                              EmendError *err) {
    for (ForeignPackage *known = host->packages; known; known = known->next) {
        if (known->package == package) {
            *out = known;
            return EMEND_OK;
        }
    }
    ForeignPackage *made = calloc(1, sizeof *made);
    if (!made || pthread_mutex_init(&made->one_at_a_time, NULL) != 0) {
        free(made);
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left to load it");
    }
    made->package = package;
    made->guard.id = package->manifest->id;
    made->next = host->packages;
    host->packages = made;
    *out = made;
    return EMEND_OK;
}

static const ForeignCall *find_proven(const ForeignPackage *package,
                                      const Emend__Function *function) {
    const Proven *known = package->proven;
    while (known && known->function != function) {
        known = known->next;
    }
    return known ? &known->call : NULL;
}

/* The steps that a plain function does not have, and the one that comes after all. */
static void report_rest(const Package *package, LoadReport *report) {
    const Emend__PluginManifest *manifest = package->manifest;
    if (manifest->n_component > manifest->n_function) {
        return; // a plugin in the same package has them
    }
    load_report_found(report, STEP_ELF, "nothing it needs is missing");
    load_report_found(report, STEP_ABI, "a plain function has none");
    load_report_found(report, STEP_ENTRY, "its signature is one that can be called");
    load_report_found(report, STEP_OPEN, "a plain function has none");
    load_report_found(report, STEP_REGISTER, "%zu function%s", manifest->n_function,
                      manifest->n_function == 1 ? "" : "s");
}

/* Takes the steps to a function that can be called; `report` has the one that was begun last. */
static EmendStatus prove(const ForeignPackage *package, Proven *proven, LoadReport *report,
                         EmendError *err) {
    const Emend__Function *function = proven->function;
    char path[PATH_MAX];
    void (*code)(void) = NULL;
    report->step = STEP_ELF;
    EmendStatus status = foreign_library_check(package->package, function, path, err);
    if (status == EMEND_OK) {
        load_report_found(report, STEP_FILE, "%s", path);
        report->step = STEP_PROBE;
        status = foreign_examples_check(package->package, function, path, &foreign_limits, err);
    }
    if (status == EMEND_OK) {
        load_report_found(report, STEP_PROBE, "%s gives what its %zu example%s say",
                          function->symbol, function->n_example,
                          function->n_example == 1 ? "" : "s");
        report->step = STEP_DLOPEN;
        if (function->own_process) {
            load_report_found(report, STEP_DLOPEN, "done in a process of its own");
        } else {
            status = foreign_library_open(path, function->symbol, &code, err);
        }
    }
    if (status == EMEND_OK) {
        report->step = STEP_ENTRY;
        status = foreign_call_init(&proven->call, function, code, err);
    }
    report_rest(package->package, report);
    return status;
}

EmendStatus foreign_load(ForeignHost *host, const Package *package, const Emend__Function *function,
                         LoadReport *report) {
    EmendError err = emend_error_on(report->reason, sizeof report->reason);
    ForeignPackage *home = NULL;
    report->step = STEP_FILE;
    report->status = package_of(host, package, &home, &err);
    if (report->status == EMEND_OK && !find_proven(home, function)) {
        Proven *proven = calloc(1, sizeof *proven);
        if (!proven) {
            report->status = emend_fail(&err, EMEND_EXHAUSTED, "no memory is left to load it");
        } else {
            proven->function = function;
            report->status = prove(home, proven, report, &err);
        }
        if (report->status == EMEND_OK) {
            proven->next = home->proven;
            home->proven = proven;
        } else {
            free(proven);
        }
    }
    report->flags = err.flags;
    if (report->status == EMEND_OK) {
        report->step = STEP_COUNT;
    }
    return report->status;
}

/* The component that the host calls: a guarded table in front of ours. */
static EmendStatus guarded(const ForeignHost *host, ForeignReward *reward, Component *out,
                           EmendError *err) {
    static const EmendReward table = {.struct_size = sizeof(EmendReward), .score = score};
    static const EmendFactory parallel = {.struct_size = sizeof(EmendFactory),
                                          .concurrency = EMEND_CONCURRENCY_PARALLEL,
                                          .destroy = reward_destroy};
    static const EmendFactory serial = {.struct_size = sizeof(EmendFactory),
                                        .concurrency = EMEND_CONCURRENCY_SERIAL_PLUGIN,
                                        .destroy = reward_destroy};
    // One process answers one call at a time, and shares nothing with the others.
    static const EmendFactory apart = {.struct_size = sizeof(EmendFactory),
                                       .concurrency = EMEND_CONCURRENCY_SERIAL_INSTANCE,
                                       .destroy = reward_destroy};
    const Emend__Function *function = reward->call->function;
    const EmendFactory *factory = function->own_process   ? &apart
                                  : function->thread_safe ? &parallel
                                                          : &serial;
    Guarded *who = calloc(1, sizeof *who + sizeof table);
    EmendReward *copy = malloc(sizeof *copy);
    if (!who || !copy) {
        free(who);
        free(copy);
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for the reward");
    }
    *copy = table;
    *who = (Guarded){.plugin = &reward->package->guard,
                     .kind = "reward",
                     .name = function->name,
                     .self = reward,
                     .table = copy,
                     .seconds = host->call_seconds,
                     .concurrency = factory->concurrency};
    guard_table(EMEND_KIND_REWARD, who, who + 1);
    *out = (Component){.self = who,
                       .table = who + 1,
                       .name = function->name,
                       .plugin_id = reward->package->guard.id,
                       .factory = factory,
                       .guarded = who};
    return EMEND_OK;
}

EmendStatus foreign_create(ForeignHost *host, const Package *package,
                           const Emend__Function *function, EmendBytes config, Component *out,
                           EmendError *err) {
    ForeignReward *reward = calloc(1, sizeof *reward);
    if (!reward) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for the reward");
    }
    LoadReport report = {0};
    EmendStatus status = foreign_config_read(function, config, &reward->config, err);
    if (status == EMEND_OK) {
        status = package_of(host, package, &reward->package, err);
    }
    if (status == EMEND_OK && foreign_load(host, package, function, &report) != EMEND_OK) {
        status = emend_fail(err, report.status, "%s", report.reason);
    }
    if (status == EMEND_OK) {
        reward->call = find_proven(reward->package, function);
        if (function->own_process) {
            reward->process = foreign_process_create(host->program, package, function, config);
            status = reward->process
                         ? EMEND_OK
                         : emend_fail(err, EMEND_EXHAUSTED, "no memory is left for the reward");
        }
    }
    if (status == EMEND_OK) {
        status = guarded(host, reward, out, err);
    }
    if (status != EMEND_OK) {
        reward_destroy(NULL, reward);
    }
    return status;
}
