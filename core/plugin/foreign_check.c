/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/foreign_check.h"
#include "emend/reward.h"
#include "plugin/foreign_example.h"
#include "plugin/manifest_rules.h"
#include <math.h>
#include <stdarg.h>
#include <string.h>

#define ROLE(name) EMEND__FUNCTION__ROLE__##name
#define TYPE(name) EMEND__FUNCTION__TYPE__##name

static const Characters name_characters = {"abcdefghijklmnopqrstuvwxyz0123456789_", "a-z 0-9 _"};

/* The function that is checked. */
typedef struct Check {
    const Emend__PluginManifest *manifest;
    const Emend__Function *function;
    size_t index;
    const TextTree *tree;
    EmendError *err;
} Check;

static void path_of(const Check *check, const char *field, char path[96]) {
    snprintf(path, 96, "function[%zu]%s%s", check->index, *field ? "." : "", field);
}

/* Refuses the function's field ("arg[1].type"; "" is the function), which the message begins with.
 */
__attribute__((format(printf, 3, 4))) static EmendStatus
refuse(const Check *check, const char *field, const char *format, ...) {
    char path[96];
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    path_of(check, field, path);
    return text_tree_fail(check->tree, path, check->err, "%s %s", path, text);
}

static EmendStatus check_name(const Check *check, const char *field, const char *name) {
    char path[96];
    path_of(check, field, path);
    EmendStatus status = manifest_rule_name(check->tree, path, name, &name_characters, check->err);
    if (status == EMEND_OK && (name[0] < 'a' || name[0] > 'z')) {
        status = refuse(check, field, "is \"%s\"; it must begin with a letter", name);
    }
    return status;
}

static bool is_named(const char *kind, const char *name, const Check *check) {
    return strcmp(kind, check->function->kind) == 0 && strcmp(name, check->function->name) == 0;
}

static EmendStatus check_identity(const Check *check) {
    const Emend__PluginManifest *manifest = check->manifest;
    const Emend__Function *function = check->function;
    if (!function->kind || strcmp(function->kind, EMEND_KIND_REWARD) != 0) {
        return refuse(check, "kind", "is \"%s\"; a function can be " EMEND_KIND_REWARD " only",
                      function->kind ? function->kind : "");
    }
    EmendStatus status = check_name(check, "name", function->name);
    if (status != EMEND_OK) {
        return status;
    }
    for (size_t i = 0; i < check->index; i++) {
        if (is_named(manifest->function[i]->kind, manifest->function[i]->name, check)) {
            return refuse(check, "name", "is \"%s\", as function[%zu].name; names must differ",
                          function->name, i);
        }
    }
    for (size_t i = 0; i < manifest->n_component; i++) {
        if (is_named(manifest->component[i]->kind, manifest->component[i]->name, check)) {
            return refuse(check, "name", "is \"%s\", as component[%zu].name; names must differ",
                          function->name, i);
        }
    }
    return EMEND_OK;
}

static EmendStatus check_library(const Check *check) {
    const Emend__Function *function = check->function;
    char path[96];
    path_of(check, "symbol", path);
    EmendStatus status = manifest_rule_given(check->tree, path, function->symbol, check->err);
    if (status == EMEND_OK && function->library) {
        path_of(check, "library", path);
        return manifest_rule_path(check->tree, path, function->library, check->err);
    }
    if (status == EMEND_OK && check->manifest->n_library == 0) {
        status = refuse(check, "",
                        "is in no library; it, or the package, must name one: "
                        "library { path: \"libmine.so\" }");
    }
    return status;
}

/* A role with one of the types it may have there; `types` are those. */
static EmendStatus check_role(const Check *check, const char *field, ForeignRole role,
                              ForeignType type, uint32_t types, const char *there) {
    char names[128];
    const ForeignRoleFacts *facts = foreign_role(role);
    if (types == 0) {
        return refuse(check, field, "has the role %s, which %s cannot have", facts->name, there);
    }
    if (!(types & (1u << type))) {
        foreign_type_names(types, names, sizeof names);
        return refuse(check, field, "has the role %s and the type %s; %s with it must be %s",
                      facts->name, foreign_type(type)->name, there, names);
    }
    return EMEND_OK;
}

