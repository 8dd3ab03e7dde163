/* SPDX-License-Identifier: Apache-2.0 */
/* Functions as somebody has them lying around, good ones and bad ones. */
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 1 where they are equal, else 0.25; NaN where there is no reference. */
double same_text(const char *response, const char *reference) {
    if (!*reference) {
        return NAN;
    }
    return strcmp(response, reference) == 0 ? 1 : 0.25;
}

/* A verdict: -1 where the reference is "?", and 7 where it is "7", which no verdict is. */
int32_t judge(const char *response, const char *reference) {
    if (strcmp(reference, "?") == 0) {
        return -1;
    }
    return strcmp(reference, "7") == 0 ? 7 : strcmp(response, reference) == 0;
}

bool is_short(const char *response) {
    return strlen(response) < 4;
}

/* A status, with everything else in arguments. "mute" is done and no score. */
int32_t measure(const char *response, double *score, char *err, size_t err_bytes) {
    if (!*response) {
        snprintf(err, err_bytes, "there is\nno response \xFF");
        return 3;
    }
    if (strcmp(response, "mute") != 0) {
        *score = (double)strlen(response);
    }
    return 0;
}

void judge_out(const char *response, int32_t *verdict) {
    if (strcmp(response, "mute") != 0) {
        *verdict = strcmp(response, "yes") == 0 ? 1 : -1;
    }
}

/* Bytes, and 100 for each NUL among them. */
double weigh(const uint8_t *bytes, size_t n) {
    double sum = (double)n;
    for (size_t i = 0; i < n; i++) {
        sum += bytes[i] == 0 ? 100 : 0;
    }
    return sum;
}

float half(const char *response) {
    return (float)strlen(response) / 2;
}

int64_t large(const char *response) {
    return response[0] == '-' ? -5000000000 : 5000000000;
}

double length_as_i32(const char *response, int32_t n) {
    return n == (int32_t)strlen(response) ? n : -1;
}

double settled(const char *mode, double factor, float single, int32_t i, int64_t l, uint32_t u,
               uint64_t v, size_t size, bool flag, const char *response) {
    double sum = factor + (double)single + i + (double)l + u + (double)v + (double)size + flag;
    return strcmp(mode, "length") == 0 ? sum + (double)strlen(response) : sum;
}

double numbers(int32_t turn, uint32_t n_turns, uint64_t n_tokens, bool is_truncated, double grade,
               float previous_grade, double reward, double previous_reward) {
    return turn + 10 * n_turns + 100 * (double)n_tokens + 1000 * is_truncated + 10000 * grade +
           100000 * (double)previous_grade + 1e6 * reward + 1e7 * previous_reward;
}

double change(const char *response, size_t response_len, const char *previous,
              size_t previous_len) {
    return response_len == previous_len && memcmp(response, previous, response_len) == 0 ? -1 : 1;
}

double draw(uint64_t seed) {
    return (double)(seed % 1000) + 1;
}

/* How many calls are in it at once, at most, while it runs. */
double alone(const char *response) {
    static int inside;
    int most = __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
    for (size_t i = 0; response[i] && i < 20; i++) {
        sched_yield();
        int now = __atomic_load_n(&inside, __ATOMIC_SEQ_CST);
        most = now > most ? now : most;
    }
    __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
    return most;
}

double drifts(const char *response) {
    static double calls;
    (void)response;
    return calls++ < 1 ? 1 : 2;
}

double sixteen(int32_t a, int32_t b, int32_t c, int32_t d, int32_t e, int32_t f, int32_t g,
               int32_t h, int32_t i, int32_t j, int32_t k, int32_t l, int32_t m, int32_t n,
               int32_t o, int32_t p) {
    return a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + 2 * p;
}

/* What goes wrong. */

double crashes(const char *response) {
    volatile int *nowhere = NULL;
    return *response == '!' ? *nowhere : 1;
}

double hangs(const char *response) {
    while (*response == '!') {
        pause();
    }
    return 1;
}

/* Says in a file which process it is in, and does not come back. */
double lingers(const char *response, const char *path) {
    FILE *file = *response == '!' ? fopen(path, "w") : NULL;
    if (file) {
        fprintf(file, "%d.", (int)getpid());
        fclose(file);
    }
    while (*response == '!') {
        pause();
    }
    return 1;
}

double spins(const char *response) {
    volatile int is_on = *response == '!';
    while (is_on) {
    }
    return 1;
}

double leaves(const char *response) {
    if (*response == '!') {
        exit(0);
    }
    return 1;
}

double aborts(const char *response) {
    if (*response == '!') {
        fprintf(stderr, "first\nplain: the table is upside down\n");
        abort();
    }
    return 1;
}

/* Writes into what is not its own. */
double scribbles(const char *response) {
    char bytes[64];
    memset(bytes, 'x', sizeof bytes);
    if (*response == '!' && write(3, bytes, sizeof bytes) < 0) {
        return 2;
    }
    return 1;
}

/* Reads one byte too far. */
double reads_on(const char *bytes, size_t n) {
    volatile char last = bytes[n];
    return last == 'x' ? 2 : 1;
}

/* Changes what it may only read. */
double splits(char *response) {
    char *comma = strchr(response, ',');
    if (comma) {
        *comma = '\0';
    }
    return 1;
}

int plain_data = 7;
