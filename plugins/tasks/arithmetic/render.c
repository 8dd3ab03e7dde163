/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <stdarg.h>
#include <string.h>

enum { MAX_TEMPLATE_BYTES = 512 };

typedef enum Slot {
    SLOT_TARGET,
    SLOT_NUMBERS,
    SLOT_A,
    SLOT_B,
    SLOT_X,
    SLOT_Y,
    SLOT_VALUE,
    SLOT_SIGN,
    SLOT_VERDICT,
    SLOT_STEPS,
    N_SLOTS
} Slot;

enum {
    PAIR = 1u << FAMILY_PAIR_SUM,
    LINEAR = 1u << FAMILY_SOLVE_LINEAR,
    FACTORS = 1u << FAMILY_FACTOR,
    CHAINS = 1u << FAMILY_CHAIN
};

static const struct {
    const char *name;
    unsigned kinds; // that have it
    bool is_answer; // it tells the answer: never in a prompt
} slots[N_SLOTS] = {
    [SLOT_TARGET] = {"[target]", PAIR | LINEAR | FACTORS, false},
    [SLOT_NUMBERS] = {"[numbers]", PAIR | CHAINS, false},
    [SLOT_A] = {"[a]", LINEAR, false},
    [SLOT_B] = {"[b]", LINEAR, false},
    [SLOT_X] = {"[x]", PAIR | LINEAR | FACTORS, true},
    [SLOT_Y] = {"[y]", PAIR | FACTORS, true},
    [SLOT_VALUE] = {"[value]", PAIR | LINEAR | FACTORS | CHAINS, true},
    [SLOT_SIGN] = {"[sign]", PAIR | LINEAR | FACTORS, true},
    [SLOT_VERDICT] = {"[verdict]", PAIR | LINEAR | FACTORS, true},
    [SLOT_STEPS] = {"[steps]", CHAINS, true},
};

EmendStr text_str(const Text *text) {
    return (EmendStr){text->bytes, text->len};
}

static void add_bytes(Text *text, const char *bytes, size_t n) {
    if (n > sizeof text->bytes - text->len) {
        text->is_full = true;
        return;
    }
    memcpy(text->bytes + text->len, bytes, n);
    text->len += n;
}

__attribute__((format(printf, 2, 3))) static void add(Text *text, const char *format, ...) {
    char bytes[128];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(bytes, sizeof bytes, format, args);
    va_end(args);
    add_bytes(text, bytes, n > 0 && n < (int)sizeof bytes ? (size_t)n : 0);
}

static void add_str(Text *text, const char *str) {
    add_bytes(text, str, strlen(str));
}

static void add_numbers(Text *text, const Problem *problem) {
    bool is_chain = problem->kind == FAMILY_CHAIN;
    for (int i = 0; i < problem->n_terms; i++) {
        long long term = problem->terms[i];
        if (i == 0) {
            add(text, "%lld", term);
        } else if (is_chain) {
            add(text, "%+lld", term);
        } else {
            add(text, " %lld", term);
        }
    }
}

static void add_steps(Text *text, const Problem *problem, const Attempt *attempt) {
    int64_t value = attempt->terms[0];
    for (int i = 1; i < problem->n_terms; i++) {
        int64_t next = value + attempt->terms[i];
        add(text, "%s%lld%+lld=%lld", i > 1 ? ";" : "", (long long)value,
            (long long)attempt->terms[i], (long long)next);
        value = next;
    }
}

static void add_slot(Text *text, Slot slot, const Family *family, const Problem *problem,
                     const Attempt *attempt) {
    int64_t value = attempt ? attempt_value(problem, attempt) : 0;
    switch (slot) {
    case SLOT_TARGET:
        add(text, "%lld", (long long)problem->target);
        break;
    case SLOT_NUMBERS:
        add_numbers(text, problem);
        break;
    case SLOT_A:
        add(text, "%lld", (long long)problem->a);
        break;
    case SLOT_B:
        add(text, "%lld", (long long)problem->b);
        break;
    case SLOT_X:
        add(text, "%lld", (long long)attempt->x);
        break;
    case SLOT_Y:
        add(text, "%lld", (long long)attempt->y);
        break;
    case SLOT_VALUE:
        add(text, "%lld", (long long)value);
        break;
    case SLOT_SIGN:
        add_str(text, value < problem->target ? "<" : value > problem->target ? ">" : "=");
        break;
    case SLOT_VERDICT:
        add_str(text, value == problem->target ? family->mark_right : family->mark_wrong);
        break;
    case SLOT_STEPS:
        add_steps(text, problem, attempt);
        break;
    case N_SLOTS:
        break;
    }
}

static Slot slot_at(const char *text) {
    for (int slot = 0; slot < N_SLOTS; slot++) {
        if (strncmp(text, slots[slot].name, strlen(slots[slot].name)) == 0) {
            return (Slot)slot;
        }
    }
    return N_SLOTS;
}

