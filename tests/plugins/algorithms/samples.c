/* SPDX-License-Identifier: Apache-2.0 */
#include "samples.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static EmendTurn turn_of(char letter) {
    EmendTurn turn = {.struct_size = sizeof turn, .n_tokens = 2, .temperature = 1};
    turn.state = EMEND_TURN_REWARDED;
    if (letter == 'u' || letter == 'g') {
        turn.state = EMEND_TURN_UNREWARDED;
        turn.n_tokens = letter == 'g' ? 0 : 2;
    } else if (letter == 'x') {
        turn.state = EMEND_TURN_LEFT_OUT;
        turn.reward = 1;
    } else {
        turn.reward = letter == 'r' ? 1 : letter == 'w' ? 0 : letter - '0';
    }
    return turn;
}

Samples samples_of(const char *text) {
    Samples samples = {0};
    uint64_t group = 3;
    for (const char *at = text; *at;) {
        if (*at == ' ' || *at == '|') {
            group += *at++ == '|';
            continue;
        }
        EmendEpisode *episode = &samples.episodes[samples.n];
        *episode = (EmendEpisode){.struct_size = sizeof *episode, .group = group};
        while (isalnum((unsigned char)*at)) {
            samples.turns[samples.n][episode->n_turns++] = turn_of(*at++);
        }
        samples.n++;
    }
    return samples;
}

EmendSpan samples_span(const Samples *samples) {
    static EmendEpisode episodes[SAMPLES_MAX];
    memcpy(episodes, samples->episodes, sizeof episodes);
    for (int i = 0; i < samples->n; i++) {
        episodes[i].turns = emend_span(samples->turns[i], episodes[i].n_turns, sizeof(EmendTurn));
    }
    return emend_span(episodes, (uint64_t)samples->n, sizeof *episodes);
}

const char *samples_compose(const Samples *samples, Subject *algorithm, uint64_t seed) {
    static char text[1024];
    Puts puts = {0};
    EmendSink sink = puts_sink(&puts);
    const EmendAlgorithm *table = algorithm->table;
    EmendStatus status =
        table->compose(algorithm->self, samples_span(samples), seed, &sink, &algorithm->err);
    ck_assert_msg(status == EMEND_OK, "%s", algorithm->message);
    char *end = text;
    *end = '\0';
    for (int i = 0; i < puts.n; i++) {
        EmendSourceTurn turns[SAMPLES_TURNS];
        ck_assert_uint_eq(puts.items[i].field, 0);
        ck_assert_uint_le(puts.items[i].len, sizeof turns);
        memcpy(turns, puts.items[i].text, puts.items[i].len);
        for (size_t t = 0; t < puts.items[i].len / sizeof *turns; t++) {
            end += sprintf(end, "%s%d:%u%s", t > 0 ? " " : "", (int)turns[t].episode,
                           turns[t].turn + 1, turns[t].is_context ? "c" : "");
        }
        end += sprintf(end, "; ");
    }
    puts_clear(&puts);
    return text;
}
