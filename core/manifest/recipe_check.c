/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/recipe_check.h"
#include "manifest/suggest.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PATH = 96, MAX_NAME = 63, MAX_NUMBER = 48 };

typedef struct Check {
    const Emend__Recipe *recipe;
    const TextTree *tree;
    EmendError *err;
} Check;

/* The numbers that a field may hold. */
typedef struct Range {
    const char *field;
    double min, max;   /* max may be INFINITY, which no value reaches */
    bool is_above_min; /* min itself is out */
    bool is_below_max; /* max itself is out */
    bool is_needed;    /* it has no default */
    const char *why;   /* what to know or do, or NULL */
} Range;

static const Range fresh_ranges[] = {
    {.field = "hidden_size", .min = 1, .max = INFINITY},
    {.field = "intermediate_size", .min = 1, .max = INFINITY},
    {.field = "num_hidden_layers", .min = 1, .max = INFINITY},
    {.field = "num_attention_heads", .min = 1, .max = INFINITY},
    {.field = "max_position_embeddings", .min = 1, .max = INFINITY},
    {.field = "rope_theta", .max = INFINITY, .is_above_min = true},
    {.field = "rms_norm_eps", .max = INFINITY, .is_above_min = true},
    {.field = "initializer_range", .max = INFINITY, .is_above_min = true},
};

static const Range stage_ranges[] = {
    {.field = "steps", .min = 1, .max = INFINITY, .is_needed = true},
    {.field = "microbatch_tokens", .min = 1, .max = INFINITY},
};

static const Range rollout_ranges[] = {
    {.field = "prompts_per_step", .min = 1, .max = 100000},
    {.field = "samples_per_prompt", .min = 1, .max = 100000},
    {.field = "second_attempts", .min = 1, .max = 1000},
    {.field = "dynamic_sampling_rounds", .min = 1, .max = 100},
    {.field = "n_turns", .min = 1, .max = 16},
    {.field = "temperature",
     .max = INFINITY,
     .is_above_min = true,
     .why = "greedy samples teach nothing; evaluation.temperature may be 0"},
    {.field = "top_p",
     .min = 1,
     .max = 1,
     .why = "with a filter, log-probs would not be the sampler's; evaluation.top_p may be less"},
    {.field = "top_k",
     .max = 0,
     .why = "with a filter, log-probs would not be the sampler's; evaluation.top_k may be more"},
    {.field = "max_response_tokens", .min = 1, .max = 100000},
};

static const Range first_attempts_ranges[] = {
    {.field = "share", .max = 1},
};

static const Range optimizer_ranges[] = {
    {.field = "learning_rate", .max = INFINITY},
    {.field = "final_ratio", .max = 1},
    {.field = "beta1", .max = 1, .is_below_max = true},
    {.field = "beta2", .max = 1, .is_below_max = true},
    {.field = "epsilon", .max = INFINITY, .is_above_min = true},
    {.field = "weight_decay", .max = INFINITY},
    {.field = "max_grad_norm", .max = INFINITY, .why = "0 turns clipping off"},
};

static const Range evaluation_ranges[] = {
    {.field = "n_turns", .min = 1, .max = 16},
    {.field = "temperature", .max = INFINITY, .why = "0 is greedy"},
    {.field = "top_p", .max = 1, .is_above_min = true, .why = "1 turns the filter off"},
    {.field = "max_response_tokens", .min = 1, .max = 100000},
    {.field = "batch", .min = 1, .max = 100000},
    {.field = "samples_per_problem", .min = 1, .max = 100000},
};

static const Range checkpoint_ranges[] = {
    {.field = "every_steps", .min = 1, .max = INFINITY},
    {.field = "keep", .min = 1, .max = INFINITY},
};

static const Range recipe_ranges[] = {
    {.field = "max_error_fraction", .max = 1},
};

static const Range budget_ranges[] = {
    {.field = "bytes", .min = 1, .max = INFINITY, .is_needed = true},
};

/* -- ranges -------------------------------------------------------------------------------------
 */

/* Joins `path` and a field's name; an empty path is the recipe's own. */
static void join(char out[MAX_PATH], const char *path, const char *field) {
    snprintf(out, MAX_PATH, "%s%s%s", path, path[0] ? "." : "", field);
}

