/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/probe.h"
#include <stdlib.h>
#include <string.h>

typedef struct Answer {
    const Package *package;
    ProbeKey key;
    bool has_key;
    ProbeVerdict verdict;
} Answer;

struct Prober {
    ProbeOptions options;
    Answer **answers;
    size_t n;
};

EmendStatus prober_create(const ProbeOptions *options, Prober **out, EmendError *err) {
    Prober *prober = calloc(1, sizeof *prober);
    if (!prober) {
        return emend_fail(err, EMEND_EXHAUSTED, "plugins: no memory is left to probe them");
    }
    prober->options = *options;
    if (prober->options.limit_ms == 0) {
        prober->options.limit_ms = PROBE_LIMIT_MS;
    }
    if (prober->options.cpu_seconds == 0) {
        prober->options.cpu_seconds = PROBE_CPU_SECONDS;
    }
    *out = prober;
    return EMEND_OK;
}

void prober_destroy(Prober *prober) {
    for (size_t i = 0; prober && i < prober->n; i++) {
        free(prober->answers[i]);
    }
    if (prober) {
        free(prober->answers);
    }
    free(prober);
}

const ProbeVerdict *prober_verdict(const Prober *prober, const Package *package) {
    for (size_t i = 0; i < prober->n; i++) {
        if (prober->answers[i]->package == package) {
            return &prober->answers[i]->verdict;
        }
    }
    return NULL;
}

static EmendStatus add_answer(Prober *prober, const Package *package, Answer **out,
                              EmendError *err) {
    Answer *answer = calloc(1, sizeof *answer);
    Answer **answers = realloc(prober->answers, (prober->n + 1) * sizeof *answers);
    if (answers) {
        prober->answers = answers;
    }
    if (!answer || !answers) {
        free(answer);
        return emend_fail(err, EMEND_EXHAUSTED, "plugins: no memory is left to probe them");
    }
    answer->package = package;
    answer->has_key = probe_key(package, prober->options.program, &answer->key);
    *out = prober->answers[prober->n++] = answer;
    return EMEND_OK;
}

/* Tries those from the first on that the cache does not have. */
static EmendStatus try_unknown(Prober *prober, size_t first, EmendError *err) {
    ProbeJob *jobs = calloc(prober->n - first + 1, sizeof *jobs);
    size_t n_jobs = 0;
    if (!jobs) {
        return emend_fail(err, EMEND_EXHAUSTED, "plugins: no memory is left to probe them");
    }
    for (size_t i = first; i < prober->n; i++) {
        Answer *answer = prober->answers[i];
        if (!answer->has_key || !probe_verdict_load(&answer->key, &answer->verdict)) {
            jobs[n_jobs++] = (ProbeJob){answer->package, &answer->verdict};
        }
    }
    EmendStatus status = probe_run(&prober->options, jobs, n_jobs, err);
    for (size_t i = first; status == EMEND_OK && i < prober->n; i++) {
        const Answer *answer = prober->answers[i];
        if (answer->has_key && answer->verdict.is_kept && !answer->verdict.is_from_cache) {
            probe_verdict_store(&answer->key, &answer->verdict);
        }
    }
    free(jobs);
    return status;
}

EmendStatus prober_ask(Prober *prober, const Package *const *packages, size_t n, EmendError *err) {
    size_t first = prober->n;
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; status == EMEND_OK && i < n; i++) {
        Answer *answer = NULL;
        if (!prober_verdict(prober, packages[i])) {
            status = add_answer(prober, packages[i], &answer, err);
        }
    }
    if (status == EMEND_OK && prober->n > first) {
        status = try_unknown(prober, first, err);
    }
    while (status != EMEND_OK && prober->n > first) {
        free(prober->answers[--prober->n]); // not tried: the next one to ask has them tried
    }
    return status;
}

bool probe_remembers(const ProbeOptions *options, const Package *package, ProbeVerdict *out) {
    ProbeKey key;
    return options->program && probe_key(package, options->program, &key) &&
           probe_verdict_load(&key, out);
}

void probe_forget(const ProbeOptions *options, const Package *package) {
    ProbeKey key;
    if (options->program && probe_key(package, options->program, &key)) {
        probe_verdict_drop(&key);
    }
}
