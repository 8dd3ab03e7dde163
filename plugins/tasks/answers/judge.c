/* SPDX-License-Identifier: Apache-2.0 */
/* answer_compare(): reading both texts, comparing, and saying who is to blame where that fails. */
#include "answers.h"
#include "compare/compare.h"
#include "compare/echo.h"
#include "compare/spelling.h"
#include "read/read.h"
#include "scalar/scalar.h"
#include "str.h"

#include <stdio.h>
#include <string.h>

static void judge(AnswerJudgement *judgement, AnswerVerdict verdict, AnswerBlame blame,
                  const char *prefix, const char *reason) {
    judgement->verdict = verdict;
    judgement->blame = blame;
    snprintf(judgement->reason, sizeof judgement->reason, "%s%.94s", prefix, reason);
    // A reason is one line of ASCII, whatever it quotes and wherever it is cut.
    for (char *c = judgement->reason; *c; c++) {
        if (*c < ' ' || *c > '~') {
            *c = '?';
        }
    }
}

// "what percent", "as a percentage", "the percent increase"; not "20 percent", "ten percent of".
static bool is_question_of_percent(EmendStr problem, uint64_t at) {
    static const char *const before[] = {"what", "which", "a", "the", "many", "whole", "nearest"};
    while (at > 0 && (problem.ptr[at - 1] == ' ' || problem.ptr[at - 1] == '\n')) {
        at--;
    }
    uint64_t end = at;
    while (at > 0 && ((problem.ptr[at - 1] | 0x20) >= 'a' && (problem.ptr[at - 1] | 0x20) <= 'z')) {
        at--;
    }
    EmendStr word = {problem.ptr + at, end - at};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        if (str_is_word(word, before[i])) {
            return true;
        }
    }
    return end == 0;
}

static PercentAsked percent_asked(EmendStr problem) {
    static const char word[] = "percent";
    if (problem.len == 0) {
        return PERCENT_UNKNOWN;
    }
    for (uint64_t i = 0; i + sizeof word - 1 <= problem.len; i++) {
        EmendStr here = {problem.ptr + i, sizeof word - 1};
        if (str_is_word(here, word) && is_question_of_percent(problem, i)) {
            return PERCENT_ASKED;
        }
    }
    return PERCENT_NOT_ASKED;
}

static bool is_capital(const Node *node, char letter) {
    return node->kind == NODE_SYMBOL && node->text.len == 1 && node->text.ptr[0] == letter;
}

static bool is_any_capital(const Node *node) {
    return node->kind == NODE_SYMBOL && node->text.len == 1 && node->text.ptr[0] >= 'A' &&
           node->text.ptr[0] <= 'J';
}

// `(A) 5` against A, and against 5.
static AnswerVerdict compare_readings(Comparison *comparison, const Reading *reference,
                                      const Reading *answer) {
    char a = reference->choice, b = answer->choice;
    if (a && b && a != b) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "another choice");
    }
    bool is_letter_a = is_any_capital(reference->tree), is_letter_b = is_any_capital(answer->tree);
    if ((b && !a && is_letter_a) || (a && !b && is_letter_b)) {
        bool is_same = b ? is_capital(reference->tree, b) : is_capital(answer->tree, a);
        return is_same ? verdict_of(comparison, ANSWER_EQUAL, "the same choice")
                       : verdict_of(comparison, ANSWER_DIFFERENT, "another choice");
    }
    return compare_nodes(comparison, reference->tree, answer->tree);
}

static bool is_number_literal(const Node *node) {
    if (node->kind == NODE_NEGATIVE) {
        node = node->child[0];
    }
    return node->kind == NODE_NUMBER || node->kind == NODE_BASED ||
           (node->kind == NODE_QUOTIENT && is_number_literal(node->child[0]) &&
            is_number_literal(node->child[1]));
}

// A number that was left as a sum or a product.
static bool is_unevaluated(Work *work, const Node *node) {
    if (!node_is_scalar(node)) {
        for (uint32_t i = 0; i < node->n_children; i++) {
            if (is_unevaluated(work, node->child[i])) {
                return true;
            }
        }
        return false;
    }
    mpq_ptr value = work_rational(work);
    return value && !is_number_literal(node) && scalar_rational(work, node, value);
}

