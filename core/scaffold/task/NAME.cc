/* Task "@NAME@": sums of two numbers up to a largest one. The last number of a response is its
 * answer. */
#include "config.pb-c.h"
#include "emend/component.h"
#include "emend/protobuf_c.hpp"
#include "emend/random.h"
#include "emend/task.h"
#include <string>

namespace {

using Config = @C_TYPE@__Config;
using std::string_view;

enum Split : uint32_t { train = 1, test = 2 };
constexpr string_view split_names[] = {"", "train", "test"};

struct Sum {
    uint64_t a, b;
};

class Sums {
  public:
    /* The host has checked names and types of the fields; what they may be is the plugin's to say.
     */
    explicit Sums(const Config &config)
        : n_numbers_(uint64_t{config.max} + 1), instruction_(config.instruction),
          p_right_(config.p_right) {
        if (config.max < 1 || config.max > max_number) {
            throw emend::Failure(EMEND_INVALID_ARGUMENT, "max: it is ", config.max,
                                 "; it must be 1 to ", max_number);
        }
        if (!(p_right_ >= 0 && p_right_ <= 1)) {
            throw emend::Failure(EMEND_INVALID_ARGUMENT, "p_right: it is ", p_right_,
                                 "; it must be 0 to 1");
        }
    }

    /* All sums are numbered, a * (max + 1) + b; those at a multiple of 5 are the test's. */
    uint64_t count(uint32_t split) const noexcept {
        const uint64_t n_all = n_numbers_ * n_numbers_, n_test = (n_all + 4) / 5;
        return split == test ? n_test : n_all - n_test;
    }

    Sum at(uint32_t split, uint64_t index) const {
        if ((split != train && split != test) || index >= count(split)) {
            throw emend::Failure(EMEND_OUT_OF_RANGE, "index: it is ", index, " of split ", split,
                                 "; it must be below the split's count");
        }
        const uint64_t number = split == test ? 5 * index : index + index / 4 + 1;
        return {number / n_numbers_, number % n_numbers_};
    }

    const std::string &instruction() const noexcept {
        return instruction_;
    }

    /* The supervised response of a turn: the first may be wrong, the later ones are right. */
    std::string demonstrate(Sum sum, const EmendRandomKey &key, uint32_t turn) const {
        const bool is_right = turn > 1 || emend_random_unit(&key, 0) < p_right_;
        const uint64_t slip = is_right ? 0 : 1 + emend_random_below(&key, 1, 9);
        return std::to_string(sum.a + sum.b + slip);
    }

  private:
    static constexpr uint32_t max_number = 9999;