static EmendStatus check_param(const Check *check, size_t a) {
    const Emend__Function__Argument *arg = check->function->arg[a];
    const Emend__Function__Param *param = arg->param;
    char field[64];
    const char *must = NULL;
    ForeignValue value;
    snprintf(field, sizeof field, "arg[%zu].param.name", a);
    EmendStatus status = check_name(check, field, param->name);
    if (status != EMEND_OK) {
        return status;
    }
    if (strcmp(param->name, "turn") == 0 || strcmp(param->name, "weight") == 0) {
        return refuse(check, field,
                      "is \"%s\", which every function's config has; it must be "
                      "another",
                      param->name);
    }
    for (size_t i = 0; i < a; i++) {
        const Emend__Function__Param *other = check->function->arg[i]->param;
        if (other && strcmp(other->name, param->name) == 0) {
            return refuse(check, field, "is \"%s\", as arg[%zu].param.name; names must differ",
                          param->name, i);
        }
    }
    snprintf(field, sizeof field, "arg[%zu].type", a);
    if (foreign_type(arg->type)->field == 0) {
        return refuse(check, field,
                      "is %s, which a param cannot be; it must be a number, BOOL or "
                      "CSTR",
                      foreign_type(arg->type)->name);
    }
    snprintf(field, sizeof field, "arg[%zu].param.default", a);
    if (param->default_ && !foreign_value_parse(arg->type, param->default_, &value, &must)) {
        return refuse(check, field, "is \"%s\"; it must be %s", param->default_, must);
    }
    return EMEND_OK;
}

static EmendStatus check_arg(const Check *check, size_t a) {
    const Emend__Function__Argument *arg = check->function->arg[a];
    char field[64];
    snprintf(field, sizeof field, "arg[%zu]", a);
    if (!arg->has_type) {
        return refuse(check, field, "has no type; it must have one: I32, F64, CSTR, ..");
    }
    if (arg->has_role == (arg->param != NULL)) {
        return refuse(check, field, "has %s; it must have a role, or be a param",
                      arg->has_role ? "both a role and a param" : "neither a role nor a param");
    }
    if (arg->param) {
        return check_param(check, a);
    }
    for (size_t i = 0; i < a; i++) {
        if (check->function->arg[i]->has_role && check->function->arg[i]->role == arg->role) {
            return refuse(check, field, "has the role %s, as arg[%zu]; roles must differ",
                          foreign_role(arg->role)->name, i);
        }
    }
    return check_role(check, field, arg->role, arg->type, foreign_role(arg->role)->arg_types,
                      "an argument");
}

/* A text and its length, the error's buffer and its capacity. */
static EmendStatus check_pair(const Check *check, size_t a) {
    const Emend__Function *function = check->function;
    const Emend__Function__Argument *arg = function->arg[a];
    const ForeignRoleFacts *role = arg->has_role ? foreign_role(arg->role) : NULL;
    char field[64];
    snprintf(field, sizeof field, "arg[%zu]", a);
    for (size_t i = 0; role && foreign_role_at(i); i++) {
        const ForeignRoleFacts *other = foreign_role_at(i);
        bool is_length = role->kind == FOREIGN_CLASS_LENGTH && other->kind == FOREIGN_CLASS_TEXT &&
                         other->index == role->index;
        bool is_bytes = arg->type == TYPE(BYTES) && other->kind == FOREIGN_CLASS_LENGTH &&
                        other->index == role->index;
        bool is_error = role->kind == FOREIGN_CLASS_ERROR && other->kind == FOREIGN_CLASS_ERROR &&
                        other != role;
        if ((is_length || is_bytes || is_error) && !foreign_takes(function, other->role, NULL)) {
            return refuse(check, field, "has the role %s and no argument has %s; one must",
                          role->name, other->name);
        }
    }
    return EMEND_OK;
}

