/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes.h"
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- tokenizer ------------------------------------------------------------------------------ */

static uint32_t vocab_size(void *self) {
    (void)self;
    return FAKE_VOCAB;
}

// '<' '>' '(' ')' are the special tokens in a template; letters are ids from 5 on; 4 has no text of
// its own and reads as 'a'.
static EmendStatus encode(void *self, EmendStr text, uint32_t flags, int32_t *ids,
                          uint64_t capacity, uint64_t *n, EmendError *err) {
    (void)self;
    static const char special[] = "<>()";
    *n = text.len;
    for (uint64_t i = 0; i < text.len; i++) {
        const char *at = strchr(special, text.ptr[i]);
        int32_t id = at && (flags & EMEND_ENCODE_SPECIAL) ? (int32_t)(at - special)
                                                          : 5 + (text.ptr[i] - 'a');
        if (id < 0 || id >= FAKE_VOCAB) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT, "offset %llu: not in the alphabet",
                              (unsigned long long)i);
        }
        if (i < capacity) {
            ids[i] = id;
        }
    }
    return EMEND_OK;
}

static EmendStatus decode(void *self, const int32_t *ids, uint64_t n, uint32_t flags,
                          const EmendSink *text, EmendError *err) {
    (void)self;
    (void)flags;
    (void)err;
    for (uint64_t i = 0; i < n; i++) {
        char letter = ids[i] == FAKE_TWIN ? 'a' : (char)('a' + ids[i] - 5);
        if (ids[i] >= FAKE_TWIN && text->put(text->ctx, 0, &letter, 1) != EMEND_OK) {
            return EMEND_EXHAUSTED;
        }
    }
    return EMEND_OK;
}

static const EmendTokenizer tokenizer = {
    .struct_size = sizeof tokenizer, .vocab_size = vocab_size, .encode = encode, .decode = decode};

/* ---- task ----------------------------------------------------------------------------------- */

static EmendStatus split_open(void *self, EmendStr name, uint32_t *split, uint64_t *count,
                              EmendError *err) {
    (void)self;
    (void)err;
    *split = name.len > 0 && name.ptr[0] == 't' ? 1 : 0;
    *count = 10;
    return EMEND_OK;
}

static EmendStatus problem(void *self, uint32_t split, uint64_t index, const EmendSink *fields,
                           EmendError *err) {
    (void)self;
    (void)split;
    (void)err;
    char letter = (char)('a' + index);
    fields->put(fields->ctx, EMEND_PROBLEM_ID, &letter, 1);
    fields->put(fields->ctx, EMEND_PROBLEM_PROMPT, &letter, 1);
    return (EmendStatus)fields->put(fields->ctx, EMEND_PROBLEM_REFERENCE, "a", 1);
}

static EmendStatus turn_prompt(void *self, const EmendHistory *history, const EmendSink *text,
                               EmendError *err) {
    (void)self;
    (void)history;
    (void)err;
    return (EmendStatus)text->put(text->ctx, 0, "z", 1);
}

static EmendStatus grade(void *self, const EmendGradeArgs *args, EmendScore *score,
                         const EmendSink *fields, EmendError *err) {
    const Fake *fake = self;
    (void)err;
    *score = (EmendScore){.state = EMEND_SCORE_VALUE};
    if (args->response.len == 1 && args->response.ptr[0] == 'a') {
        *score = fake->grade;
    }
    return (EmendStatus)fields->put(fields->ctx, EMEND_GRADE_EXTRACTED, args->response.ptr,
                                    args->response.len);
}

static const EmendTask task = {.struct_size = sizeof task,
                               .split_open = split_open,
                               .problem = problem,
                               .turn_prompt = turn_prompt,
                               .grade = grade};

/* ---- reward --------------------------------------------------------------------------------- */