    uint64_t n_numbers_;
    std::string instruction_;
    double p_right_;
};

/* The last run of digits; empty where there is none. */
string_view last_number(string_view text) {
    constexpr string_view digits = "0123456789";
    const size_t last = text.find_last_of(digits);
    if (last == string_view::npos) {
        return {};
    }
    text = text.substr(0, last + 1);
    const size_t before = text.find_last_not_of(digits);
    return before == string_view::npos ? text : text.substr(before + 1);
}

string_view without_zeros(string_view number) {
    const size_t first = number.find_first_not_of('0');
    return first == string_view::npos ? number.substr(0, 1) : number.substr(first);
}

/* ---- what the host calls --------------------------------------------------------------------- */

const Sums &sums_of(const void *self) noexcept {
    return *static_cast<const Sums *>(self);
}

EmendStatus split_open(void *self, EmendStr name, uint32_t *split, uint64_t *count,
                       EmendError *err) noexcept {
    return emend::guard(err, [&] {
        for (uint32_t i : {train, test}) {
            if (emend::view(name) == split_names[i]) {
                *split = i;
                *count = sums_of(self).count(i);
                return EMEND_OK;
            }
        }
        throw emend::Failure(EMEND_NOT_FOUND, "split: there is no \"",
                             emend::view(name).substr(0, 64), "\"; there are train and test");
    });
}

EmendStatus problem(void *self, uint32_t split, uint64_t index, const EmendSink *fields,
                    EmendError *err) noexcept {
    return emend::guard(err, [&] {
        const Sum sum = sums_of(self).at(split, index);
        const std::string id = std::string(split_names[split]) + "-" + std::to_string(index);
        const std::string prompt = std::to_string(sum.a) + "+" + std::to_string(sum.b) + "=";
        const std::string reference = std::to_string(sum.a + sum.b);
        const struct {
            uint32_t field;
            string_view text;
        } puts[] = {{EMEND_PROBLEM_ID, id},
                    {EMEND_PROBLEM_PROMPT, prompt},
                    {EMEND_PROBLEM_REFERENCE, reference},
                    {EMEND_PROBLEM_KIND, "sum"}};
        EmendStatus status = EMEND_OK;
        for (const auto &put : puts) {
            status =
                status == EMEND_OK ? emend_put(fields, put.field, emend::str(put.text)) : status;
        }
        return status;
    });
}

EmendStatus turn_prompt(void *self, const EmendHistory * /* history */, const EmendSink *text,
                        EmendError *err) noexcept {
    // The same whatever the attempts were, so it cannot tell how good they are.
    return emend::guard(
        err, [&] { return emend_put(text, 0, emend::str(sums_of(self).instruction())); });
}

EmendStatus grade(void * /* self */, const EmendGradeArgs *args, EmendScore *score,
                  const EmendSink *fields, EmendError *err) noexcept {
    return emend::guard(err, [&]() -> EmendStatus {
        const string_view answer = last_number(emend::view(args->response));
        const bool is_right =
            !answer.empty() && without_zeros(answer) == emend::view(args->reference);
        *score = emend_score(is_right ? 1 : 0);
        return answer.empty() ? EMEND_OK
                              : emend_put(fields, EMEND_GRADE_EXTRACTED, emend::str(answer));
    });
}

EmendStatus demonstrate(void *self, uint32_t split, uint64_t index, uint64_t seed, uint32_t n_turns,
                        const EmendSink *fields, EmendError *err) noexcept {
    return emend::guard(err, [&] {
        const Sum sum = sums_of(self).at(split, index);
        const EmendRandomKey key = {seed, split, static_cast<uint32_t>(index), 0,
                                    EMEND_RANDOM_PROBLEM};
        EmendStatus status = EMEND_OK;
        for (uint32_t turn = 1; status == EMEND_OK && turn <= n_turns; turn++) {
            const std::string response = sums_of(self).demonstrate(sum, key, turn);
            status = emend_put(fields, EMEND_DEMONSTRATION_RESPONSE, emend::str(response));
        }
        return status;
    });
}

constexpr EmendTask make_table() {
    EmendTask table{};
    table.struct_size = sizeof table;
    table.split_open = split_open;
    table.problem = problem;
    table.turn_prompt = turn_prompt;
    table.grade = grade;
    table.demonstrate = demonstrate;
    return table;
}
constexpr EmendTask task = make_table();

EmendStatus create(EmendPlugin *plugin, EmendStr /* name */, EmendBytes bytes, void **instance,
                   const void **table, EmendError *err) noexcept {
    return emend::guard(err, [&] {
        const auto config = emend::unpack<Config>(emend_plugin_host(plugin),
                                                  @C_NAME@__config__descriptor, bytes);
        *instance = new Sums(*config);
        *table = &task;
        return EMEND_OK;
    });
}

void destroy(EmendPlugin * /* plugin */, void *instance) noexcept {
    delete static_cast<Sums *>(instance);
}

/* PARALLEL: an instance is only read, so any number of threads may use it. */
constexpr EmendFactory factory = {sizeof(EmendFactory), EMEND_CONCURRENCY_PARALLEL, create,
                                  destroy};

} // namespace

EMEND_DECLARE_COMPONENT("@ID@", "0.1.0", EMEND_KIND_TASK, factory);