static EmendStatus check_result(const Check *check) {
    const Emend__Function *function = check->function;
    const Emend__Function__Returns *returns = function->returns;
    if (returns && (!returns->has_type || !returns->has_role)) {
        return refuse(check, "returns",
                      "has no %s; it must have a type and a role, or not be "
                      "there: void",
                      returns->has_type ? "role" : "type");
    }
    EmendStatus status =
        returns ? check_role(check, "returns", returns->role, returns->type,
                             foreign_role(returns->role)->return_types, "what is returned")
                : EMEND_OK;
    if (status != EMEND_OK) {
        return status;
    }
    unsigned n = returns && returns->role != ROLE(STATUS);
    n += foreign_takes(function, ROLE(SCORE), NULL);
    n += foreign_takes(function, ROLE(VERDICT), NULL);
    if (n != 1) {
        return refuse(check, returns ? "returns" : "",
                      "%s; there must be one SCORE or VERDICT, returned or in an _OUT argument",
                      n == 0 ? "has no result" : "is not the only result");
    }
    return EMEND_OK;
}

static EmendStatus check_args(const Check *check) {
    const Emend__Function *function = check->function;
    EmendStatus status = EMEND_OK;
    if (function->n_arg > FOREIGN_ARGS_MAX) {
        return refuse(check, "arg", "is there %zu times; there must be %u at most", function->n_arg,
                      FOREIGN_ARGS_MAX);
    }
    for (size_t a = 0; status == EMEND_OK && a < function->n_arg; a++) {
        status = check_arg(check, a);
    }
    for (size_t a = 0; status == EMEND_OK && a < function->n_arg; a++) {
        status = check_pair(check, a);
    }
    return status;
}

/* The params an example sets are there and say what they must; those without a default are set. */
static EmendStatus check_settings(const Check *check, size_t e) {
    const Emend__Function *function = check->function;
    const ForeignExample *example = function->example[e];
    size_t n_known = 0;
    char field[64];
    snprintf(field, sizeof field, "example[%zu].set", e);
    for (size_t a = 0; a < function->n_arg; a++) {
        const Emend__Function__Param *param = function->arg[a]->param;
        if (!param) {
            continue;
        }
        const char *must = NULL;
        ForeignValue value;
        const char *text = foreign_example_param(example, param->name);
        n_known += text != NULL;
        if (!text && !param->default_) {
            return refuse(check, field,
                          "does not set \"%s\", which has no default; it must: "
                          "\"%s=..\"",
                          param->name, param->name);
        }
        if (text && !foreign_value_parse(function->arg[a]->type, text, &value, &must)) {
            return refuse(check, field, "sets \"%s\" to \"%s\"; it must be %s", param->name, text,
                          must);
        }
    }
    if (n_known != example->n_set) {
        return refuse(check, field,
                      "sets what is no param of the function, or sets one twice; it "
                      "must be \"NAME=VALUE\", once for a param");
    }
    return EMEND_OK;
}

static EmendStatus check_expected(const Check *check, size_t e) {
    const ForeignExample *example = check->function->example[e];
    char field[64];
    snprintf(field, sizeof field, "example[%zu]", e);
    bool is_verdict =
        (check->function->returns && check->function->returns->role == ROLE(VERDICT)) ||
        foreign_takes(check->function, ROLE(VERDICT), NULL);
    switch (example->expected_case) {
    case EMEND__FUNCTION__EXAMPLE__EXPECTED_SCORE:
        if (!isfinite(example->score) ||
            (is_verdict && example->score != 0.0 && example->score != 1.0)) {
            return refuse(check, field, "expects the score %g; it must be %s", example->score,
                          is_verdict ? "1 or 0, as a VERDICT is" : "finite");
        }
        break;
    case EMEND__FUNCTION__EXAMPLE__EXPECTED_ABSTAINS:
    case EMEND__FUNCTION__EXAMPLE__EXPECTED_FAILS:
        if (!(example->expected_case == EMEND__FUNCTION__EXAMPLE__EXPECTED_FAILS
                  ? example->fails
                  : example->abstains)) {
            return refuse(check, field,
                          "expects neither; it must be true, or there must be a "
                          "score");
        }
        break;
    default:
        return refuse(check, field,
                      "does not say what comes out; it must have a score, "
                      "`abstains: true` or `fails: true`");
    }
    if (!(example->tolerance >= 0)) {
        return refuse(check, field, "has the tolerance %g; it must be 0 or more",
                      example->tolerance);
    }
    return EMEND_OK;
}

