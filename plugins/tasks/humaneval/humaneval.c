/* SPDX-License-Identifier: Apache-2.0 */
/* The task "humaneval": HumanEval's problems as one split, and its records. */
#include "config.pb-c.h"
#include "plugin.h"

typedef Emend__Tasks__Humaneval__Config Config;

static EmendStatus configure(Coding *coding, const void *message, const char *dir,
                             EmendError *err) {
    const Config *config = message;
    Prompts *prompts = &coding->prompts;
    JudgeRules rules = {.dir = dir,
                        .python = config->python,
                        .n_workers = config->n_workers,
                        .limits = {.wall_ms = config->wall_ms,
                                   .cpu_ms = config->cpu_ms,
                                   .memory_bytes = (uint64_t)config->memory_mib << 20},
                        .is_unsafe = config->unsafe_no_sandbox,
                        .is_fraction = config->fraction,
                        .keeps_output = config->keep_output,
                        .failures = config->failures};
    EmendStatus status = coding_prompt_style((int)config->prompt_style, &prompts->style, err);
    if (status != EMEND_OK) {
        return status;
    }
    prompts->instruction =
        config->instruction ? emend_str(config->instruction) : prompts_instruction(prompts->style);
    status = humaneval_load(coding->host, "data", config->data, &coding->problems, err);
    if (status == EMEND_OK) {
        status =
            coding_add_split(coding, "test", &coding->problems, NULL, config->max_problems, err);
    }
    return status == EMEND_OK ? coding_start(coding, &rules, err) : status;
}

static const CodingPlugin humaneval = {.name = "humaneval",
                                       .config = &emend__tasks__humaneval__config__descriptor,
                                       .configure = configure};

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    return coding_plugin_open(host, dir, &humaneval, out, err);
}

EMEND_DECLARE_PLUGIN("emend.tasks.humaneval", "0.1.0", plugin_open, coding_plugin_close,
                     coding_plugin_factory);