/* A numeric field's value as a double, and as text; false where it is not given. */
static bool read_number(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                        double *number, char text[MAX_NUMBER]) {
    const char *base = (const char *)message;
    if (field->type == PROTOBUF_C_TYPE_DOUBLE) {
        memcpy(number, base + field->offset, sizeof *number);
        snprintf(text, MAX_NUMBER, "%g", *number);
    } else {
        uint64_t whole = 0;
        uint32_t narrow = 0;
        bool is_wide = field->type == PROTOBUF_C_TYPE_UINT64;
        memcpy(&narrow, base + field->offset, sizeof narrow);
        whole = narrow;
        if (is_wide) {
            memcpy(&whole, base + field->offset, sizeof whole);
        }
        *number = (double)whole;
        snprintf(text, MAX_NUMBER, "%" PRIu64, whole);
    }
    protobuf_c_boolean has = 0;
    memcpy(&has, base + field->quantifier_offset, sizeof has);
    return has || field->default_value;
}

static void describe_range(const Range *range, char *text, size_t capacity) {
    if (range->min == range->max) {
        snprintf(text, capacity, "%g", range->min);
    } else if (isinf(range->max)) {
        snprintf(text, capacity, range->is_above_min ? "above %g" : "%g or more", range->min);
    } else {
        snprintf(text, capacity, "%s %g %s %g", range->is_above_min ? "above" : "from", range->min,
                 range->is_above_min   ? "and at most"
                 : range->is_below_max ? "to below"
                                       : "to",
                 range->max);
    }
}

static bool is_in_range(const Range *range, double number) {
    bool above = range->is_above_min ? number > range->min : number >= range->min;
    bool below =
        range->is_below_max || isinf(range->max) ? number < range->max : number <= range->max;
    return above && below;
}

static EmendStatus check_range(const Check *check, const ProtobufCMessage *message,
                               const char *path, const Range *range) {
    char number_text[MAX_NUMBER] = "", legal[64] = "", place[MAX_PATH] = "";
    double number = 0;
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, range->field);
    bool is_given = read_number(message, field, &number, number_text);
    join(place, path, range->field);
    describe_range(range, legal, sizeof legal);
    if (!is_given && range->is_needed) {
        return text_tree_fail(check->tree, path, check->err, "%s is missing; write %s: %s", place,
                              range->field, legal);
    }
    if (is_in_range(range, number)) {
        return EMEND_OK;
    }
    return text_tree_fail(check->tree, place, check->err, "%s is %s; it must be %s%s%s",
                          range->field, number_text, legal, range->why ? ": " : "",
                          range->why ? range->why : "");
}

static EmendStatus check_ranges(const Check *check, const ProtobufCMessage *message,
                                const char *path, const Range *ranges, size_t n) {
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; message && i < n && status == EMEND_OK; i++) {
        status = check_range(check, message, path, &ranges[i]);
    }
    return status;
}

/* -- names and components -----------------------------------------------------------------------
 */

static bool is_short_name(const char *name) {
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return len > 0 && len <= MAX_NAME && name[len] == '\0';
}

static EmendStatus check_not_empty(const Check *check, const char *value, const char *path,
                                   const char *field) {
    char place[MAX_PATH] = "";
    join(place, path, field);
    return value && value[0] == '\0' ? text_tree_fail(check->tree, place, check->err,
                                                      "%s is empty; it must not be", field)
                                     : EMEND_OK;
}

static EmendStatus check_component(const Check *check, const Emend__Component *component,
                                   const char *path, const char *kind) {
    if (!component) {
        const char *dot = strrchr(path, '.');
        char holder[MAX_PATH] = "";
        snprintf(holder, sizeof holder, "%.*s", dot ? (int)(dot - path) : 0, path);
        return text_tree_fail(check->tree, holder, check->err,
                              "%s is missing; add %s { use: \"...\" }; `emend plugins list` shows"
                              " what there is",
                              path, kind);
    }
    char use[MAX_PATH] = "";
    join(use, path, "use");
    return component->use && component->use[0]
               ? EMEND_OK
               : text_tree_fail(check->tree, use, check->err,
                                "%s names no component; write use: \"...\" in it; `emend plugins"
                                " list` shows what there is",
                                path);
}

static EmendStatus check_components(const Check *check, Emend__Component *const *components,
                                    size_t n, const char *prefix, const char *kind) {
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < n && status == EMEND_OK; i++) {
        char path[MAX_PATH] = "";
        snprintf(path, sizeof path, "%s%s[%zu]", prefix, kind, i);
        status = check_component(check, components[i], path, kind);
    }
    return status;
}

/* -- the policy ---------------------------------------------------------------------------------
 */

