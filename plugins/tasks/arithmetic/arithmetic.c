/* SPDX-License-Identifier: Apache-2.0 */
/* The task "arithmetic": generated problems, endless and seeded. */
#include "answers.h"
#include "config.pb-c.h"
#include "emend/plugin.h"
#include "emend/task.h"
#include "text.h"

#include <string.h>

typedef Emend__Tasks__Arithmetic__Config Config;
typedef Emend__Tasks__Arithmetic__Family FamilyConfig;

enum { MAX_FAMILIES = 64, N_REDRAWS = 4096 };
enum { SPLIT_TRAIN = 1, SPLIT_TEST = 2, SPLIT_LESSONS = 3, N_SPLITS = 3 };

static const char *const split_names[] = {
    [SPLIT_TRAIN] = "train", [SPLIT_TEST] = "test", [SPLIT_LESSONS] = "lessons"};

struct EmendPlugin {
    const EmendHost *host;
};

typedef struct Arithmetic {
    const EmendHost *host;
    ProtobufCAllocator allocator; // the config's
    Config *config;
    Family families[MAX_FAMILIES];
    size_t n_families;
    double weights; // their sum
} Arithmetic;

static void *config_alloc(void *host, size_t size) {
    return ((const EmendHost *)host)->alloc(host, size, 0);
}

static void config_free(void *host, void *block) {
    ((const EmendHost *)host)->free(host, block);
}

// The finaliser of SplitMix64: seeds that differ in a bit give unlike keys.
static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static Draw draw_for(uint64_t seed, uint64_t index, uint32_t turn) {
    return (Draw){.key = {.seed = seed,
                          .step = (uint32_t)index,
                          .episode = (uint32_t)(index >> 32),
                          .turn = turn,
                          .purpose = EMEND_RANDOM_PROBLEM}};
}

static const Family *pick_family(const Arithmetic *task, Draw *draw) {
    double left = emend_random_unit(&draw->key, draw->position++) * task->weights;
    const Family *picked = NULL;
    for (size_t i = 0; i < task->n_families; i++) {
        const Family *family = &task->families[i];
        if (family->weight > 0) {
            picked = family;
            if (left < family->weight) {
                return picked;
            }
            left -= family->weight;
        }
    }
    return picked; // rounding alone gets here
}

static bool draw_in_split(const Family *family, uint32_t split, Draw *draw, Problem *problem) {
    for (int i = 0; i < N_REDRAWS; i++) {
        problem_draw(family, draw, problem);
        if (problem_is_test(problem) == (split == SPLIT_TEST)) {
            return true;
        }
    }
    return false;
}

static EmendStatus refuse_split(const Arithmetic *task, const Family *family, uint32_t split,
                                EmendError *err) {
    return emend_fail(err, EMEND_INVALID_ARGUMENT,
                      "family[%zu].min: %d draws gave no %s problem; there are too few different "
                      "ones: widen min and max",
                      (size_t)(family - task->families), N_REDRAWS, split_names[split]);
}

static EmendStatus problem_at(const Arithmetic *task, uint32_t split, uint64_t index,
                              const Family **family, Problem *problem, EmendError *err) {
    if (split < 1 || split > N_SPLITS) {
        return emend_fail(err, EMEND_OUT_OF_RANGE,
                          "split: is %u; it must be a number that split_open gave", split);
    }
    Draw draw = draw_for(task->config->seed, index, split);
    *family = pick_family(task, &draw);
    return draw_in_split(*family, split, &draw, problem) ? EMEND_OK
                                                         : refuse_split(task, *family, split, err);
}

static EmendStatus put_str(const EmendSink *sink, uint32_t field, EmendStr text) {
    return sink->put(sink->ctx, field, text.ptr, text.len);
}

static EmendStatus put_text(const EmendSink *sink, uint32_t field, const Text *text,
                            EmendError *err) {
    if (text->is_full) {
        return emend_fail(err, EMEND_OUT_OF_RANGE,
                          "family: a prompt or an attempt has more than %d bytes; shorten its text",
                          TEXT_BYTES);
    }
    return put_str(sink, field, text_str(text));
}