static EmendStatus score(void *self, EmendSpan samples, uint64_t seed, EmendError *err) {
    const Fake *fake = self;
    (void)seed;
    (void)err;
    for (uint64_t i = 0; i < samples.count; i++) {
        const EmendSample *sample = emend_span_at(samples, i);
        memcpy(sample->scores, fake->reward, sample->n_turns * sizeof(EmendScore));
    }
    return EMEND_OK;
}

static const EmendReward reward = {.struct_size = sizeof reward, .score = score};

Component fake_reward(Fake *fake) {
    return (Component){.self = fake, .table = &reward, .name = "fake"};
}

/* ---- algorithm ------------------------------------------------------------------------------ */

static EmendStatus advantages(void *self, EmendSpan episodes, const EmendTotals *totals,
                              const EmendMetrics *metrics, EmendError *err) {
    (void)self;
    (void)episodes;
    (void)totals;
    (void)metrics;
    (void)err;
    return EMEND_OK;
}

static EmendStatus coefficients(void *self, EmendSpan terms, const EmendTotals *totals,
                                const EmendMetrics *metrics, EmendError *err) {
    Fake *fake = self;
    (void)totals;
    (void)metrics;
    (void)err;
    for (uint64_t i = 0; i < terms.count; i++) {
        const EmendTokenTerms *term = emend_span_at(terms, i);
        for (uint64_t t = 0; t < term->n_tokens; t++) {
            bool has_reference = term->reference_log_probs != NULL;
            ck_assert(term->old_log_probs[t] == fake->old_log_prob);
            ck_assert(!has_reference || term->reference_log_probs[t] == -9);
            fake->n_with_reference += has_reference;
            term->d_log_probs[t] = (float)(fake->coefficient * (double)(1 + term->episode->group));
        }
    }
    return EMEND_OK;
}

const EmendAlgorithm fake_algorithm = {
    .struct_size = sizeof fake_algorithm, .advantages = advantages, .coefficients = coefficients};

/* ---- backend -------------------------------------------------------------------------------- */

static EmendStatus session_open(void *self, EmendModel *model, EmendSession **out,
                                EmendError *err) {
    Fake *fake = self;
    (void)model;
    (void)err;
    fake->n_sessions++;
    *out = self;
    return EMEND_OK;
}

static void session_close(void *self, EmendSession *session) {
    (void)session;
    ((Fake *)self)->n_sessions--;
}

static EmendStatus generate(void *self, EmendSession *session, EmendSpan requests,
                            const int32_t *stops, uint64_t n_stops, EmendError *err) {
    Fake *fake = self;
    (void)session;
    (void)stops;
    (void)n_stops;
    (void)err;
    for (uint64_t i = 0; i < requests.count; i++) {
        EmendSampling *request = (EmendSampling *)(uintptr_t)emend_span_at(requests, i);
        memcpy(fake->seen + fake->n_seen, request->tokens, request->n_tokens * sizeof(int32_t));
        fake->n_seen += request->n_tokens;
        const int32_t *scripted = fake->response[fake->n_generate][i % 8];
        request->finish = EMEND_FINISH_LENGTH;
        for (uint32_t t = 0; t < request->max_new_tokens && scripted[t] >= 0; t++) {
            request->new_tokens[t] = scripted[t];
            request->log_probs[t] = fake->log_prob;
            request->n_new_tokens = t + 1;
            if (scripted[t] == FAKE_STOP) {
                request->finish = EMEND_FINISH_STOP;
                break;
            }
        }
    }
    fake->n_generate++;
    return EMEND_OK;
}

static EmendStatus forward(void *self, EmendModel *model, const EmendForwardArgs *args,
                           EmendTape **tape, EmendError *err) {
    Fake *fake = self;
    (void)err;
    fake->n_forward++;
    if (tape) {
        fake->n_tapes++;
        *tape = self;
    }
    bool is_reference = model == FAKE_REFERENCE;
    for (uint64_t i = 0; i < args->sequences.count; i++) {
        const EmendSequence *sequence = emend_span_at(args->sequences, i);
        size_t at = 0;
        for (uint32_t r = 0; r < sequence->n_ranges; r++) {
            fake->ranges[fake->n_ranges++] = sequence->ranges[r];
            for (uint32_t t = sequence->ranges[r].begin; t < sequence->ranges[r].end; t++, at++) {
                sequence->log_probs[at] = fake->forward_nan != 0 && t == sequence->ranges[r].begin
                                              ? NAN
                                          : is_reference ? -9
                                                         : fake->log_prob + fake->forward_error;
                if (sequence->kls) {
                    sequence->kls[at] = fake->forward_kl;
                }
            }
        }
    }
    return EMEND_OK;
}

