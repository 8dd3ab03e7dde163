/* Reward "@NAME@": a bonus for right answers that are short,
 *
 *     weight * grade * (1 - tokens / max_tokens),
 *
 * and 0 from max_tokens on, for every turn. */
#include "config.pb-c.h"
#include "emend/component.h"
#include "emend/protobuf_c.hpp"
#include "emend/reward.h"
#include <algorithm>
#include <cmath>

namespace {

using Config = @C_TYPE@__Config;

/* One use of the reward in a recipe, which may have several. */
class Brevity {
  public:
    /* The host has checked names and types of the fields; what they may be is the plugin's to say.
     */
    explicit Brevity(const Config &config)
        : weight_(config.weight), max_tokens_(config.max_tokens) {
        if (!std::isfinite(weight_) || weight_ < 0) {
            throw emend::Failure(EMEND_INVALID_ARGUMENT, "weight: it is ", weight_,
                                 "; it must be finite and 0 or more");
        }
        if (config.max_tokens == 0) {
            throw emend::Failure(EMEND_INVALID_ARGUMENT,
                                 "max_tokens: it is 0; it must be 1 or more");
        }
    }

    EmendScore score(const EmendGradedAttempt &attempt) const noexcept {
        if (!attempt.grade || attempt.grade->state == EMEND_SCORE_NONE) {
            return emend_no_score(EMEND_SCORE_ERROR, "the task gave no grade");
        }
        if (attempt.grade->state != EMEND_SCORE_VALUE) {
            return *attempt.grade; // passed on: what was not graded never becomes a 0
        }
        const double spared = 1 - static_cast<double>(attempt.n_tokens) / max_tokens_;
        return emend_score(weight_ * attempt.grade->value * std::max(spared, 0.0));
    }

  private:
    double weight_, max_tokens_;
};

/* ---- what the host calls --------------------------------------------------------------------- */

EmendStatus score(void *self, EmendSpan samples, uint64_t /* seed */, EmendError *err) noexcept {
    return emend::guard(err, [&] {
        const auto &brevity = *static_cast<const Brevity *>(self);
        for (uint64_t i = 0; i < samples.count; i++) {
            const auto &sample = *static_cast<const EmendSample *>(emend_span_at(samples, i));
            for (uint32_t t = 0; t < sample.n_turns; t++) {
                sample.scores[t] = brevity.score(
                    *static_cast<const EmendGradedAttempt *>(emend_span_at(sample.attempts, t)));
            }
        }
        return EMEND_OK;
    });
}

constexpr EmendReward make_table() {
    EmendReward table{};
    table.struct_size = sizeof table;
    table.score = score;
    return table;
}
constexpr EmendReward reward = make_table();

EmendStatus create(EmendPlugin *plugin, EmendStr /* name */, EmendBytes bytes, void **instance,
                   const void **table, EmendError *err) noexcept {
    return emend::guard(err, [&] {
        const auto config = emend::unpack<Config>(emend_plugin_host(plugin),
                                                  @C_NAME@__config__descriptor, bytes);
        *instance = new Brevity(*config);
        *table = &reward;
        return EMEND_OK;
    });
}

void destroy(EmendPlugin * /* plugin */, void *instance) noexcept {
    delete static_cast<Brevity *>(instance);
}

/* PARALLEL: an instance is only read, so any number of threads may score with it. */
constexpr EmendFactory factory = {sizeof(EmendFactory), EMEND_CONCURRENCY_PARALLEL, create,
                                  destroy};

} // namespace

EMEND_DECLARE_COMPONENT("@ID@", "0.1.0", EMEND_KIND_REWARD, factory);