static EmendStatus split_open(void *self, EmendStr name, uint32_t *split, uint64_t *count,
                              EmendError *err) {
    const Arithmetic *task = self;
    uint32_t found = SPLIT_TRAIN;
    while (found <= N_SPLITS && (strlen(split_names[found]) != name.len ||
                                 memcmp(split_names[found], name.ptr, name.len) != 0)) {
        found++;
    }
    if (found > N_SPLITS) {
        return emend_fail(err, EMEND_NOT_FOUND,
                          "split: '%.*s' is not there; there are train, test, "
                          "lessons",
                          (int)(name.len < 64 ? name.len : 64), name.ptr);
    }
    for (size_t i = 0; i < task->n_families; i++) {
        Problem problem;
        Draw draw = draw_for(task->config->seed, i, 9);
        if (task->families[i].weight > 0 &&
            !draw_in_split(&task->families[i], found, &draw, &problem)) {
            return refuse_split(task, &task->families[i], found, err);
        }
    }
    *split = found;
    *count = EMEND_ENDLESS;
    return EMEND_OK;
}

static EmendStatus problem(void *self, uint32_t split, uint64_t index, const EmendSink *fields,
                           EmendError *err) {
    const Family *family = NULL;
    Problem drawn;
    EmendStatus status = problem_at(self, split, index, &family, &drawn, err);
    if (status != EMEND_OK) {
        return status;
    }
    char id[48], level[16];
    snprintf(id, sizeof id, "%s-%llu", split_names[split], (unsigned long long)index);
    snprintf(level, sizeof level, "%u", family->level);
    Text prompt, reference;
    text_prompt(family, &drawn, &prompt);
    text_reference(&drawn, &reference);
    status = put_str(fields, EMEND_PROBLEM_ID, emend_str(id));
    if (status == EMEND_OK) {
        status = put_text(fields, EMEND_PROBLEM_PROMPT, &prompt, err);
    }
    if (status == EMEND_OK) {
        status = put_text(fields, EMEND_PROBLEM_REFERENCE, &reference, err);
    }
    if (status == EMEND_OK) {
        status = put_str(fields, EMEND_PROBLEM_KIND, emend_str(family->name));
    }
    return status == EMEND_OK ? put_str(fields, EMEND_PROBLEM_LEVEL, emend_str(level)) : status;
}

// Whether the later turns of a lesson judge the first attempt.
static bool is_judgement(const Arithmetic *task, uint32_t split, uint64_t index) {
    enum { TURN_JUDGEMENT = 8 };
    Draw draw = draw_for(task->config->seed, index, TURN_JUDGEMENT);
    return split == SPLIT_LESSONS && draw_chance(&draw, task->config->p_judge);
}

static EmendStatus turn_prompt(void *self, const EmendHistory *history, const EmendSink *text,
                               EmendError *err) {
    // Depends on no attempt, so it cannot tell whether one was right.
    const Arithmetic *task = self;
    (void)err;
    bool is_judged = is_judgement(task, history->split, history->index);
    return put_str(
        text, 0,
        emend_str(is_judged ? task->config->judge_instruction : task->config->instruction));
}

static EmendScore value_score(double value, const char *reason) {
    EmendScore score = {.state = EMEND_SCORE_VALUE, .value = value};
    snprintf(score.reason, sizeof score.reason, "%s", reason);
    return score;
}

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_written_so(const Family *family, const Problem *asked, const Attempt *answer,
                          EmendStr response) {
    const char *const leads[] = {"", family->lead_copy, family->lead_other};
    for (int i = 0; i < 3; i++) {
        Text text;
        text_attempt(family, asked, answer, leads[i], &text);
        if (text.len == response.len && memcmp(text.bytes, response.ptr, text.len) == 0) {
            return true;
        }
    }
    return false;
}

// Whether the response is what some family of the kind would write for this answer.
static bool is_work_true(const Arithmetic *task, const Problem *asked, const Attempt *answer,
                         EmendStr response) {
    while (response.len > 0 && is_space(response.ptr[response.len - 1])) {
        response.len--;
    }
    for (size_t i = 0; i < task->n_families; i++) {
        if (task->families[i].kind == asked->kind &&
            is_written_so(&task->families[i], asked, answer, response)) {
            return true;
        }
    }
    return false;
}

static EmendScore score_answer(const Arithmetic *task, const Problem *asked, EmendStr box,
                               EmendStr response) {
    Attempt answer;
    if (!answer_read(asked->kind, box, &answer)) {
        return value_score(0, "the box does not hold the numbers asked for");
    }
    if (!answer_is_right(asked, answer.x, answer.y)) {
        return value_score(0, "");
    }
    memcpy(answer.terms, asked->terms, sizeof answer.terms);
    if (task->config->check_work && !is_work_true(task, asked, &answer, response)) {
        return value_score(0, "right, but its work is not as it must be written");
    }
    return value_score(1, "");
}

