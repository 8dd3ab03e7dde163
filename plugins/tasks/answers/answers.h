/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TASK_ANSWERS_H
#define TASK_ANSWERS_H
/* The final answer of a response: where it is, and whether it means the same as another.
 *
 * Texts are any bytes, of any length. Every call is deterministic, takes a bounded amount of time
 * and memory, may run on any thread, and leaves nothing behind. */
#include "emend/data.h"
#include <stdbool.h>

/* The marks by which an answer is known, best first. */
enum {
    ANSWER_IN_BOX = 1,    /* \boxed{7}, \fbox{7} */
    ANSWER_IN_PHRASE = 2, /* The final answer is $7$. I hope .. / The answer is 7. / Answer: 7 */
    ANSWER_BEHIND_HASHES = 4, /* #### 7 */
    ANSWER_AT_END = 8,        /* the mathematics that the last line ends with: so $x = 7$. */
    ANSWER_MARKED = ANSWER_IN_BOX | ANSWER_IN_PHRASE | ANSWER_BEHIND_HASHES,
    ANSWER_ANYWHERE = ANSWER_MARKED | ANSWER_AT_END
};

enum { ANSWER_JOINED_BYTES = 512 };

/* An answer found. `text` is borrowed from the response, or lies in `joined` where several boxes
 * make one list that fits there (else it is borrowed with its boxes), so a FoundAnswer must not be
 * copied. */
typedef struct FoundAnswer {
    uint32_t mark; /* ANSWER_IN_* that it was found by */
    EmendStr text;
    char joined[ANSWER_JOINED_BYTES];
} FoundAnswer;

/* The content of the last \boxed{..} or \fbox{..}, braces matched, without the white space around
 * it, borrowed from text; `\boxed 7` has what comes before the next `$`. False where there is none
 * or the last one is never closed: a response that was cut there has no answer. */
bool answer_in_box(EmendStr text, EmendStr *answer);

/* The final answer of a response. False where no accepted mark holds one, or where the last mark is
 * never closed: then it may go on.
 *
 * accept  ANSWER_* joined: which marks count
 *
 * What a model thought before it answered (<think>..</think>) does not count, nor does what follows
 * the end of its turn. Of the marks there are, the one that stands last wins, but for words behind
 * a box ("the answer is positive, because"), which are about it. ANSWER_AT_END counts only where
 * there is no other mark. Boxes with nothing between them but "," "and" "or" or a left side ("x =")
 * are one list. */
bool answer_find(EmendStr text, uint32_t accept, FoundAnswer *found);

typedef enum AnswerVerdict {
    ANSWER_DIFFERENT = 0,
    ANSWER_EQUAL = 1,
    ANSWER_UNDECIDED = 2 /* the reason says why */
} AnswerVerdict;

/* Who is to blame where nothing was decided. */
typedef enum AnswerBlame {
    ANSWER_BLAME_NOBODY = 0,
    /* The reference cannot be read. */
    ANSWER_BLAME_REFERENCE = 1,
    /* The answer cannot be read, or is larger than the reference and made it too hard. */
    ANSWER_BLAME_ANSWER = 2,
    /* Both were read, and could be neither told apart nor proved equal. */
    ANSWER_BLAME_COMPARISON = 3
} AnswerBlame;

typedef struct AnswerJudgement {
    AnswerVerdict verdict;
    AnswerBlame blame;
    char reason[112]; /* one line, NUL-terminated: how it was decided, or why it was not */
} AnswerJudgement;

/* What a comparison may take into account beside the two texts. Zeroed: nothing. */
typedef struct AnswerOptions {
    /* The problem's text, empty where it is not known. With it `10` is `10\%` where a percentage
     * was asked for, and an answer that only repeats an expression of the problem is refused. */
    EmendStr problem;
    /* 0: a decimal is exactly the number it writes. n > 0: a decimal answer with at least n
     * significant digits also equals an irrational or non-terminating reference that rounds to it.
     */
    uint32_t rounded_digits;
    /* Whether `3+2` is refused where the reference is `5`: the answer must be worked out. */
    bool refuse_unevaluated;
} AnswerOptions;

/* Whether `answer` means the same as `reference`. README.md beside this file has the conventions.
 *
 * EQUAL and DIFFERENT are proved, but for one case: expressions that have no normal form here are
 * taken as equal where they agree to 300 digits, those in symbols at points of every piece between
 * their corners. An answer that is wrong must never come out as equal; one that is right may come
 * out as undecided. */
void answer_compare(EmendStr reference, EmendStr answer, const AnswerOptions *options,
                    AnswerJudgement *judgement);

#endif
