/* SPDX-License-Identifier: Apache-2.0 */
#include "report/diff.h"
#include "report/page.h"
#include <math.h>
#include <string.h>

enum { SHOWN = 4, MAX_SHOWN_TURNS = 16 };

typedef enum Outcome { FIXED, BROKEN, STILL_WRONG, STILL_RIGHT, N_OUTCOMES } Outcome;

static const struct {
    const char *title, *class_name;
} outcomes[N_OUTCOMES] = {{"Wrong to right", "fixed"},
                          {"Right to wrong", "broken"},
                          {"Wrong both times", "wrong"},
                          {"Right both times", "right"}};

static EmendStr text_of(const json_t *object, const char *key) {
    const json_t *text = json_object_get(object, key);
    const char *at = json_string_value(text);
    return (EmendStr){at ? at : "", at ? json_string_length(text) : 0};
}

// The outcome of the first two turns; N_OUTCOMES: there are none, or they are not graded.
static Outcome outcome_of(const json_t *transcript) {
    const json_t *turns = json_object_get(transcript, "turns");
    const json_t *first = json_object_get(json_array_get(turns, 0), "is_right");
    const json_t *second = json_object_get(json_array_get(turns, 1), "is_right");
    if (!json_is_boolean(first) || !json_is_boolean(second)) {
        return N_OUTCOMES;
    }
    return json_is_true(first)    ? json_is_true(second) ? STILL_RIGHT : BROKEN
           : json_is_true(second) ? FIXED
                                  : STILL_WRONG;
}

static void write_verdict(Page *page, const json_t *turn) {
    const json_t *is_right = json_object_get(turn, "is_right");
    const char *word = json_is_true(is_right)    ? "right"
                       : json_is_false(is_right) ? "wrong"
                                                 : "not graded";
    html_print(&page->html, "<span class=\"verdict %s\">%s</span>",
               json_is_boolean(is_right) ? word : "none", word);
    if (json_is_true(json_object_get(turn, "is_truncated"))) {
        html_print(&page->html, "<span class=\"verdict none\">cut at the token limit</span>");
    }
}

static void write_side(Page *page, const DiffSide *side, const char *tag) {
    bool is_marked = false;
    for (size_t i = 0; i < side->n; i++) {
        const DiffToken *token = &side->tokens[i];
        if (is_marked == token->is_same) {
            html_print(&page->html, token->is_same ? "</%s>" : "<%s>", tag);
            is_marked = !is_marked;
        }
        html_text(&page->html, token->text.ptr, (size_t)token->text.len);
    }
    if (is_marked) {
        html_print(&page->html, "</%s>", tag);
    }
}

// A response, with the words marked that the other does not have.
static void write_response(Page *page, EmendStr before, EmendStr after, bool is_first) {
    DiffSide left = {0}, right = {0};
    html_print(&page->html, "<pre>");
    if (diff_words(before, after, &left, &right) != EMEND_OK) {
        page->html.status = EMEND_EXHAUSTED;
    } else if (is_first) {
        write_side(page, &left, "del");
    } else {
        write_side(page, &right, "ins");
    }
    html_print(&page->html, "</pre>");
    diff_finish(&left);
    diff_finish(&right);
}

static void write_turn(Page *page, const json_t *turns, size_t t) {
    const json_t *turn = json_array_get(turns, t);
    size_t other = t > 0 ? t - 1 : 1;
    EmendStr response = text_of(turn, "response");
    EmendStr theirs = text_of(json_array_get(turns, other), "response");
    if (json_array_size(turns) < 2) {
        theirs = response;
    }
    html_print(&page->html, "<div class=\"turn\"><h5>Attempt %zu ", t + 1);
    write_verdict(page, turn);
    html_print(&page->html, "</h5>");
    write_response(page, t > 0 ? theirs : response, t > 0 ? response : theirs, t == 0);
    EmendStr extracted = text_of(turn, "extracted");
    if (extracted.len > 0) {
        html_print(&page->html, "<p class=\"answer\">answer <code>");
        html_text(&page->html, extracted.ptr, (size_t)extracted.len);
        html_print(&page->html, "</code></p>");
    }
    html_print(&page->html, "</div>");
}