static EmendStatus check_heads(const Check *check, const Emend__FreshModel *fresh) {
    uint32_t n_heads = fresh->num_attention_heads, n_kv_heads = fresh->num_key_value_heads;
    if (n_kv_heads > n_heads || (n_kv_heads > 0 && n_heads % n_kv_heads != 0)) {
        return text_tree_fail(check->tree, "policy.fresh.num_key_value_heads", check->err,
                              "num_key_value_heads is %u; it must divide num_attention_heads, %u,"
                              " or be 0 for as many",
                              n_kv_heads, n_heads);
    }
    if (fresh->head_dim == 0 && fresh->hidden_size % n_heads != 0) {
        return text_tree_fail(check->tree, "policy.fresh.num_attention_heads", check->err,
                              "hidden_size is %u and num_attention_heads %u; the first must be a"
                              " multiple of the second, or head_dim be given",
                              fresh->hidden_size, n_heads);
    }
    uint32_t head_dim = fresh->head_dim ? fresh->head_dim : fresh->hidden_size / n_heads;
    return head_dim % 2 == 0
               ? EMEND_OK
               : text_tree_fail(check->tree, "policy.fresh.head_dim", check->err,
                                "the heads have %u dimensions; rotary embedding takes an even"
                                " number",
                                head_dim);
}

static EmendStatus check_policy(const Check *check) {
    const Emend__Policy *policy = check->recipe->policy;
    if (!policy || (!policy->model && !policy->fresh)) {
        return text_tree_fail(check->tree, "policy", check->err,
                              "the policy is missing; write policy { model: \"FOLDER\" } or"
                              " policy { fresh { ... } }");
    }
    if (policy->model && policy->fresh) {
        return text_tree_fail(check->tree, "policy.fresh", check->err,
                              "policy has both model and fresh; keep one (on the command line,"
                              " --set 'policy={model: \"FOLDER\"}' replaces both)");
    }
    EmendStatus status = check_not_empty(check, policy->model, "policy", "model");
    if (status != EMEND_OK || !policy->fresh) {
        return status;
    }
    status = check_ranges(check, &policy->fresh->base, "policy.fresh", fresh_ranges,
                          sizeof fresh_ranges / sizeof *fresh_ranges);
    return status == EMEND_OK ? check_heads(check, policy->fresh) : status;
}

/* -- stages -------------------------------------------------------------------------------------
 */

static EmendStatus check_stage_name(const Check *check, size_t index, const char *path) {
    const char *name = check->recipe->stage[index]->name;
    char place[MAX_PATH] = "";
    join(place, path, "name");
    if (!name) {
        return text_tree_fail(check->tree, path, check->err,
                              "%s has no name; write name: \"...\", for folders and tables", path);
    }
    if (!is_short_name(name)) {
        return text_tree_fail(check->tree, place, check->err,
                              "the stage's name is \"%s\"; it must be 1 to %d of a-z 0-9 _ -", name,
                              MAX_NAME);
    }
    if (strcmp(name, "initial") == 0) {
        return text_tree_fail(check->tree, place, check->err,
                              "the stage's name is \"initial\", which stands for the policy before"
                              " the first stage; choose another");
    }
    for (size_t i = 0; i < index; i++) {
        if (strcmp(check->recipe->stage[i]->name, name) == 0) {
            return text_tree_fail(
                check->tree, place, check->err,
                "the stage's name is \"%s\", as is stage[%zu]'s; they must differ", name, i);
        }
    }
    return EMEND_OK;
}

/* That `field` at `path` names the policy of a stage before the one with this index. */
static EmendStatus check_policy_name(const Check *check, size_t index, const char *path,
                                     const char *field, const char *reference) {
    const char *nearest = NULL;
    char place[MAX_PATH] = "";
    join(place, path, field);
    if (!reference || strcmp(reference, "initial") == 0) {
        return EMEND_OK;
    }
    for (size_t i = 0; i < index; i++) {
        const char *name = check->recipe->stage[i]->name;
        if (strcmp(reference, name) == 0) {
            return EMEND_OK;
        }
        if (!nearest) {
            nearest = suggest_name(reference, strlen(reference), &name, 1);
        }
    }
    return text_tree_fail(check->tree, place, check->err,
                          "%s is \"%s\"; it must be \"initial\" or the name of an earlier"
                          " stage%s%s%s",
                          field, reference, nearest ? "; did you mean \"" : "",
                          nearest ? nearest : "", nearest ? "\"?" : "");
}

