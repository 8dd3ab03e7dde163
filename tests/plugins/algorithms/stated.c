/* SPDX-License-Identifier: Apache-2.0 */
#include "stated.h"

#include <check.h>
#include <math.h>
#include <stdbool.h>

static const EmendTurn *turn_of(const Toy *toy, int i, int t) {
    return &toy->turns[i][t].turn;
}

double toy_reward(const Toy *toy, int i, int t) {
    return turn_of(toy, i, t)->reward;
}

int toy_is_rewarded(const Toy *toy, int i, int t) {
    return turn_of(toy, i, t)->state == EMEND_TURN_REWARDED;
}

double mean_of_group(const Toy *toy, int episode, int turn, int leave_out) {
    double sum = 0;
    int n = 0;
    for (int i = 0; i < TOY_EPISODES; i++) {
        if (i / TOY_GROUP == episode / TOY_GROUP && i != leave_out &&
            toy_is_rewarded(toy, i, turn)) {
            sum += toy_reward(toy, i, turn);
            n++;
        }
    }
    return n > 0 ? sum / n : 0;
}

static double log_prob_of(const Toy *toy, int i, int t, int k) {
    const ToyToken *token = &toy->tokens[i][t][k];
    return toy_measure(token).log_probs[token->action];
}

static uint64_t flat(const Toy *toy, int i, int t, int k) {
    uint64_t at = (uint64_t)k;
    for (int earlier = 0; earlier < t; earlier++) {
        at += turn_of(toy, i, earlier)->n_tokens;
    }
    return at;
}

static double log_ratio_of(const Toy *toy, int i, int t, int k) {
    return log_prob_of(toy, i, t, k) - (double)toy->old[i].of[flat(toy, i, t, k)];
}

static double ratio_of(const Stated *stated, const Toy *toy, int i, int t, int k) {
    int n = (int)turn_of(toy, i, t)->n_tokens;
    double sum = 0;
    if (stated->ratio == STATED_TOKEN) {
        return exp(log_ratio_of(toy, i, t, k));
    }
    for (int s = 0; s < n; s++) {
        sum += log_ratio_of(toy, i, t, s);
    }
    return exp(stated->ratio == STATED_TURN_MEAN ? sum / n : sum);
}

static double sampled_tokens(const Toy *toy, int turn) {
    double n = 0;
    for (int i = 0; i < TOY_EPISODES; i++) {
        for (int t = 0; t < TOY_TURNS; t++) {
            n += turn < 0 || t == turn ? (double)turn_of(toy, i, t)->n_tokens : 0;
        }
    }
    return n;
}

static double weight_of(StatedAggregation aggregation, const Toy *toy, int i, int t) {
    switch (aggregation) {
    case STATED_TOKEN_SUM:
        return 1.0 / TOY_EPISODES;
    case STATED_TOKEN_MEAN:
        return 1.0 / sampled_tokens(toy, -1);
    case STATED_TOKEN_SUM_NORM:
        return 1.0 / (TOY_EPISODES * TOY_MAX_TURN_TOKENS);
    case STATED_SEQ_TOKEN_MEAN:
        return 1.0 / (TOY_EPISODES * (double)turn_of(toy, i, t)->n_tokens);
    default:
        return 1.0 / sampled_tokens(toy, t);
    }
}

/* beta times k1 from token k on, or of the whole turn. */
static double cost_of(const Stated *stated, const Toy *toy, int i, int t, int k) {
    double cost = 0, discount = 1;
    if (stated->kl != STATED_K1_REWARD) {
        return 0;
    }
    for (int s = stated->ratio == STATED_TOKEN ? k : 0; s < (int)turn_of(toy, i, t)->n_tokens;
         s++) {
        uint64_t at = flat(toy, i, t, s);
        double u = (double)toy->old[i].of[at] - (double)toy->reference_log_probs[i].of[at];
        cost += discount * stated->beta[t] * u;
        discount *= stated->gamma;
    }
    return cost * stated->cost_scale;
}

static double clipped(const Stated *stated, double ratio) {
    return fmin(fmax(ratio, 1 - stated->low), 1 + stated->high);
}

static double policy_term(const Stated *stated, const Toy *toy, const Toy *still, int i, int t,
                          int k) {
    double a = stated->advantage(still, i, t, k) - cost_of(stated, still, i, t, k);
    double r = ratio_of(stated, toy, i, t, k);
    if (stated->surrogate == STATED_CISPO) {
        return -a * clipped(stated, ratio_of(stated, still, i, t, k)) * log_prob_of(toy, i, t, k);
    }
    double term = -a * r;
    if (stated->surrogate == STATED_CLIP) {
        term = fmax(term, -a * clipped(stated, r));
        if (a < 0 && stated->dual > 0) {
            term = fmin(term, -a * stated->dual);
        }
    }
    bool is_one_for_all = stated->ratio == STATED_TURN_SUM;
    return is_one_for_all ? term / (double)turn_of(toy, i, t)->n_tokens : term;
}

static double kl_term_of(const Stated *stated, const Toy *toy, int i, int t, int k) {
    double u =
        log_prob_of(toy, i, t, k) - (double)toy->reference_log_probs[i].of[flat(toy, i, t, k)];
    switch (stated->kl) {
    case STATED_EXACT:
        return toy_measure(&toy->tokens[i][t][k]).kl;
    case STATED_K1_REWARD:
        return 0;
    case STATED_K2:
        return u * u / 2;
    case STATED_K3:
        return exp(-u) - 1 + u;
    case STATED_K1:
        return u;
    default:
        return exp(log_ratio_of(toy, i, t, k)) * (exp(-u) - 1 + u);
    }
}

double stated_loss(const Stated *stated, const Toy *toy, const Toy *still) {
    double loss = 0;
    for (int i = 0; i < TOY_EPISODES; i++) {
        for (int t = 0; t < TOY_TURNS; t++) {
            double w = weight_of(stated->aggregation, toy, i, t);
            double v = weight_of(stated->kl_aggregation, toy, i, t);
            for (int k = 0; k < (int)turn_of(toy, i, t)->n_tokens; k++) {
                loss += w * policy_term(stated, toy, still, i, t, k);
                loss += stated->beta[t] * v * kl_term_of(stated, toy, i, t, k);
                loss -= stated->lambda * w * toy_measure(&toy->tokens[i][t][k]).entropy;
            }
        }
    }
    return loss;
}

static double difference_quotient(const Stated *stated, Toy *toy, const Toy *still, double *logit) {
    const double step = 1e-5;
    double kept = *logit;
    *logit = kept + step;
    double above = stated_loss(stated, toy, still);
    *logit = kept - step;
    double below = stated_loss(stated, toy, still);
    *logit = kept;
    return (above - below) / (2 * step);
}

void assert_stated_gradient(const Stated *stated, Toy *toy, const char *name) {
    static Toy still;
    still = *toy;
    for (int i = 0; i < TOY_EPISODES; i++) {
        for (int t = 0; t < TOY_TURNS; t++) {
            for (int k = 0; k < (int)turn_of(toy, i, t)->n_tokens; k++) {
                for (int v = 0; v < TOY_VOCAB; v++) {
                    double expected =
                        difference_quotient(stated, toy, &still, &toy->tokens[i][t][k].logits[v]);
                    double found = toy_logit_gradient(toy, i, t, k, v);
                    ck_assert_msg(fabs(found - expected) <= 2e-6 * (1 + fabs(expected)),
                                  "%s: episode %d, turn %d, token %d, logit %d: %.9g by the "
                                  "coefficients, %.9g by the loss",
                                  name, i, t + 1, k, v, found, expected);
                }
            }
        }
    }
}