static void write_one(Page *page, const json_t *transcript) {
    const json_t *turns = json_object_get(transcript, "turns");
    EmendStr prompt = text_of(transcript, "prompt"), reference = text_of(transcript, "reference");
    html_print(&page->html, "<article><pre class=\"prompt\">");
    html_text(&page->html, prompt.ptr, (size_t)prompt.len);
    html_print(&page->html, "</pre>");
    if (reference.len > 0) {
        html_print(&page->html, "<p class=\"answer\">reference <code>");
        html_text(&page->html, reference.ptr, (size_t)reference.len);
        html_print(&page->html, "</code></p>");
    }
    html_print(&page->html, "<div class=\"turns\">");
    for (size_t t = 0; t < json_array_size(turns) && t < MAX_SHOWN_TURNS; t++) {
        write_turn(page, turns, t);
    }
    html_print(&page->html, "</div></article>\n");
}

static size_t count(const RunLog *run, Outcome outcome) {
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(run->transcripts); i++) {
        n += outcome_of(json_array_get(run->transcripts, i)) == outcome;
    }
    return n;
}

static void write_outcome(Page *page, const RunLog *run, Outcome outcome) {
    size_t n = count(run, outcome), n_written = 0;
    if (n == 0) {
        return;
    }
    html_print(&page->html, "<h4 class=\"%s\">%s <small>%zu of %zu</small></h4>\n",
               outcomes[outcome].class_name, outcomes[outcome].title, n,
               json_array_size(run->transcripts));
    bool is_open = outcome == FIXED || outcome == BROKEN;
    size_t shown = is_open ? SHOWN : 0;
    for (size_t i = 0; i < json_array_size(run->transcripts); i++) {
        const json_t *transcript = json_array_get(run->transcripts, i);
        if (outcome_of(transcript) != outcome) {
            continue;
        }
        if (n_written++ == shown) {
            html_print(&page->html, "<details><summary>%zu %s</summary>\n", n - shown,
                       shown > 0 ? "more" : "to read");
        }
        write_one(page, transcript);
    }
    html_print(&page->html, n > shown ? "</details>\n" : "");
}

static void write_run(Page *page, size_t r) {
    const RunLog *run = &page->runs[r];
    const json_t *first = json_array_get(run->transcripts, 0);
    html_print(&page->html, "<h3>");
    if (page->n_runs > 1) {
        page_run_name(page, r);
        html_print(&page->html, ", ");
    }
    html_str(&page->html, string_of(first, "label"));
    double step = number_of(first, "step");
    if (!isnan(step)) {
        html_print(&page->html, " <small>step %.0f</small>", step);
    }
    html_print(&page->html, "</h3>\n");
    for (Outcome outcome = 0; outcome < N_OUTCOMES; outcome++) {
        write_outcome(page, run, outcome);
    }
    size_t n_other = count(run, N_OUTCOMES);
    if (n_other > 0) {
        html_print(&page->html,
                   "<p class=\"lede\">%zu more have one attempt, or are not graded."
                   "</p>\n",
                   n_other);
    }
}

void page_transcripts(Page *page) {
    bool has_some = false;
    for (size_t r = 0; r < page->n_runs; r++) {
        has_some = has_some || json_array_size(page->runs[r].transcripts) > 0;
    }
    html_print(&page->html,
               "<section id=\"transcripts\"><h2>Transcripts</h2>\n<p class=\"lede\">%s"
               "</p>\n",
               has_some ? "The first problems of the last evaluation. Marked words are in one "
                          "attempt and not in the other."
                        : "None is recorded: evaluation.n_transcripts says how many are.");
    for (size_t r = 0; r < page->n_runs; r++) {
        if (json_array_size(page->runs[r].transcripts) > 0) {
            write_run(page, r);
        }
    }
    html_print(&page->html, "</section>\n");
}
