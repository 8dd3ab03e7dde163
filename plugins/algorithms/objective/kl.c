/* SPDX-License-Identifier: Apache-2.0 */
#include "kl.h"
#include <math.h>

KlTerm kl_term(int estimator, double log_prob, double reference_log_prob, double ratio) {
    double u = log_prob - reference_log_prob;
    switch (estimator) {
    case KL_K2_IN_LOSS_REVERSE:
        return (KlTerm){u * u / 2, u};
    case KL_K3_IN_LOSS_FORWARD:
        return (KlTerm){expm1(-u) + u, -expm1(-u)};
    case KL_K3_TIMES_RATIO_REVERSE:
        return (KlTerm){ratio * (expm1(-u) + u), ratio * u};
    default:
        return (KlTerm){u, 1};
    }
}
