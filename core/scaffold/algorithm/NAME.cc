/* Algorithm "@NAME@": REINFORCE with a leave-one-out baseline (arXiv 2402.14740), turn by turn. The
 * loss of a step, minimised, over episodes i, turns t and the sampled tokens k of a turn:
 *
 *     L = 1/N * sum_itk  (-A_it * log_prob_itk + kl_weight * KL_itk)
 *
 *     A   reward of the turn less the mean reward of that turn in the other episodes of its group;
 *         0 where the turn has no reward, or nothing to be compared with
 *     N   tokens sampled in the whole step: how the step is cut changes nothing
 *
 * The backend makes gradients of dL/dlog_prob = -A/N and dL/dKL = kl_weight/N. */
#include "config.pb-c.h"
#include "emend/algorithm.h"
#include "emend/component.h"
#include "emend/protobuf_c.hpp"
#include <cmath>
#include <limits>
#include <vector>

namespace {

using Config = @C_TYPE@__Config;

/* Turn t (from 0) of an episode, or nullptr where it has fewer. */
EmendTurn *turn_of(const EmendEpisode &episode, uint32_t t) {
    const void *turn = t < episode.n_turns ? emend_span_at(episode.turns, t) : nullptr;
    return static_cast<EmendTurn *>(const_cast<void *>(turn));
}

bool is_rewarded(const EmendTurn *turn) {
    return turn && turn->state == EMEND_TURN_REWARDED;
}

/* The episodes of one prompt. */
using Group = std::vector<const EmendEpisode *>;

/* Sets the advantages of turn t. False: no episode has so many turns. */
bool compare_turn(const Group &group, uint32_t t) {
    double sum = 0;
    int n_rewarded = 0;
    bool is_there = false;
    for (const EmendEpisode *episode : group) {
        const EmendTurn *turn = turn_of(*episode, t);
        sum += is_rewarded(turn) ? turn->reward : 0;
        n_rewarded += is_rewarded(turn);
        is_there |= turn != nullptr;
    }
    for (const EmendEpisode *episode : group) {
        if (EmendTurn *turn = turn_of(*episode, t)) {
            const bool is_compared = is_rewarded(turn) && n_rewarded > 1;
            turn->advantage =
                is_compared ? turn->reward - (sum - turn->reward) / (n_rewarded - 1) : 0;
        }
    }
    return is_there;
}

void compare_group(const Group &group) {
    for (uint32_t t = 0; compare_turn(group, t); t++) {
    }
}

class LeaveOneOut {
  public:
    /* The host has checked names and types of the fields; what they may be is the plugin's to say.
     */
    explicit LeaveOneOut(const Config &config) : kl_weight_(config.kl_weight) {
        if (!(kl_weight_ >= 0 && kl_weight_ <= 1e6)) {
            throw emend::Failure(EMEND_INVALID_ARGUMENT, "kl_weight: it is ", kl_weight_,
                                 "; it must be 0 to 1e6");
        }
    }

    uint32_t needs() const noexcept {
        return kl_weight_ > 0 ? EMEND_NEED_KL : 0;
    }

    /* Fills the coefficients of an episode; returns its part of N * L. */
    double coefficients(const EmendTokenTerms &terms, double n_tokens) const {
        double loss = 0;
        uint64_t k = 0;
        for (uint32_t t = 0; t < terms.episode->n_turns; t++) {
            const EmendTurn &turn = *turn_of(*terms.episode, t);
            check("the advantage", turn.advantage, t);
            for (const uint64_t end = k + turn.n_tokens; k < end; k++) {
                const double log_prob = static_cast<double>(terms.log_probs[k]);
                check("a log-prob", log_prob, t);
                terms.d_log_probs[k] = static_cast<float>(-turn.advantage / n_tokens);
                loss -= turn.advantage * log_prob;
                if (terms.d_kls) {
                    terms.d_kls[k] = static_cast<float>(kl_weight_ / n_tokens);
                    loss += kl_weight_ * static_cast<double>(terms.kls[k]);
                }
            }
        }
        return loss;
    }

  private:
    /* Numbers that grow without end stop the run, before they become infinite coefficients. */
    static void check(const char *what, double value, uint32_t t) {
        if (!(std::fabs(value) <= std::numeric_limits<float>::max())) {
            throw emend::Failure(EMEND_ABORTED, "turn ", t + 1, ": ", what, " is ", value,
                                 "; it must be finite as a float; lower the learning rate, or the "
                                 "rewards");
        }
    }

    double kl_weight_;
};

/* ---- what the host calls --------------------------------------------------------------------- */

EmendStatus plan(void *self, uint64_t /* step */, EmendPlan *wanted,
                 EmendError * /* err */) noexcept {
    wanted->episodes = EMEND_EPISODES_ROLLOUT;
    wanted->needs = static_cast<const LeaveOneOut *>(self)->needs();
    return EMEND_OK;
}

EmendStatus advantages(void * /* self */, EmendSpan episodes, const EmendTotals * /* totals */,
                       const EmendMetrics * /* metrics */, EmendError *err) noexcept {
    return emend::guard(err, [&] {
        Group group;
        for (uint64_t i = 0; i < episodes.count; i++) {
            const auto *episode = static_cast<const EmendEpisode *>(emend_span_at(episodes, i));
            if (!group.empty() && group.front()->group != episode->group) {
                compare_group(group);
                group.clear();
            }
            group.push_back(episode);
        }
        compare_group(group);
        return EMEND_OK;
    });
}

EmendStatus coefficients(void *self, EmendSpan terms, const EmendTotals *totals,
                         const EmendMetrics *metrics, EmendError *err) noexcept {
    return emend::guard(err, [&] {
        const auto &algorithm = *static_cast<const LeaveOneOut *>(self);
        for (uint64_t i = 0; i < terms.count; i++) {
            const auto &episode = *static_cast<const EmendTokenTerms *>(emend_span_at(terms, i));
            const double loss =
                algorithm.coefficients(episode, static_cast<double>(totals->n_tokens));
            // L itself: `emend check` holds the coefficients to its differences.
            emend_metrics_add(metrics, "actor/loss", loss, static_cast<double>(episode.n_tokens));
        }
        return EMEND_OK;
    });
}

// Without moving averages there is no state to save: what a step does depends on it alone.
constexpr EmendAlgorithm make_table() {
    EmendAlgorithm table{};
    table.struct_size = sizeof table;
    table.plan = plan;
    table.advantages = advantages;
    table.coefficients = coefficients;
    return table;
}
constexpr EmendAlgorithm algorithm_table = make_table();

EmendStatus create(EmendPlugin *plugin, EmendStr /* name */, EmendBytes bytes, void **instance,
                   const void **table, EmendError *err) noexcept {
    return emend::guard(err, [&] {
        const auto config = emend::unpack<Config>(emend_plugin_host(plugin),
                                                  @C_NAME@__config__descriptor, bytes);
        *instance = new LeaveOneOut(*config);
        *table = &algorithm_table;
        return EMEND_OK;
    });
}

void destroy(EmendPlugin * /* plugin */, void *instance) noexcept {
    delete static_cast<LeaveOneOut *>(instance);
}

constexpr EmendFactory factory = {sizeof(EmendFactory), EMEND_CONCURRENCY_PARALLEL, create,
                                  destroy};

} // namespace

EMEND_DECLARE_COMPONENT("@ID@", "0.1.0", EMEND_KIND_ALGORITHM, factory);