static EmendStatus backward(void *self, EmendTape *tape, EmendSpan all, EmendError *err) {
    Fake *fake = self;
    (void)tape;
    (void)err;
    size_t n = 0;
    for (size_t r = 0; r < fake->n_ranges; r++) {
        n += fake->ranges[r].end - fake->ranges[r].begin;
    }
    // The last forward's tokens are at the end of the ranges; one block holds them all.
    const EmendCoefficients *first = emend_span_at(all, 0);
    size_t here = n - fake->n_coefficients;
    memcpy(fake->coefficients + fake->n_coefficients, first->d_log_probs, here * sizeof(float));
    fake->n_coefficients = n;
    fake->n_backward++;
    return EMEND_OK;
}

static void tape_release(void *self, EmendTape *tape) {
    if (tape) {
        ((Fake *)self)->n_tapes--;
    }
}

static EmendStatus optimizer_step(void *self, EmendModel *model, const EmendOptimizerStep *args,
                                  EmendOptimizerResult *out, EmendError *err) {
    (void)model;
    (void)args;
    (void)err;
    ((Fake *)self)->n_optimizer++;
    out->grad_norm = 1;
    return EMEND_OK;
}

static const EmendBackend backend = {.struct_size = sizeof backend,
                                     .flags = EMEND_BACKEND_EXACT,
                                     .session_open = session_open,
                                     .session_close = session_close,
                                     .generate = generate,
                                     .forward = forward,
                                     .backward = backward,
                                     .tape_release = tape_release,
                                     .optimizer_step = optimizer_step};

/* ---- engine --------------------------------------------------------------------------------- */

static int32_t begin_ids[] = {0}, user_prefix[] = {2}, user_suffix[] = {1},
               assistant_prefix[] = {3}, assistant_suffix[] = {FAKE_STOP, 9};

void fake_init(Fake *fake) {
    memset(fake, 0, sizeof *fake);
    memset(fake->response, 0xFF, sizeof fake->response);
    fake->log_prob = -0.5f;
    fake->coefficient = 0.25;
    fake->grade = (EmendScore){.state = EMEND_SCORE_VALUE, .value = 1};
    fake->engine =
        (Engine){.recipe = &fake->recipe,
                 .backend_component = {.self = fake, .table = &backend, .name = "fake"},
                 .tokenizer_component = {.self = fake, .table = &tokenizer, .name = "fake"},
                 .task_component = {.self = fake,
                                    .table = &task,
                                    .name = "fake",
                                    .factory = &fake->task_factory},
                 .backend = &backend,
                 .tokenizer = &tokenizer,
                 .task = &task,
                 .template = {.begin = begin_ids,
                              .n_begin = 1,
                              .user_prefix = user_prefix,
                              .n_user_prefix = 1,
                              .user_suffix = user_suffix,
                              .n_user_suffix = 1,
                              .assistant_prefix = assistant_prefix,
                              .n_assistant_prefix = 1,
                              .assistant_suffix = assistant_suffix,
                              .n_assistant_suffix = 2}};
}

Problem fake_problem(const char *prompt) {
    Problem made = {.index = 3};
    const char *texts[] = {NULL, "id", prompt, "a", "kind", "1"};
    for (int i = 1; i < PROBLEM_FIELDS; i++) {
        made.fields[i] = strdup(texts[i]);
        made.lens[i] = strlen(texts[i]);
    }
    return made;
}