static EmendStatus grade(void *self, const EmendGradeArgs *args, EmendScore *score,
                         const EmendSink *fields, EmendError *err) {
    const Arithmetic *task = self;
    Problem asked;
    EmendStr box;
    (void)err;
    if (!reference_read(args->reference, &asked)) {
        *score = value_score(0, "the reference is not one that this task wrote");
        score->state = EMEND_SCORE_ERROR;
        return EMEND_OK;
    }
    if (!answer_in_box(args->response, &box)) {
        *score = value_score(0, "there is no \\boxed{..} that is closed");
        return EMEND_OK;
    }
    *score = score_answer(task, &asked, box, args->response);
    if (args->is_truncated && !task->config->accept_truncated) {
        *score = value_score(0, "cut at the token limit");
    }
    return put_str(fields, EMEND_GRADE_EXTRACTED, box);
}

static void draw_attempt(const Family *family, const Problem *asked, bool is_right, Draw *draw,
                         Attempt *out) {
    if (is_right) {
        attempt_right(asked, out);
    } else {
        attempt_wrong(family, asked, draw, out);
    }
}

// Draws what follows *attempt; returns the lead that is written before it.
static const char *draw_later(const Family *family, const Problem *asked, Draw *draw,
                              Attempt *attempt) {
    enum { N_TRIES = 32 };
    Attempt before = *attempt;
    bool was_right = answer_is_right(asked, before.x, before.y);
    if (draw_chance(draw, was_right ? family->p_copy_right : family->p_copy)) {
        return family->lead_copy;
    }
    bool is_right = draw_chance(draw, family->p_right_later);
    if (family->later_differs && was_right) {
        is_right = false;
    }
    for (int i = 0; i < N_TRIES; i++) {
        draw_attempt(family, asked, is_right, draw, attempt);
        if (!family->later_differs || !attempt_is_same(asked, attempt, &before)) {
            break;
        }
    }
    return family->lead_other;
}

static EmendStatus put_judgement(const Arithmetic *task, const Problem *asked,
                                 const Attempt *attempt, const EmendSink *fields) {
    bool is_right = answer_is_right(asked, attempt->x, attempt->y);
    return put_str(fields, EMEND_DEMONSTRATION_RESPONSE,
                   emend_str(is_right ? task->config->judge_right : task->config->judge_wrong));
}

static EmendStatus demonstrate(void *self, uint32_t split, uint64_t index, uint64_t seed,
                               uint32_t n_turns, const EmendSink *fields, EmendError *err) {
    enum { TURN_DEMONSTRATION = 16 };
    const Arithmetic *task = self;
    const Family *family = NULL;
    Problem asked;
    EmendStatus status = problem_at(task, split, index, &family, &asked, err);
    Draw draw =
        draw_for(mix(task->config->seed + mix(seed + 1)), index, TURN_DEMONSTRATION + split);
    Attempt attempt;
    for (uint32_t turn = 1; status == EMEND_OK && turn <= n_turns; turn++) {
        const char *lead = "";
        if (turn == 1) {
            draw_attempt(family, &asked, draw_chance(&draw, family->p_right), &draw, &attempt);
        } else if (is_judgement(task, split, index)) {
            status = put_judgement(task, &asked, &attempt, fields);
            continue;
        } else {
            lead = draw_later(family, &asked, &draw, &attempt);
        }
        Text text;
        text_attempt(family, &asked, &attempt, lead, &text);
        status = put_text(fields, EMEND_DEMONSTRATION_RESPONSE, &text, err);
    }
    return status;
}

static const EmendTask task_table = {
    .struct_size = sizeof(EmendTask),
    .split_open = split_open,
    .problem = problem,
    .turn_prompt = turn_prompt,
    .grade = grade,
    .demonstrate = demonstrate,
};

// What a family writes as a right attempt must be graded right, and as a wrong one, wrong.
static EmendStatus try_family(const Arithmetic *task, size_t index, EmendError *err) {
    const Family *family = &task->families[index];
    Problem asked;
    Attempt right, wrong;
    Draw draw = draw_for(task->config->seed, index, 4);
    problem_draw(family, &draw, &asked);
    attempt_right(&asked, &right);
    attempt_wrong(family, &asked, &draw, &wrong);
    for (int is_right = 0; is_right <= 1; is_right++) {
        Text text;
        EmendStr box;
        text_attempt(family, &asked, is_right ? &right : &wrong, "", &text);
        if (text.is_full || !answer_in_box(text_str(&text), &box) ||
            score_answer(task, &asked, box, text_str(&text)).value != is_right) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "family[%zu].attempt: a %s attempt reads '%.*s', which is not graded "
                              "so; the answer must stand in the last \\boxed{..}",
                              index, is_right ? "right" : "wrong",
                              (int)(text.len < 200 ? text.len : 200), text.bytes);
        }
    }
    return EMEND_OK;
}