static bool is_echo(Comparison *comparison, EmendStr problem, const Node *reference,
                    EmendStr answer, const Node *answer_tree) {
    return (echo_is_the_question(answer_tree) && !echo_is_the_question(reference)) ||
           echo_is_of_problem(comparison, problem, reference, answer, answer_tree);
}

static void judge_equal(Comparison *comparison, EmendStr reference, const Node *reference_tree,
                        EmendStr answer, const Node *answer_tree, const AnswerOptions *options,
                        AnswerJudgement *judgement) {
    bool is_own = spelling_is_same(reference, answer);
    if (!is_own && options->problem.len > 0 &&
        is_echo(comparison, options->problem, reference_tree, answer, answer_tree)) {
        judge(judgement, ANSWER_DIFFERENT, ANSWER_BLAME_NOBODY, "",
              "it repeats an expression of the problem and does not work it out");
        return;
    }
    if (options->refuse_unevaluated && !is_own && is_unevaluated(comparison->work, answer_tree) &&
        !is_unevaluated(comparison->work, reference_tree)) {
        judge(judgement, ANSWER_DIFFERENT, ANSWER_BLAME_NOBODY, "", "it is not worked out");
        return;
    }
    judge(judgement, ANSWER_EQUAL, ANSWER_BLAME_NOBODY, "", comparison->why);
}

static void compare(Work *work, EmendStr reference, EmendStr answer, const AnswerOptions *options,
                    AnswerJudgement *judgement) {
    Reading a, b;
    Comparison comparison = {.work = work,
                             .rounded_digits = options->rounded_digits,
                             .percent = percent_asked(options->problem),
                             .problem = options->problem,
                             .why = ""};
    if (!read_answer(work, reference, &a)) {
        judge(judgement, ANSWER_UNDECIDED, ANSWER_BLAME_REFERENCE,
              "the reference: ", work->problem);
        return;
    }
    if (!read_answer(work, answer, &b)) {
        judge(judgement, ANSWER_UNDECIDED, ANSWER_BLAME_ANSWER, "the answer: ", work->problem);
        return;
    }
    AnswerVerdict verdict = compare_readings(&comparison, &a, &b);
    // An answer that is larger than the reference has made it hard to decide: where nothing is lost
    // by an undecided answer, hard ones would be a way out.
    bool is_harder = b.tree->n_nodes > a.tree->n_nodes + 1; // a unit does not make it hard
    AnswerBlame blame = is_harder ? ANSWER_BLAME_ANSWER : ANSWER_BLAME_COMPARISON;
    if (work_failed(work)) {
        judge(judgement, ANSWER_UNDECIDED, blame, "the comparison: ", work->problem);
    } else if (verdict == ANSWER_EQUAL) {
        judge_equal(&comparison, reference, a.tree, answer, b.tree, options, judgement);
    } else {
        judge(judgement, verdict, verdict == ANSWER_UNDECIDED ? blame : ANSWER_BLAME_NOBODY, "",
              comparison.why);
    }
}

// **7**, `7`
static EmendStr without_emphasis(EmendStr text) {
    for (;;) {
        uint64_t n =
            text.len >= 5 && str_starts(text, "**") && memcmp(text.ptr + text.len - 2, "**", 2) == 0
                ? 2
            : text.len >= 3 && text.ptr[0] == '`' && text.ptr[text.len - 1] == '`' ? 1
                                                                                   : 0;
        if (n == 0) {
            return text;
        }
        text = str_trim((EmendStr){text.ptr + n, text.len - 2 * n});
    }
}

void answer_compare(EmendStr reference, EmendStr answer, const AnswerOptions *options,
                    AnswerJudgement *judgement) {
    reference = without_emphasis(str_trim(reference));
    answer = without_emphasis(str_trim(answer));
    if (reference.len == 0) {
        judge(judgement, ANSWER_UNDECIDED, ANSWER_BLAME_REFERENCE, "", "the reference is empty");
        return;
    }
    if (answer.len == 0) {
        judge(judgement, ANSWER_DIFFERENT, ANSWER_BLAME_NOBODY, "", "the answer is empty");
        return;
    }
    if (spelling_is_same(reference, answer)) {
        judge(judgement, ANSWER_EQUAL, ANSWER_BLAME_NOBODY, "", "written alike");
        return;
    }
    Work work;
    work_init(&work);
    compare(&work, reference, answer, options, judgement);
    work_finish(&work);
}