static EmendStatus check_first_attempts(const Check *check, size_t index,
                                        const Emend__Rollout *rollout, const char *rollout_path) {
    char path[MAX_PATH] = "";
    if (!rollout->first_attempts) {
        return EMEND_OK;
    }
    join(path, rollout_path, "first_attempts");
    EmendStatus status =
        check_ranges(check, &rollout->first_attempts->base, path, first_attempts_ranges,
                     sizeof first_attempts_ranges / sizeof *first_attempts_ranges);
    if (status == EMEND_OK) {
        status = check_policy_name(check, index, path, "policy", rollout->first_attempts->policy);
    }
    if (status == EMEND_OK && rollout->second_attempts > 1) {
        status = text_tree_fail(check->tree, path, check->err,
                                "first_attempts is there and second_attempts is %u; it must be 1: "
                                "samples_per_prompt says how often a given attempt is corrected",
                                rollout->second_attempts);
    }
    return status;
}

static EmendStatus check_turns(const Check *check, const Emend__Rollout *rollout,
                               const char *path) {
    char place[MAX_PATH] = "";
    bool needs_two = rollout->first_attempts || rollout->second_attempts > 1;
    join(place, path, "n_turns");
    return !needs_two || rollout->n_turns > 1
               ? EMEND_OK
               : text_tree_fail(check->tree, place, check->err,
                                "n_turns is 1, and %s asks for a second attempt; it must be 2 or "
                                "more",
                                rollout->first_attempts ? "first_attempts" : "second_attempts");
}

static EmendStatus check_rollout(const Check *check, size_t index, const char *stage) {
    const Emend__Rollout *rollout = check->recipe->stage[index]->rollout;
    char path[MAX_PATH] = "";
    join(path, stage, "rollout");
    if (!rollout) {
        return EMEND_OK;
    }
    EmendStatus status = check_ranges(check, &rollout->base, path, rollout_ranges,
                                      sizeof rollout_ranges / sizeof *rollout_ranges);
    if (status == EMEND_OK) {
        status = check_not_empty(check, rollout->split, path, "split");
    }
    if (status == EMEND_OK) {
        status = check_policy_name(check, index, path, "policy", rollout->policy);
    }
    if (status == EMEND_OK) {
        status = check_first_attempts(check, index, rollout, path);
    }
    return status == EMEND_OK ? check_turns(check, rollout, path) : status;
}

static EmendStatus check_optimizer(const Check *check, const Emend__Optimizer *optimizer,
                                   const char *stage) {
    char path[MAX_PATH] = "";
    join(path, stage, "optimizer");
    return optimizer ? check_ranges(check, &optimizer->base, path, optimizer_ranges,
                                    sizeof optimizer_ranges / sizeof *optimizer_ranges)
                     : EMEND_OK;
}

static EmendStatus check_stage(const Check *check, size_t index) {
    const Emend__Stage *stage = check->recipe->stage[index];
    char path[MAX_PATH] = "", algorithm[MAX_PATH] = "", prefix[MAX_PATH] = "";
    snprintf(path, sizeof path, "stage[%zu]", index);
    snprintf(prefix, sizeof prefix, "stage[%zu].", index);
    join(algorithm, path, "algorithm");
    EmendStatus status = check_stage_name(check, index, path);
    if (status == EMEND_OK) {
        status = check_ranges(check, &stage->base, path, stage_ranges,
                              sizeof stage_ranges / sizeof *stage_ranges);
    }
    if (status == EMEND_OK) {
        status = check_component(check, stage->algorithm, algorithm, "algorithm");
    }
    if (status == EMEND_OK) {
        status = check_components(check, stage->reward, stage->n_reward, prefix, "reward");
    }
    if (status == EMEND_OK) {
        status = check_rollout(check, index, path);
    }
    if (status == EMEND_OK) {
        status = check_optimizer(check, stage->optimizer, path);
    }
    if (status == EMEND_OK) {
        status = check_policy_name(check, index, path, "reference", stage->reference);
    }
    return status == EMEND_OK ? check_policy_name(check, index, path, "start", stage->start)
                              : status;
}

/* -- the rest -----------------------------------------------------------------------------------
 */

/* Both are taken out of files when they are read. */
static EmendStatus check_not_included(const Check *check) {
    const Emend__Recipe *recipe = check->recipe;
    const char *field = recipe->include ? "include" : recipe->n_set > 0 ? "set" : NULL;
    return field ? text_tree_fail(check->tree, field, check->err,
                                  "%s is for files; write a recipe that has it", field)
                 : EMEND_OK;
}