static EmendStatus set_families(Arithmetic *task, FamilyConfig *const *configs, size_t n,
                                EmendError *err) {
    if (n > MAX_FAMILIES) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "family: there are %zu; there must be %d at most", n, MAX_FAMILIES);
    }
    task->n_families = n;
    for (size_t i = 0; i < n; i++) {
        EmendStatus status = family_init(configs[i], i, &task->families[i], err);
        if (status == EMEND_OK) {
            status = text_check_templates(&task->families[i], i, err);
        }
        if (status == EMEND_OK) {
            status = try_family(task, i, err);
        }
        if (status != EMEND_OK) {
            return status;
        }
        task->weights += task->families[i].weight;
    }
    if (!(task->weights > 0)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "family: the weight of each is 0; one must be above 0");
    }
    return EMEND_OK;
}

static EmendStatus configure(Arithmetic *task, EmendError *err) {
    FamilyConfig pair_sum = EMEND__TASKS__ARITHMETIC__FAMILY__INIT;
    FamilyConfig linear = EMEND__TASKS__ARITHMETIC__FAMILY__INIT;
    linear.kind = EMEND__TASKS__ARITHMETIC__FAMILY__KIND__SOLVE_LINEAR;
    FamilyConfig *const both[] = {&pair_sum, &linear};
    double p_judge = task->config->p_judge;
    if (!(p_judge >= 0 && p_judge <= 1)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "p_judge: is %g; it must be from 0 to 1",
                          p_judge);
    }
    if (task->config->n_family == 0) {
        return set_families(task, both, 2, err);
    }
    return set_families(task, task->config->family, task->config->n_family, err);
}

static void destroy(EmendPlugin *plugin, void *instance) {
    Arithmetic *task = instance;
    if (task) {
        emend__tasks__arithmetic__config__free_unpacked(task->config, &task->allocator);
        plugin->host->free(plugin->host, task);
    }
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    (void)name; // the package has one component
    Arithmetic *task = plugin->host->alloc(plugin->host, sizeof *task, 0);
    if (!task) {
        return emend_fail(err, EMEND_EXHAUSTED, "arithmetic: no memory for the task");
    }
    *task = (Arithmetic){.host = plugin->host};
    task->allocator =
        (ProtobufCAllocator){config_alloc, config_free, (void *)(uintptr_t)plugin->host};
    task->config = emend__tasks__arithmetic__config__unpack(&task->allocator, bytes.len, bytes.ptr);
    EmendStatus status = EMEND_OK;
    if (!task->config) {
        status = emend_fail(err, EMEND_INVALID_ARGUMENT,
                            "config: its %llu bytes are not an emend.tasks.arithmetic.Config, or "
                            "there is no memory for them",
                            (unsigned long long)bytes.len);
    } else {
        status = configure(task, err);
    }
    if (status != EMEND_OK) {
        destroy(plugin, task);
        return status;
    }
    *instance = task;
    *table = &task_table;
    return EMEND_OK;
}

static const EmendFactory task_factory = {
    .struct_size = sizeof(EmendFactory),
    .concurrency = EMEND_CONCURRENCY_PARALLEL,
    .create = create,
    .destroy = destroy,
};

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    (void)dir;
    EmendPlugin *plugin = host->alloc(host, sizeof *plugin, 0);
    if (!plugin) {
        return emend_fail(err, EMEND_EXHAUSTED, "arithmetic: no memory for the plugin");
    }
    plugin->host = host;
    *out = plugin;
    return EMEND_OK;
}

static void plugin_close(EmendPlugin *plugin) {
    plugin->host->free(plugin->host, plugin);
}

static const EmendFactory *plugin_factory(EmendPlugin *plugin, const char *kind) {
    (void)plugin;
    return strcmp(kind, EMEND_KIND_TASK) == 0 ? &task_factory : NULL;
}

EMEND_DECLARE_PLUGIN("emend.tasks.arithmetic", "0.1.0", plugin_open, plugin_close, plugin_factory);