// The next part of a template: a slot, or N_SLOTS and the plain text it goes on with. *n is the
// part's length in the template.
static Slot next_part(const char *template, const char **plain, size_t *n_plain, size_t *n) {
    *plain = template;
    if (template[0] != '[') {
        *n = *n_plain = strcspn(template, "[");
        return N_SLOTS;
    }
    Slot slot = template[1] == '[' ? N_SLOTS : slot_at(template);
    *n_plain = 1;
    *n = slot == N_SLOTS ? 2 : strlen(slots[slot].name);
    return slot;
}

static void render(const char *template, const Family *family, const Problem *problem,
                   const Attempt *attempt, Text *out) {
    while (*template) {
        const char *plain = NULL;
        size_t n_plain = 0, n = 0;
        Slot slot = next_part(template, &plain, &n_plain, &n);
        if (slot == N_SLOTS) {
            add_bytes(out, plain, n_plain);
        } else {
            add_slot(out, slot, family, problem, attempt);
        }
        template += n;
    }
}

void text_prompt(const Family *family, const Problem *problem, Text *out) {
    *out = (Text){.len = 0};
    render(family->prompt, family, problem, NULL, out);
}

void text_attempt(const Family *family, const Problem *problem, const Attempt *attempt,
                  const char *lead, Text *out) {
    *out = (Text){.len = 0};
    add_str(out, lead);
    render(family->attempt, family, problem, attempt, out);
}

void text_reference(const Problem *problem, Text *out) {
    *out = (Text){.len = 0};
    long long x = problem->x, y = problem->y, target = problem->target;
    switch (problem->kind) {
    case FAMILY_PAIR_SUM:
        add(out, "%lld,%lld; sum %lld of ", x, y, target);
        add_numbers(out, problem);
        break;
    case FAMILY_SOLVE_LINEAR:
        add(out, "%lld; solve %lldx%+lld=%lld", x, (long long)problem->a, (long long)problem->b,
            target);
        break;
    case FAMILY_FACTOR:
        add(out, "%lld,%lld; product %lld", x, y, target);
        break;
    case FAMILY_CHAIN:
        add(out, "%lld; chain ", x);
        add_numbers(out, problem);
        break;
    }
}

static bool may_hold(const Family *family, bool is_prompt, Slot slot) {
    return (slots[slot].kinds & 1u << family->kind) && !(is_prompt && slots[slot].is_answer);
}

static EmendStatus refuse_slot(const Family *family, size_t index, bool is_prompt, const char *at,
                               EmendError *err) {
    Text known = {.len = 0};
    for (int slot = 0; slot < N_SLOTS; slot++) {
        if (may_hold(family, is_prompt, (Slot)slot)) {
            add_str(&known, " ");
            add_str(&known, slots[slot].name);
        }
    }
    return emend_fail(err, EMEND_INVALID_ARGUMENT,
                      "family[%zu].%s: '%.*s' has no meaning here; known are%.*s, and [[ for a "
                      "bracket",
                      index, is_prompt ? "prompt" : "attempt", (int)strcspn(at, "]") + 1, at,
                      (int)known.len, known.bytes);
}

static EmendStatus check_template(const Family *family, size_t index, bool is_prompt,
                                  EmendError *err) {
    const char *template = is_prompt ? family->prompt : family->attempt;
    if (strlen(template) > MAX_TEMPLATE_BYTES) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "family[%zu].%s: has %zu bytes; it must have %d at most", index,
                          is_prompt ? "prompt" : "attempt", strlen(template), MAX_TEMPLATE_BYTES);
    }
    bool is_there[N_SLOTS] = {false};
    for (const char *at = template; *at;) {
        const char *plain = NULL;
        size_t n_plain = 0, n = 0;
        Slot slot = next_part(at, &plain, &n_plain, &n);
        bool is_bracket = slot == N_SLOTS && *at == '[';
        if ((is_bracket && at[1] != '[') ||
            (slot != N_SLOTS && !may_hold(family, is_prompt, slot))) {
            return refuse_slot(family, index, is_prompt, at, err);
        }
        if (slot != N_SLOTS) {
            is_there[slot] = true;
        }
        at += n;
    }
    for (int slot = 0; slot < N_SLOTS && is_prompt; slot++) {
        if (may_hold(family, true, (Slot)slot) && !is_there[slot]) {
            return emend_fail(
                err, EMEND_INVALID_ARGUMENT,
                "family[%zu].prompt: lacks %s; without it the problem cannot be solved", index,
                slots[slot].name);
        }
    }
    return EMEND_OK;
}

EmendStatus text_check_templates(const Family *family, size_t index, EmendError *err) {
    EmendStatus status = check_template(family, index, true, err);
    return status == EMEND_OK ? check_template(family, index, false, err) : status;
}
