/* SPDX-License-Identifier: Apache-2.0 */
/* The task "mbpp": MBPP's problems by its splits, HumanEval beside them, and programs to repair. */
#include "config.pb-c.h"
#include "plugin.h"
#include "split.h"

typedef Emend__Tasks__Mbpp__Config Config;

static EmendStatus set_prompts(Coding *coding, const Config *config, EmendError *err) {
    Prompts *prompts = &coding->prompts;
    EmendStatus status = coding_prompt_style((int)config->prompt_style, &prompts->style, err);
    if (status != EMEND_OK) {
        return status;
    }
    prompts->n_shown = config->n_shown_tests;
    prompts->instruction =
        config->instruction ? emend_str(config->instruction) : prompts_instruction(prompts->style);
    uint64_t n_shots = config->has_n_shots             ? config->n_shots
                       : prompts->style == STYLE_PAPER ? MAX_SHOTS
                                                       : 0;
    return mbpp_find_shots(&coding->problems, config->data, n_shots, prompts, err);
}

static EmendStatus add_splits(Coding *coding, const Config *config, EmendError *err) {
    EmendStatus status = mbpp_add_splits(coding, config->train_on_all, config->max_problems, err);
    if (status == EMEND_OK && config->humaneval && *config->humaneval) {
        status = humaneval_load(coding->host, "humaneval", config->humaneval, &coding->others, err);
        if (status == EMEND_OK) {
            status = coding_add_split(coding, "humaneval", &coding->others, NULL,
                                      config->max_problems, err);
        }
    }
    if (status == EMEND_OK && config->repair && *config->repair) {
        status = coding_add_repair(coding, "repair", config->repair, config->max_problems, err);
    }
    return status;
}

static EmendStatus configure(Coding *coding, const void *message, const char *dir,
                             EmendError *err) {
    const Config *config = message;
    JudgeRules rules = {.dir = dir,
                        .python = config->python,
                        .n_workers = config->n_workers,
                        .limits = {.wall_ms = config->wall_ms,
                                   .cpu_ms = config->cpu_ms,
                                   .memory_bytes = (uint64_t)config->memory_mib << 20},
                        .is_unsafe = config->unsafe_no_sandbox,
                        .is_fraction = config->fraction,
                        .has_challenge = config->challenge_tests,
                        .keeps_output = config->keep_output,
                        .failures = config->failures};
    EmendStatus status = mbpp_load(coding->host, "data", config->data, &coding->problems, err);
    if (status == EMEND_OK) {
        status = set_prompts(coding, config, err);
    }
    if (status == EMEND_OK) {
        status = add_splits(coding, config, err);
    }
    return status == EMEND_OK ? coding_start(coding, &rules, err) : status;
}

static const CodingPlugin mbpp = {
    .name = "mbpp", .config = &emend__tasks__mbpp__config__descriptor, .configure = configure};

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    return coding_plugin_open(host, dir, &mbpp, out, err);
}

EMEND_DECLARE_PLUGIN("emend.tasks.mbpp", "0.1.0", plugin_open, coding_plugin_close,
                     coding_plugin_factory);