static EmendStatus check_given(const Check *check, size_t e) {
    const Emend__Function *function = check->function;
    const ForeignExample *example = function->example[e];
    char field[64];
    snprintf(field, sizeof field, "example[%zu]", e);
    for (size_t i = 0; foreign_role_at(i); i++) {
        const ForeignRoleFacts *role = foreign_role_at(i);
        bool is_given = foreign_example_gives(example, role);
        bool is_taken = foreign_takes(function, role->role, NULL);
        if (is_taken && !is_given &&
            (role->kind == FOREIGN_CLASS_TEXT || role->kind == FOREIGN_CLASS_REAL)) {
            return refuse(check, field, "has no %s, which the function takes; it must have one",
                          role->spoken);
        }
        if (is_given && !is_taken) {
            return refuse(check, field, "has %s, which the function does not take; leave it out",
                          role->spoken);
        }
    }
    ForeignInputs inputs = foreign_example_inputs(function, example);
    uint32_t first = foreign_takes_turn_before(function) ? 2 : 1;
    if (inputs.wholes[0] < first || inputs.wholes[1] < inputs.wholes[0]) {
        return refuse(check, field,
                      "is turn %llu of %llu; it must be from turn %u on, and none "
                      "past the last",
                      (unsigned long long)inputs.wholes[0], (unsigned long long)inputs.wholes[1],
                      first);
    }
    return EMEND_OK;
}

static EmendStatus check_examples(const Check *check) {
    const Emend__Function *function = check->function;
    bool is_telling = false;
    for (size_t e = 0; e < function->n_example; e++) {
        const ForeignExample *example = function->example[e];
        EmendStatus status = check_given(check, e);
        if (status == EMEND_OK) {
            status = check_settings(check, e);
        }
        if (status == EMEND_OK) {
            status = check_expected(check, e);
        }
        if (status != EMEND_OK) {
            return status;
        }
        is_telling |= example->expected_case == EMEND__FUNCTION__EXAMPLE__EXPECTED_SCORE &&
                      fabs(example->score) > example->tolerance;
    }
    if (!is_telling) {
        return refuse(check, function->n_example > 0 ? "example[0]" : "",
                      "%s; there must be one at least with a score other than 0: a wrong signature "
                      "gives no error, and often 0",
                      function->n_example > 0 ? "expects no score, or 0, as every example does"
                                              : "has no example");
    }
    return EMEND_OK;
}

static EmendStatus check_process(const Check *check) {
    const Emend__Function *function = check->function;
    if (function->has_timeout_ms && !function->own_process) {
        return refuse(check, "timeout_ms",
                      "is given and own_process is not true; a call in this "
                      "process has the recipe's call_timeout_s");
    }
    return function->timeout_ms > 0 ? EMEND_OK
                                    : refuse(check, "timeout_ms", "is 0; it must be 1 or more");
}

static EmendStatus check_function(const Check *check) {
    EmendStatus status = check_identity(check);
    if (status == EMEND_OK) {
        status = check_library(check);
    }
    if (status == EMEND_OK) {
        status = check_args(check);
    }
    if (status == EMEND_OK) {
        status = check_result(check);
    }
    if (status == EMEND_OK) {
        status = check_process(check);
    }
    if (status == EMEND_OK) {
        status = check_examples(check);
    }
    return status;
}

EmendStatus foreign_check(const Emend__PluginManifest *manifest, const TextTree *tree,
                          EmendError *err) {
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; status == EMEND_OK && i < manifest->n_function; i++) {
        status = check_function(&(Check){manifest, manifest->function[i], i, tree, err});
    }
    return status;
}