static EmendStatus check_name(const Check *check) {
    const char *name = check->recipe->name;
    static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t len = name ? strspn(name, legal) : 0;
    return !name || (len > 0 && len <= MAX_NAME && name[len] == '\0' && name[0] != '.')
               ? EMEND_OK
               : text_tree_fail(check->tree, "name", check->err,
                                "name is \"%s\"; it names a folder and must be 1 to %d of a-z A-Z"
                                " 0-9 . _ -, with no . in front",
                                name, MAX_NAME);
}

static EmendStatus check_budgets(const Check *check) {
    const Emend__Recipe *recipe = check->recipe;
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < recipe->n_memory_budget && status == EMEND_OK; i++) {
        const Emend__MemoryBudget *budget = recipe->memory_budget[i];
        char path[MAX_PATH] = "";
        snprintf(path, sizeof path, "memory_budget[%zu]", i);
        if (!budget->plugin || !budget->plugin[0]) {
            return text_tree_fail(check->tree, path, check->err,
                                  "%s names no plugin; write plugin: \"...\", its id", path);
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(recipe->memory_budget[j]->plugin, budget->plugin) == 0) {
                return text_tree_fail(check->tree, path, check->err,
                                      "%s has a budget already, memory_budget[%zu]; keep one",
                                      budget->plugin, j);
            }
        }
        status = check_ranges(check, &budget->base, path, budget_ranges, 1);
    }
    return status;
}

static EmendStatus check_evaluation(const Check *check) {
    const Emend__Evaluation *evaluation = check->recipe->evaluation;
    if (!evaluation) {
        return EMEND_OK;
    }
    EmendStatus status = check_ranges(check, &evaluation->base, "evaluation", evaluation_ranges,
                                      sizeof evaluation_ranges / sizeof *evaluation_ranges);
    if (status == EMEND_OK && evaluation->samples_per_problem > 1 && evaluation->temperature == 0) {
        return text_tree_fail(check->tree, "evaluation.samples_per_problem", check->err,
                              "samples_per_problem is %u and temperature 0; above 1 sample,"
                              " temperature must be above 0: greedy samples are all the same",
                              evaluation->samples_per_problem);
    }
    return status == EMEND_OK ? check_not_empty(check, evaluation->split, "evaluation", "split")
                              : status;
}

static EmendStatus check_template(const Check *check) {
    const Emend__Template *template = check->recipe->template_;
    return template
               ? check_not_empty(check, template->assistant_suffix, "template", "assistant_suffix")
               : EMEND_OK;
}

static EmendStatus check_work(const Check *check) {
    return check->recipe->n_stage > 0 || check->recipe->evaluation
               ? EMEND_OK
               : text_tree_fail(check->tree, "stage", check->err,
                                "the recipe has nothing to do; add a stage { ... } or an"
                                " evaluation { ... }");
}

static EmendStatus check_parts(const Check *check) {
    const Emend__Recipe *recipe = check->recipe;
    EmendStatus status = check_component(check, recipe->backend, "backend", "backend");
    if (status == EMEND_OK) {
        status = check_component(check, recipe->tokenizer, "tokenizer", "tokenizer");
    }
    if (status == EMEND_OK) {
        status = check_component(check, recipe->task, "task", "task");
    }
    if (status == EMEND_OK) {
        status = check_components(check, recipe->tracker, recipe->n_tracker, "", "tracker");
    }
    return status;
}

EmendStatus recipe_check(const Emend__Recipe *recipe, const TextTree *tree, EmendError *err) {
    static EmendStatus (*const checks[])(const Check *) = {
        check_not_included, check_name, check_parts,      check_policy,
        check_template,     check_work, check_evaluation, check_budgets};
    const Check check = {recipe, tree, err};
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < sizeof checks / sizeof *checks && status == EMEND_OK; i++) {
        status = checks[i](&check);
    }
    for (size_t i = 0; i < recipe->n_stage && status == EMEND_OK; i++) {
        status = check_stage(&check, i);
    }
    if (status == EMEND_OK && recipe->checkpoint) {
        status = check_ranges(&check, &recipe->checkpoint->base, "checkpoint", checkpoint_ranges,
                              sizeof checkpoint_ranges / sizeof *checkpoint_ranges);
    }
    return status == EMEND_OK ? check_ranges(&check, &recipe->base, "", recipe_ranges,
                                             sizeof recipe_ranges / sizeof *recipe_ranges)
                              : status;
}
